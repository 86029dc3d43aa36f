/** Rules and tests name each other, and tests are written so that they can fail. */
import { expect, test } from "vitest";
import { indexFindings, ruleFindings, testStyleFindings } from "./rule-pages.ts";
import { loadSources } from "./source.ts";

const page = { path: "docs/rules/A.md", text: "# A\n\n- **AA-1** One.\n- **AA-2** Two, see AA-1.\n" };
const tests = (text: string): { path: string; text: string }[] => [{ path: "test/a.test.ts", text }];

test("TI-17 TI-18 hold in this tree", () => {
  const pages = loadSources(["docs/rules"], [".md"]);
  const all = loadSources(["test"], [".ts"]);
  expect(pages.length).toBeGreaterThan(0);
  expect(ruleFindings(pages, all)).toEqual([]);
  expect(testStyleFindings(all)).toEqual([]);
});

test("TI-17 the index of rules links every page", () => {
  const [index] = loadSources(["docs"], ["RULES.md"]);
  expect(index && indexFindings(index, loadSources(["docs/rules"], [".md"]))).toEqual([]);
});

test("TI-17 a page that the index does not link is found, and a link to no page", () => {
  const index = { path: "docs/RULES.md", text: "[A](rules/A.md) [B](rules/B.md)" };
  const other = { path: "docs/rules/C.md", text: "# C" };
  expect(indexFindings(index, [page, other])).toEqual([
    "TI-17 docs/RULES.md links every page: not docs/rules/C.md",
    "TI-17 docs/RULES.md links pages: docs/rules/B.md is none",
  ]);
});

test("TI-17 a rule without a test is found", () => {
  expect(ruleFindings([page], tests('test("AA-1 works", f);'))).toEqual([
    "TI-17 every rule has a test: AA-2 of docs/rules/A.md has none",
  ]);
  expect(ruleFindings([page], tests('test("AA-1 works, unlike AA-2", f);'))).toHaveLength(1);
});

test("TI-17 a title with an unknown rule is found", () => {
  expect(ruleFindings([page], tests('test("AA-1, AA-2 work", f);\ntest("AA-3 T5 works", f);'))).toEqual([
    "TI-17 a title names rules that exist: test/a.test.ts:2 names AA-3",
  ]);
});

test("TI-17 a rule given twice is found", () => {
  const again = { path: "docs/rules/B.md", text: "- **AA-2** Again.\n" };
  const found = ruleFindings([page, again], tests('test("AA-1 and AA-2 hold", f);'));
  expect(found).toEqual(["TI-17 a rule has one place: AA-2 is in docs/rules/A.md and docs/rules/B.md"]);
});

test("TI-17 titles of tables and templates count", () => {
  expect(ruleFindings([page], tests("test.each(x)('AA-1 %s', f);\ntest(`AA-2 $" + "{name}`, f);"))).toEqual([]);
});

test.each([
  'vi.mock("../a.ts")',
  "vi.useFakeTimers()",
  'test.only("x", f)',
  'describe.only("x", f)',
  'test.skip("x", f)',
  "expect(a).toMatchSnapshot()",
])("TI-18 is broken by: %s", (line) => {
  expect(testStyleFindings(tests(line))).toEqual([expect.stringMatching(/^TI-18 .*test\/a\.test\.ts:1 calls /)]);
});

test("TI-18 does not forbid what depends on the machine, if it says so", () => {
  expect(testStyleFindings(tests('test.skipIf(noBrowser)("x", f);'))).toEqual([]);
});
