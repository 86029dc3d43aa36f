/**
 * How a file looks: it opens by saying its job (TI-10), its name says something (TI-11), it exports by name and only
 * what it defines (TI-12), it has no `any` and no `!` (TI-13), and only wire says that something is verified (TI-14).
 */
import ts from "typescript";
import { lineOf, walk } from "./source.ts";
import type { Source } from "./source.ts";

const headerLines = { min: 1, max: 14 };
const emptyWords = new Set(
  "util utils helper helpers common type types interface interfaces misc lib shared".split(" "),
);

/** Tools that read their settings from a default export. */
const defaultExporters = new Set(["vitest.config.ts", "eslint.config.js"]);

/** Files without the comment that says their one job, or with one that says far more. */
export function headerFindings(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const start = text.startsWith("#!") ? text.slice(text.indexOf("\n") + 1) : text;
    const header = /^(?:\/\*\*?[\s\S]*?\*\/|(?:\/\/[^\n]*\n)+)/.exec(start.trimStart())?.[0].trimEnd();
    if (header === undefined) return [`TI-10 a file opens with a comment that says its job: ${path} has none`];
    const lines = header.split("\n").filter((line) => /\w/.test(line)).length;
    if (lines >= headerLines.min && lines <= headerLines.max) return [];
    return [`TI-10 the opening comment has 1 to ${headerLines.max} lines: ${path} has ${lines}`];
  });
}

/** Files and folders named after nothing. */
export function nameFindings(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path }) => {
    const words = path
      .toLowerCase()
      .split(/[/.]/)
      .filter((part) => emptyWords.has(part));
    const isKebab = /^[a-z0-9./-]+$/.test(path);
    return [
      ...words.map((word) => `TI-11 a name says what is inside: ${path} is called ${word}`),
      ...(isKebab ? [] : [`TI-11 names of files are kebab-case: ${path}`]),
    ];
  });
}

/** Default exports, barrels and stars. */
export function exportFindings(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const found: string[] = [];
    walk(source, (node) => {
      const at = `${source.path}:${lineOf(source, node)}`;
      const isDefault =
        ts.isExportAssignment(node) ||
        (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((one) => one.kind === ts.SyntaxKind.DefaultKeyword));
      if (isDefault === true && !defaultExporters.has(source.path)) found.push(`TI-12 no default exports: ${at}`);
      if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
        found.push(`TI-12 import from the file that defines the thing: ${at} passes on what another file exports`);
      }
    });
    return found;
  });
}

/** Holes in the types: `any`, and `!` after an expression. */
export function holeFindings(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const found: string[] = [];
    walk(source, (node) => {
      const at = `${source.path}:${lineOf(source, node)}`;
      if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`TI-13 no any: ${at}`);
      if (ts.isNonNullExpression(node)) found.push(`TI-13 no non-null assertion: ${at}`);
      if (ts.isPropertyDeclaration(node) && node.exclamationToken !== undefined) {
        found.push(`TI-13 no definite assignment: ${at}`);
      }
    });
    return found;
  });
}

/** Casts outside wire to `Verified<T>`, or to a type that is one under another name. */
export function verifiedFindings(sources: readonly Source[]): string[] {
  const names = new Set(["Verified"]);
  for (const source of sources) {
    walk(source, (node) => {
      if (!ts.isTypeAliasDeclaration(node) || !ts.isTypeReferenceNode(node.type)) return;
      if (node.type.typeName.getText() === "Verified") names.add(node.name.text);
    });
  }
  return sources.flatMap((source) => {
    if (source.path.startsWith("src/wire/") || source.path.startsWith("test/")) return [];
    const found: string[] = [];
    walk(source, (node) => {
      if (!ts.isAsExpression(node) && !ts.isTypeAssertionExpression(node)) return;
      const name = mentioned(node.type, names);
      if (name === null) return;
      found.push(
        `TI-14 only wire says that bytes are verified: ${source.path}:${lineOf(source, node)} casts to ${name}`,
      );
    });
    return found;
  });
}

function mentioned(type: ts.TypeNode, names: ReadonlySet<string>): string | null {
  let found: string | null = null;
  const go = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node) && names.has(node.typeName.getText())) found ??= node.typeName.getText();
    ts.forEachChild(node, go);
  };
  go(type);
  return found;
}
