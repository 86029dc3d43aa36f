/**
 * What an open stream is used for at once: each side says whether it hears the other by multicast, shows the newest
 * beacon of the other that it holds, and asks for an exchange when rosters may differ (GS-7, GS-8).
 */
import type { BoltId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import { intervalOf } from "./ages.ts";
import { wishOnLink } from "./exchange-wishes.ts";
import type { Circle, GossipTurn, Peer } from "./state.ts";
import { speakSoon } from "./voice.ts";

/** A stream has opened or closed. A closed one ends what was said on it. */
export function onLink(circle: Circle, id: BoltId, up: boolean, turn: GossipTurn): void {
  const peer = circle.state.peers.get(id);
  if (peer === undefined) return;
  if (up) return onPeerLinked(circle, id, peer, turn);
  peer.link = null;
}

export function onPeerLinked(circle: Circle, id: BoltId, peer: Peer, turn: GossipTurn): void {
  peer.link = { told: null, spares: false };
  sayHearing(id, peer, turn);
  if (peer.newest !== null) {
    peer.shownAt = turn.world.now;
    turn.tell(id, { say: "newest", beacon: peer.newest });
  }
  speakSoon(circle, turn);
  wishOnLink(circle, id, peer, turn);
}

/** The peer said whether it hears us by multicast. One that does not is told of us on the stream from now on. */
export function onHearing(circle: Circle, id: BoltId, hears: boolean, turn: GossipTurn): void {
  const link = circle.state.peers.get(id)?.link;
  if (link === undefined || link === null || link.spares === hears) return;
  link.spares = hears;
  if (!hears) speakSoon(circle, turn);
}

/** Whether a beacon of the peer came by multicast within three of its intervals. */
export function hearsByMulticast(peer: Peer, now: Micros): boolean {
  return peer.multicastAt !== null && now - peer.multicastAt <= 3 * intervalOf(peer);
}

/** Says on the stream whether this bolt hears the peer by multicast, when that is news. */
export function sayHearing(id: BoltId, peer: Peer, turn: GossipTurn): void {
  if (peer.link === null) return;
  const multicast = hearsByMulticast(peer, turn.world.now);
  if (peer.link.told === multicast) return;
  peer.link.told = multicast;
  turn.tell(id, { say: "hearing", multicast });
}

/** It sends on the stream although it was told that it need not: what was said did not reach it. */
export function sayHearingAgain(id: BoltId, peer: Peer, turn: GossipTurn): void {
  if (peer.link?.told !== true) return;
  turn.tell(id, { say: "hearing", multicast: true });
}
