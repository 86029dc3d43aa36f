/**
 * What a joiner believes (AD-11, T8): only rows that, folded on their own, make its key a member of the spanner whose
 * genesis the bundle names: by an ADMIT for the bundle's token, in the minter's log unless the invite is key-bound, or
 * by the LEAVE of a bolt it consented to succeed. Whoever handed the rows over is no part of it.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import { done, refused } from "../kernel/refusal.ts";
import type { Outcome } from "../kernel/refusal.ts";
import { Roster } from "../roster/roster.ts";
import type { Row, SignedRow } from "../roster/row.ts";
import type { Bundle } from "../turn/admin.ts";
import type { World } from "../turn/turn.ts";
import * as say from "./refusals.ts";

/** The bolt that admitted this server according to the rows, or why they do not show it. */
export function believe(
  rows: readonly SignedRow[],
  admit: RowId,
  self: BoltId,
  bundle: Bundle,
  world: World,
): Outcome<BoltId> {
  const scratch = Roster.restore(world.roster.image());
  scratch.merge(rows);
  const view = scratch.view();
  if (view.genesis !== bundle.genesis) {
    return refused(
      say.wrongSpanner("The answer does not reach the founding statement that the bundle names.", bundle.genesis),
    );
  }
  const member = view.byId.get(self);
  const row = scratch.get(admit)?.message;
  if (member?.standing.is === "removed") return refused(say.removedKey(self));
  const isSeated = member?.standing.is === "member" && row !== undefined && view.counts(admit);
  if (!isSeated || !admits(row, scratch, self, bundle)) return refused(say.tokenUncertain(bundle.mint, unproven));
  return done(row.origin);
}

const unproven = "The server that was asked did not prove the admission it claims";

function admits(row: Row, scratch: Roster, self: BoltId, bundle: Bundle): boolean {
  const { body } = row;
  if (body.kind === "leave") return body.successor?.key === self;
  if (body.kind !== "admit" || body.key !== self || body.mint !== bundle.mint) return false;
  const mint = scratch.get(bundle.mint)?.message;
  if (mint?.body.kind !== "mint" || mint.origin !== bundle.minter || mint.body.tokenKey !== bundle.tokenKey)
    return false;
  return mint.body.bound !== null || row.origin === bundle.minter;
}
