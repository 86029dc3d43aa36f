/**
 * This bolt's own beacons: one an interval with jitter, and one more soon after own state changed (GS-1, GS-2).
 *
 *   silent --a seat--> reserving --incarnation on disk, or the disk failed--> speaking --no seat--> silent
 *                          ^------------------- jump: a higher incarnation --------'
 *
 * Numbers are reserved by incarnation, in one write before its first beacon: a start draws an incarnation above every
 * one on disk, so within one the numbers only need to grow in memory, and nothing is written per block of them (GS-3).
 */
import type { BoltId } from "../kernel/id.ts";
import { must } from "../kernel/assert.ts";
import { after, micros, toMs } from "../kernel/time.ts";
import type { Beacon } from "../turn/beacon.ts";
import { noEnvoys } from "../turn/beacon.ts";
import type { World } from "../turn/turn.ts";
import { jittered } from "./ages.ts";
import { speaks } from "./seats.ts";
import { gossipSpans } from "./state.ts";
import type { Circle, GossipTurn, Voice } from "./state.ts";

/** Starts or ends speaking as the roster and the phase say. */
export function followVoice(circle: Circle, turn: GossipTurn): void {
  const { voice } = circle.state;
  if (!speaks(turn.world)) {
    voice.dueAt = null;
    voice.soonAt = null;
    return;
  }
  reserve(voice, turn);
  if (voice.dueAt === null) speakSoon(circle, turn);
}

function reserve(voice: Voice, turn: GossipTurn): void {
  const { incarnation } = turn.world;
  if (voice.reservation.phase !== "none" && voice.reservation.incarnation === incarnation) return;
  voice.nextNumber = 0;
  if (turn.world.storeFailed !== null) {
    voice.reservation = { phase: "held", incarnation };
    return;
  }
  voice.reservation = { phase: "storing", incarnation };
  const author = must(turn.world.self, "who speaks has a key");
  turn.store([{ put: "high-water", author, incarnation, number: 0 }], [], { for: "reserve", incarnation });
}

/**
 * The incarnation is on disk. When the disk has failed it speaks all the same: a silent bolt would look dead, and one
 * that later starts lower is shown its newest beacon and jumps.
 */
export function onReserved(circle: Circle, incarnation: number, turn: GossipTurn): void {
  const { voice } = circle.state;
  if (voice.reservation.phase !== "storing" || voice.reservation.incarnation !== incarnation) return;
  voice.reservation = { phase: "held", incarnation };
  if (speaks(turn.world) && circle.state.phase === "running") speak(circle, turn);
}

/** Own state changed, or someone new can hear: a beacon within 200 ms, at most one such a second. */
export function speakSoon({ state }: Circle, turn: GossipTurn): void {
  const { voice } = state;
  if (voice.soonAt !== null || state.phase !== "running" || !speaks(turn.world)) return;
  const wanted = after(turn.world.now, micros(turn.random.below(gossipSpans.soonWait)));
  const earliest = voice.soonSentAt === null ? wanted : after(voice.soonSentAt, gossipSpans.soonGap);
  voice.soonAt = micros(Math.max(wanted, earliest));
}

/** The moment of a beacon may have come. */
export function onVoiceDue(circle: Circle, turn: GossipTurn): void {
  const { voice } = circle.state;
  const { now } = turn.world;
  const isSoon = voice.soonAt !== null && voice.soonAt <= now;
  if (!isSoon && (voice.dueAt === null || voice.dueAt > now)) return;
  if (isSoon) voice.soonSentAt = now;
  speak(circle, turn);
}

/** The interval was changed: the next beacon comes by the new one. */
export function onIntervalChanged({ state }: Circle, turn: GossipTurn): void {
  if (state.voice.dueAt !== null) state.voice.dueAt = nextDue(turn);
}

/** The last beacon says that this bolt stops in order. */
export function speakLast(circle: Circle, turn: GossipTurn): void {
  if (speaks(turn.world)) speak(circle, turn);
  circle.state.voice.dueAt = null;
  circle.state.voice.soonAt = null;
}

function speak(circle: Circle, turn: GossipTurn): void {
  const { voice } = circle.state;
  voice.soonAt = null;
  voice.dueAt = nextDue(turn);
  const beacon = nextBeacon(circle, turn.world);
  if (beacon !== null) turn.beacon(beacon, true, toldOnStream(circle, turn.world));
}

function nextDue(turn: GossipTurn): ReturnType<typeof after> {
  return after(turn.world.now, jittered(turn.world.config.tier1Us, turn.random.word()));
}

/** Linked bolts that have not said that they hear this one by multicast. */
export function toldOnStream({ state }: Circle, world: World): BoltId[] {
  const told: BoltId[] = [];
  for (const id of world.links) {
    const link = state.peers.get(id)?.link;
    if (link === undefined || link === null) continue;
    if (!world.config.multicast || !link.spares) told.push(id);
  }
  return told;
}

/** What this bolt says of itself now, under a number of its own; null while it may not speak. */
export function nextBeacon({ state }: Circle, world: World): Beacon | null {
  const { voice } = state;
  const { genesis } = world.roster.view();
  const { reservation } = voice;
  if (reservation.phase !== "held" || reservation.incarnation !== world.incarnation) return null;
  if (genesis === null || world.self === null || !speaks(world)) return null;
  const number = voice.nextNumber++;
  voice.mark.incarnation = reservation.incarnation;
  voice.mark.number = number;
  return {
    genesis,
    author: world.self,
    incarnation: reservation.incarnation,
    number,
    intervalMs: Math.round(toMs(world.config.tier1Us)),
    wallMs: world.wallMs,
    digest: world.roster.digest().slice(0, 32),
    head: world.roster.index.heads(world.self).at(-1)?.message.id ?? null,
    rank: world.roster.headRank(),
    counters: noEnvoys,
    stopping: state.phase === "stopping",
  };
}
