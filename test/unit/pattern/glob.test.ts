/** Patterns: what parses, what is refused and where, what matches. */
import { expect, test } from "vitest";
import { matches, parsePattern } from "../../../src/pattern/glob.ts";
import { hostname, pattern } from "../../support/patterns.ts";

test("PA-3 a pattern is brought to its normal form", () => {
  const forms = [
    ["WEB*.East.Example.COM", "web*.east.example.com"],
    ["**.example.com", "*.example.com"],
    ["a***b", "a*b"],
    ["[A-F]x", "[a-f]x"],
    ["*", "*"],
    ["web[0-9][a-f-].*", "web[0-9][a-f-].*"],
    ["[-a]?[.]b", "[-a]?[.]b"],
  ] as const;
  for (const [source, text] of forms) expect(pattern(source).text).toBe(text);
  expect(pattern("?".repeat(253)).lengthMin).toBe(253);
});

test("PA-3 literal ends are known, single brackets count as literals", () => {
  expect(pattern("web[1]?*.x[.]com")).toMatchObject({
    prefix: "web1",
    suffix: ".x.com",
    lengthMin: 11,
    isFixed: false,
  });
  expect(pattern("web1.com")).toMatchObject({ prefix: "web1.com", suffix: "web1.com", isFixed: true, headSteps: 8 });
});

test.each([
  ["", "A pattern is empty."],
  ["a".repeat(254), "A pattern has at most 253 characters; this one has 254."],
  ["web_1", 'At character 4: "_" is no character of hostnames and no wildcard (* ? [a-z]).'],
  ["web\n", "At character 4: U+000A is no character of hostnames and no wildcard (* ? [a-z])."],
  [
    "b\u00fccher",
    "At character 2: U+00FC is no character of hostnames and no wildcard (* ? [a-z]); " +
      "write international names in their xn-- form.",
  ],
  ["{a,b}", 'At character 1: "{" is no character of hostnames and no wildcard (* ? [a-z]).'],
  ["a]b", 'At character 2: "]" closes nothing.'],
  ["a[bc", 'At character 2: "[" is never closed.'],
  ["a[]b", "At character 2: the brackets are empty."],
  ["a[!b]", "At character 3: brackets cannot exclude; list the characters that match."],
  ["a[^b]", "At character 3: brackets cannot exclude; list the characters that match."],
  ["[a*]", 'At character 3: "*" is no character of hostnames.'],
  ["[[a]]", 'At character 2: "[" is no character of hostnames.'],
  ["[a-*]", 'At character 4: "*" is no character of hostnames.'],
  ["[a-9]", "At character 2: a range goes from letter to letter or digit to digit."],
  ["[.-9]", "At character 2: a range goes from letter to letter or digit to digit."],
  ["[9-0]", "At character 2: a range goes upwards."],
  ["[a-c-e]", "At character 5: a hyphen between brackets stands first or last, or between the ends of a range."],
])("PA-4 %j is refused with its position", (text, message) => {
  expect(parsePattern(text)).toMatchObject({ ok: false, refusal: { code: "PATTERN_INVALID", message, value: text } });
});

test("PA-4 a pattern that no hostname can match is refused", () => {
  const dead = ["a..b", ".a", "a.", "-a", "a-", "*-", "*.-x", "[-.]*", "a[.-][.]b", "a-[.]*", "a".repeat(64), "?[-]"];
  for (const text of dead)
    expect(parsePattern(text), text).toMatchObject({ ok: false, refusal: { code: "PATTERN_INVALID" } });
  const alive = ["a*.b", "*[-.]a", "a[.-]b", "a".repeat(63), `${"a".repeat(63)}?a`, `${"a".repeat(63)}[.-]a`];
  for (const text of alive) expect(parsePattern(text).ok, text).toBe(true);
  expect(parsePattern(`${"a".repeat(63)}[-b]a`).ok).toBe(false);
});

test.each([
  ["*.east.example.com", "web1.east.example.com", true],
  ["*.east.example.com", "a.b.east.example.com", true],
  ["*.east.example.com", "east.example.com", false],
  ["*.east.example.com", "web1.east.example.com.evil.net", false],
  ["web?", "web1", true],
  ["web?", "web", false],
  ["web?", "web12", false],
  ["a?b", "a.b", true],
  ["web[0-9].x", "web7.x", true],
  ["web[0-9].x", "weba.x", false],
  ["a[-.]b", "a-b", true],
  ["a[-.]b", "a.b", true],
  ["a[-.]b", "a1b", false],
  ["*", "anything.at.all", true],
  ["web*", "web", true],
  ["*web", "web", true],
  ["w*b*1", "wb1", true],
  ["*ab*ab", "ab", false],
  ["*ab*ab", "abab", true],
  ["*ab*ab", "aabab", true],
  ["a*[bc]", "abbbc", true],
  ["a*?c", "abc", true],
  ["a*?c", "ac", false],
  ["WEB1.X", "web1.x", true],
])("PA-5 %s against %s is %s", (text, name, expected) => {
  expect(matches(pattern(text), hostname(name))).toBe(expected);
});

test("PA-5 a pattern made to backtrack stays within the product of the lengths", () => {
  // Exponential matchers need longer than the universe for this; the bound is 64,009 comparisons.
  const hostile = pattern(`${"*a?".repeat(70)}b`);
  const name = hostname([63, 63, 63, 61].map((length) => "a".repeat(length)).join("."));
  for (let round = 0; round < 100; round++) expect(matches(hostile, name)).toBe(false);
});
