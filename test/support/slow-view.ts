/**
 * The view once more, slow and obvious: every question is answered from the list of rows alone, by the sentences of
 * the protocol, with loops and recursion and without any index. For property tests; nothing of src/roster is called.
 */
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import type { Admit, Leave, Mint, Remove, Row } from "../../src/roster/row.ts";
import type { Alarm, ClaimedPattern, Member, Orphan, Standing, Token, Undone } from "../../src/roster/view.ts";

const seats = 1024;

/** A row of the kind whose body is B. */
type RowOf<B> = Row & { readonly body: B };

/** What a set of rows means, by its sentences. */
export class SlowView {
  /** In row order. */
  readonly rows: readonly Row[];
  readonly founder: BoltId;
  readonly recoveryKey: BoltId;
  /** Keys in the order they are taken, each with the row that does it. */
  readonly #taken: { readonly key: BoltId; readonly by: Row }[] = [];

  /** `rows` hold one GENESIS and, of each row, all that it names. */
  constructor(rows: readonly Row[]) {
    this.rows = [...rows].sort(before);
    const genesis = this.rows[0];
    if (genesis?.body.kind !== "genesis") throw new Error("the first row is GENESIS");
    this.founder = genesis.origin;
    this.recoveryKey = genesis.body.recoveryKey;
    this.#take(this.founder, genesis);
    for (;;) {
      const next = this.#standingAdmits().find((row) => this.#isFree(row.body.key));
      if (next === undefined) break;
      this.#take(next.body.key, next);
    }
  }

