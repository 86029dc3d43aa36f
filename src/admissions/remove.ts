/**
 * Removing a bolt: by one older than it, or by the recovery key (AD-16, AD-17).
 *
 *   asked, this bolt older --heads of the target from every linked member--> gathered --REMOVE on disk--> answered
 *   asked with the recovery key --the same, signed by that key-----------------------------------------> answered
 *   asked, this bolt younger --relay to the oldest linked elder--> answered by it; unreachable: the next elder
 *   asked, no elder linked --> REMOVE_NEEDS_ELDER
 */
import { must } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { ofMs } from "../kernel/time.ts";
import { findBolt } from "../roster/find-bolt.ts";
import type { Remove, SignedRow } from "../roster/row.ts";
import type { Member } from "../roster/view.ts";
import type { AdminAnswer, AdminRequest } from "../turn/admin.ts";
import type { PeerRequest } from "../turn/peer.ts";
import type { PeerCaller } from "../turn/room.ts";
import type { CallId, CallOutcome, World } from "../turn/turn.ts";
import { cutHeld, cutRefusal } from "./cut.ts";
import { gatherHeads } from "./gather.ts";
import { orderRow } from "./pen.ts";
import * as say from "./refusals.ts";
import { isMember, isMemberKey, nameOf, standingOf } from "./standing.ts";
import type { AdmissionsPurpose, AdmissionsTurn, Asked, Office, PenOrder, Recovery } from "./state.ts";

type RemoveRequest = Extract<AdminRequest, { do: "remove" }>;
type RemoveOrder = Extract<PenOrder, { write: "remove" }>;
type ElderPurpose = Extract<AdmissionsPurpose, { for: "elder" }>;

const elderPatience = ofMs(15_000);

/** `spanner bolt remove`. */
export function onRemove(call: CallId, request: RemoveRequest, office: Office, turn: AdmissionsTurn): void {
  const { world } = turn;
  const asked: Asked = { by: "admin", call };
  const found = findTarget(request, world);
  if (!found.ok) return refuse(asked, found.refusal, turn, removalOf(found.refusal, request, world));
  const target = found.value;
  const { recovery, cut, dryRun } = request;
  if (recovery === null && !isOlder(world, world.self, target)) return askElder(call, target, cut, dryRun, turn);
  const refusal = removeRefusal(target, cut, recovery, world);
  if (refusal !== null) return refuse(asked, refusal, turn);
  if (dryRun) {
    const by = recovery === null ? world.self : recovery.publicKey;
    return turn.respond(call, planned(target, by, cut ?? cutHeld(world.roster, target)));
  }
  beginRemoval(asked, target, cut, recovery, office, turn);
}

/** What a dry run shows: who would remove, and the cut as of now. */
function planned(target: Member, by: BoltId | null, cut: readonly RowId[]): AdminAnswer {
  return { answer: "removed", target: target.id, row: null, by, cut, notAsked: [], dryRun: true };
}

function findTarget(request: RemoveRequest, world: World): Outcome<Member> {
  const { phase } = standingOf(world);
  const mayAsk = phase === "member" || (phase === "orphaned" && request.recovery !== null);
  if (!mayAsk) return refused(say.notAMember(phase));
  const found = findBolt(world.roster.view(), request.bolt);
  if (!found.ok) return found;
  if (found.value.id === world.self && request.recovery === null) {
    return refused({ code: "REMOVE_SELF", message: "A bolt does not remove itself.", next: "vigocli spanner leave" });
  }
  const isRepeat = found.value.standing.is === "removed" && request.cut === null && request.recovery === null;
  return isRepeat ? refused(say.removedKey(found.value.id)) : found;
}

function removalOf(refusal: Refusal, request: RemoveRequest, world: World): SignedRow | null {
  if (refusal.code !== "REMOVED") return null;
  const found = findBolt(world.roster.view(), request.bolt);
  if (!found.ok || found.value.standing.is !== "removed") return null;
  return world.roster.get(found.value.standing.row) ?? null;
}

/** Older means taken earlier by the walk. */
function isOlder(world: World, bolt: BoltId | null, target: Member): boolean {
  const view = world.roster.view();
  const own = bolt === null ? undefined : view.byId.get(bolt);
  return own !== undefined && own.standing.is === "member" && own.order < target.order;
}

function removeRefusal(
  target: Member,
  cut: readonly RowId[] | null,
  recovery: Recovery | null,
  world: World,
): Refusal | null {
  const { recoveryKey } = world.roster.view();
  if (recovery !== null && recovery.publicKey !== recoveryKey) {
    return say.notTheRecoveryKey(recovery.publicKey, recoveryKey);
  }
  if (recovery === null && !isOlder(world, world.self, target)) return say.removeNeedsElder(target.id, target.name);
  const wrongCut = cut === null ? null : cutRefusal(world.roster, target, cut);
  return wrongCut ?? (world.storeFailed === null ? null : say.storageRefusal(world.storeFailed));
}

