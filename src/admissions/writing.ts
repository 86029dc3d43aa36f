/**
 * Takes the pen's orders one by one: drafts the row that an order asks for, judged at this moment, and tells whoever
 * asked how it ended. The one place that knows every kind of order.
 */
import { absurd, must } from "../kernel/assert.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Signed, StoreFailure } from "../roster/durable.ts";
import type { RowDraft, SignedRow } from "../roster/row.ts";
import type { CallId, World } from "../turn/turn.ts";
import { draftClaim, onClaimFailed, onClaimed } from "./claim.ts";
import { draftGenesis, onFounded, onFoundingFailed } from "./found.ts";
import { draftLeave, onLeaveSettled } from "./leave.ts";
import { draftMint, draftRevoke, onMinted, onRevoked } from "./mint.ts";
import { layPenDown, takeOrder } from "./pen.ts";
import { draftAdmit, onAdmitFailed, onAdmitSettled } from "./redeem.ts";
import * as say from "./refusals.ts";
import { draftRemove, onRemoveSettled } from "./remove.ts";
import type { AdmissionsTurn, Office, PenOrder } from "./state.ts";

/** Starts the next order that still makes sense; called at the end of every turn of the room. */
export function writeNext(office: Office, turn: AdmissionsTurn): void {
  for (let order = takeOrder(office.state); order !== undefined; order = takeOrder(office.state)) {
    const drafted = draftOf(order, office, turn.world);
    if (drafted.ok) {
      const as = signerOf(order);
      return turn.store([], [{ sign: "row", draft: drafted.value, as }], { for: "row" });
    }
    layPenDown(office.state);
    settle(order, drafted, office, turn);
  }
}

/** The row under way is on disk and in the roster. */
export function onRowStored(signed: readonly Signed[], office: Office, turn: AdmissionsTurn): void {
  const order = must(layPenDown(office.state), "a row was stored that nobody was writing");
  const first = signed[0];
  if (first?.signed !== "row") return settle(order, refused(say.failedWrite("stopped")), office, turn);
  settle(order, done(first.row), office, turn);
}

/** The row under way did not reach the disk, as far as anyone can tell. */
export function onRowFailed(why: StoreFailure, office: Office, turn: AdmissionsTurn): void {
  const order = must(layPenDown(office.state), "a row failed that nobody was writing");
  if (order.write === "admit") return onAdmitFailed(order, why, office, turn);
  if (order.write === "genesis") return onFoundingFailed(order.call, why, office, turn);
  settle(order, refused(say.failedWrite(why)), office, turn);
}

const withdrawn: Refusal = { code: "WITHDRAWN", message: "Nobody waits for this row any more." };

function draftOf(order: PenOrder, office: Office, world: World): Outcome<RowDraft> {
  switch (order.write) {
    case "genesis":
      return headed(done(draftGenesis(order, world)), world);
    case "mint":
      return headed(draftMint(order, office, world), world);
    case "revoke":
      return headed(draftRevoke(order, world), world);
    case "admit": {
      const admit = draftAdmit(order, office, world);
      return headed(admit === null ? refused(withdrawn) : done(admit), world);
    }
    case "claim":
      return headed(draftClaim(order, office, world), world);
    case "leave":
      return headed(draftLeave(order, world), world);
    case "remove": {
      const origin = order.recovery?.publicKey ?? world.self;
      return headed(draftRemove(order, world), world, origin);
    }
    default:
      return absurd(order);
  }
}

/** Puts the body at the end of its author's log as held now. */
function headed(body: Outcome<RowDraft["body"]>, world: World, origin: World["self"] = world.self): Outcome<RowDraft> {
  if (!body.ok) return body;
  const author = must(origin, "a server in spanner mode has a key");
  const head = world.roster.nextHead(author, world.incarnation, world.wallMs);
  return done({ head, body: body.value });
}

function signerOf(order: PenOrder): Secret | null {
  return order.write === "remove" ? (order.recovery?.seed ?? null) : null;
}

/** Tells whoever asked: the row, or why there is none. */
function settle(order: PenOrder, outcome: Outcome<SignedRow>, office: Office, turn: AdmissionsTurn): void {
  switch (order.write) {
    case "genesis":
      return outcome.ok ? onFounded(order, outcome.value, office, turn) : refuse(order.call, outcome.refusal, turn);
    case "mint":
      return outcome.ok ? onMinted(order, outcome.value, office, turn) : refuse(order.call, outcome.refusal, turn);
    case "revoke":
      return outcome.ok ? onRevoked(order, office, turn) : refuse(order.call, outcome.refusal, turn);
    case "admit":
      return onAdmitSettled(order, outcome.ok ? outcome.value : null, office, turn);
    case "claim":
      return outcome.ok ? onClaimed(order, turn) : onClaimFailed(order, outcome.refusal, turn);
    case "leave":
      return onLeaveSettled(order, outcome, office, turn);
    case "remove":
      return onRemoveSettled(order, outcome, turn);
    default:
      return absurd(order);
  }
}

function refuse(call: CallId, refusal: Refusal, turn: AdmissionsTurn): void {
  turn.respond(call, { answer: "refused", refusal, row: null });
}
