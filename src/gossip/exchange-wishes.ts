/**
 * When to exchange with whom (GS-11). A beacon with another digest is answered by one exchange after a short random
 * wait; then it is looked at again, for by then a pushed row or another exchange has often settled it.
 *
 *   differs, it knows something new to us      -> wait up to 300 ms
 *   differs, its digest was ours a while ago,
 *     or the rows it knows end below ours      -> it will ask; wait one and a half intervals before we do
 *   audit, wanted rows, fact roster-behind     -> asked for: not looked at again
 *
 * So one new row sets off at most one exchange a bolt, not one for every pair (GS-12).
 */
import type { BoltId } from "../kernel/id.ts";
import { after, earliest, micros } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import type { Beacon } from "../turn/beacon.ts";
import type { World } from "../turn/turn.ts";
import { jittered } from "./ages.ts";
import { speaks } from "./seats.ts";
import { gossipLimits, gossipSpans } from "./state.ts";
import type { Circle, Exchanges, GossipTurn, Peer, Wish } from "./state.ts";

const wantedTriesMax = 5;

/** Our digest as beacons tell it. Remembers those before it, to know who is only behind. */
export function ownDigest(exchanges: Exchanges, world: World): string {
  const full = world.roster.digest();
  if (full === exchanges.fullDigest) return exchanges.digest;
  if (exchanges.digest !== "") exchanges.past.push(exchanges.digest);
  if (exchanges.past.length > gossipLimits.pastDigests) exchanges.past.shift();
  exchanges.fullDigest = full;
  exchanges.digest = full.slice(0, 32);
  return exchanges.digest;
}

/** A newer beacon of a peer told its digest. */
export function onDigest({ state }: Circle, id: BoltId, { digest, rank }: Beacon, turn: GossipTurn): void {
  const { exchanges } = state;
  const { world } = turn;
  if (digest === ownDigest(exchanges, world)) {
    const peer = state.peers.get(id);
    if (peer !== undefined) peer.setbacks = 0;
    return;
  }
  if (!world.links.has(id) || exchanges.running.has(id) || exchanges.wishes.has(id)) return;
  const isBehind = rank < world.roster.headRank() || exchanges.past.includes(digest);
  const patience = isBehind ? 1.5 * world.config.tier1Us : 0;
  wish(state.exchanges, id, "differs", state.peers.get(id), patience, turn);
}

/** A stream has opened: its beacon may be on the way and settle it. */
export function wishOnLink({ state }: Circle, id: BoltId, peer: Peer, turn: GossipTurn): void {
  if (peer.newest?.message.digest === ownDigest(state.exchanges, turn.world)) return;
  peer.restUntil = turn.world.now;
  if (!state.exchanges.wishes.has(id)) {
    wish(state.exchanges, id, "differs", peer, gossipSpans.mismatchWait, turn);
  }
}

/** Something says that this peer knows more. */
export function wishAsked({ state }: Circle, id: BoltId, patience: Micros, turn: GossipTurn): void {
  if (!turn.world.links.has(id) || !state.peers.has(id) || state.exchanges.running.has(id)) return;
  wish(state.exchanges, id, "asked", state.peers.get(id), patience, turn);
}

/** After a setback: once more when its rest is over. */
export function wishAgain(exchanges: Exchanges, id: BoltId, peer: Peer, turn: GossipTurn): void {
  if (turn.world.links.has(id)) wish(exchanges, id, "differs", peer, 0, turn);
}

function wish(
  exchanges: Exchanges,
  id: BoltId,
  why: Wish["why"],
  peer: Peer | undefined,
  patience: number,
  turn: GossipTurn,
): void {
  if (!speaks(turn.world)) return;
  const wait = micros(patience + turn.random.below(gossipSpans.mismatchWait));
  const at = micros(Math.max(after(turn.world.now, wait), peer?.restUntil ?? 0));
  const held = exchanges.wishes.get(id);
  exchanges.wishes.set(id, held === undefined ? { at, why } : merged(held, { at, why }));
  exchanges.soonest = earliest(exchanges.soonest ?? undefined, at) ?? null;
}

function merged(a: Wish, b: Wish): Wish {
  return { at: earliest(a.at, b.at) ?? a.at, why: a.why === "asked" ? a.why : b.why };
}

/** Rows wait for others that nobody here holds: asks their author if it is linked, else anyone. */
export function onWanted(circle: Circle, turn: GossipTurn): void {
  const { exchanges } = circle.state;
  const { roster, links } = turn.world;
  const isAsked = exchanges.running.size > 0 || [...exchanges.wishes.values()].some(({ why }) => why === "asked");
  if (isAsked || roster.waitingCount() === 0) return;
  const authors = roster.waitingAuthors().filter((id) => links.has(id) && circle.state.peers.has(id));
  const linked = [...links].filter((id) => circle.state.peers.has(id));
  const whom =
    exchanges.wantedTries === 0 ? (turn.random.pick(authors) ?? turn.random.pick(linked)) : turn.random.pick(linked);
  if (whom !== undefined) wishAsked(circle, whom, micros(0), turn);
}

/** An exchange is over and rows still wait: a few more tries, each later. */
export function wantMore(circle: Circle, turn: GossipTurn): void {
  const { exchanges } = circle.state;
  if (turn.world.roster.waitingCount() === 0) {
    exchanges.wantedTries = 0;
    return;
  }
  if (exchanges.wantedTries >= wantedTriesMax) return;
  exchanges.wantedTries++;
  const linked = [...turn.world.links].filter((id) => circle.state.peers.has(id));
  const whom = turn.random.pick(linked);
  const patience = micros(gossipSpans.soonGap * 2 ** exchanges.wantedTries);
  if (whom !== undefined) wishAsked(circle, whom, patience, turn);
}

/** Every tier-2 interval one random linked peer is asked even when digests look equal (GS-13). */
export function onAuditDue(circle: Circle, turn: GossipTurn): void {
  const { exchanges } = circle.state;
  const { now, links } = turn.world;
  if (exchanges.auditAt === null || exchanges.auditAt > now) return;
  planAudit(circle, turn);
  const linked = [...links].filter((id) => circle.state.peers.has(id));
  const whom = turn.random.pick(linked);
  if (whom !== undefined) wishAsked(circle, whom, micros(0), turn);
}

/** The next audit, by the interval as it is now. */
export function planAudit({ state }: Circle, turn: GossipTurn): void {
  state.exchanges.auditAt = after(turn.world.now, jittered(turn.world.config.tier2Us, turn.random.word()));
}

/** The peers whose wish is due now, first come first; what remains is counted anew. */
export function dueWishes(exchanges: Exchanges, now: Micros): BoltId[] {
  const due = [...exchanges.wishes].filter(([, { at }]) => at <= now);
  return due.sort(([, a], [, b]) => a.at - b.at).map(([id]) => id);
}

/** Counts the soonest wish anew. `notBefore`: those due had to wait. */
export function recount(exchanges: Exchanges, notBefore: Micros): void {
  let soonest: Micros | undefined;
  for (const { at } of exchanges.wishes.values()) soonest = earliest(soonest, at);
  exchanges.soonest = soonest === undefined ? null : micros(Math.max(soonest, notBefore));
}
