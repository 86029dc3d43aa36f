/**
 * One exchange with one peer, step by step; every message bounded, every row on disk before the next step (GS-11).
 *
 *   begin --rows wait--> wanting --> taking-wanted --.
 *     '----------------------------------------------+--> asking --reply--> taking --stored--> plan
 *   plan --heads told that we lack--> fetching --reply--> taking-fetched --stored--> plan
 *   plan --they lack ours--> offering, page by page --> next part of the vector: asking, or over
 *   any --refused as a stranger--> presenting our admission, page by page --> over, and again soon
 *   any --no answer--> over, with a rest that grows; one that moved nothing while digests differ rests too
 */
import { absurd } from "../kernel/assert.ts";
import type { BoltId } from "../kernel/id.ts";
import { after, micros } from "../kernel/time.ts";
import { ancestryOf, exchangeLimits, fetchWanted, planAfterReconcile, rowBytes } from "../roster/exchange.ts";
import type { OfferPage, Reconcile, ReconcileReply } from "../roster/exchange.ts";
import type { SignedRow } from "../roster/row.ts";
import { vectorOf } from "../roster/vector.ts";
import type { PeerReply, PeerRequest } from "../turn/peer.ts";
import type { CallOutcome } from "../turn/turn.ts";
import { jittered } from "./ages.ts";
import { dueWishes, ownDigest, recount, wantMore, wishAgain } from "./exchange-wishes.ts";
import { speaks } from "./seats.ts";
import { rowsWait } from "./serving.ts";
import { gossipLimits, gossipSpans } from "./state.ts";
import type { Circle, GossipPurpose, GossipTurn, Session } from "./state.ts";

type ExchangePurpose = Extract<GossipPurpose, { for: "exchange" }>;

/** One session with whom it is. */
interface Talk {
  readonly circle: Circle;
  readonly peer: BoltId;
  readonly session: Session;
  readonly turn: GossipTurn;
}

/** Begins the exchanges that are due, as many as may run at once. */
export function onWishesDue(circle: Circle, turn: GossipTurn): void {
  const { exchanges, peers } = circle.state;
  const { now, links } = turn.world;
  if (exchanges.soonest === null || exchanges.soonest > now) return;
  for (const id of dueWishes(exchanges, now)) {
    const peer = peers.get(id);
    const isSettled =
      exchanges.wishes.get(id)?.why === "differs" && peer?.newest?.message.digest === ownDigest(exchanges, turn.world);
    if (peer === undefined || !links.has(id) || isSettled) exchanges.wishes.delete(id);
    else if (mayBegin(circle, turn)) {
      exchanges.wishes.delete(id);
      if (!exchanges.running.has(id)) begin(circle, id, turn);
    }
  }
  recount(exchanges, after(now, micros(gossipSpans.mismatchWait / 3)));
}

function mayBegin({ state }: Circle, turn: GossipTurn): boolean {
  const { running } = state.exchanges;
  if (running.size >= gossipLimits.exchanges) return false;
  for (const { startedAt } of running.values()) {
    if (turn.world.now - startedAt < gossipSpans.exchangeYoung) return false;
  }
  return true;
}

function begin(circle: Circle, peer: BoltId, turn: GossipTurn): void {
  const { exchanges } = circle.state;
  const { roster, now } = turn.world;
  const session: Session = {
    number: exchanges.nextSession++,
    startedAt: now,
    digest: roster.digest(),
    step: { phase: "asking" },
    steps: 0,
    hasOffered: false,
  };
  exchanges.running.set(peer, session);
  const talk = { circle, peer, session, turn };
  const wanted = fetchWanted(roster);
  if (wanted === undefined) return askFrom(talk, null);
  session.step = { phase: "wanting" };
  call(talk, { ask: "fetch", ...wanted });
}

function askFrom(talk: Talk, next: Reconcile | null): void {
  const { roster } = talk.turn.world;
  talk.session.step = { phase: "asking" };
  call(talk, { ask: "reconcile", ...(next ?? { vector: vectorOf(roster), digest: roster.digest() }) });
}

function call({ circle, peer, session, turn }: Talk, request: PeerRequest): void {
  if (++session.steps > gossipLimits.exchangeSteps) return end({ circle, peer, session, turn }, "broke-off");
  const purpose = { for: "exchange", peer, session: session.number } as const;
  turn.call({ bolt: peer }, request, gossipSpans.exchangePatience, purpose);
}

function take({ peer, session, turn }: Talk, page: OfferPage): void {
  turn.take(page.rows, page.profiles, { for: "exchange", peer, session: session.number });
}

