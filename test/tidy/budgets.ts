/** Budgets of size (TI-9): what does not fit a screen or a sitting is hard to hold in mind. */
import ts from "typescript";
import { lineOf, parse, walk } from "./source.ts";
import type { Source } from "./source.ts";

/** Lines of a file, lines of a function, characters of a line. */
export const budgets: { readonly fileLines: number; readonly functionLines: number; readonly lineLength: number } = {
  fileLines: 400,
  functionLines: 70,
  lineLength: 120,
};

/** A file that may break one budget, up to a limit, with the reason. */
export interface BudgetException {
  readonly path: string;
  readonly budget: keyof typeof budgets;
  readonly limit: number;
  readonly reason: string;
}

/** Files, functions and lines over budget. */
export function budgetFindings(sources: readonly Source[], exceptions: readonly BudgetException[] = []): string[] {
  return sources.flatMap((source) => {
    const limit = (budget: keyof typeof budgets): number =>
      exceptions.find((one) => one.path === source.path && one.budget === budget)?.limit ?? budgets[budget];
    return [
      ...longFile(source, limit("fileLines")),
      ...longLines(source, limit("lineLength")),
      ...longFunctions(source, limit("functionLines")),
    ];
  });
}

/** Exceptions that nothing needs any more: the file is gone, or fits without. */
export function needlessExceptions(sources: readonly Source[], exceptions: readonly BudgetException[]): string[] {
  return exceptions
    .filter((one) => {
      const others = exceptions.filter((other) => other !== one);
      const source = sources.find(({ path }) => path === one.path);
      return source === undefined || budgetFindings([source], others).length === 0;
    })
    .map((one) => `TI-9 exception without need: ${one.path} fits the ${one.budget} budget`);
}

function longFile(source: Source, limit: number): string[] {
  const lines = source.text.trimEnd().split("\n").length;
  return lines > limit ? [`TI-9 a file has at most ${limit} lines: ${source.path} has ${lines}`] : [];
}

function longLines(source: Source, limit: number): string[] {
  return source.text.split("\n").flatMap((line, index) => {
    const length = [...line].length;
    if (length <= limit) return [];
    return [`TI-9 a line has at most ${limit} characters: ${source.path}:${index + 1} has ${length}`];
  });
}

function longFunctions(source: Source, limit: number): string[] {
  const found: string[] = [];
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined || isGroupOfTests(node)) return;
    const tree = parse(source);
    const first = lineOf(source, node);
    const lines = tree.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - first;
    if (lines > limit) found.push(`TI-9 a function has at most ${limit} lines: ${source.path}:${first} has ${lines}`);
  });
  return found;
}

/** A suite is a list of tests; it reads from top to bottom whatever its length. */
function isGroupOfTests(node: ts.Node): boolean {
  if (!("body" in node)) return false;
  const body = node.body as ts.Node;
  if (!ts.isBlock(body)) return false;
  return body.statements.some((one) => ts.isExpressionStatement(one) && /^(test|describe)\b/.test(one.getText()));
}