  taken(): Member[] {
    let seated = 0;
    return this.#taken.map(({ key, by }, order) => {
      const standing = this.#standing(key, seated);
      if (standing.is === "member") seated++;
      const origin = this.#origin(key);
      const said = origin.by.body;
      if (said.kind !== "genesis" && said.kind !== "admit") throw new Error("a line begins with GENESIS or ADMIT");
      return {
        id: key,
        order,
        name: said.name,
        admittedBy: by.id,
        sponsor: by.origin,
        age: ageOf(origin.by),
        patterns: this.#patterns(key),
        addresses: said.addresses,
        standing,
      };
    });
  }

  /** Whether a row counts: its author was taken and nothing takes it away, or the recovery key wrote it. */
  counts(row: Row): boolean {
    if (!this.#isTaken(row.origin)) return row.origin === this.recoveryKey;
    if (row.body.kind === "genesis") return true;
    if (this.#removesAgainst(row.origin).some((remove) => !this.#isWithin(row, remove))) return false;
    const leave = this.#leave(row.origin);
    return leave === undefined || !this.#follows(row, leave);
  }

  /** (author, heads among its counting rows), authors in id order. */
  countingHeads(): [BoltId, RowId[]][] {
    const authors = [...new Set(this.rows.map((row) => row.origin))].sort();
    const heads = authors.map((author): [BoltId, RowId[]] => {
      const counting = this.rows.filter((row) => row.origin === author && this.counts(row));
      return [author, counting.filter((row) => !counting.some((later) => later.prev === row.id)).map((row) => row.id)];
    });
    return heads.filter(([, own]) => own.length > 0);
  }

  tokens(): Token[] {
    const standing = this.#standingAdmits();
    return this.rows.filter(isMint).map((mint) => {
      const admits = this.rows.filter(isAdmit).filter((row) => row.body.mint === mint.id);
      const revoke = this.rows.find((row) => {
        return (
          row.body.kind === "revoke" && row.body.mint === mint.id && row.origin === mint.origin && this.counts(row)
        );
      });
      return {
        mint: mint.id,
        minter: mint.origin,
        tokenKey: mint.body.tokenKey,
        incarnation: mint.incarnation,
        expiresMs: mint.body.expiresMs,
        mintedMs: mint.wallMs,
        bound: mint.body.bound,
        revoked: revoke?.id ?? null,
        admits: admits.map((row) => ({ key: row.body.key, row: row.id, counts: standing.includes(row) })),
      };
    });
  }

  /** Tokens that any ADMIT names, counting or not. */
  consumedTokens(): RowId[] {
    return this.rows
      .filter((mint) => isMint(mint) && this.rows.some((row) => admitOf(row)?.mint === mint.id))
      .map(idOf);
  }

  /** Keys that a row would have made members, and that are none. */
  orphans(): Orphan[] {
    const keys = new Set([...this.rows.filter(isAdmit).map((row) => row.body.key), ...this.rows.flatMap(heirsOf)]);
    return [...keys].sort().flatMap((id): Orphan[] => (this.#isFree(id) ? [this.#orphan(id)] : []));
  }

  /** Sorted by row. */
  undone(): Undone[] {
    const undone = this.rows.flatMap((row): Undone[] => {
      const winner = this.#lostTo(row);
      if (winner !== undefined) return [{ row: row.id, by: winner.id }];
      const telling = ["admit", "claim", "mint", "remove", "leave"].includes(row.body.kind);
      const cut = telling && this.#isTaken(row.origin) ? this.#cutOff(row) : undefined;
      return cut === undefined ? [] : [{ row: row.id, by: cut.id }];
    });
    return undone;
  }

  /** Twins, then forks, of each author in id order. */
  alarms(): Alarm[] {
    const alarms: Alarm[] = [];
    for (const origin of [...new Set(this.rows.map((row) => row.origin))].sort()) {
      const own = this.rows.filter((row) => row.origin === origin);
      const twinsOf = (row: Row): Row[] =>
        own.filter((other) => other.incarnation === row.incarnation && other.seq === row.seq);
      for (const row of own) {
        const rows = twinsOf(row);
        if (rows.length > 1 && rows[0] === row) alarms.push({ kind: "twin-rows", origin, rows: rows.map(idOf) });
      }
      const heads = own.filter((row) => !own.some((later) => later.prev === row.id));
      if (heads.length > 1) alarms.push({ kind: "fork", origin, heads: heads.map(idOf) });
    }
    return alarms;
  }

  // Taking.

  #take(key: BoltId, by: Row): void {
    this.#taken.push({ key, by });
    const leave = this.#leave(key);
    const heir = leave?.body.successor?.key;
    if (leave !== undefined && heir !== undefined && this.#isFree(heir)) this.#take(heir, leave);
  }

  #isTaken(key: BoltId): boolean {
    return this.#taken.some((one) => one.key === key);
  }

  #isFree(key: BoltId): boolean {
    return !this.#isTaken(key) && key !== this.recoveryKey;
  }

  #isOlder(key: BoltId, than: BoltId): boolean {
    for (const one of this.#taken) {
      if (one.key === than) return false;
      if (one.key === key) return true;
    }
    return false;
  }

  // Removal: a cut is the row itself or what leads to it by prev.

  #removesAgainst(key: BoltId): RowOf<Remove>[] {
    return this.rows.filter(isRemove).filter((row) => {
      if (row.body.target !== key) return false;
      return row.origin === this.recoveryKey || (this.#isOlder(row.origin, key) && this.counts(row));
    });
  }

  #isWithin(row: Row, remove: RowOf<Remove>): boolean {
    return remove.body.cut.some((head) => head === row.id || this.#follows(this.#row(head), row));
  }

  #cutOff(row: Row): RowOf<Remove> | undefined {
    if (row.body.kind === "genesis") return undefined;
    return this.#removesAgainst(row.origin).find((remove) => !this.#isWithin(row, remove));
  }

  /** Whether `prev`, within one log, leads from the row to the earlier one. */
  #follows(row: Row, earlier: Row): boolean {
    for (let at = this.#prev(row); at !== undefined; at = this.#prev(at)) if (at.id === earlier.id) return true;
    return false;
  }

  #prev(row: Row): Row | undefined {
    const prev = this.rows.find(({ id }) => id === row.prev);
    return prev?.origin === row.origin ? prev : undefined;
  }

  #row(id: RowId): Row {
    const row = this.rows.find((one) => one.id === id);
    if (row === undefined) throw new Error(`no row ${id}`);
    return row;
  }

  // Admission.

  /** ADMITs that count, are authorised, and kept their token; in row order. */
  #standingAdmits(): RowOf<Admit>[] {
    return this.#goodAdmits().filter((row) => this.#lostTo(row) === undefined);
  }

  #goodAdmits(): RowOf<Admit>[] {
    return this.rows.filter(isAdmit).filter((row) => {
      return this.#isTaken(row.origin) && this.counts(row) && this.#isAuthorised(row);
    });
  }

  #isAuthorised(admit: RowOf<Admit>): boolean {
    const mint = this.#row(admit.body.mint);
    if (!isMint(mint) || mint.body.tokenKey !== admit.body.tokenKey) return false;
    const { bound } = mint.body;
    if (bound === null) return this.#follows(admit, mint);
    const asked = [admit.body.key, admit.body.name, admit.body.patterns];
    return JSON.stringify(asked) === JSON.stringify([bound.key, bound.name, bound.patterns]);
  }

  /** The ADMIT that took the token of this one before it. */
  #lostTo(row: Row): Row | undefined {
    if (!isAdmit(row)) return undefined;
    const rivals = this.#goodAdmits().filter((other) => other.body.mint === row.body.mint);
    const [first] = rivals;
    return rivals.includes(row) && first !== undefined && first.body.key !== row.body.key ? first : undefined;
  }

  #orphan(id: BoltId): Orphan {
    const admits = this.rows.filter((row) => admitOf(row)?.key === id);
    const rows = admits.length > 0 ? admits : this.rows.filter((row) => heirsOf(row).includes(id));
    for (const row of rows) {
      const cut = this.#isTaken(row.origin) ? this.#cutOff(row) : undefined;
      if (cut !== undefined) return { id, admit: row.id, why: { because: "beyond-cut", row: cut.id } };
    }
    const told = rows.find((row) => this.#lostTo(row) !== undefined) ?? rows[0];
    if (told === undefined) throw new Error("some row names an orphan");
    return { id, admit: told.id, why: { because: "not-authorised", row: this.#lostTo(told)?.id ?? null } };
  }

  // Leaving and claiming.

  #leave(key: BoltId): RowOf<Leave> | undefined {
    return this.rows.filter(isLeave).find((row) => row.origin === key && this.#cutOff(row) === undefined);
  }

  #standing(key: BoltId, seated: number): Standing {
    const [removal] = this.#removesAgainst(key);
    if (removal !== undefined) return { is: "removed", row: removal.id, by: removal.origin };
    const leave = this.#leave(key);
    if (leave !== undefined) {
      const heir = leave.body.successor?.key;
      const took = this.#taken.find((one) => one.key === heir)?.by === leave;
      return { is: "left", row: leave.id, successor: took ? (heir ?? null) : null };
    }
    return seated < seats ? { is: "member" } : { is: "orphaned", why: "over-cap" };
  }

  /** The key's admission, or that of the first of the line it succeeds. */
  #origin(key: BoltId): { readonly key: BoltId; readonly by: Row } {
    const one = this.#taken.find((other) => other.key === key);
    if (one === undefined) throw new Error(`${key} is not taken`);
    return one.by.body.kind === "leave" ? this.#origin(one.by.origin) : one;
  }

  #patterns(key: BoltId): ClaimedPattern[] {
    const by = this.#taken.find((one) => one.key === key)?.by;
    let patterns: ClaimedPattern[] = [];
    if (by?.body.kind === "leave") patterns = this.#patterns(by.origin);
    if (by?.body.kind === "genesis" || by?.body.kind === "admit") {
      for (const pattern of by.body.patterns) patterns.push({ pattern, age: ageOf(by) });
    }
    for (const row of this.rows) {
      if (row.origin !== key || row.body.kind !== "claim" || !this.counts(row)) continue;
      const held = patterns;
      patterns = row.body.patterns.map((pattern) => {
        return held.find((one) => one.pattern === pattern) ?? { pattern, age: ageOf(row) };
      });
    }
    return patterns;
  }
}

