/**
 * What comes in: a beacon of another bolt is believed when it is newer than the mark held, by whatever way it came; an
 * older one changes nothing, and only a sender on a stream is shown what is newer (GS-4, GS-6). This is the path that
 * every beacon of every bolt takes each interval, so it costs a few look-ups and no more.
 */
import type { BoltId } from "../kernel/id.ts";
import { after, micros, millisecondUs } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import type { Beacon, SignedBeacon } from "../turn/beacon.ts";
import { onDigest } from "./exchange-wishes.ts";
import { onNewIncarnation, onOlderIncarnation, onSameNumber } from "./duplicates.ts";
import { intervalOf, staleAfter } from "./ages.ts";
import { lookBy, rest } from "./freshness.ts";
import { sayHearing, sayHearingAgain } from "./links.ts";
import { compareMarks, writeMarkLater, writeMarkNow } from "./marks.ts";
import { gossipSpans } from "./state.ts";
import type { Circle, GossipTurn, Peer } from "./state.ts";

/** The way a beacon came: `relay` is anyone's but its author's own. */
export type Way = "multicast" | "stream" | "relay";

/** How long relays say that they held it; nonsense counts as nothing held. */
export function heldUs(heldMs: number): Micros {
  return micros(heldMs > 0 && heldMs < Number.MAX_SAFE_INTEGER / millisecondUs ? heldMs * millisecondUs : 0);
}

/** A beacon of another bolt. True when it is news. */
export function onBeacon(circle: Circle, beacon: SignedBeacon, way: Way, held: Micros, turn: GossipTurn): boolean {
  const { message } = beacon;
  const { author } = message;
  const peer = circle.state.peers.get(author);
  if (peer === undefined || message.genesis !== turn.world.roster.view().genesis) return false;
  const order = compareMarks(message, peer.mark);
  if (order < 0) {
    onOlder(author, peer, message, way, turn);
    return false;
  }
  if (order === 0 && (peer.newest !== null || way === "multicast")) {
    onRepeat(circle, peer, beacon, way, held, turn);
    return false;
  }
  believe(circle, peer, beacon, way, held, turn);
  if (way === "multicast") hearMulticast(circle, author, peer, message, turn);
  else if (way === "stream") sayHearingAgain(author, peer, turn);
  onDigest(circle, author, message, turn);
  return true;
}

function believe(circle: Circle, peer: Peer, beacon: SignedBeacon, way: Way, held: Micros, turn: GossipTurn): void {
  const { message } = beacon;
  const { world } = turn;
  const isNewLife = message.incarnation > peer.mark.incarnation;
  if (isNewLife) onNewIncarnation(peer, message);
  const intervalMs = peer.newest?.message.intervalMs;
  peer.mark.incarnation = message.incarnation;
  peer.mark.number = message.number;
  peer.newest = beacon;
  peer.at = micros(world.now - held);
  peer.path = way;
  peer.skewMs = message.wallMs - (world.wallMs - Math.round(held / millisecondUs));
  if (intervalMs !== message.intervalMs) lookBy(circle.state, after(peer.at, micros(staleAfter(peer, world) / 2)));
  if (way === "relay") rest(circle, peer, true, turn);
  else {
    peer.directIncarnation = message.incarnation;
    peer.pull = idle;
    peer.pullRounds = 0;
  }
  if (isNewLife) writeMarkNow(circle, message.author, turn);
  else writeMarkLater(circle, message.author, turn);
}

const idle = { phase: "idle" } as const;

/** The newest once more: by a better way, or told to be older than it seemed. */
function onRepeat(circle: Circle, peer: Peer, beacon: SignedBeacon, way: Way, held: Micros, turn: GossipTurn): void {
  const id = beacon.message.author;
  onSameNumber(id, peer, beacon, turn);
  if (peer.newest === null) return;
  peer.at = micros(Math.min(peer.at, turn.world.now - held));
  if (way !== "multicast" || peer.multicastNumber >= beacon.message.number) return;
  peer.path = "multicast";
  hearMulticast(circle, id, peer, beacon.message, turn);
}

/** Each beacon counts once as heard by multicast, so that replays of one do not keep up the appearance (T16). */
function hearMulticast({ state }: Circle, id: BoltId, peer: Peer, message: Beacon, turn: GossipTurn): void {
  peer.multicastAt = turn.world.now;
  peer.multicastNumber = message.number;
  if (peer.link === null || peer.link.told === true) return;
  sayHearing(id, peer, turn);
  lookBy(state, after(turn.world.now, micros(3 * intervalOf(peer) + 1)));
}

/** Older than what is held. A datagram is never answered (T22); a stream's sender learns of the newer one. */
function onOlder(id: BoltId, peer: Peer, message: Beacon, way: Way, turn: GossipTurn): void {
  if (way === "relay") return;
  if (message.incarnation < peer.mark.incarnation) onOlderIncarnation(id, peer, message, turn);
  if (way !== "stream" || peer.newest === null || message.incarnation === peer.mark.incarnation) return;
  const { now } = turn.world;
  if (peer.shownAt !== null && now - peer.shownAt < gossipSpans.soonGap) return;
  peer.shownAt = now;
  turn.tell(id, { say: "newest", beacon: peer.newest });
}
