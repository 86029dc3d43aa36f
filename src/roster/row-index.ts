/**
 * The merged rows with the look-ups that the view, the exchange and admissions need. Rows only ever come, each after
 * the rows it names, so every index grows by one step a row; orders are those of the set, never of arrival. Rows that
 * arrive out of row order cost one sort at the next reading (RO-2).
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import { compareText, sorted } from "../kernel/order.ts";
import { compareRows } from "./row.ts";
import type { SignedRow } from "./row.ts";

const none: readonly SignedRow[] = Object.freeze([]);

/** Rows in row order, sorted when read; `list` may be shared with readers until the next row comes. */
class OrderedRows {
  #list: SignedRow[] = [];
  #isSorted = true;
  #isShared = false;

  add(row: SignedRow): void {
    if (this.#isShared) {
      this.#list = this.#list.slice();
      this.#isShared = false;
    }
    const last = this.#list[this.#list.length - 1];
    if (last !== undefined && compareRows(last.message, row.message) > 0) this.#isSorted = false;
    this.#list.push(row);
  }

  list(): readonly SignedRow[] {
    if (!this.#isSorted) this.#list.sort(bySignedOrder);
    this.#isSorted = true;
    this.#isShared = true;
    return this.#list;
  }
}

/**
 * A row in its author's own log, with a pointer far back: those form the skew-binary jump pointers of Myers (1983),
 * so an ancestor is found in O(log n) steps.
 */
interface Link {
  readonly row: SignedRow;
  /** The previous row of the same author; null before the first. */
  readonly prev: Link | null;
  /** Some earlier link of the same log; null only for the first. */
  readonly jump: Link | null;
}

interface AuthorLog {
  readonly rows: OrderedRows;
  readonly heads: Map<RowId, SignedRow>;
  readonly bySeq: Map<number, SignedRow>;
  /** Rows whose seq another row has too; empty unless the log is forked. */
  readonly sameSeq: Set<SignedRow>;
}

/** Negative, zero or positive as `a` comes before, with or after `b` in (rank, row id) order. */
export function bySignedOrder(a: SignedRow, b: SignedRow): number {
  return compareRows(a.message, b.message);
}

/** All merged rows. Lists given out are never changed afterwards. */
export class RowIndex {
  readonly #links = new Map<RowId, Link>();
  readonly #all = new OrderedRows();
  readonly #logs = new Map<BoltId, AuthorLog>();
  readonly #removes = new Map<BoltId, OrderedRows>();
  readonly #admits = new Map<BoltId, OrderedRows>();
  readonly #admitsByMint = new Map<RowId, OrderedRows>();
  readonly #revokes = new Map<RowId, OrderedRows>();
  readonly #successions = new Map<BoltId, OrderedRows>();
  readonly #mints = new OrderedRows();
  #authors: readonly BoltId[] | null = null;
  #genesis: SignedRow | undefined;
  #last: SignedRow | undefined;

