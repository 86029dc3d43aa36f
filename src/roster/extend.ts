/**
 * Carries a finished walk on by rows that came after it, where that is certain to give what a new walk of the whole set
 * would. Most rows change nothing in it, and an admission that is the last row of the set is taken last. Carries VI-19.
 */
import { bySignedOrder } from "./row-index.ts";
import type { RowIndex } from "./row-index.ts";
import type { Admit, SignedRow } from "./row.ts";
import { isAuthorised, joinLast, ownRowCounts } from "./walk.ts";
import type { Walked } from "./walk.ts";

/**
 * The walk of the set with these rows, or undefined when the whole set must be walked again. `rows` are merged already,
 * in row order; `lastBefore` was the highest row when `before` was walked.
 */
export function extendWalk(
  before: Walked,
  rows: readonly SignedRow[],
  lastBefore: SignedRow,
  index: RowIndex,
): Walked | undefined {
  let walked = before;
  for (const row of rows) {
    const { body } = row.message;
    switch (body.kind) {
      case "mint":
      case "revoke":
      case "inert":
        // Neither takes a key nor judges one; an ADMIT by this MINT can only come after it.
        continue;
      case "admit": {
        if (bySignedOrder(lastBefore, row) > 0) return undefined;
        const next = withAdmit(walked, row, body, index);
        if (next === undefined) return undefined;
        walked = next;
        continue;
      }
      case "genesis":
      case "claim":
      case "remove":
      case "leave":
        return undefined;
    }
  }
  return walked;
}

/** An ADMIT behind all others is the last candidate, so it takes its key last or not at all. */
function withAdmit(walked: Walked, row: SignedRow, admit: Admit, index: RowIndex): Walked | undefined {
  const { id, origin } = row.message;
  // Of two ADMITs by one MINT it matters which is first.
  if (index.admitsByMint(admit.mint).length > 1) return undefined;
  const author = walked.taken.get(origin);
  if (author === undefined || !ownRowCounts(id, author, index) || !isAuthorised(row, admit, index)) return walked;
  if (walked.taken.has(admit.key) || admit.key === walked.recoveryKey) return walked;
  // What the key wrote or suffered before it was taken would have to be judged.
  const isNew = index.ofAuthor(admit.key).length === 0 && index.removesOf(admit.key).length === 0;
  return isNew ? joinLast(walked, row, admit) : undefined;
}
