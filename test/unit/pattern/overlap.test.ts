/** Overlap with a witness: kinds of pairs, the grammar's part in it, and the limits on lengths. */
import { expect, test } from "vitest";
import { matches } from "../../../src/pattern/glob.ts";
import { overlap } from "../../../src/pattern/overlap.ts";
import { pattern } from "../../support/patterns.ts";

const a = (count: number): string => "a".repeat(count);
const b = (count: number): string => "b".repeat(count);

test.each([
  ["*.east.example.com", "web*", "web.east.example.com"],
  ["*.east.example.com", "*.example.com", "a.east.example.com"],
  ["*", "*", "a"],
  ["web1", "web1", "web1"],
  ["web[0-5]", "web[5-9]", "web5"],
  ["db?", "d[a-c]1", "db1"],
  ["*a*", "*b*", "ab"],
  ["x?y", "x[.-]y", "x.y"],
  ["[0-9]*", "*.com", "0.com"],
])("PA-6 %s and %s share %s", (one, other, witness) => {
  expect(overlap(pattern(one), pattern(other))).toBe(witness);
});

test.each([
  ["*.east.example.com", "*.west.example.com"],
  ["web*", "db*"],
  ["web1", "web2"],
  ["web[0-4]", "web[5-9]"],
  ["web?", "web??"],
  ["*-db-*", "web1.example.com"],
  ["*.com", "*.com.x"],
  ["[ab]?[ab]", "*ccc*"],
])("PA-6 %s and %s share no name", (one, other) => {
  expect(overlap(pattern(one), pattern(other))).toBeUndefined();
});

test("PA-6 what only an invalid name would match is no overlap", () => {
  const pairs = [
    ["*[x-]", "*[y-]"], // only a hyphen at the end
    ["[x-]*", "[y-]*"], // only a hyphen at the beginning
    ["a[.b][.c]e", "a[.f][.g]e"], // only two dots in a row
    ["a[.b][-c]e", "a[.f][-g]e"], // only a hyphen after a dot
  ] as const;
  for (const [one, other] of pairs) expect(overlap(pattern(one), pattern(other)), one).toBeUndefined();
  expect(overlap(pattern("a[.b]*"), pattern("a[.c][.d]*"))).toBe("a.d");
});

test("PA-6 a part between dots has at most 63 characters, so the witness is split where it may be", () => {
  expect(overlap(pattern(`${a(40)}*`), pattern(`*${b(40)}`))).toBe(`${a(40)}.${b(40)}`);
  expect(overlap(pattern(`${a(40)}*`), pattern(`*${b(23)}`))).toBe(a(40) + b(23));
  expect(overlap(pattern(`${a(63)}*`), pattern(`*${b(1)}`))).toBe(`${a(63)}.b`);
  // No dot can come between: both want something where they touch, and only a letter is what both want.
  expect(overlap(pattern(`${a(40)}[b-z]*`), pattern(`*[.b]${b(30)}`))).toBe(`${a(40)}b.${b(30)}`);
  expect(overlap(pattern(`${a(40)}[b-z]*`), pattern(`${a(40)}[.b]${b(30)}`))).toBeUndefined();
  // The first way to a place has too long a label; a longer way round that begins a new part must not be lost.
  expect(overlap(pattern(`*?${b(60)}`), pattern(`${a(5)}*${b(60)}`))).toBe(`${a(5)}.${b(60)}`);
});

test("PA-6 a name has at most 253 characters, so two long patterns may share none", () => {
  const long = (letter: string): string => [60, 60].map((length) => letter.repeat(length)).join(".");
  // 121 characters, a dot, then 131 make 253; with 132 there is no name.
  const one = pattern(`${long("a")}*`);
  expect(overlap(one, pattern(`*${long("b")}`))).toBe(`${long("a")}.${long("b")}`);
  expect(overlap(one, pattern(`*x${b(8)}.${long("b")}`))).toBe(`${long("a")}.x${b(8)}.${long("b")}`);
  expect(overlap(one, pattern(`*x${b(9)}.${long("b")}`))).toBeUndefined();
});

test("PA-7 the answer does not depend on the order, and a pattern overlaps itself", () => {
  const texts = ["*.east.example.com", "web*", "w?b[0-9]*", "*-1.*", "web1.east.example.com", "*", "[a-f]*.corp"];
  for (const one of texts.map(pattern)) {
    const self = overlap(one, one);
    expect(self !== undefined && matches(one, self)).toBe(true);
    for (const other of texts.map(pattern)) expect(overlap(one, other)).toBe(overlap(other, one));
  }
});
