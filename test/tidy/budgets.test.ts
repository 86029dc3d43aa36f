/** Sizes stay within budget, but for a short list with reasons. */
import { expect, test } from "vitest";
import { budgetFindings, needlessExceptions } from "./budgets.ts";
import type { BudgetException } from "./budgets.ts";
import { loadProject } from "./source.ts";

/** Each must say why the file is better long than cut. */
const exceptions: readonly BudgetException[] = [
  {
    path: "test/support/turn-bench.ts",
    budget: "fileLines",
    limit: 480,
    reason: "a bench and its bolts know each other; two files would form a circle",
  },
];

const lines = (count: number, line: string): string => `${line}\n`.repeat(count);

test("TI-9 files, functions and lines of this tree fit", () => {
  const sources = loadProject();
  expect(budgetFindings(sources, exceptions)).toEqual([]);
  expect(needlessExceptions(sources, exceptions)).toEqual([]);
});

test("TI-9 a file of 400 lines fits, one of 401 does not", () => {
  expect(budgetFindings([{ path: "a.ts", text: lines(400, "f();") }])).toEqual([]);
  expect(budgetFindings([{ path: "a.ts", text: lines(401, "f();") }])).toEqual([
    "TI-9 a file has at most 400 lines: a.ts has 401",
  ]);
});

test("TI-9 a function of 70 lines fits, one of 71 does not, whatever its form", () => {
  const forms = [
    (body: string): string => `function f() {\n${body}}`,
    (body: string): string => `const f = () => {\n${body}};`,
    (body: string): string => `class C { f() {\n${body}} }`,
  ];
  for (const form of forms) {
    expect(budgetFindings([{ path: "a.ts", text: form(lines(68, "f();")) }])).toEqual([]);
    expect(budgetFindings([{ path: "a.ts", text: form(lines(69, "f();")) }])).toEqual([
      "TI-9 a function has at most 70 lines: a.ts:1 has 71",
    ]);
  }
});

test("TI-9 a suite may be longer than a function", () => {
  expect(budgetFindings([{ path: "a.ts", text: `describe("x", () => {\n${lines(99, 'test("x", f);')}});` }])).toEqual(
    [],
  );
  expect(budgetFindings([{ path: "a.ts", text: `describe("x", () => {\n${lines(99, "f();")}});` }])).toHaveLength(1);
});

test("TI-9 a line of 120 characters fits, one of 121 does not", () => {
  expect(budgetFindings([{ path: "a.ts", text: "x".repeat(120) }])).toEqual([]);
  expect(budgetFindings([{ path: "a.ts", text: `f();\n${"x".repeat(121)}` }])).toEqual([
    "TI-9 a line has at most 120 characters: a.ts:2 has 121",
  ]);
});

test("TI-9 an exception lifts its own budget up to its limit, and must be needed", () => {
  const long = { path: "a.ts", text: lines(450, "f();") };
  const exception = { path: "a.ts", budget: "fileLines", limit: 460, reason: "planted" } as const;
  expect(budgetFindings([long], [exception])).toEqual([]);
  expect(needlessExceptions([long], [exception])).toEqual([]);
  expect(budgetFindings([long], [{ ...exception, limit: 449 }])).toHaveLength(1);
  expect(needlessExceptions([{ ...long, text: "f();" }], [exception])).toHaveLength(1);
  expect(needlessExceptions([], [exception])).toHaveLength(1);
});
