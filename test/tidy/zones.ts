/**
 * What the two deterministic zones may not touch: the core rooms (TI-2 to TI-7) and the simulator (TI-8).
 * In the core the compiler refuses most of it; this says it with the rule's id, and says what the compiler lets by.
 */
import ts from "typescript";
import { importsOf, lineOf, walk } from "./source.ts";
import type { Source } from "./source.ts";

/** Rooms that compile without Node and DOM and hold every decision. */
export const coreRooms: readonly string[] = [
  ...["kernel", "pattern", "roster", "policy", "census", "turn", "admissions", "gossip", "fleet", "query", "license"],
  ...["standby", "envoy", "bolt", "wire", "host"],
];

/** Packages that the core may import: pure arithmetic over bytes. */
const corePackages = ["@noble/hashes/", "@bufbuild/protobuf"];

/** Files of sim that run worker processes or measure how long something took, and the ones that play in real time. */
const wallClockFiles = ["sim/main.ts", "sim/bench/", "sim/cli/", "sim/real/"];

const noClock = "TI-2 core rooms have no clock and no timers";
const noChance = "TI-3 core rooms have no randomness of their own";
const noWaiting = "TI-4 core rooms never wait";
const noAmbientOrder = "TI-5 core rooms order nothing by the machine's habits";
const noInexactMath = "TI-6 core rooms use no maths that differs between engines";
const noNode = "TI-7 core rooms have no Node and no packages but their own";
const simZone = "TI-8 the simulator has no clock, timers or randomness but its own";

type Bans = ReadonlyMap<string, string>;

const timers = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "clearTimeout", "clearInterval"];
const exactMath = new Set("E PI LN2 abs ceil clz32 floor fround imul max min round sign sqrt trunc random".split(" "));
const inexactMath = Object.getOwnPropertyNames(Math).filter((name) => !exactMath.has(name));
const ambientOrder = ["localeCompare", "toLocaleString", "toLocaleLowerCase", "toLocaleUpperCase"];
const nodeGlobals = ["process", "Buffer", "console", "globalThis", "require", "TextEncoder", "TextDecoder", "fetch"];

const coreGlobals: Bans = new Map([
  ...["Date", "performance", ...timers].map((name) => [name, noClock] as const),
  ["crypto", noChance],
  ...["Promise", "Worker", "Atomics"].map((name) => [name, noWaiting] as const),
  ["Intl", noAmbientOrder],
  ["WeakRef", noAmbientOrder],
  ["FinalizationRegistry", noAmbientOrder],
  ...nodeGlobals.map((name) => [name, noNode] as const),
]);
const coreMembers: Bans = new Map([
  ["Math.random", noChance],
  ...inexactMath.map((name) => [`Math.${name}`, noInexactMath] as const),
  ...ambientOrder.map((name) => [`.${name}`, noAmbientOrder] as const),
]);
const simGlobals: Bans = new Map(["Date", "performance", "crypto", ...timers].map((name) => [name, simZone] as const));
const simMembers: Bans = new Map(
  ["Math.random", ...ambientOrder.map((name) => `.${name}`)].map((name) => [name, simZone]),
);

/** What core rooms and simulator use although they may not. */
export function zoneFindings(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    if (isCore(source.path)) {
      const used = usedIn(source, coreGlobals, coreMembers);
      return [...used, ...waitingIn(source), ...importedIn(source)];
    }
    return isSimulated(source.path) ? usedIn(source, simGlobals, simMembers) : [];
  });
}

function isCore(path: string): boolean {
  return coreRooms.some((room) => path.startsWith(`src/${room}/`));
}

function isSimulated(path: string): boolean {
  return path.startsWith("sim/") && !wallClockFiles.some((prefix) => path.startsWith(prefix));
}

function finding(rule: string, source: Source, node: ts.Node, what: string): string {
  return `${rule}: ${source.path}:${lineOf(source, node)} uses ${what}`;
}

function usedIn(source: Source, globals: Bans, members: Bans): string[] {
  const found: string[] = [];
  const own = declaredIn(source);
  walk(source, (node) => {
    if (ts.isPropertyAccessExpression(node)) {
      const name = node.name.text;
      const owner = ts.isIdentifier(node.expression) ? node.expression.text : "";
      const rule = members.get(`${owner}.${name}`) ?? members.get(`.${name}`);
      if (rule !== undefined) found.push(finding(rule, source, node, `${owner}.${name}`));
    }
    if (ts.isIdentifier(node) && isFreeName(node) && !own.has(node.text)) {
      const rule = globals.get(node.text);
      if (rule !== undefined) found.push(finding(rule, source, node, withMember(node)));
    }
    // An alias or a computed member would slip past the list of members.
    if (
      ts.isIdentifier(node) &&
      node.text === "Math" &&
      isFreeName(node) &&
      !ts.isPropertyAccessExpression(node.parent)
    ) {
      found.push(finding(members.get("Math.random") ?? noChance, source, node, "Math other than by Math.name"));
    }
  });
  return found;
}

/** Names that a source gives to things of its own; such a name is not the global one. */
function declaredIn(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  walk(source, (node) => {
    const isDeclaration =
      ts.isParameter(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (isDeclaration && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
  });
  return names;
}

/** Whether an identifier is a name of its own: not a member, not a key. */
function isFreeName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  const isKey =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessorDeclaration(parent) ||
    ts.isNamedTupleMember(parent);
  return !(isKey && parent.name === node);
}

function withMember(node: ts.Identifier): string {
  const { parent } = node;
  return ts.isPropertyAccessExpression(parent) ? `${node.text}.${parent.name.text}` : node.text;
}

function waitingIn(source: Source): string[] {
  const found: string[] = [];
  walk(source, (node) => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword) found.push(finding(noWaiting, source, node, "async"));
    if (ts.isAwaitExpression(node)) found.push(finding(noWaiting, source, node, "await"));
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) {
      found.push(finding(noWaiting, source, node, "for await"));
    }
    if (ts.isForInStatement(node)) found.push(finding(noAmbientOrder, source, node, "for in"));
    if (ts.isBinaryExpression(node) && isPower(node) && !ts.isNumericLiteral(node.left) && !isBigInt(node)) {
      found.push(finding(noInexactMath, source, node, "** on what is no literal"));
    }
  });
  return found;
}

function isPower(node: ts.BinaryExpression): boolean {
  const { kind } = node.operatorToken;
  return kind === ts.SyntaxKind.AsteriskAsteriskToken || kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken;
}

function isBigInt(node: ts.BinaryExpression): boolean {
  return ts.isBigIntLiteral(node.left) || ts.isBigIntLiteral(node.right);
}

function importedIn(source: Source): string[] {
  return importsOf(source)
    .filter(({ target, isRelative }) => !isRelative && !corePackages.some((name) => target.startsWith(name)))
    .map(({ target, line }) => `${noNode}: ${source.path}:${line} imports ${target}`);
}
