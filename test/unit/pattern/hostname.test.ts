/** The grammar of hostnames, and how hostile ones are refused. */
import { expect, test } from "vitest";
import { isHostname, parseHostname } from "../../../src/pattern/hostname.ts";

const label63 = "a".repeat(63);
const name253 = `${label63}.${label63}.${label63}.${"b".repeat(61)}`;

test("PA-1 valid hostnames are taken as they are, lowered", () => {
  const names = [
    "a",
    "0",
    "web1",
    "web-1.east.example.com",
    "10.0.0.1",
    "xn--mnchen-3ya.de",
    "a--b.c",
    label63,
    name253,
  ];
  for (const name of names) expect(parseHostname(name)).toEqual({ ok: true, value: name });
  expect(parseHostname("WEB1.East.Example.COM")).toEqual({ ok: true, value: "web1.east.example.com" });
});

test.each([
  ["", "A hostname is empty."],
  [`${name253}c`, "A hostname has at most 253 characters; this one has 254."],
  [`${label63}a.com`, "A part between dots has at most 63 characters; the one that begins at character 1 has 64."],
  [`x.${label63}a`, "A part between dots has at most 63 characters; the one that begins at character 3 has 64."],
  ["web1.example.com.", "A hostname ends without a dot."],
  [".", "A hostname begins without a dot."],
  [".example.com", "A hostname begins without a dot."],
  ["web1..example.com", "Characters 5 and 6 are two dots in a row."],
  ["-web1", "Character 1 is a hyphen at the beginning of a part between dots."],
  ["a.-b.c", "Character 3 is a hyphen at the beginning of a part between dots."],
  ["a.b-.c", "Character 4 is a hyphen at the end of a part between dots."],
  ["web-", "Character 4 is a hyphen at the end of a part between dots."],
])("PA-2 %j is refused with its reason", (text, message) => {
  expect(parseHostname(text)).toMatchObject({ ok: false, refusal: { code: "HOSTNAME_INVALID", message, value: text } });
});

test.each([
  ["<script>alert(1)</script>", 'Character 1 is "<"'],
  ["web\u001b[31m", "Character 4 is U+001B"],
  ["web\n1", "Character 4 is U+000A"],
  ["web 1", "Character 4 is U+0020"],
  ["a".repeat(300), "at most 253"],
  ["wеb1", "Character 2 is U+0435"],
  ["web\u212A", "Character 4 is U+212A"],
  ["\u0130stanbul", "Character 1 is U+0130"],
  ["b\u{1F600}.com", "Character 2 is U+1F600"],
  ["web\u3002com", "Character 4 is U+3002"],
  ["a..b", "two dots in a row"],
  ["web%00", 'Character 4 is "%"'],
  ["web\u0000", "Character 4 is U+0000"],
  ["*", 'Character 1 is "*"'],
  ["web_1", 'Character 4 is "_"'],
  ["web\ud800", "Character 4 is U+D800"],
])("PA-2 T31 hostile hostname %j is refused in plain ASCII", (text, part) => {
  const parsed = parseHostname(text);
  expect(parsed).toMatchObject({ ok: false, refusal: { code: "HOSTNAME_INVALID" } });
  const message = parsed.ok ? "" : parsed.refusal.message;
  expect(message).toContain(part);
  expect(message).toMatch(/^[\x20-\x7e]+$/);
});

test("PA-1 only lower case is a hostname without parsing", () => {
  expect(isHostname("web1.example.com")).toBe(true);
  expect(isHostname("Web1.example.com")).toBe(false);
  expect(isHostname("web1..com")).toBe(false);
});
