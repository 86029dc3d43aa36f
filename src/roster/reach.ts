/**
 * What follows from a row: all rows it was written after; and what another bolt provably holds, given heads it named.
 * Merging demands named rows first, so who holds a row holds its whole ancestry.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import { parentsOf } from "./form.ts";
import { bySignedOrder } from "./row-index.ts";
import type { RowIndex } from "./row-index.ts";
import type { SignedRow } from "./row.ts";

/** The rows with all ancestors by prev, seen and named rows. */
export function closureOf(index: RowIndex, starts: Iterable<RowId>): Set<RowId> {
  const reached = new Set<RowId>();
  const due = [...starts];
  for (let id = due.pop(); id !== undefined; id = due.pop()) {
    if (reached.has(id)) continue;
    const row = index.get(id);
    if (row === undefined) continue;
    reached.add(id);
    due.push(...parentsOf(row));
  }
  return reached;
}

/** Whether the row is one of these heads or leads to one by `prev`. */
export function isWithinHeads(id: RowId, heads: readonly RowId[], index: RowIndex): boolean {
  return heads.some((head) => head === id || index.isAncestorByPrev(id, head));
}

/** What another bolt is known to hold. */
export interface Holding {
  /**
   * Of each author asked about, ids of its log that the other holds; an empty list says that it holds none. Of authors
   * that are not listed, the other is taken to hold every row that counts.
   */
  readonly heads: ReadonlyMap<BoltId, readonly RowId[]>;
  /** More ids it holds, of any author. */
  readonly also: readonly RowId[];
}

/**
 * The rows that the other lacks among `starts` and their ancestors, in row order. A row that does not count here is
 * among them only as an ancestor of one that does, or as a start.
 */
export function missingFrom(
  starts: readonly RowId[],
  holding: Holding,
  index: RowIndex,
  counts: (id: RowId) => boolean,
): readonly SignedRow[] {
  let closure: Set<RowId> | undefined;
  const isLacked = ({ message }: SignedRow): boolean => {
    const { id, origin } = message;
    const heads = holding.heads.get(origin);
    if (heads !== undefined && isWithinHeads(id, heads, index)) return false;
    if (counts(id)) return heads !== undefined;
    // Rows that do not count are in no vector: only a whole closure tells, and few exchanges meet one.
    closure ??= closureOf(index, [...[...holding.heads.values()].flat(), ...holding.also]);
    return !closure.has(id);
  };
  const first = new Set(starts);
  const seen = new Set<RowId>();
  const missing: SignedRow[] = [];
  const due = [...starts];
  for (let id = due.pop(); id !== undefined; id = due.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const row = index.get(id);
    if (row === undefined || !(first.has(id) || isLacked(row))) continue;
    missing.push(row);
    due.push(...parentsOf(row));
  }
  return missing.sort(bySignedOrder);
}
