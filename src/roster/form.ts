/**
 * What merging asks of a row: that its place in the set is what it says. Authority and caps are no part of it: those
 * are decided in the view, so that a late row can change them (RO-7, RO-8).
 */
import { absurd } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { namedRows } from "./row-codec.ts";
import type { RowIndex } from "./row-index.ts";
import type { Row, SignedRow } from "./row.ts";

/** Why a row cannot be merged: not yet, for these rows are missing; or never. */
export type FormFault = { readonly missing: readonly RowId[] } | { readonly why: string };

/** Null when the row may be merged now. */
export function formFault(row: Row, index: RowIndex): FormFault | null {
  const founding = index.genesis()?.message.id;
  if (founding !== undefined && (row.genesis ?? row.id) !== founding) return { why: "of a foreign spanner" };
  if (row.genesis === null) return row.body.kind === "genesis" ? null : { why: "a GENESIS that does not stand" };
  const prev = row.prev === null ? undefined : index.get(row.prev);
  const seen = row.seen === null ? undefined : index.get(row.seen);
  const named = namedRows(row.body);
  const lacksNamed = named.length > 0 && !named.every((id) => index.has(id));
  if (founding === undefined || prev === undefined || seen === undefined || lacksNamed) {
    const all = [row.genesis, row.prev, row.seen, ...named].filter((id) => id !== null);
    return { missing: [...new Set(all.filter((id) => !index.has(id)))] };
  }
  const why = placeFault(row, prev.message, seen.message);
  return why === null ? null : { why };
}

function placeFault(row: Row, prev: Row, seen: Row): string | null {
  if (row.rank !== 1 + Math.max(prev.rank, seen.rank)) return "rank is not one above prev and seen";
  const isOwn = prev.origin === row.origin;
  if (row.seq !== (isOwn ? prev.seq + 1 : 1)) return "seq does not follow prev";
  return isOwn || letsBegin(prev, row.origin) ? null : "prev does not let this key begin a log";
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

/** Rows by which `row` was written: prev, seen and those its body names; all merged before it. */
export function parentsOf({ message }: SignedRow): readonly RowId[] {
  const named = namedRows(message.body);
  if (message.prev === null || message.seen === null) return named;
  return message.prev === message.seen && named.length === 0 ? [message.prev] : [message.prev, message.seen, ...named];
}
