/**
 * The walk that gives a set of rows its meaning: keys are taken oldest first, each judged only by keys taken before it.
 *
 *   founder -> its counting ADMITs are candidates -> the first in row order is taken -> its successor right after it
 *           -> its own counting ADMITs join the candidates -> ... until none is left
 *
 * When a key is taken, every REMOVE that can ever count against it is known, for those come from older keys and from
 * the recovery key: so one pass settles which of its rows count. Carries VI-1 to VI-9 (docs/rules/VIEW.md).
 */
import { must } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { isWithinHeads } from "./reach.ts";
import { bySignedOrder } from "./row-index.ts";
import type { RowIndex } from "./row-index.ts";
import { memberLimit } from "./row.ts";
import type { Addresses, Admit, Claimed, Remove, SignedRow } from "./row.ts";
import type { Age, ClaimedPattern, Member, Standing } from "./view.ts";

/** A REMOVE that counts against a key. */
export interface Cut {
  readonly row: SignedRow;
  readonly heads: readonly RowId[];
}

/** A key the walk took, with what decides which of its rows count. */
export interface Taken {
  readonly member: Member;
  readonly cuts: readonly Cut[];
  /** The LEAVE that stands; what follows it counts as nothing. */
  readonly leave: SignedRow | null;
}

/** What the walk found. */
export interface Walked {
  readonly founder: BoltId | null;
  readonly recoveryKey: BoltId | null;
  /** Oldest first. */
  readonly taken: ReadonlyMap<BoltId, Taken>;
  /** Counting bearer ADMITs that lost their token to an earlier one, and that one. */
  readonly lost: ReadonlyMap<RowId, RowId>;
}

/** What a key is taken with. */
interface Arrival {
  readonly key: BoltId;
  readonly admittedBy: RowId;
  readonly sponsor: BoltId;
  readonly age: Age;
  readonly name: string;
  readonly patterns: readonly ClaimedPattern[];
  readonly addresses: Addresses;
}

/** Walks the whole set. */
export function walk(index: RowIndex): Walked {
  const genesis = index.genesis();
  if (genesis === undefined) return { founder: null, recoveryKey: null, taken: new Map(), lost: new Map() };
  return new Walk(index, genesis).run();
}

/** The walk with one more key, taken last by this ADMIT: a key that nothing was written by or against yet. */
export function joinLast(walked: Walked, { message }: SignedRow, admit: Admit): Walked {
  const age = { rank: message.rank, id: message.id };
  const arrival = arrivalOf(admit.key, message.id, message.origin, age, admit);
  const seated = [...walked.taken.values()].filter(({ member }) => holdsSeat(member.standing)).length;
  const member = { ...memberOf(arrival, walked.taken.size), standing: seatOf(seated) };
  return { ...walked, taken: new Map(walked.taken).set(admit.key, { member, cuts: [], leave: null }) };
}

/** Those past the cap wait for a seat: they are counted with the members. */
function holdsSeat({ is }: Standing): boolean {
  return is === "member" || is === "orphaned";
}

/** The standing of who comes when so many are seated. */
function seatOf(seated: number): Standing {
  return seated < memberLimit ? { is: "member" } : { is: "orphaned", why: "over-cap" };
}

/** The first counting REMOVE in row order whose cut leaves the row out, or undefined. */
export function cutOff(id: RowId, cuts: readonly Cut[], index: RowIndex): SignedRow | undefined {
  return cuts.find(({ heads }) => !isWithinHeads(id, heads, index))?.row;
}

/** Whether a row of this key counts. */
export function ownRowCounts(id: RowId, taken: Taken, index: RowIndex): boolean {
  if (id === taken.member.admittedBy) return true;
  if (taken.cuts.length > 0 && cutOff(id, taken.cuts, index) !== undefined) return false;
  return taken.leave === null || !index.isAncestorByPrev(taken.leave.message.id, id);
}

/** Whether its MINT lets the author of this ADMIT write it; whether both count is decided elsewhere. */
export function isAuthorised({ message }: SignedRow, admit: Admit, index: RowIndex): boolean {
  const mint = index.get(admit.mint)?.message;
  if (mint?.body.kind !== "mint" || mint.body.tokenKey !== admit.tokenKey) return false;
  const { bound } = mint.body;
  if (bound === null) return mint.origin === message.origin && index.isAncestorByPrev(mint.id, message.id);
  return bound.key === admit.key && bound.name === admit.name && areEqual(bound.patterns, admit.patterns);
}

class Walk {
  readonly #index: RowIndex;
  readonly #genesis: SignedRow;
  readonly #founder: BoltId;
  readonly #recoveryKey: BoltId;
  readonly #taken = new Map<BoltId, Taken>();
  readonly #lost = new Map<RowId, RowId>();
  readonly #candidates = new Candidates();
  #members = 0;

  constructor(index: RowIndex, genesis: SignedRow) {
    this.#index = index;
    this.#genesis = genesis;
    this.#founder = genesis.message.origin;
    const { body } = genesis.message;
    this.#recoveryKey = must(body.kind === "genesis" ? body.recoveryKey : undefined, "a genesis says who recovers");
  }

