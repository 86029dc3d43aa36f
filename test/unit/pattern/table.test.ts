/** Tables of patterns: first match, all matches, first overlap, nearest. */
import { expect, test } from "vitest";
import { nearest } from "../../../src/pattern/nearest.ts";
import { buildTable } from "../../../src/pattern/table.ts";
import type { Entry } from "../../../src/pattern/table.ts";
import { hostname, pattern } from "../../support/patterns.ts";

function entriesOf(...texts: readonly string[]): Entry<string>[] {
  return texts.map((text) => ({ pattern: pattern(text), owner: `owner of ${text}` }));
}

test("PA-8 the first pattern in order owns the name, however general", () => {
  const table = buildTable(entriesOf("web1.east.example.com", "*-db-*", "*.east.example.com", "*", "web*"));
  const owns = (name: string): string | undefined => table.find(hostname(name))?.pattern.text;
  expect(owns("web1.east.example.com")).toBe("web1.east.example.com");
  expect(owns("web2.east.example.com")).toBe("*.east.example.com");
  expect(owns("x-db-1.east.example.com")).toBe("*-db-*");
  expect(owns("web3.corp")).toBe("*");
  expect(table.find(hostname("web2.east.example.com"))).toMatchObject({
    index: 2,
    owner: "owner of *.east.example.com",
  });
});

test("PA-8 nobody matches, an empty table, and owners left out", () => {
  expect(buildTable<string>([]).find(hostname("a"))).toBeUndefined();
  const table = buildTable(entriesOf("*.east.example.com", "web*"));
  expect(table.find(hostname("db1.west.example.com"))).toBeUndefined();
  const found = table.find(hostname("web1.east.example.com"), (owner) => owner !== "owner of *.east.example.com");
  expect(found?.pattern.text).toBe("web*");
});

test("PA-8 all that match come in order, each once", () => {
  const table = buildTable(entriesOf("*", "*web*", "db*", "*web*.com", "??????????", "web1.x.com"));
  expect(table.findAll(hostname("web1.x.com")).map(({ index }) => index)).toEqual([0, 1, 3, 4, 5]);
});

test("PA-9 the first overlap in order is named with a witness", () => {
  const table = buildTable(entriesOf("*.east.example.com", "web1.*", "db*", "*.example.com"));
  expect(table.firstOverlap(pattern("*.example.com"))).toMatchObject({ index: 0, witness: "a.east.example.com" });
  expect(table.firstOverlap(pattern("web1.west.example.com"))).toMatchObject({ index: 1 });
  expect(table.firstOverlap(pattern("x.west.example.com"))).toMatchObject({ index: 3, witness: "x.west.example.com" });
  expect(table.firstOverlap(pattern("*.corp"), (_, index) => index !== 1)).toMatchObject({
    index: 2,
    witness: "db.corp",
  });
  expect(table.firstOverlap(pattern("cache*.corp"))).toBeUndefined();
});

test("PA-10 nearest are those that agree with the end, then the beginning, then the order", () => {
  const entries = entriesOf(
    "*.corp",
    "web*.east.example.com",
    "db*.east.example.com",
    "*.west.example.com",
    "*.example.net",
  );
  const near = (name: string, count: number): string[] =>
    nearest(hostname(name), entries, count).map((entry) => entry.pattern.text);
  expect(near("db1.eest.example.com", 3)).toEqual([
    "*.west.example.com",
    "db*.east.example.com",
    "web*.east.example.com",
  ]);
  expect(near("db1.example.net.x", 1)).toEqual(["db*.east.example.com"]);
  expect(near("x", 2)).toEqual(["*.corp", "web*.east.example.com"]);
  expect(near("x", 0)).toEqual([]);
  expect(near("x", 9)).toHaveLength(5);
});
