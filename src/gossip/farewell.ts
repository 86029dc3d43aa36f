/**
 * The last row of a bolt that leaves must reach someone before its streams close for good (GS-21): it is offered to
 * linked peers until one has it on disk, or says that we are no member, which it can only know from that row. A peer
 * that lacks rows it names asks for them while the stream is open.
 *
 *   none --own LEAVE on disk, or found at start--> lingering --one has it--> none
 */
import type { BoltId } from "../kernel/id.ts";
import type { SignedRow } from "../roster/row.ts";
import type { CallOutcome, World } from "../turn/turn.ts";
import { gossipSpans } from "./state.ts";
import type { Circle, GossipTurn } from "./state.ts";

/** The LEAVE that stands for this bolt. */
function ownLeave(world: World): SignedRow | undefined {
  const standing = world.self === null ? undefined : world.roster.view().byId.get(world.self)?.standing;
  return standing?.is === "left" ? world.roster.get(standing.row) : undefined;
}

/** Begins to linger when this bolt has left. */
export function followFarewell({ state }: Circle, turn: GossipTurn): void {
  if (state.hasTakenLeave || ownLeave(turn.world) === undefined) return;
  state.hasTakenLeave = true;
  state.lingers = true;
  for (const id of turn.world.links) offerLeave(id, turn);
}

/** A stream has opened: whoever is at its other end may not know yet. */
export function onLinkWhileLeaving({ state }: Circle, id: BoltId, turn: GossipTurn): void {
  if (state.lingers) offerLeave(id, turn);
}

function offerLeave(to: BoltId, turn: GossipTurn): void {
  const row = ownLeave(turn.world);
  if (row === undefined) return;
  const request = { ask: "offer", rows: [row], profiles: [] } as const;
  turn.call({ bolt: to }, request, gossipSpans.exchangePatience, { for: "farewell" });
}

/** Someone answered the offer of our last row. */
export function onFarewell({ state }: Circle, outcome: CallOutcome): void {
  if (!outcome.ok) return;
  const { reply } = outcome;
  const isKnown = reply.reply === "took" || (reply.reply === "refused" && reply.refusal.code === "NOT_A_MEMBER");
  if (isKnown) state.lingers = false;
}
