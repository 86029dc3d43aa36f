/**
 * Looking for newer beacons before anyone is called stale (GS-10): at half of the age that a bolt may reach, its author
 * is asked once, then two others; what they give counts, with the time they held it.
 *
 *   idle --half the age--> asking-author --no news--> asking-others --no news from either--> resting --> idle
 *     ^                      | news, from the author        | news, relayed
 *     '----------------------'                              '--> resting
 *
 * All peers are looked at together when the first may need it, so a beacon that comes in time costs nothing here.
 */
import type { BoltId } from "../kernel/id.ts";
import { after, earliest, micros, toMs } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import type { PeerReply } from "../turn/peer.ts";
import type { CallOutcome, World } from "../turn/turn.ts";
import { ageOf, intervalOf, jittered, staleAfter } from "./ages.ts";
import { hearsByMulticast, sayHearing } from "./links.ts";
import { isSeated, speaks } from "./seats.ts";
import { gossipSpans } from "./state.ts";
import type { Circle, GossipPurpose, GossipState, GossipTurn, Peer, Pull } from "./state.ts";
import { nextBeacon } from "./voice.ts";

type PullPurpose = Extract<GossipPurpose, { for: "pull" }>;
const idle: Pull = { phase: "idle" };

/** Looks at every peer when the first may need it. */
export function onLookDue(circle: Circle, turn: GossipTurn): void {
  const { state } = circle;
  if (state.lookAt === null || state.lookAt > turn.world.now) return;
  if (!speaks(turn.world)) {
    state.lookAt = null;
    return;
  }
  let next: Micros | undefined;
  for (const [id, peer] of state.peers) next = earliest(next, look(circle, id, peer, turn));
  state.lookAt = next ?? null;
}

/** Does what is due for one peer and says when it next needs a look. */
function look(circle: Circle, id: BoltId, peer: Peer, turn: GossipTurn): Micros | undefined {
  const { now } = turn.world;
  if (peer.link?.told === true && !hearsByMulticast(peer, now)) sayHearing(id, peer, turn);
  if (peer.pull.phase === "resting" && peer.pull.until <= now) peer.pull = idle;
  const half = after(peer.at, micros(staleAfter(peer, turn.world) / 2));
  if (peer.pull.phase === "idle" && half <= now) askAuthor(circle, id, peer, turn);
  const lapses = peer.link?.told === true && peer.multicastAt !== null ? lapseOf(peer, peer.multicastAt) : undefined;
  return earliest(lapses, pullDue(peer, half));
}

function lapseOf(peer: Peer, heardAt: Micros): Micros {
  return after(heardAt, micros(3 * intervalOf(peer) + 1));
}

function pullDue(peer: Peer, half: Micros): Micros | undefined {
  if (peer.pull.phase === "idle") return half;
  return peer.pull.phase === "resting" ? peer.pull.until : undefined;
}

function askAuthor(circle: Circle, id: BoltId, peer: Peer, turn: GossipTurn): void {
  const round = turn.world.now;
  peer.pullRounds++;
  if (!turn.world.links.has(id)) return askOthers(circle, id, peer, round, turn);
  peer.pull = { phase: "asking-author", round };
  ask(id, id, round, turn);
}

function askOthers(circle: Circle, id: BoltId, peer: Peer, round: Micros, turn: GossipTurn): void {
  const others = [...turn.world.links].filter((other) => other !== id && circle.state.peers.has(other));
  const asked: BoltId[] = [];
  while (asked.length < 2 && others.length > 0) {
    asked.push(...others.splice(turn.random.below(others.length), 1));
  }
  if (asked.length === 0) return rest(circle, peer, false, turn);
  peer.pull = { phase: "asking-others", round, open: asked.length };
  for (const other of asked) ask(id, other, round, turn);
}

function ask(author: BoltId, from: BoltId, round: Micros, turn: GossipTurn): void {
  const purpose = { for: "pull", author, from, round } as const;
  turn.call({ bolt: from }, { ask: "beacon-of", author }, gossipSpans.pullPatience, purpose);
}

/** An answer to a pull, after its beacon was looked at. `isNews`: it was newer than what was held. */
export function onPulled(circle: Circle, purpose: PullPurpose, isNews: boolean, turn: GossipTurn): void {
  const peer = circle.state.peers.get(purpose.author);
  if (peer === undefined) return;
  const { pull } = peer;
  if (pull.phase === "asking-author" && pull.round === purpose.round && purpose.from === purpose.author) {
    if (isNews) peer.pull = idle;
    else askOthers(circle, purpose.author, peer, pull.round, turn);
  } else if (pull.phase === "asking-others" && pull.round === purpose.round) {
    peer.pull = { ...pull, open: pull.open - 1 };
    if (peer.pull.open === 0) rest(circle, peer, false, turn);
  }
  lookBy(circle.state, turn.world.now);
}

/** The beacon in an answer, and how long it was held, ms; null when there is none or it is of someone else. */
export function pulledBeacon(
  outcome: CallOutcome,
  author: BoltId,
): Pick<Extract<PeerReply, { reply: "beacon" }>, "beacon" | "heldMs"> | null {
  if (!outcome.ok || outcome.reply.reply !== "beacon") return null;
  const { beacon, heldMs } = outcome.reply;
  return beacon?.message.author === author ? { beacon, heldMs } : null;
}

/** No further round for a quarter of the age it may reach; longer each time that nobody knew anything newer. */
export function rest({ state }: Circle, peer: Peer, hasNews: boolean, turn: GossipTurn): void {
  if (hasNews) peer.pullRounds = 0;
  const quarter = staleAfter(peer, turn.world) / 4;
  const grown = Math.min(quarter * 2 ** Math.min(peer.pullRounds, 10), gossipSpans.longestRest);
  const span = micros(Math.max(quarter, grown));
  peer.pull = { phase: "resting", until: after(turn.world.now, jittered(span, turn.random.word())) };
  lookBy(state, peer.pull.until);
}

/** Some peer needs a look at that moment. */
export function lookBy(state: GossipState, at: Micros): void {
  if (state.lookAt === null || at < state.lookAt) state.lookAt = at;
}

/** Answers `beacon-of`: with a fresh one of ours, or the newest held and since when. */
export function answerBeaconOf(circle: Circle, author: BoltId, world: World): PeerReply {
  if (author === world.self) {
    return { reply: "beacon", beacon: null, fresh: nextBeacon(circle, world), heldMs: 0 };
  }
  const peer = circle.state.peers.get(author);
  const age = peer === undefined || !isSeated(world.roster.view(), author) ? null : ageOf(peer, world.now);
  if (peer === undefined || age === null) return { reply: "beacon", beacon: null, fresh: null, heldMs: 0 };
  return { reply: "beacon", beacon: peer.newest, fresh: null, heldMs: Math.ceil(toMs(age)) };
}
