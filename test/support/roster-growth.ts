/**
 * Grows rosters as a fleet would: bolts that hold different rows write what they can, honest or not (forked logs,
 * backdated rows, removals of elders, stolen tokens), and sometimes tell each other. Every row is of right form, so
 * every ancestor-closed part of the outcome is a roster some bolt could hold.
 */
import fc from "fast-check";
import type { RowId } from "../../src/kernel/id.ts";
import { closureOf } from "../../src/roster/reach.ts";
import { RowIndex } from "../../src/roster/row-index.ts";
import type { Body, Inert, SignedRow } from "../../src/roster/row.ts";
import { keyOf, RosterScript } from "./roster-builder.ts";
import type { Place } from "./roster-builder.ts";

/** What a step does, and three numbers it picks with. */
type Step = readonly [deed: number, a: number, b: number, c: number];

/** A grown world: all rows in the order they were written, and what each bolt holds of them. */
export interface Grown {
  readonly script: RosterScript;
  readonly rows: readonly SignedRow[];
  readonly holdings: readonly RowIndex[];
  /** What fast-check prints of it: the steps. */
  readonly [fc.toStringMethod]: () => string;
}

const names = ["a", "b", "c", "d", "e"] as const;
const recovery = names.length;

/** Worlds of up to `maxSteps` steps by five bolts. */
export function grownRosters(maxSteps: number): fc.Arbitrary<Grown> {
  const pick = fc.nat({ max: 0xffff });
  return fc.array(fc.tuple(fc.nat({ max: 15 }), pick, pick, pick), { maxLength: maxSteps, size: "max" }).map(grow);
}

/** The world these steps lead to. */
export function grow(steps: readonly Step[]): Grown {
  const script = new RosterScript();
  const holdings = [...names, "recovery"].map(() => new RowIndex());
  const genesis = script.found("a");
  for (const holding of holdings) holding.add(genesis);
  for (const step of steps) takeStep(step, script, holdings);
  return { script, rows: script.rows, holdings, [fc.toStringMethod]: () => `grow(${JSON.stringify(steps)})` };
}

/** The rows with all their ancestors: what a bolt that holds them holds. */
export function closedPart(grown: Grown, picked: readonly RowId[]): readonly SignedRow[] {
  const index = new RowIndex();
  for (const row of grown.rows) index.add(row);
  const part = closureOf(index, picked);
  return grown.rows.filter((row) => part.has(row.message.id));
}

function takeStep([deed, a, b, c]: Step, script: RosterScript, holdings: readonly RowIndex[]): void {
  const by = deed === 15 ? recovery : a % names.length;
  const holding = at(holdings, by);
  if (deed < 3) return tell(holding, at(holdings, b % holdings.length));
  const place = placeOf(by, holding, deed, c);
  const body = place === null ? null : bodyOf(deed, by, holding, b, c);
  if (place === null || body === null) return;
  const name = by === recovery ? "recovery" : at(names, by);
  const row = body === "unknown" ? script.unknown(name, 8 + (b % 3), place) : script.write(name, body, place);
  holding.add(row);
}

function tell(from: RowIndex, to: RowIndex): void {
  for (const row of from.all()) to.add(row);
}

/** Mostly at the end of its log and of all it holds; deed 13 forks, deed 14 backdates. Null: it cannot write yet. */
function placeOf(by: number, holding: RowIndex, deed: number, c: number): Place | null {
  const key = keyOf(by === recovery ? "recovery" : at(names, by));
  const own = holding.ofAuthor(key);
  const forks = deed === 13 && own.length > 0;
  const last = forks ? at(own, c % own.length) : holding.heads(key).at(-1);
  const begin = by === recovery ? holding.genesis() : (holding.admitsOf(key)[0] ?? holding.successionsOf(key)[0]);
  const prev = last ?? begin;
  const seen = deed === 14 ? at(holding.all(), c % holding.size()) : holding.last();
  return prev === undefined || seen === undefined ? null : { prev: prev.message.id, seen: seen.message.id };
}

function bodyOf(
  deed: number,
  by: number,
  holding: RowIndex,
  b: number,
  c: number,
): Exclude<Body, Inert> | "unknown" | null {
  const other = at(names, b % names.length);
  const key = keyOf(other);
  const mint = holding.mints()[c % Math.max(1, holding.mints().length)];
  if (by === recovery) return { kind: "remove", target: key, cut: cutOf(other, holding, c) };
  switch (deed) {
    case 3:
    case 4:
      return { kind: "mint", tokenKey: keyOf(`token ${c % 7}`), expiresMs: 1, bound: null };
    case 5:
      return {
        kind: "mint",
        tokenKey: keyOf("bound"),
        expiresMs: 1,
        bound: { key, name: other, patterns: [`${other}-*`] },
      };
    case 6:
    case 7:
    case 8:
      return mint === undefined ? null : admitBody(other, mint);
    case 9:
      return mint === undefined ? null : { kind: "revoke", mint: mint.message.id };
    case 10:
      return { kind: "remove", target: key, cut: cutOf(other, holding, c) };
    case 11:
      return c % 3 > 0 ? null : { kind: "leave", successor: c % 2 === 0 ? { key, consent: new Uint8Array(64) } : null };
    case 12:
      return "unknown";
    default:
      return { kind: "claim", patterns: [`p${c % 4}-*`] };
  }
}

function admitBody(name: string, { message }: SignedRow): Exclude<Body, Inert> | null {
  if (message.body.kind !== "mint") return null;
  const proof = new Uint8Array(64);
  return {
    kind: "admit",
    mint: message.id,
    tokenKey: message.body.tokenKey,
    key: keyOf(name),
    name,
    patterns: [`${name}-*`],
    addresses: { grpc: [], api: [] },
    keyProof: proof,
    tokenProof: proof,
  };
}

/** Heads held, or an older row of the log, or of an empty log what admits it. */
function cutOf(name: string, holding: RowIndex, c: number): RowId[] {
  const own = holding.ofAuthor(keyOf(name));
  if (own.length === 0)
    return holding
      .admitsOf(keyOf(name))
      .slice(0, 1)
      .map((row) => row.message.id);
  if (c % 3 === 0) return [at(own, c % own.length).message.id];
  return holding.heads(keyOf(name)).map((row) => row.message.id);
}

function at<T>(items: readonly T[], position: number): T {
  const item = items[position];
  if (item === undefined) throw new Error(`nothing at ${position} of ${items.length}`);
  return item;
}
