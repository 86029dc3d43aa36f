/** The subset of YAML, and its bounds. */
import { expect, test } from "vitest";
import { parseYaml } from "../../../src/reading/yaml-source.ts";

function refusals(text: string): string[] {
  const parsed = parseYaml(text);
  return parsed.ok ? [] : parsed.complaints.map(({ message, place }) => `${place.line}:${place.column} ${message}`);
}

const valueOf = (text: string): unknown => {
  const parsed = parseYaml(text);
  return parsed.ok ? parsed.source.value : refusals(text);
};

test("RD-1 plain values come as JSON would have them", () => {
  expect(valueOf("a: 1\nb: [x, true, null, 0.5, '5']\nc: {d: \"\\u00e9\"}\ne: |\n  two\n  lines\nf:\n5: no\n")).toEqual(
    {
      a: 1,
      b: ["x", true, null, 0.5, "5"],
      c: { d: "é" },
      e: "two\nlines\n",
      f: null,
      "5": "no",
    },
  );
  expect(valueOf("# nothing\n")).toEqual({});
  expect(valueOf("---\r\na: 1\r\n")).toEqual({ a: 1 });
});

test.each([
  ["an anchor", "a: &x 1\n", "1:7 Anchors (&name) are not supported."],
  ["an alias", "a: &x 1\nb: *x\n", "2:4 Aliases (*name) are not supported; write the value again."],
  ["a tag", "a: !!int 5\n", "1:10 Tags (!name) are not supported."],
  ["a merge key", "a: 1\n<<: {b: 2}\n", "2:1 Merge keys (<<) are not supported; write the keys out."],
  ["a directive", "%YAML 1.1\n---\na: yes\n", "1:1 Directives (%...) are not supported."],
  ["a second document", "a: 1\n---\nb: 2\n", "2:1 A file holds one document; a second one begins here."],
  ["a key twice", "a: 1\nb: 2\na: 3\n", "3:1 This key stands here twice; the other one is on line 1."],
  ["__proto__", '{"__proto__": {"x": 1}}', "1:2 This key is not allowed."],
  ["infinity", "a: .inf\n", "1:4 This is not a finite number."],
  ["no number", "a: .nan\n", "1:4 This is not a finite number."],
  ["a number beyond all bounds", "a: 1e400\n", "1:4 This is not a finite number."],
  ["an inexact number", "a: 12345678901234567890\n", "1:4 This whole number is too large to be kept exactly."],
  ["a key that is a list", "? [a]\n: b\n", "1:3 A key must be a plain text."],
  ["a control character", "a: 1\nb: x\u0007\n", "2:5 This control character may not stand in a file."],
])("RD-1 T47 %s is refused, with its place", (_what, text, told) => {
  expect(refusals(text)).toContain(told);
});

test("RD-1 several offences are told together", () => {
  expect(refusals("a: .inf\na: 1\nb: !x 2\n")).toHaveLength(3);
});

test.each([
  ["lists in lists", "[".repeat(500_000)],
  ["maps in maps", "{a: ".repeat(125_000)],
  ["items on one line", "- ".repeat(250_000)],
  ["keys on one line", "? ".repeat(250_000)],
  ["deep indents", Array.from({ length: 900 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")],
])("RD-2 T47 %s end at the depth allowed", (_what, text) => {
  expect(refusals(text)).toEqual([expect.stringMatching(/^\d+:\d+ Lists and maps are at most 32 deep\.$/)]);
});

test("RD-2 the depth allowed is read", () => {
  const depth = 32;
  expect(parseYaml(`${"[".repeat(depth)}${"]".repeat(depth)}`).ok).toBe(true);
  expect(parseYaml(`${"[".repeat(depth + 1)}${"]".repeat(depth + 1)}`).ok).toBe(false);
  expect(parseYaml(Array.from({ length: depth + 1 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")).ok).toBe(false);
  expect(parseYaml(Array.from({ length: depth }, (_, at) => `${" ".repeat(at)}a:`).join("\n")).ok).toBe(true);
});

test("RD-2 T47 size and number of values are bounded", () => {
  const limits = { characters: 100, depth: 8, nodes: 10 };
  expect(parseYaml("a".repeat(101), limits)).toMatchObject({ ok: false, complaints: [{ path: [] }] });
  expect(parseYaml("[1,2,3,4,5,6,7,8,9]", limits).ok).toBe(true);
  expect(parseYaml("[1,2,3,4,5,6,7,8,9,10]", limits)).toMatchObject({
    ok: false,
    complaints: [{ message: "The file has more than 10 values." }],
  });
});

test("RD-2 a flood of errors is cut", () => {
  expect(refusals("]".repeat(10_000)).length).toBeLessThanOrEqual(100);
  expect(refusals("a: &x 1\n".repeat(5_000)).length).toBeLessThanOrEqual(100);
});
