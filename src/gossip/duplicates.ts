/**
 * Two processes that sign with one key (a cloned machine): both keep beaconing, so the incarnation heard goes up and
 * down (GS-14, T12). A restart goes up once and never down; old beacons that someone replays go down, but were written
 * before the newer incarnation began; a late one goes down once. So it takes three ways down with new beacons, spread
 * over two intervals or ten seconds. Two differing beacons under one number are proof at once.
 *
 * The bolt itself is shown beacons of its key that it never made: from a life its disk forgot, or from a clone. It
 * jumps above them, but not again and again: marked, it stays where it is, and an operator decides.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import { after, secondUs } from "../kernel/time.ts";
import type { Beacon, SignedBeacon } from "../turn/beacon.ts";
import type { World } from "../turn/turn.ts";
import { clampInterval, intervalOf } from "./ages.ts";
import { compareMarks } from "./marks.ts";
import { gossipLimits, gossipSpans } from "./state.ts";
import type { Circle, GossipTurn, Peer, Signs } from "./state.ts";

const signsNeeded = 3;
/** Longer than anything is delayed on its way. */
const longestSpread = 10 * secondUs;
/** Room for the random part of what is drawn above. */
const highestJump = Number.MAX_SAFE_INTEGER - 2 ** 22;

/** Whether the mark stands: signs came in the last minute, or the last twenty intervals. */
export function isDuplicate(signs: Signs | null, interval: Micros, now: Micros): boolean {
  return signs?.isMarked === true && now - signs.lastAt <= rememberedFor(interval);
}

function rememberedFor(interval: Micros): number {
  return Math.max(gossipSpans.longestRest, 20 * interval);
}

/** A new incarnation of the peer takes over; the old one becomes its rival. */
export function onNewIncarnation(peer: Peer, message: Beacon): void {
  if (peer.mark.incarnation > 0) {
    peer.signs ??= noSigns();
    peer.signs.rival = { incarnation: peer.mark.incarnation, number: peer.mark.number };
  }
  peer.beganWallMs = message.wallMs;
}

/** A beacon of a lower incarnation than the one held, straight from its author. */
export function onOlderIncarnation(id: BoltId, peer: Peer, message: Beacon, turn: GossipTurn): void {
  peer.signs ??= noSigns();
  const { rival } = peer.signs;
  if (rival !== null && compareMarks(message, rival) <= 0) return;
  peer.signs.rival = { incarnation: message.incarnation, number: message.number };
  if (message.wallMs <= peer.beganWallMs || peer.directIncarnation === message.incarnation) return;
  peer.directIncarnation = message.incarnation;
  addSign(id, peer.signs, intervalOf(peer), turn);
}

/** Another beacon under the number of the one held: the same one again, or proof. */
export function onSameNumber(id: BoltId, peer: Peer, beacon: SignedBeacon, turn: GossipTurn): void {
  if (peer.newest === null || peer.newest === beacon) return;
  const held = peer.newest.message;
  const { wallMs, digest, head } = beacon.message;
  if (held.wallMs === wallMs && held.digest === digest && held.head === head) return;
  peer.signs ??= noSigns();
  mark(id, peer.signs, "two different beacons under one number", turn);
}

/** A beacon of this bolt's own key, heard or shown. */
export function onOwnBeacon({ state }: Circle, message: Beacon, turn: GossipTurn): void {
  const { voice } = state;
  const { world } = turn;
  if (message.genesis !== world.roster.view().genesis || world.self === null) return;
  if (world.lived.has(message.incarnation)) {
    if (message.incarnation !== world.incarnation || message.number < voice.nextNumber) return;
    voice.signs ??= noSigns();
    return mark(world.self, voice.signs, "a beacon of this incarnation that this process never sent", turn);
  }
  const rival = voice.signs?.rival ?? null;
  const isNews = rival === null || compareMarks(message, rival) > 0;
  if (isNews && message.wallMs > voice.startedWallMs) {
    voice.signs ??= noSigns();
    voice.signs.rival = { incarnation: message.incarnation, number: message.number };
    addSign(world.self, voice.signs, clampInterval(world.config.tier1Us), turn);
  }
  if (message.incarnation > world.incarnation && mayJump(state.voice, message, world)) {
    voice.jumpedAt = world.now;
    turn.note({ what: "jump", detail: `a beacon of this key shows incarnation ${message.incarnation}` });
    turn.offer({ fact: "jump", above: message.incarnation });
  }
}

function mayJump(voice: Circle["state"]["voice"], message: Beacon, world: World): boolean {
  if (isDuplicate(voice.signs, clampInterval(world.config.tier1Us), world.now)) return false;
  if (world.lived.size >= gossipLimits.livedIncarnations || message.incarnation > highestJump) return false;
  return voice.jumpedAt === null || world.now >= after(voice.jumpedAt, gossipSpans.soonGap);
}

function noSigns(): Signs {
  return { rival: null, count: 0, firstAt: 0 as Micros, lastAt: 0 as Micros, isMarked: false };
}

function addSign(id: BoltId, signs: Signs, interval: Micros, turn: GossipTurn): void {
  const { now } = turn.world;
  if (signs.count === 0 || now - signs.lastAt > rememberedFor(interval)) {
    signs.count = 0;
    signs.firstAt = now;
    signs.isMarked = false;
  }
  signs.count++;
  signs.lastAt = now;
  if (signs.count >= signsNeeded && now - signs.firstAt >= Math.min(2 * interval, longestSpread)) {
    mark(id, signs, "two incarnations of this key beacon at once", turn);
  }
}

function mark(id: BoltId, signs: Signs, text: string, turn: GossipTurn): void {
  const { world } = turn;
  const wasMarked = signs.isMarked && world.now - signs.lastAt <= gossipSpans.longestRest;
  signs.isMarked = true;
  signs.lastAt = world.now;
  if (wasMarked) return;
  turn.note({ what: "duplicate", about: id, detail: text });
  if (world.storeFailed !== null) return;
  turn.store([{ put: "evidence", about: id, wallMs: world.wallMs, text: `duplicate: ${text}` }], [], {
    for: "evidence",
  });
}
