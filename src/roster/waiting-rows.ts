/**
 * Rows that came before rows they name. Bounded for each author and in all, so a peer that sends rows which hang in
 * the air costs a fixed amount of memory and pushes out only its own (RO-9); what is dropped is fetched again.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import { compareText, sorted } from "../kernel/order.ts";
import type { SignedRow } from "./row.ts";

/** How many rows may wait. */
export const waitingLimits = { perAuthor: 1_024, total: 16_384 } as const;

interface Waiting {
  readonly row: SignedRow;
  readonly missing: readonly RowId[];
}

/** Rows by what they wait for; the oldest first. */
export class WaitingRows {
  readonly #rows = new Map<RowId, Waiting>();
  readonly #byMissing = new Map<RowId, Set<RowId>>();
  readonly #byAuthor = new Map<BoltId, Set<RowId>>();

  size(): number {
    return this.#rows.size;
  }

  has(id: RowId): boolean {
    return this.#rows.has(id);
  }

  /** Keeps a row until one of `missing` comes; drops the oldest of its author, then of the fullest, past the limits. */
  add(row: SignedRow, missing: readonly RowId[]): void {
    const { id, origin } = row.message;
    const own = this.#byAuthor.get(origin) ?? new Set<RowId>();
    this.#byAuthor.set(origin, own);
    if (own.size >= waitingLimits.perAuthor) this.#dropOldest(origin);
    else if (this.#rows.size >= waitingLimits.total) this.#dropOldest(this.#fullest());
    own.add(id);
    this.#byAuthor.set(origin, own);
    this.#rows.set(id, { row, missing });
    for (const name of missing) {
      const waiters = this.#byMissing.get(name) ?? new Set<RowId>();
      this.#byMissing.set(name, waiters.add(id));
    }
  }

  /** Takes out the rows that waited for this one; they may still wait for others. */
  release(arrived: RowId): readonly SignedRow[] {
    const waiters = this.#byMissing.get(arrived);
    return waiters === undefined ? [] : [...waiters].flatMap((id) => this.#remove(id) ?? []);
  }

  /** Ids that rows wait for and that do not wait themselves, in id order. */
  wanted(): readonly RowId[] {
    return sorted(
      [...this.#byMissing.keys()].filter((id) => !this.#rows.has(id)),
      compareText,
    );
  }

  /** Authors of waiting rows, in id order. */
  authors(): readonly BoltId[] {
    return sorted(this.#byAuthor.keys(), compareText);
  }

  /** Waiting rows, the oldest first. */
  list(): readonly SignedRow[] {
    return [...this.#rows.values()].map(({ row }) => row);
  }

  #fullest(): BoltId | undefined {
    let fullest: BoltId | undefined;
    let most = 0;
    for (const author of this.authors()) {
      const count = this.#byAuthor.get(author)?.size ?? 0;
      if (count > most) [fullest, most] = [author, count];
    }
    return fullest;
  }

  #dropOldest(author: BoltId | undefined): void {
    if (author === undefined) return;
    for (const id of this.#byAuthor.get(author) ?? []) {
      this.#remove(id);
      return;
    }
  }

  #remove(id: RowId): SignedRow | undefined {
    const waiting = this.#rows.get(id);
    if (waiting === undefined) return undefined;
    this.#rows.delete(id);
    const { origin } = waiting.row.message;
    takeFrom(this.#byAuthor, origin, id);
    for (const name of waiting.missing) takeFrom(this.#byMissing, name, id);
    return waiting.row;
  }
}

function takeFrom<K>(index: Map<K, Set<RowId>>, key: K, id: RowId): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}