/** A call of an exchange has ended. */
export function onExchangeReply(
  circle: Circle,
  outcome: CallOutcome,
  purpose: ExchangePurpose,
  turn: GossipTurn,
): void {
  const talk = talkOf(circle, purpose, turn);
  if (talk === null) return;
  if (!outcome.ok) return end(talk, "broke-off");
  if (outcome.reply.reply === "refused") return onRefused(talk, outcome.reply);
  const { session } = talk;
  const { reply } = outcome;
  switch (session.step.phase) {
    case "wanting":
      if (reply.reply !== "fetch") return end(talk, "broke-off");
      session.step = { phase: "taking-wanted" };
      return take(talk, { rows: reply.rows, profiles: [] });
    case "asking":
      if (reply.reply !== "reconcile") return end(talk, "broke-off");
      session.step = { phase: "taking", reply: { ...reply, rows: [] } };
      return take(talk, reply);
    case "fetching":
      if (reply.reply !== "fetch") return end(talk, "broke-off");
      session.step = { ...session.step, phase: "taking-fetched" };
      return take(talk, { rows: reply.rows, profiles: [] });
    case "offering":
      return reply.reply === "took" ? offerNext(talk, session.step.pages, session.step.next) : end(talk, "broke-off");
    case "presenting":
      return reply.reply === "took" ? presentNext(talk, session.step.rows) : end(talk, "broke-off");
    case "taking-wanted":
    case "taking":
    case "taking-fetched":
      return;
    default:
      return absurd(session.step);
  }
}

/** What came is on disk and merged. */
export function onExchangeStored(circle: Circle, purpose: ExchangePurpose, turn: GossipTurn): void {
  const talk = talkOf(circle, purpose, turn);
  if (talk === null) return;
  const { step } = talk.session;
  switch (step.phase) {
    case "taking-wanted":
      return askFrom(talk, null);
    case "taking":
      return follow(talk, step.reply, null);
    case "taking-fetched":
      return follow(talk, step.reply, step.size);
    case "wanting":
    case "asking":
    case "fetching":
    case "offering":
    case "presenting":
      return;
    default:
      return absurd(step);
  }
}

/** The disk does not take what came. */
export function onExchangeNotStored(circle: Circle, purpose: ExchangePurpose, turn: GossipTurn): void {
  const talk = talkOf(circle, purpose, turn);
  if (talk !== null) end(talk, "broke-off");
}

function talkOf(circle: Circle, { peer, session: number }: ExchangePurpose, turn: GossipTurn): Talk | null {
  const session = circle.state.exchanges.running.get(peer);
  return session?.number === number ? { circle, peer, session, turn } : null;
}

/** `sizeBefore`: rows held before the last fetch; one that brought nothing is not repeated. */
function follow(talk: Talk, reply: ReconcileReply, sizeBefore: number | null): void {
  const { roster } = talk.turn.world;
  const plan = planAfterReconcile(roster, reply);
  const size = roster.size();
  if (plan.fetch === undefined || size === sizeBefore) return offerNext(talk, plan.offer, plan.next ?? null);
  talk.session.step = { phase: "fetching", reply, size };
  call(talk, { ask: "fetch", ...plan.fetch });
}

function offerNext(talk: Talk, pages: readonly OfferPage[], next: Reconcile | null): void {
  const [page, ...others] = pages;
  if (page === undefined) return next === null ? end(talk, "done") : askFrom(talk, next);
  talk.session.step = { phase: "offering", pages: others, next };
  talk.session.hasOffered = true;
  call(talk, { ask: "offer", ...page });
}

/** A peer that does not know this key yet is shown its admission; a removal it shows is taken (GS-15). */
function onRefused(talk: Talk, { refusal, row }: Extract<PeerReply, { reply: "refused" }>): void {
  const { turn, session } = talk;
  const { step } = session;
  if (step.phase === "offering" && refusal.code === rowsWait.code) return offerNext(talk, step.pages, step.next);
  if (row !== null) turn.take([row], [], null);
  const own =
    speaks(turn.world) && turn.world.self !== null ? turn.world.roster.view().byId.get(turn.world.self) : null;
  if (refusal.code !== "NOT_A_MEMBER" || step.phase === "presenting" || own === null || own === undefined) {
    return end(talk, "broke-off");
  }
  presentNext(talk, ancestryOf(turn.world.roster, own.admittedBy));
}

function presentNext(talk: Talk, rows: readonly SignedRow[]): void {
  if (rows.length === 0) return end(talk, "presented");
  let bytes = 0;
  const fits = rows.findIndex((row) => (bytes += rowBytes(row)) > exchangeLimits.pageBytes);
  const count = fits === -1 ? rows.length : Math.max(fits, 1);
  const left = rows.slice(count);
  talk.session.step = { phase: "presenting", rows: left };
  call(talk, { ask: "present", rows: rows.slice(0, count), more: left.length > 0 });
}

/** The end of an exchange, and what its outcome means for the next one. */
function end({ circle, peer: id, session, turn }: Talk, how: "done" | "presented" | "broke-off"): void {
  const { exchanges, peers } = circle.state;
  const { world } = turn;
  exchanges.running.delete(id);
  const peer = peers.get(id);
  if (peer === undefined) return;
  const hasMoved = session.hasOffered || world.roster.digest() !== session.digest;
  if (how === "presented" || (how === "done" && hasMoved)) peer.setbacks = 0;
  else if (how === "broke-off" || peer.newest?.message.digest !== ownDigest(exchanges, world)) peer.setbacks++;
  if (peer.setbacks > 0) peer.restUntil = after(world.now, restOf(peer.setbacks, turn));
  if (how !== "done") wishAgain(exchanges, id, peer, turn);
  wantMore(circle, turn);
}

function restOf(setbacks: number, turn: GossipTurn): ReturnType<typeof micros> {
  const span = Math.min(gossipSpans.soonGap * 2 ** Math.min(setbacks - 1, 10), gossipSpans.longestRest);
  return jittered(micros(span), turn.random.word());
}
