/**
 * Founding: a recovery key is drawn, the GENESIS row that names it is signed and stored, and the key's secret half is
 * handed out once and kept nowhere (AD-8).
 *
 *   idle --init--> founding (key drawn, GENESIS written) --stored--> idle, a member
 *                     `--disk failed--> idle, unadmitted, recovery key forgotten
 */
import type { BoltId } from "../kernel/id.ts";
import { must } from "../kernel/assert.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { StoreFailure } from "../roster/durable.ts";
import type { Genesis, SignedRow } from "../roster/row.ts";
import type { AdminRequest } from "../turn/admin.ts";
import type { CallId, World } from "../turn/turn.ts";
import { claimRefusal } from "./claim-form.ts";
import { orderRow } from "./pen.ts";
import * as say from "./refusals.ts";
import { standingOf } from "./standing.ts";
import type { AdmissionsTurn, Office, PenOrder } from "./state.ts";

type InitRequest = Extract<AdminRequest, { do: "init" }>;
type GenesisOrder = Extract<PenOrder, { write: "genesis" }>;

/** `spanner init`. */
export function onInit(call: CallId, request: InitRequest, office: Office, turn: AdmissionsTurn): void {
  const refusal = foundingRefusal(office, turn.world);
  if (refusal !== null) return turn.respond(call, { answer: "refused", refusal, row: null });
  if (request.dryRun) {
    return turn.respond(call, {
      answer: "founded",
      genesis: null,
      recoveryKey: null,
      recoverySeed: null,
      dryRun: true,
    });
  }
  office.state.ceremony = { phase: "founding", call };
  turn.draw("recovery-key", { for: "recovery-key", call });
}

function foundingRefusal(office: Office, world: World): Refusal | null {
  const { ceremony } = office.state;
  if (ceremony.phase !== "idle") return say.ceremonyUnderWay(ceremony.phase);
  const { phase } = standingOf(world);
  if (phase === "removed") return say.removedKey(must(world.self, "a removed bolt has a key"));
  if (phase !== "unadmitted") return say.alreadyMember(`This server belongs to a spanner already (${phase}).`);
  return claimRefusal(world.config) ?? (world.storeFailed === null ? null : say.storageRefusal(world.storeFailed));
}

/** The recovery key was drawn: write the founding statement. */
export function onRecoveryKey(call: CallId, publicKey: BoltId, secret: Secret, office: Office): void {
  // The queue cannot be full: a server that is founding has written nothing yet.
  orderRow(office.state, { write: "genesis", call, recoveryKey: publicKey, recoverySeed: secret });
}

/** What the founding statement says. */
export function draftGenesis(order: GenesisOrder, world: World): Genesis {
  const { spannerId, name, patterns, addresses } = world.config;
  return { kind: "genesis", spannerId, recoveryKey: order.recoveryKey, name, patterns, addresses };
}

/** The spanner exists: hand the recovery secret out, once. */
export function onFounded(order: GenesisOrder, row: SignedRow, office: Office, turn: AdmissionsTurn): void {
  office.state.ceremony = { phase: "idle" };
  turn.note({ what: "founded", detail: row.message.id });
  turn.respond(order.call, {
    answer: "founded",
    genesis: row.message.id,
    recoveryKey: order.recoveryKey,
    recoverySeed: order.recoverySeed,
    dryRun: false,
  });
}

/** The disk failed: there is no spanner, or a restart will show it and its recovery key is lost with this answer. */
export function onFoundingFailed(call: CallId, why: StoreFailure, office: Office, turn: AdmissionsTurn): void {
  office.state.ceremony = { phase: "idle" };
  turn.respond(call, { answer: "refused", refusal: say.failedWrite(why), row: null });
}
