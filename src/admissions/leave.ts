/**
 * Leaving for good (AD-13), with or without a successor: another key, never a member, that signed its consent and takes
 * over patterns, age and placements. This is how a bolt changes its key.
 *
 *   member --leave--> leaving (LEAVE written) --stored--> left
 *                        `--disk failed--> member
 */
import type { BoltId } from "../kernel/id.ts";
import { done, refused } from "../kernel/refusal.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import type { Signed } from "../roster/durable.ts";
import type { Leave, SignedRow } from "../roster/row.ts";
import type { AdminRequest } from "../turn/admin.ts";
import type { CallId, World } from "../turn/turn.ts";
import { orderRow } from "./pen.ts";
import * as say from "./refusals.ts";
import { isMember, standingOf } from "./standing.ts";
import type { AdmissionsTurn, Office, PenOrder, Successor } from "./state.ts";

type LeaveOrder = Extract<PenOrder, { write: "leave" }>;

/** `spanner leave`. */
export function onLeave(
  call: CallId,
  request: Extract<AdminRequest, { do: "leave" }>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const { ceremony } = office.state;
  const refusal =
    ceremony.phase === "idle" ? leaveRefusal(request.successor, turn.world) : say.ceremonyUnderWay(ceremony.phase);
  if (refusal !== null) return turn.respond(call, { answer: "refused", refusal, row: null });
  if (request.dryRun) return turn.respond(call, { answer: "left", row: null, dryRun: true });
  if (!orderRow(office.state, { write: "leave", call, successor: request.successor })) {
    return turn.respond(call, { answer: "refused", refusal: say.busy, row: null });
  }
  office.state.ceremony = { phase: "leaving", call };
}

function leaveRefusal(successor: Successor | null, world: World): Refusal | null {
  if (!isMember(world)) return say.notAMember(standingOf(world).phase);
  if (world.storeFailed !== null) return say.storageRefusal(world.storeFailed);
  return successor === null ? null : successorRefusal(successor.key, world);
}

function successorRefusal(key: BoltId, world: World): Refusal | null {
  const view = world.roster.view();
  const member = view.byId.get(key);
  if (member?.standing.is === "removed") return say.removedKey(key);
  if (member !== undefined)
    return say.alreadyMember("A successor must never have been a member.", "vigocli spanner identity");
  if (view.orphans.has(key)) return say.alreadyMember("A successor must never have been admitted, counting or not.");
  return key === view.recoveryKey ? say.keyRejected(key, "it is the recovery key") : null;
}

/** The LEAVE to write now. */
export function draftLeave(order: LeaveOrder, world: World): Outcome<Leave> {
  const refusal = leaveRefusal(order.successor, world);
  return refusal === null ? done({ kind: "leave", successor: order.successor }) : refused(refusal);
}

/** The LEAVE is on disk (`row`), or could not be written. */
export function onLeaveSettled(
  order: LeaveOrder,
  outcome: Outcome<SignedRow>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  office.state.ceremony = { phase: "idle" };
  if (!outcome.ok) return turn.respond(order.call, { answer: "refused", refusal: outcome.refusal, row: null });
  turn.note({ what: "left", detail: outcome.value.message.id });
  turn.respond(order.call, { answer: "left", row: outcome.value.message.id, dryRun: false });
}

/** Signs that this server, never admitted anywhere, is willing to take over from a leaver. */
export function onConsent(
  call: CallId,
  request: Extract<AdminRequest, { do: "consent" }>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const refusal = consentRefusal(request.leaver, office, turn.world);
  if (refusal !== null) return turn.respond(call, { answer: "refused", refusal, row: null });
  const draft = { sign: "consent", genesis: request.genesis, leaver: request.leaver } as const;
  turn.store([], [draft], { for: "consent", call });
}

function consentRefusal(leaver: BoltId, office: Office, world: World): Refusal | null {
  const { phase } = standingOf(world);
  if (office.state.ceremony.phase !== "idle") return say.ceremonyUnderWay(office.state.ceremony.phase);
  if (phase !== "unadmitted") return say.alreadyMember("A successor must never have been a member of any spanner.");
  if (leaver === world.self) return say.keyRejected(leaver, "a bolt cannot succeed itself");
  return world.storeFailed === null ? null : say.storageRefusal(world.storeFailed);
}

/** The consent is signed: hand it out. */
export function onConsented(call: CallId, signed: readonly Signed[], turn: AdmissionsTurn): void {
  const first = signed[0];
  const { self } = turn.world;
  if (first?.signed !== "consent" || self === null) {
    return turn.respond(call, { answer: "refused", refusal: say.notInSpannerMode, row: null });
  }
  turn.respond(call, { answer: "consent", key: self, consent: first.signature });
}
