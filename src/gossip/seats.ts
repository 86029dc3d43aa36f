/** Who has a seat on the roster, and whether this bolt speaks at all. */
import type { BoltId } from "../kernel/id.ts";
import type { RosterView } from "../roster/view.ts";
import type { World } from "../turn/turn.ts";

/** Whether the key is a member, or waits for a seat because all are taken. */
export function isSeated(view: RosterView, bolt: BoltId): boolean {
  const is = view.byId.get(bolt)?.standing.is;
  return is === "member" || is === "orphaned";
}

/** Whether this bolt speaks: it is on its own roster and neither out nor on its way in. */
export function speaks(world: World): boolean {
  const { phase, self } = world;
  const isIn = phase === "member" || phase === "leaving" || phase === "orphaned";
  return isIn && self !== null && isSeated(world.roster.view(), self);
}