/** Those of the rows that can be merged when the GENESIS is: all they name can be, too. */
export function mergeable(rows: readonly Row[]): Row[] {
  const merged: Row[] = [];
  for (let grew = true; grew;) {
    grew = false;
    for (const row of rows) {
      if (merged.includes(row)) continue;
      const names = namesOf(row);
      if (!names.every((name) => merged.some(({ id }) => id === name))) continue;
      merged.push(row);
      grew = true;
    }
  }
  return merged.sort(before);
}

function namesOf({ genesis, prev, seen, body }: Row): RowId[] {
  const named = body.kind === "remove" ? body.cut : body.kind === "admit" || body.kind === "revoke" ? [body.mint] : [];
  return [genesis, prev, seen, ...named].filter((id) => id !== null);
}

function before(a: Row, b: Row): number {
  return a.rank === b.rank ? (a.id < b.id ? -1 : 1) : a.rank - b.rank;
}

function ageOf({ rank, id }: Row): { rank: number; id: RowId } {
  return { rank, id };
}

function idOf(row: Row): RowId {
  return row.id;
}

function isMint(row: Row): row is RowOf<Mint> {
  return row.body.kind === "mint";
}

function isAdmit(row: Row): row is RowOf<Admit> {
  return row.body.kind === "admit";
}

function isRemove(row: Row): row is RowOf<Remove> {
  return row.body.kind === "remove";
}

function isLeave(row: Row): row is RowOf<Leave> {
  return row.body.kind === "leave";
}

function admitOf(row: Row): Admit | undefined {
  return isAdmit(row) ? row.body : undefined;
}

/** Whom a LEAVE names successor. */
function heirsOf(row: Row): BoltId[] {
  return isLeave(row) && row.body.successor !== null ? [row.body.successor.key] : [];
}
