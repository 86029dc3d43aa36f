/** Files look as agreed, and the checkers see when one does not. */
import { expect, test } from "vitest";
import { exportFindings, headerFindings, holeFindings, nameFindings, verifiedFindings } from "./shape.ts";
import { loadProject, loadSources } from "./source.ts";

const file = (text: string, path = "src/admin/a.ts"): { path: string; text: string }[] => [{ path, text }];

test("TI-10 TI-11 TI-12 TI-13 TI-14 hold in this tree", () => {
  const sources = loadProject();
  const scripts = loadSources([".ci"], [".mjs"]);
  expect([...headerFindings(sources), ...headerFindings(scripts)]).toEqual([]);
  expect([...nameFindings(sources), ...exportFindings(sources)]).toEqual([]);
  expect([...holeFindings(sources), ...verifiedFindings(sources)]).toEqual([]);
});

test("TI-10 a file without an opening comment is found, and one with a treatise", () => {
  expect(headerFindings(file("export const a = 1;\n/** late */"))).toEqual([
    "TI-10 a file opens with a comment that says its job: src/admin/a.ts has none",
  ]);
  expect(headerFindings(file("/** */\nexport const a = 1;"))).toHaveLength(1);
  expect(headerFindings(file(`/**\n${" * word\n".repeat(30)} */\n`))).toHaveLength(1);
  expect(headerFindings(file("/** One job. */\nexport const a = 1;"))).toEqual([]);
  expect(headerFindings(file("#!/usr/bin/env node\n// One job.\n// Its rules.\nf();"))).toEqual([]);
});

test("TI-11 names that say nothing are found in files and folders", () => {
  const names = ["src/admin/utils.ts", "src/helpers/a.ts", "src/admin/types.ts", "src/admin/Tables.ts"];
  expect(names.flatMap((path) => nameFindings(file("", path)))).toHaveLength(names.length);
  expect(nameFindings(file("", "src/policy/resource-types.ts"))).toEqual([]);
});

test("TI-12 default exports and barrels are found", () => {
  const lines = ["export default 1;", "export default function f() {}", 'export * from "./b.ts";'];
  const more = ['export { b } from "./b.ts";', 'export type { B } from "./b.ts";'];
  for (const line of [...lines, ...more]) expect(exportFindings(file(line))).toHaveLength(1);
  expect(exportFindings(file("export const a = 1;\nconst b = 2;\nexport { b };"))).toEqual([]);
});

test("TI-13 any and ! are found, and != and ! before an expression are not", () => {
  expect(holeFindings(file("const a: any = b;\nconst c = d!.e;\nclass C { x!: number }"))).toEqual([
    "TI-13 no any: src/admin/a.ts:1",
    "TI-13 no non-null assertion: src/admin/a.ts:2",
    "TI-13 no definite assignment: src/admin/a.ts:3",
  ]);
  expect(holeFindings(file('const any = !a && b != c; // any\nf("any!");'))).toEqual([]);
});

test("TI-14 a cast to Verified outside wire is found, under its other names too", () => {
  const alias = { path: "src/roster/row.ts", text: "export type SignedRow = Verified<Row>;" };
  const found = (path: string, text: string): string[] => verifiedFindings([alias, { path, text }]);
  expect(found("src/store/a.ts", "const a = b as Verified<Row>;")).toEqual([
    "TI-14 only wire says that bytes are verified: src/store/a.ts:1 casts to Verified",
  ]);
  expect(found("src/store/a.ts", "const a = b as unknown as readonly SignedRow[];")).toHaveLength(1);
  expect(found("sim/world/a.ts", "const a = <SignedRow>b;")).toHaveLength(1);
  expect(found("src/wire/a.ts", "const a = b as Verified<Row>;")).toEqual([]);
  expect(found("src/store/a.ts", "const a: SignedRow = b;")).toEqual([]);
});
