/**
 * The roster view of a set of rows: what the walk found, with the lists that readers ask for. Those are made at the
 * first question and then kept, because most merges are read only for members and heads. A view is read before the
 * next merge: the rows behind it grow. Carries VI-10 to VI-14.
 */
import { must } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import type { RowIndex } from "./row-index.ts";
import type { Body, SignedRow } from "./row.ts";
import type { Alarm, Member, Orphan, RosterView, Token, Undone } from "./view.ts";
import { cutOff, isAuthorised, ownRowCounts, walk } from "./walk.ts";
import type { Walked } from "./walk.ts";

/** Rows past which the operator is told that the roster grows too large. */
export const manyRows = 100_000;

/** Statements whose loss is worth telling. */
const telling: ReadonlySet<Body["kind"]> = new Set(["admit", "claim", "mint", "remove", "leave"]);

/** What the set means; the walk over it may be handed in. */
export function viewOf(index: RowIndex, walked: Walked = walk(index)): RosterView {
  return new FoldedView(index, walked);
}

class FoldedView implements RosterView {
  readonly genesis: RowId | null;
  readonly spannerId: string;
  readonly founder: BoltId | null;
  readonly recoveryKey: BoltId | null;
  readonly taken: readonly Member[];
  readonly members: readonly Member[];
  readonly byId: ReadonlyMap<BoltId, Member>;
  readonly #index: RowIndex;
  readonly #walked: Walked;
  readonly #size: number;
  #heads: ReadonlyMap<BoltId, readonly RowId[]> | undefined;
  #tokens: ReadonlyMap<RowId, Token> | undefined;
  #consumed: ReadonlySet<RowId> | undefined;
  #orphans: ReadonlyMap<BoltId, Orphan> | undefined;
  #undone: readonly Undone[] | undefined;
  #alarms: readonly Alarm[] | undefined;

  constructor(index: RowIndex, walked: Walked) {
    const genesis = index.genesis()?.message;
    this.#index = index;
    this.#walked = walked;
    this.#size = index.size();
    this.genesis = genesis?.id ?? null;
    this.spannerId = genesis?.body.kind === "genesis" ? genesis.body.spannerId : "";
    this.founder = walked.founder;
    this.recoveryKey = walked.recoveryKey;
    this.taken = [...walked.taken.values()].map(({ member }) => member);
    this.members = this.taken.filter(({ standing }) => standing.is === "member");
    this.byId = new Map(this.taken.map((member) => [member.id, member]));
  }

