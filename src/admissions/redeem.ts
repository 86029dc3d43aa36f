/**
 * Redeeming: one token admits one key, ever. The state of a token at the bolt that may admit:
 *
 *   unspent --proof passes every check--> spending(key) --ADMIT on disk--> spent(row)     (`spent` is the roster's)
 *                                            | refused when its turn came, or disk full: unspent again
 *                                            | fsync failed: the row may be on disk
 *                                            v
 *                                         doubtful(key)   only that key may try again
 *
 * Whoever asks while a token is being spent waits and is then judged anew: the same key gets the same row, another key
 * is told TOKEN_SPENT (AD-2, AD-3, T3). Everything that can be refused is refused before the store (AD-5).
 */
import { absurd } from "../kernel/assert.ts";
import type { StoreFailure } from "../roster/durable.ts";
import type { Admit, SignedRow } from "../roster/row.ts";
import type { JoinProof } from "../turn/peer.ts";
import type { World } from "../turn/turn.ts";
import { answerAdmitted, answerRefused } from "./answers.ts";
import { judge } from "./judge.ts";
import { orderRow } from "./pen.ts";
import * as say from "./refusals.ts";
import { relay } from "./relay.ts";
import { admissionsLimits } from "./state.ts";
import type { AdmissionsTurn, Asker, Office, PenOrder, Spending } from "./state.ts";

/** Answers one proof, or lets it wait for the ADMIT under way or for the minter's word. */
export function redeem(asker: Asker, office: Office, turn: AdmissionsTurn): void {
  const { claim } = asker.proof.message;
  const verdict = judge(claim, turn.world, office.neighbours);
  switch (verdict.is) {
    case "admitted":
      return answerAdmitted(asker, verdict.row, office, turn);
    case "refused":
      if (office.state.spending.has(claim.mint)) return awaitSpending(asker, office, turn);
      return answerRefused(asker, verdict.refusal, turn, verdict.row);
    case "unknown":
      turn.offer({ fact: "wanted", rows: [claim.mint] });
      return answerRefused(
        asker,
        say.tokenUnverifiable(
          claim.mint,
          "This bolt has not heard of the invite yet; nothing was spent by asking.",
          "ask again in a moment, or join --from the bolt that minted it",
        ),
        turn,
      );
    case "minter":
      return relay(asker, verdict.minter, office, turn);
    case "admit":
      return spend(asker, office, turn);
    default:
      return absurd(verdict);
  }
}

/** A refusal would be a lie while the ADMIT may yet reach the disk: what was judged before the expiry still counts. */
function awaitSpending(asker: Asker, office: Office, turn: AdmissionsTurn): void {
  const { mint, key } = asker.proof.message.claim;
  const current = office.state.spending.get(mint);
  if (current?.phase !== "doubtful" || current.key !== key) return spend(asker, office, turn);
  answerRefused(asker, say.tokenUncertain(mint, "The disk failed as this admission was written down"), turn);
}

function spend(asker: Asker, office: Office, turn: AdmissionsTurn): void {
  const { mint, key } = asker.proof.message.claim;
  const { state } = office;
  const current = state.spending.get(mint);
  if (state.askers >= admissionsLimits.askers) return answerRefused(asker, say.busy, turn);
  if (current?.phase === "spending") {
    if (current.askers.length >= admissionsLimits.askersPerToken) return answerRefused(asker, say.busy, turn);
    state.askers++;
    current.askers.push(asker);
    return;
  }
  if (current?.phase === "doubtful" && current.key !== key) {
    const why = "Another key may have used this invite; the disk failed as it was written down";
    return answerRefused(asker, { ...say.tokenUncertain(mint, why), next: "vigocli spanner bolt invite" }, turn);
  }
  if (!orderRow(state, { write: "admit", mint })) return answerRefused(asker, say.busy, turn);
  state.askers++;
  state.spending.set(mint, { phase: "spending", key, proof: asker.proof, askers: [asker] });
}

type AdmitOrder = Extract<PenOrder, { write: "admit" }>;

/** The ADMIT to write now, judged at this very moment; null when the judgement has changed. */
export function draftAdmit(order: AdmitOrder, office: Office, world: World): Admit | null {
  const spending = office.state.spending.get(order.mint);
  if (spending?.phase !== "spending") return null;
  const verdict = judge(spending.proof.message.claim, world, office.neighbours);
  return verdict.is === "admit" ? admitOf(spending.proof) : null;
}

function admitOf(proof: JoinProof): Admit {
  const { claim, tokenProof } = proof.message;
  const { mint, tokenKey, key, name, patterns, addresses } = claim;
  return { kind: "admit", mint, tokenKey, key, name, patterns, addresses, keyProof: proof.signature, tokenProof };
}

/** The ADMIT is on disk, or was not written for a reason that a new judgement will tell: everyone is judged anew. */
export function onAdmitSettled(order: AdmitOrder, row: SignedRow | null, office: Office, turn: AdmissionsTurn): void {
  const spending = endSpending(order, office);
  if (spending === null) return;
  if (row !== null) turn.note({ what: "admitted", about: spending.key, detail: row.message.id });
  for (const asker of spending.askers) redeem(asker, office, turn);
}

/** The disk failed. Whatever may still be on it binds the token to its key until a restart tells. */
export function onAdmitFailed(order: AdmitOrder, why: StoreFailure, office: Office, turn: AdmissionsTurn): void {
  const spending = endSpending(order, office);
  if (spending === null) return;
  const isClean = say.isCleanFailure(why);
  if (!isClean) office.state.spending.set(order.mint, { phase: "doubtful", key: spending.key });
  for (const asker of spending.askers) {
    const isSameKey = asker.proof.message.claim.key === spending.key;
    if (isSameKey && !isClean) answerRefused(asker, say.tokenUncertain(order.mint, "The disk failed mid-write"), turn);
    else answerRefused(asker, say.storageRefusal(why), turn);
  }
}

function endSpending(order: AdmitOrder, office: Office): Extract<Spending, { phase: "spending" }> | null {
  const spending = office.state.spending.get(order.mint);
  if (spending?.phase !== "spending") return null;
  office.state.spending.delete(order.mint);
  office.state.askers -= spending.askers.length;
  return spending;
}