  run(): Walked {
    const { id, origin, body } = this.#genesis.message;
    if (body.kind === "genesis") this.#takeLine(arrivalOf(origin, id, origin, { rank: 0, id }, body));
    for (let row = this.#candidates.next(); row !== undefined; row = this.#candidates.next()) {
      const admit = row.message.body;
      if (admit.kind !== "admit" || this.#taken.has(admit.key) || admit.key === this.#recoveryKey) continue;
      const age = { rank: row.message.rank, id: row.message.id };
      this.#takeLine(arrivalOf(admit.key, row.message.id, row.message.origin, age, admit));
    }
    return { founder: this.#founder, recoveryKey: this.#recoveryKey, taken: this.#taken, lost: this.#lost };
  }

  /** Takes a key, and right after it the line of its successors. */
  #takeLine(first: Arrival): void {
    for (let next: Arrival | undefined = first; next !== undefined;) {
      const arrival: Arrival = next;
      const cuts = this.#cutsOf(arrival.key);
      const log = this.#index.ofAuthor(arrival.key);
      const leave = log.find((row) => row.message.body.kind === "leave" && this.#isWithin(row, arrival, cuts)) ?? null;
      const successor = this.#successorIn(leave, arrival.key);
      const standing = this.#standingOf(cuts, leave, successor);
      const unclaimed: Taken = { member: { ...memberOf(arrival, this.#taken.size), standing }, cuts, leave };
      const counting = log.filter((row) => ownRowCounts(row.message.id, unclaimed, this.#index));
      const patterns = claimedOver(arrival.patterns, counting);
      this.#taken.set(arrival.key, { member: { ...unclaimed.member, patterns }, cuts, leave });
      this.#nominate(counting);
      next =
        leave === null || successor === null
          ? undefined
          : { ...arrival, key: successor, admittedBy: leave.message.id, sponsor: arrival.key, patterns };
    }
  }

  #isWithin(row: SignedRow, arrival: Arrival, cuts: readonly Cut[]): boolean {
    return row.message.id === arrival.admittedBy || cutOff(row.message.id, cuts, this.#index) === undefined;
  }

  /** REMOVEs of the key by older keys and by the recovery key, themselves counting, in row order. */
  #cutsOf(key: BoltId): Cut[] {
    return this.#index.removesOf(key).flatMap((row) => {
      const { origin, id, body } = row.message;
      const author = this.#taken.get(origin);
      const isOlder = author !== undefined && ownRowCounts(id, author, this.#index);
      if (!isOlder && origin !== this.#recoveryKey) return [];
      return [{ row, heads: (body as Remove).cut }];
    });
  }

  /** Who takes over by this LEAVE: a key that was never a member. */
  #successorIn(leave: SignedRow | null, leaver: BoltId): BoltId | null {
    const body = leave?.message.body;
    if (body?.kind !== "leave" || body.successor === null) return null;
    const { key } = body.successor;
    return key === leaver || key === this.#recoveryKey || this.#taken.has(key) ? null : key;
  }

  #standingOf(cuts: readonly Cut[], leave: SignedRow | null, successor: BoltId | null): Standing {
    const removal = cuts[0]?.row.message;
    if (removal !== undefined) return { is: "removed", row: removal.id, by: removal.origin };
    if (leave !== null) return { is: "left", row: leave.message.id, successor };
    return seatOf(this.#members++);
  }

  /** Makes candidates of what these rows admit; of two ADMITs by one bearer token the first in row order stands. */
  #nominate(counting: readonly SignedRow[]): void {
    const spent = new Map<RowId, SignedRow>();
    for (const row of counting) {
      const { body } = row.message;
      if (body.kind !== "admit" || !isAuthorised(row, body, this.#index)) continue;
      const earlier = spent.get(body.mint)?.message;
      if (earlier === undefined) spent.set(body.mint, row);
      if (earlier === undefined || (earlier.body as Admit).key === body.key) this.#candidates.add(row);
      else this.#lost.set(row.message.id, earlier.id);
    }
  }
}

/** ADMITs by taken keys, first in row order first: a binary heap. */
class Candidates {
  readonly #heap: SignedRow[] = [];

  add(row: SignedRow): void {
    const heap = this.#heap;
    let at = heap.push(row) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = must(heap[parent], "a parent stands before its child");
      if (bySignedOrder(above, row) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = row;
  }

  next(): SignedRow | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(row: SignedRow): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && bySignedOrder(right, left) < 0;
      const least = isRight ? right : left;
      if (bySignedOrder(row, least) <= 0) break;
      heap[at] = least;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = row;
  }
}

function arrivalOf(key: BoltId, admittedBy: RowId, sponsor: BoltId, age: Age, claimed: Claimed): Arrival {
  const patterns = claimed.patterns.map((pattern) => ({ pattern, age }));
  return { key, admittedBy, sponsor, age, name: claimed.name, patterns, addresses: claimed.addresses };
}

function memberOf(arrival: Arrival, order: number): Omit<Member, "standing"> {
  const { key, admittedBy, sponsor, age, name, patterns, addresses } = arrival;
  return { id: key, order, name, admittedBy, sponsor, age, patterns, addresses };
}

/** Patterns after these CLAIMs: one kept from before keeps its age, a new one is as old as its CLAIM. */
function claimedOver(before: readonly ClaimedPattern[], counting: readonly SignedRow[]): readonly ClaimedPattern[] {
  let patterns = before;
  for (const { message } of counting) {
    if (message.body.kind !== "claim") continue;
    const held = new Map(patterns.map((claimed) => [claimed.pattern, claimed]));
    const age = { rank: message.rank, id: message.id };
    patterns = message.body.patterns.map((pattern) => held.get(pattern) ?? { pattern, age });
  }
  return patterns;
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}
