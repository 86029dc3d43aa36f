/**
 * Carrying a proof to the minter: any member may, for the proof is worthless to whoever carries it (AD-7, T2, T8).
 *
 *   asked --call--> waiting --admitted--> rows on own disk --> answered with the minter's answer
 *                      |------refused---> answered with the minter's refusal
 *                      |------unreachable, nothing sent---> TOKEN_UNVERIFIABLE, or TOKEN_UNCERTAIN if it once was
 *                      `------lost after it was sent------> TOKEN_UNCERTAIN
 *
 * An uncertain pair of token and key stays so until an ADMIT or the minter's own refusal.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { micros, ofMs } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import type { StoreFailure } from "../roster/durable.ts";
import type { PeerReply } from "../turn/peer.ts";
import type { CallOutcome, World } from "../turn/turn.ts";
import { answerAdmitted, answerRefused } from "./answers.ts";
import { judge } from "./judge.ts";
import * as say from "./refusals.ts";
import { nameOf } from "./standing.ts";
import { admissionsLimits } from "./state.ts";
import type { AdmissionsState, AdmissionsTurn, Asker, Office } from "./state.ts";

const relayPatienceMax = ofMs(8_000);
/** Refusals that say nothing about the token: an uncertain one stays uncertain. */
const undecided: ReadonlySet<string> = new Set([
  "BUSY",
  "RATE_LIMITED",
  "STORAGE_READONLY",
  "NOT_A_MEMBER",
  "NOT_SUPPORTED",
  "TOKEN_UNVERIFIABLE",
  "TOKEN_UNCERTAIN",
]);

/** Whether a refusal settles what became of a token. */
export function decidesToken(refusal: Refusal): boolean {
  return !undecided.has(refusal.code);
}

/** Asks the minter; a bolt that was itself asked by a relay does not relay again. */
export function relay(asker: Asker, minter: BoltId, office: Office, turn: AdmissionsTurn): void {
  if (asker.via === "redeem") {
    const why = "The bolt that was asked did not mint this invite; nothing was spent by asking.";
    return answerRefused(asker, say.tokenUnverifiable(asker.proof.message.claim.mint, why, "ask again"), turn);
  }
  if (office.state.relays >= admissionsLimits.relays) return answerRefused(asker, say.busy, turn);
  office.state.relays++;
  const request = { ask: "redeem", proof: asker.proof, page: asker.page } as const;
  turn.call({ bolt: minter }, request, relayPatience(asker.patience), { for: "relay", asker, minter });
}

/** Leaves a fifth of the asker's patience for the way back. */
function relayPatience(patience: Micros): Micros {
  return micros(Math.min(Math.floor((patience * 4) / 5), relayPatienceMax));
}

/** The minter answered, or did not. */
export function onRelayReply(
  outcome: CallOutcome,
  asker: Asker,
  minter: BoltId,
  office: Office,
  turn: AdmissionsTurn,
): void {
  office.state.relays--;
  if (!outcome.ok) return onRelayLost(outcome.perhapsDone, asker, minter, office, turn);
  const { reply } = outcome;
  if (reply.reply === "admitted") return turn.take(reply.rows, [], { for: "relayed", asker, reply });
  if (reply.reply !== "refused") return onRelayLost(true, asker, minter, office, turn);
  const pair = pairOf(asker);
  if (decidesToken(reply.refusal)) office.state.uncertain.delete(pair);
  else if (office.state.uncertain.has(pair)) return answerUncertain(asker, minter, turn);
  answerRefused(asker, reply.refusal, turn, reply.row);
}

/** The rows are on this bolt's disk: only now are they passed on. */
export function onRelayed(asker: Asker, reply: PeerReply, office: Office, turn: AdmissionsTurn): void {
  office.state.uncertain.delete(pairOf(asker));
  turn.respond(asker.call, reply);
}

/** The minter admitted, but its rows found no place here. */
export function onRelayNotStored(asker: Asker, why: StoreFailure, office: Office, turn: AdmissionsTurn): void {
  rememberUncertain(office.state, pairOf(asker));
  const refusal = say.tokenUncertain(
    asker.proof.message.claim.mint,
    `The disk of the bolt that was asked failed (${why})`,
  );
  answerRefused(asker, { ...refusal, next: "run the same join again --from another member" }, turn);
}

function onRelayLost(perhapsDone: boolean, asker: Asker, minter: BoltId, office: Office, turn: AdmissionsTurn): void {
  const verdict = judge(asker.proof.message.claim, turn.world, office.neighbours);
  if (verdict.is === "admitted") return answerAdmitted(asker, verdict.row, office, turn);
  const pair = pairOf(asker);
  if (perhapsDone) rememberUncertain(office.state, pair);
  if (office.state.uncertain.has(pair)) return answerUncertain(asker, minter, turn);
  const name = nameOf(turn.world.roster.view(), minter);
  const why = `Only ${name}, which minted this invite, can redeem it, and it cannot be reached; nothing was spent.`;
  const next = `ask again later, or mint another invite here: ${mintLine(turn.world)}`;
  answerRefused(asker, say.tokenUnverifiable(asker.proof.message.claim.mint, why, next), turn);
}

function answerUncertain(asker: Asker, minter: BoltId, turn: AdmissionsTurn): void {
  const why = `The answer of ${nameOf(turn.world.roster.view(), minter)}, which minted this invite, was lost`;
  answerRefused(asker, say.tokenUncertain(asker.proof.message.claim.mint, why), turn);
}

function mintLine(world: World): string {
  const url = world.config.addresses.api[0];
  return url === undefined ? "vigocli spanner bolt invite" : `vigocli --server ${url} spanner bolt invite`;
}

function pairOf(asker: Asker): string {
  const { mint, key } = asker.proof.message.claim;
  return `${mint}:${key}`;
}

/** Remembers a pair; of too many the oldest is forgotten. */
export function rememberUncertain(state: AdmissionsState, pair: string): void {
  state.uncertain.delete(pair);
  state.uncertain.add(pair);
  if (state.uncertain.size <= admissionsLimits.uncertain) return;
  for (const oldest of state.uncertain) {
    state.uncertain.delete(oldest);
    return;
  }
}