/** Another bolt asks on behalf of its operator. */
export function onPeerRemove(
  call: CallId,
  from: PeerCaller,
  request: Extract<PeerRequest, { ask: "remove" }>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const { world } = turn;
  const view = world.roster.view();
  const asked: Asked = { by: "peer", call };
  if (!isMember(world)) return refuse(asked, say.notAMember(standingOf(world).phase), turn);
  if (from.is !== "bolt" || !isMemberKey(view, from.bolt)) {
    return refuse(asked, { code: "NOT_A_MEMBER", message: "Only members may ask for a removal." }, turn);
  }
  const target = view.byId.get(request.target);
  if (target === undefined) {
    return refuse(
      asked,
      { code: "BOLT_UNKNOWN", message: "No bolt on the roster has this key.", value: request.target },
      turn,
    );
  }
  const refusal = removeRefusal(target, request.cut, null, world);
  if (refusal !== null) return refuse(asked, refusal, turn);
  turn.note({ what: "removal-relayed", about: request.target, detail: from.bolt });
  beginRemoval(asked, target, request.cut, null, office, turn);
}

/** With a cut of the operator's own nobody is asked; else every linked member says what it holds first. */
function beginRemoval(
  asked: Asked,
  target: Member,
  cut: readonly RowId[] | null,
  recovery: Recovery | null,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const isUnderWay =
    cut === null
      ? gatherHeads({ asked, target: target.id, recovery }, office, turn)
      : orderRow(office.state, { write: "remove", asked, target: target.id, cut, notAsked: [], recovery });
  if (!isUnderWay) refuse(asked, say.busy, turn);
}

/** The REMOVE to write now, judged anew. */
export function draftRemove(order: RemoveOrder, world: World): Outcome<Remove> {
  const target = must(world.roster.view().byId.get(order.target), "rows are never forgotten");
  const refusal = removeRefusal(target, order.cut, order.recovery, world);
  if (refusal !== null) return refused(refusal);
  return done({ kind: "remove", target: order.target, cut: order.cut ?? cutHeld(world.roster, target) });
}

/** The REMOVE is on disk, or could not be written. */
export function onRemoveSettled(order: RemoveOrder, outcome: Outcome<SignedRow>, turn: AdmissionsTurn): void {
  if (!outcome.ok) return refuse(order.asked, outcome.refusal, turn);
  const { id, origin, body } = outcome.value.message;
  turn.note({ what: "removed", about: order.target, detail: id });
  if (order.asked.by === "peer") return turn.respond(order.asked.call, { reply: "removed", row: id });
  turn.respond(order.asked.call, {
    answer: "removed",
    target: order.target,
    row: id,
    by: origin,
    cut: body.kind === "remove" ? body.cut : [],
    notAsked: order.notAsked,
    dryRun: false,
  });
}

function askElder(
  call: CallId,
  target: Member,
  cut: readonly RowId[] | null,
  dryRun: boolean,
  turn: AdmissionsTurn,
): void {
  const { world } = turn;
  const older = world.roster.view().members.filter((member) => member.order < target.order);
  const elders = older.map((member) => member.id).filter((id) => world.links.has(id));
  const [elder, ...others] = elders;
  if (elder === undefined) return refuse({ by: "admin", call }, say.removeNeedsElder(target.id, target.name), turn);
  if (dryRun) return turn.respond(call, planned(target, elder, cut ?? []));
  callElder({ for: "elder", call, target: target.id, cut, elder, others }, turn);
}

function callElder(purpose: ElderPurpose, turn: AdmissionsTurn): void {
  const { target, cut } = purpose;
  turn.call({ bolt: purpose.elder }, { ask: "remove", target, cut }, elderPatience, purpose);
}

/** The elder removed, refused, or did not answer: then the next one, unless it may have removed already. */
export function onElderReply(outcome: CallOutcome, purpose: ElderPurpose, turn: AdmissionsTurn): void {
  const { call, target, elder } = purpose;
  const view = turn.world.roster.view();
  if (outcome.ok && outcome.reply.reply === "removed") {
    const { row } = outcome.reply;
    const body = turn.world.roster.get(row)?.message.body;
    const cut = body?.kind === "remove" ? body.cut : (purpose.cut ?? []);
    return turn.respond(call, { answer: "removed", target, row, by: elder, cut, notAsked: [], dryRun: false });
  }
  if (outcome.ok && outcome.reply.reply === "refused") {
    const { refusal, row } = outcome.reply;
    return turn.respond(call, { answer: "refused", refusal, row });
  }
  if (outcome.ok || outcome.perhapsDone) {
    const message = `${nameOf(view, elder)} was asked to remove it, and its answer was lost.`;
    const next = "vigocli spanner status, then remove again if it is still listed";
    return refuse({ by: "admin", call }, { code: "REMOVE_UNCERTAIN", message, value: target, next }, turn);
  }
  const [following, ...others] = purpose.others;
  if (following === undefined) {
    return refuse({ by: "admin", call }, say.removeNeedsElder(target, nameOf(view, target)), turn);
  }
  callElder({ ...purpose, elder: following, others }, turn);
}

function refuse(asked: Asked, refusal: Refusal, turn: AdmissionsTurn, row: SignedRow | null = null): void {
  const answer =
    asked.by === "admin"
      ? ({ answer: "refused", refusal, row } as const)
      : ({ reply: "refused", refusal, row } as const);
  turn.respond(asked.call, answer);
}