  /** Adds a row that is well formed and whose named rows are all here; false when it was here already. */
  add(row: SignedRow): boolean {
    const { id, origin, prev } = row.message;
    if (this.#links.has(id)) return false;
    const log = this.#logOf(origin);
    const before = prev === null ? undefined : this.#links.get(prev);
    const own = before?.row.message.origin === origin ? before : null;
    this.#links.set(id, { row, prev: own, jump: own === null ? null : jumpFrom(own) });
    this.#all.add(row);
    log.rows.add(row);
    if (own !== null) log.heads.delete(own.row.message.id);
    log.heads.set(id, row);
    noteSeq(log, row);
    if (this.#last === undefined || bySignedOrder(this.#last, row) < 0) this.#last = row;
    this.#indexBody(row);
    return true;
  }

  /** The row of this id, or undefined when it is not merged. */
  get(id: RowId): SignedRow | undefined {
    return this.#links.get(id)?.row;
  }

  has(id: RowId): boolean {
    return this.#links.has(id);
  }

  /** How many rows are merged. */
  size(): number {
    return this.#links.size;
  }

  /** Every row, in row order. */
  all(): readonly SignedRow[] {
    return this.#all.list();
  }

  /** The GENESIS row. */
  genesis(): SignedRow | undefined {
    return this.#genesis;
  }

  /** The highest row in row order. */
  last(): SignedRow | undefined {
    return this.#last;
  }

  /** Every author of a row, in id order. */
  authors(): readonly BoltId[] {
    this.#authors ??= sorted(this.#logs.keys(), compareText);
    return this.#authors;
  }

  /** The author's rows in row order. */
  ofAuthor(author: BoltId): readonly SignedRow[] {
    return this.#logs.get(author)?.rows.list() ?? none;
  }

  /** Rows of the author that no other row of it names as `prev`, counting or not, in row order. */
  heads(author: BoltId): readonly SignedRow[] {
    const log = this.#logs.get(author);
    return log === undefined ? none : sorted(log.heads.values(), bySignedOrder);
  }

  /** The previous row in the author's own log; undefined for its first row and for rows that are not merged. */
  prevOf(id: RowId): SignedRow | undefined {
    return this.#links.get(id)?.prev?.row;
  }

  /** Whether `prev` leads from `descendant` to `ancestor` in one step or more inside one log. */
  isAncestorByPrev(ancestor: RowId, descendant: RowId): boolean {
    if (ancestor === descendant) return false;
    const older = this.#links.get(ancestor)?.row.message;
    if (older === undefined || this.#links.get(descendant)?.row.message.origin !== older.origin) return false;
    return this.ancestorAt(descendant, older.seq)?.message.id === ancestor;
  }

  /** The row itself or its ancestor by `prev` in the same log with this seq; undefined when there is none. */
  ancestorAt(id: RowId, seq: number): SignedRow | undefined {
    let at: Link | null = this.#links.get(id) ?? null;
    while (at !== null && at.row.message.seq > seq) {
      at = at.jump !== null && at.jump.row.message.seq >= seq ? at.jump : at.prev;
    }
    return at?.row.message.seq === seq ? at.row : undefined;
  }

  /** REMOVE rows of this target, in row order. */
  removesOf(target: BoltId): readonly SignedRow[] {
    return this.#removes.get(target)?.list() ?? none;
  }

  /** ADMIT rows of this key, in row order. */
  admitsOf(key: BoltId): readonly SignedRow[] {
    return this.#admits.get(key)?.list() ?? none;
  }

  /** Keys that an ADMIT names, in id order. */
  admittedKeys(): readonly BoltId[] {
    return sorted(this.#admits.keys(), compareText);
  }

  /** ADMIT rows that name this MINT, in row order. */
  admitsByMint(mint: RowId): readonly SignedRow[] {
    return this.#admitsByMint.get(mint)?.list() ?? none;
  }

  /** REVOKE rows of this MINT, by whomever, in row order. */
  revokesOf(mint: RowId): readonly SignedRow[] {
    return this.#revokes.get(mint)?.list() ?? none;
  }

  /** LEAVE rows that name this key successor, in row order. */
  successionsOf(key: BoltId): readonly SignedRow[] {
    return this.#successions.get(key)?.list() ?? none;
  }

  /** Keys that a LEAVE names successor, in id order. */
  succeedingKeys(): readonly BoltId[] {
    return sorted(this.#successions.keys(), compareText);
  }

  /** MINT rows in row order. */
  mints(): readonly SignedRow[] {
    return this.#mints.list();
  }

  /** Whether the set says anything of this key's admission: as founder, by an ADMIT, or as a successor. */
  knowsKey(key: BoltId): boolean {
    return this.#genesis?.message.origin === key || this.#admits.has(key) || this.#successions.has(key);
  }

  /** Rows of the author that share (incarnation, seq), in groups; groups and rows in row order. */
  twins(author: BoltId): readonly (readonly SignedRow[])[] {
    const same = this.#logs.get(author)?.sameSeq;
    if (same === undefined || same.size === 0) return [];
    const groups = new Map<string, SignedRow[]>();
    for (const row of sorted(same, bySignedOrder)) {
      const name = `${row.message.incarnation} ${row.message.seq}`;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [row]);
      else group.push(row);
    }
    return [...groups.values()].filter((group) => group.length > 1);
  }

  #logOf(author: BoltId): AuthorLog {
    const held = this.#logs.get(author);
    if (held !== undefined) return held;
    const log: AuthorLog = { rows: new OrderedRows(), heads: new Map(), bySeq: new Map(), sameSeq: new Set() };
    this.#logs.set(author, log);
    this.#authors = null;
    return log;
  }

  #indexBody(row: SignedRow): void {
    const { body } = row.message;
    if (body.kind === "genesis") this.#genesis = row;
    else if (body.kind === "mint") this.#mints.add(row);
    else if (body.kind === "revoke") under(this.#revokes, body.mint).add(row);
    else if (body.kind === "remove") under(this.#removes, body.target).add(row);
    else if (body.kind === "leave" && body.successor !== null) under(this.#successions, body.successor.key).add(row);
    else if (body.kind === "admit") {
      under(this.#admits, body.key).add(row);
      under(this.#admitsByMint, body.mint).add(row);
    }
  }
}

/** Two jumps of one length merge into one; otherwise the pointer is one step. */
function jumpFrom(prev: Link): Link {
  const { jump } = prev;
  const further = jump?.jump ?? null;
  if (jump === null || further === null) return prev;
  const near = prev.row.message.seq - jump.row.message.seq;
  return near === jump.row.message.seq - further.row.message.seq ? further : prev;
}

function noteSeq(log: AuthorLog, row: SignedRow): void {
  const { seq } = row.message;
  const first = log.bySeq.get(seq);
  if (first === undefined) {
    log.bySeq.set(seq, row);
    return;
  }
  log.sameSeq.add(first);
  log.sameSeq.add(row);
}

function under<K>(index: Map<K, OrderedRows>, key: K): OrderedRows {
  const held = index.get(key);
  if (held !== undefined) return held;
  const rows = new OrderedRows();
  index.set(key, rows);
  return rows;
}
