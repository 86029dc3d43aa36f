/**
 * What merging asks of a row: that its place in the set is what it says. Authority and caps are no part of it: those
 * are decided in the view, so that a late row can change them (RO-7, RO-8).
 */
import { absurd } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { namedRows } from "./row-codec.ts";
import type { RowIndex } from "./row-index.ts";
import type { Row, SignedRow } from "./row.ts";

/** Rows that must be merged before this one and are not; its genesis among them while the set is empty. */
export function missingBefore(row: Row, index: RowIndex): readonly RowId[] {
  const { genesis, prev, seen } = row;
  const named = namedRows(row.body);
  if (isHeld(prev, index) && isHeld(seen, index) && isHeld(genesis, index) && named.length === 0) return none;
  const all = [genesis, prev, seen, ...named].filter((id) => id !== null);
  const missing = all.filter((id) => !index.has(id));
  return missing.length < 2 ? missing : [...new Set(missing)];
}

/** Whether the row belongs to another spanner than the set; of an empty set none does. */
export function isForeign(row: Row, index: RowIndex): boolean {
  const founding = index.genesis()?.message.id;
  return founding !== undefined && (row.genesis ?? row.id) !== founding;
}

/** Why a row, whose named rows are all merged, is refused for ever; null when its form holds. */
export function formFault(row: Row, index: RowIndex): string | null {
  if (isForeign(row, index)) return "of a foreign spanner";
  if (row.genesis === null) return row.body.kind === "genesis" ? null : "a GENESIS that does not stand";
  const prev = row.prev === null ? undefined : index.get(row.prev);
  const seen = row.seen === null ? undefined : index.get(row.seen);
  if (prev === undefined || seen === undefined) return "prev or seen is missing";
  if (row.rank !== 1 + Math.max(prev.message.rank, seen.message.rank)) return "rank is not one above prev and seen";
  const isOwn = prev.message.origin === row.origin;
  if (row.seq !== (isOwn ? prev.message.seq + 1 : 1)) return "seq does not follow prev";
  return isOwn || letsBegin(prev.message, row.origin) ? null : "prev does not let this key begin a log";
}

/** Whether a foreign log's row may be the `prev` of this key's first one. */
function letsBegin({ body }: Row, key: BoltId): boolean {
  switch (body.kind) {
    case "genesis":
      return body.recoveryKey === key;
    case "admit":
      return body.key === key;
    case "leave":
      return body.successor?.key === key;
    case "mint":
    case "revoke":
    case "claim":
    case "remove":
    case "inert":
      return false;
    default:
      return absurd(body);
  }
}

const none: readonly RowId[] = Object.freeze([]);

function isHeld(id: RowId | null, index: RowIndex): boolean {
  return id === null || index.has(id);
}

/** Rows by which `row` was written: prev, seen and those its body names; all merged before it. */
export function parentsOf({ message }: SignedRow): readonly RowId[] {
  const named = namedRows(message.body);
  if (message.prev === null || message.seen === null) return named;
  return message.prev === message.seen && named.length === 0 ? [message.prev] : [message.prev, message.seen, ...named];
}
