/**
 * Rules and tests belong together (TI-17): every rule of docs/rules has a test whose title begins with it, and every
 * rule named by a title exists. And how tests may not be written (TI-18).
 */
import ts from "typescript";
import { lineOf, walk } from "./source.ts";
import type { Source } from "./source.ts";

interface Title {
  readonly text: string;
  readonly at: string;
}

const ruleId = "[A-Z]{2}-\\d+";

/** Rules without a test, titles with unknown rules, and ids given twice. */
export function ruleFindings(pages: readonly Source[], tests: readonly Source[]): string[] {
  const rules = new Map<string, string>();
  const found: string[] = [];
  for (const page of pages) {
    for (const [, id = ""] of page.text.matchAll(new RegExp(`^\\s*- \\*\\*(${ruleId})\\*\\*`, "gm"))) {
      const other = rules.get(id);
      if (other !== undefined) found.push(`TI-17 a rule has one place: ${id} is in ${other} and ${page.path}`);
      rules.set(id, page.path);
    }
  }
  const proved = new Set<string>();
  for (const title of tests.flatMap(titlesOf)) {
    for (const id of idsOf(title.text)) {
      proved.add(id);
      if (!rules.has(id)) found.push(`TI-17 a title names rules that exist: ${title.at} names ${id}`);
    }
  }
  const bare = [...rules].filter(([id]) => !proved.has(id));
  return [...found, ...bare.map(([id, path]) => `TI-17 every rule has a test: ${id} of ${path} has none`)];
}

/** Pages that the index does not link, and links of the index that lead nowhere. */
export function indexFindings(index: Source, pages: readonly Source[]): string[] {
  const linked = new Set([...index.text.matchAll(/\]\((rules\/[^)]+)\)/g)].map(([, target]) => `docs/${target ?? ""}`));
  const paths = new Set(pages.map(({ path }) => path));
  return [
    ...[...paths]
      .filter((path) => !linked.has(path))
      .map((path) => `TI-17 ${index.path} links every page: not ${path}`),
    ...[...linked].filter((path) => !paths.has(path)).map((path) => `TI-17 ${index.path} links pages: ${path} is none`),
  ];
}

/** The rule ids a title begins with: "RO-1", "RO-1, RO-2" and "RO-1 and RO-2" alike. */
function idsOf(title: string): string[] {
  const lead = new RegExp(`^(?:${ruleId}(?:[ ,/]|and|$)*)+`).exec(title)?.[0] ?? "";
  return lead.match(new RegExp(ruleId, "g")) ?? [];
}

function titlesOf(source: Source): Title[] {
  const found: Title[] = [];
  walk(source, (node) => {
    if (!ts.isCallExpression(node) || !/^(test|it|describe)\b/.test(node.expression.getText())) return;
    const [first] = node.arguments;
    if (first === undefined) return;
    const text = ts.isStringLiteralLike(first) ? first.text : ts.isTemplateExpression(first) ? first.head.text : null;
    if (text !== null) found.push({ text, at: `${source.path}:${lineOf(source, node)}` });
  });
  return found;
}

const bannedCalls: ReadonlyMap<string, string> = new Map([
  ["vi.mock", "no module mocks"],
  ["vi.doMock", "no module mocks"],
  ["vi.useFakeTimers", "no fake timers"],
  ["test.only", "no test keeps others from running"],
  ["describe.only", "no test keeps others from running"],
  ["it.only", "no test keeps others from running"],
  ["test.skip", "a test that is never run is no test"],
  ["describe.skip", "a test that is never run is no test"],
  ["test.todo", "a test that is never run is no test"],
]);
const bannedMembers = new Set(["toMatchSnapshot", "toMatchInlineSnapshot"]);

/** Mocks of modules, fake timers, tests switched off, snapshots. */
export function testStyleFindings(tests: readonly Source[]): string[] {
  return tests.flatMap((source) => {
    const found: string[] = [];
    walk(source, (node) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      const name = node.expression.getText();
      const why = bannedCalls.get(name) ?? (bannedMembers.has(node.expression.name.text) ? "no snapshots" : undefined);
      if (why !== undefined) found.push(`TI-18 ${why}: ${source.path}:${lineOf(source, node)} calls ${name}`);
    });
    return found;
  });
}
