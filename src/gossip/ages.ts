/**
 * How old what is held of a bolt is, and how old it may get. Age counts from when the newest beacon came, less the time
 * that relays held it, so it is never shown younger than it is (GS-9, T18).
 */
import type { Micros } from "../kernel/time.ts";
import { between, micros, ofMs } from "../kernel/time.ts";
import type { World } from "../turn/turn.ts";
import { gossipSpans } from "./state.ts";
import type { Peer } from "./state.ts";

/** The interval the author states, within bounds: a hostile one would never be stale. */
export function intervalOf(peer: Peer): Micros {
  if (peer.newest === null) return gossipSpans.intervalShortest;
  return clampInterval(ofMs(peer.newest.message.intervalMs));
}

/** Within what an interval can be. */
export function clampInterval(interval: Micros): Micros {
  const { intervalShortest, intervalLongest } = gossipSpans;
  return interval < intervalShortest ? intervalShortest : interval > intervalLongest ? intervalLongest : interval;
}

/** As configured here, else three of the author's intervals; of one never heard, three of ours. */
export function staleAfter(peer: Peer, world: World): Micros {
  if (world.config.staleAfterUs !== null) return world.config.staleAfterUs;
  return micros(3 * (peer.newest === null ? clampInterval(world.config.tier1Us) : intervalOf(peer)));
}

/** Age of the newest beacon held; null without one. */
export function ageOf(peer: Peer, now: Micros): Micros | null {
  return peer.newest === null ? null : between(peer.at, now);
}

/** A beacon is held, and it is no older than it may be. */
export function isFresh(peer: Peer, world: World): boolean {
  const age = ageOf(peer, world.now);
  return age !== null && age <= staleAfter(peer, world);
}

/** A span give or take a tenth, by a draw in [0, 2^32). */
export function jittered(span: Micros, word: number): Micros {
  return micros(span * (0.9 + (0.2 * word) / 0x100000000));
}
