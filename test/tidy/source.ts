/**
 * The sources that the tidy checkers read, and the two things they all need: a parsed file and its imports.
 *
 * A checker is a function from sources to findings, sentences that begin with the id of the broken rule and name
 * place and culprit, so that every checker can also be shown planted violations.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** One file: its path from the top of the repository, with slashes, and what it says. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One import of a source. `target` is a path from the top when relative, else the specifier as written. */
export interface Import {
  readonly target: string;
  readonly isRelative: boolean;
  readonly isTypeOnly: boolean;
  readonly line: number;
}

const top = fileURLToPath(new URL("../../", import.meta.url));
const parsed = new WeakMap<Source, ts.SourceFile>();

/** Every file below these folders whose name ends so, sorted by path; folders that do not exist are empty. */
export function loadSources(folders: readonly string[], endings: readonly string[]): Source[] {
  const found: Source[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(top, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (endings.some((ending) => entry.name.endsWith(ending))) {
        found.push({ path, text: readFileSync(join(top, path), "utf8") });
      }
    }
  };
  const present = new Set(readdirSync(top));
  for (const folder of folders) if (present.has(folder.split("/")[0] ?? "")) visit(folder);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** All TypeScript of the product and its tests, without generated code. */
export function loadProject(): Source[] {
  return loadSources(["src", "sim", "transports", "test"], [".ts"]).filter((source) => !isGenerated(source.path));
}

/** Whether a file is written by a generator, so that its looks are not ours. */
export function isGenerated(path: string): boolean {
  return path.startsWith("src/wire/gen/");
}

/** The syntax tree of a source, parsed once. */
export function parse(source: Source): ts.SourceFile {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2023, true);
  parsed.set(source, tree);
  return tree;
}

/** Calls `visit` for every node of a source, parents before children. */
export function walk(source: Source, visit: (node: ts.Node) => void): void {
  const go = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, go);
  };
  go(parse(source));
}

/** The line, counted from 1, on which a node begins. */
export function lineOf(source: Source, node: ts.Node): number {
  const tree = parse(source);
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** Everything a source imports or re-exports, types and dynamic imports too, in order. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const isRelative = specifier.text.startsWith(".");
    const target = isRelative ? resolve(source.path, specifier.text) : specifier.text;
    found.push({ target, isRelative, isTypeOnly, line: lineOf(source, specifier) });
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
  });
  return found;
}

/** A relative specifier seen from a file, as a path from the top. */
export function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier);
}
