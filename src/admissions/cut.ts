/**
 * The cut of a REMOVE: which rows of the target still count (AD-16). By default every head held after asking every
 * linked member but the target itself, which must not learn of it early; of an empty log, what made it a member.
 */
import type { RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { Roster } from "../roster/roster.ts";
import { rowLimits } from "../roster/row.ts";
import type { Member } from "../roster/view.ts";

/** The cut as of what is held now; of a log forked beyond the limit the first heads in row order. */
export function cutHeld(roster: Roster, target: Member): RowId[] {
  const heads = roster.index.heads(target.id).slice(0, rowLimits.cutHeads);
  return heads.length > 0 ? heads.map((row) => row.message.id) : [target.admittedBy];
}

/** Why an operator's own cut cannot stand: each row of it must be held and be the target's, or what admitted it. */
export function cutRefusal(roster: Roster, target: Member, cut: readonly RowId[]): Refusal | null {
  const next = `vigocli spanner bolt show ${target.id.slice(0, 12)}`;
  if (cut.length === 0 || cut.length > rowLimits.cutHeads) {
    return {
      code: "CUT_INVALID",
      message: `A cut names 1 to ${rowLimits.cutHeads} rows.`,
      value: String(cut.length),
      next,
    };
  }
  for (const id of cut) {
    const row = roster.get(id)?.message;
    if (row === undefined)
      return { code: "CUT_INVALID", message: "This bolt does not hold a row of the cut.", value: id, next };
    if (row.origin !== target.id && id !== target.admittedBy) {
      return { code: "CUT_INVALID", message: `A row of the cut is not in the log of ${target.name}.`, value: id, next };
    }
  }
  return null;
}
