/** What the imports say together: files that nothing reaches (TI-15), and circles (TI-16). */
import ts from "typescript";
import { importsOf, resolve, walk } from "./source.ts";
import type { Source } from "./source.ts";

/** Where processes, workers and pages begin. */
export const mains: readonly string[] = [
  "src/server/main.ts",
  "src/server/start.ts",
  "src/server/license-main.ts",
  "src/cli/main.ts",
  "src/agent/main.ts",
  "src/web/browser/main.ts",
  "sim/main.ts",
  "sim/real/admission-bench.ts",
  "vitest.config.ts",
];

/** Files that no main and no test reaches. `allowed` maps a path to the reason why it stays. */
export function deadFindings(sources: readonly Source[], allowed: ReadonlyMap<string, string> = new Map()): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const waiting = sources.map(({ path }) => path).filter((path) => mains.includes(path) || isProgramOfTests(path));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    waiting.push(...importsOf(source).map(({ target }) => target), ...startedBy(source));
  }
  const dead = sources.filter(({ path }) => !reached.has(path) && !allowed.has(path));
  const needless = [...allowed.keys()].filter((path) => reached.has(path) || !byPath.has(path));
  return [
    ...dead.map(({ path }) => `TI-15 no dead file: neither a program nor a test reaches ${path}`),
    ...needless.map((path) => `TI-15 exception without need: ${path} is reached or gone`),
  ];
}

/** Tests run in vitest, benchmarks by themselves. */
function isProgramOfTests(path: string): boolean {
  return path.endsWith(".test.ts") || path.endsWith(".bench.ts");
}

/** Workers and child programs are started by `new URL("./x.ts", import.meta.url)`; `.js` is the compiled name. */
function startedBy(source: Source): string[] {
  const found: string[] = [];
  walk(source, (node) => {
    if (!ts.isNewExpression(node) || node.expression.getText() !== "URL") return;
    const first = node.arguments?.[0];
    if (first === undefined || !ts.isStringLiteralLike(first) || !first.text.startsWith(".")) return;
    found.push(resolve(source.path, first.text), resolve(source.path, first.text.replace(/\.js$/, ".ts")));
  });
  return found;
}

/** Circles among files, each named once, by its shortest way round from its first file. */
export function circleFindings(sources: readonly Source[]): string[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source)
        .filter(({ isRelative }) => isRelative)
        .map(({ target }) => target),
    ]),
  );
  const told = new Set<string>();
  return [...edges.keys()].sort().flatMap((start) => {
    if (told.has(start)) return [];
    const circle = wayBack(edges, start);
    if (circle === null) return [];
    for (const path of circle) told.add(path);
    return [`TI-16 no circles: ${[...circle, start].join(" -> ")}`];
  });
}

function wayBack(edges: ReadonlyMap<string, readonly string[]>, start: string): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of edges.get(path) ?? []) {
      if (next === start) return trail(cameFrom, path, start);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return null;
}

function trail(cameFrom: ReadonlyMap<string, string>, end: string, start: string): string[] {
  const way = [end];
  for (let path = end; path !== start;) {
    path = cameFrom.get(path) ?? start;
    way.unshift(path);
  }
  return way;
}