  get countingHeads(): ReadonlyMap<BoltId, readonly RowId[]> {
    return (this.#heads ??= this.#countingHeads());
  }

  get tokens(): ReadonlyMap<RowId, Token> {
    return (this.#tokens ??= new Map(this.#index.mints().flatMap((row) => this.#token(row))));
  }

  get consumedTokens(): ReadonlySet<RowId> {
    return (this.#consumed ??= new Set([...this.tokens.values()].filter(isNamed).map(({ mint }) => mint)));
  }

  get orphans(): ReadonlyMap<BoltId, Orphan> {
    return (this.#orphans ??= this.#findOrphans());
  }

  get undone(): readonly Undone[] {
    return (this.#undone ??= this.#findUndone());
  }

  get alarms(): readonly Alarm[] {
    return (this.#alarms ??= this.#findAlarms());
  }

  counts(row: RowId): boolean {
    const origin = this.#index.get(row)?.message.origin;
    if (origin === undefined) return false;
    const taken = this.#walked.taken.get(origin);
    return taken === undefined ? origin === this.recoveryKey : ownRowCounts(row, taken, this.#index);
  }

  #countingHeads(): ReadonlyMap<BoltId, readonly RowId[]> {
    const heads = new Map<BoltId, readonly RowId[]>();
    for (const author of this.#index.authors()) {
      const own = this.#headsOf(author);
      if (own.length > 0) heads.set(author, own);
    }
    return heads;
  }

  #headsOf(author: BoltId): readonly RowId[] {
    const taken = this.#walked.taken.get(author);
    if (taken === undefined && author !== this.recoveryKey) return [];
    const all = this.#index.heads(author).map(({ message }) => message.id);
    if (taken === undefined || (taken.cuts.length === 0 && taken.leave === null)) return all;
    const counting = this.#index.ofAuthor(author).filter(({ message }) => this.counts(message.id));
    const continued = new Set(counting.map(({ message }) => message.prev));
    return counting.map(({ message }) => message.id).filter((id) => !continued.has(id));
  }

  #token({ message }: SignedRow): [RowId, Token][] {
    if (message.body.kind !== "mint") return [];
    const { tokenKey, expiresMs, bound } = message.body;
    const revoke = this.#index
      .revokesOf(message.id)
      .find((row) => row.message.origin === message.origin && this.counts(row.message.id));
    const admits = this.#index.admitsByMint(message.id).flatMap((row) => {
      const { body, id } = row.message;
      return body.kind === "admit" ? [{ key: body.key, row: id, counts: this.#stands(row) }] : [];
    });
    const { id: mint, origin: minter, incarnation, wallMs: mintedMs } = message;
    const revoked = revoke?.message.id ?? null;
    return [[mint, { mint, minter, tokenKey, incarnation, expiresMs, mintedMs, bound, revoked, admits }]];
  }

  /** Whether an ADMIT counts, is authorised, and kept its token. */
  #stands(row: SignedRow): boolean {
    const { id, body } = row.message;
    if (body.kind !== "admit" || this.#walked.lost.has(id)) return false;
    return this.counts(id) && isAuthorised(row, body, this.#index);
  }

  #findOrphans(): ReadonlyMap<BoltId, Orphan> {
    const orphans = new Map<BoltId, Orphan>();
    for (const id of this.#index.admittedKeys()) {
      if (!this.byId.has(id) && id !== this.recoveryKey) orphans.set(id, this.#orphan(id, this.#index.admitsOf(id)));
    }
    for (const id of this.#index.succeedingKeys()) {
      if (this.byId.has(id) || orphans.has(id) || id === this.recoveryKey) continue;
      orphans.set(id, this.#orphan(id, this.#index.successionsOf(id)));
    }
    return orphans;
  }

  /** Why none of these rows makes it a member: a cut that leaves one out tells most, then a token lost to another. */
  #orphan(id: BoltId, rows: readonly SignedRow[]): Orphan {
    for (const { message } of rows) {
      const author = this.#walked.taken.get(message.origin);
      const cut = author === undefined ? undefined : cutOff(message.id, author.cuts, this.#index);
      if (cut !== undefined) return { id, admit: message.id, why: { because: "beyond-cut", row: cut.message.id } };
    }
    const loser = rows.find(({ message }) => this.#walked.lost.has(message.id));
    const admit = must(loser ?? rows[0], "some row names an orphan").message.id;
    return { id, admit, why: { because: "not-authorised", row: this.#walked.lost.get(admit) ?? null } };
  }

  #findUndone(): readonly Undone[] {
    const undone: Undone[] = [...this.#walked.lost].map(([row, by]) => ({ row, by }));
    for (const { member, cuts } of this.#walked.taken.values()) {
      if (cuts.length === 0) continue;
      for (const { message } of this.#index.ofAuthor(member.id)) {
        if (!telling.has(message.body.kind) || message.id === member.admittedBy) continue;
        const by = cutOff(message.id, cuts, this.#index)?.message.id;
        if (by !== undefined) undone.push({ row: message.id, by });
      }
    }
    return undone;
  }

  #findAlarms(): readonly Alarm[] {
    const alarms: Alarm[] = [];
    for (const origin of this.#index.authors()) {
      for (const twins of this.#index.twins(origin)) {
        alarms.push({ kind: "twin-rows", origin, rows: twins.map(({ message }) => message.id) });
      }
      const heads = this.#index.heads(origin).map(({ message }) => message.id);
      if (heads.length > 1) alarms.push({ kind: "fork", origin, heads });
    }
    if (this.#size > manyRows) alarms.push({ kind: "many-rows", rows: this.#size });
    return alarms;
  }
}

function isNamed(token: Token): boolean {
  return token.admits.length > 0;
}
