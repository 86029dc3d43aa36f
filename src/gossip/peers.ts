/**
 * Who is listened to: every other bolt with a seat on the roster has one record; removed and departed ones have none,
 * so their datagrams end at the cheapest check (GS-5). Their marks stay, should a removal be undone.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import { onPeerLinked } from "./links.ts";
import { isSeated } from "./seats.ts";
import type { Circle, GossipTurn, Mark, Peer } from "./state.ts";

/** Brings the records up to the roster. */
export function followRoster(circle: Circle, turn: GossipTurn): void {
  const { world } = turn;
  const view = world.roster.view();
  for (const id of [...circle.state.peers.keys()]) if (!isSeated(view, id)) unseat(circle, id);
  for (const { id, standing } of view.taken) {
    const hasSeat = standing.is === "member" || standing.is === "orphaned";
    if (hasSeat && id !== world.self && !circle.state.peers.has(id)) seat(circle, id, turn);
  }
  if (world.self === null) return;
  circle.state.voice.self = world.self;
  circle.authors.set(world.self, circle.state.voice.mark);
}

function seat(circle: Circle, id: BoltId, turn: GossipTurn): void {
  const { state, authors } = circle;
  const peer = newPeer(state.marks.get(id) ?? { incarnation: 0, number: 0 }, turn.world.now);
  state.marks.delete(id);
  state.peers.set(id, peer);
  authors.set(id, peer.mark);
  state.lookAt = turn.world.now;
  if (turn.world.links.has(id)) onPeerLinked(circle, id, peer, turn);
}

function unseat({ state, authors }: Circle, id: BoltId): void {
  const peer = state.peers.get(id);
  if (peer !== undefined && peer.mark.incarnation > 0) state.marks.set(id, peer.mark);
  state.peers.delete(id);
  state.exchanges.wishes.delete(id);
  authors.delete(id);
}

function newPeer(mark: Mark, now: Micros): Peer {
  return {
    mark,
    newest: null,
    at: now,
    path: "none",
    skewMs: null,
    multicastAt: null,
    multicastNumber: -1,
    link: null,
    pull: { phase: "idle" },
    pullRounds: 0,
    shownAt: null,
    setbacks: 0,
    restUntil: now,
    directIncarnation: 0,
    beganWallMs: 0,
    signs: null,
  };
}
