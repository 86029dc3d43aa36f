/**
 * Patterns that changed in server.yaml become a CLAIM, at start or on reload (AD-14). Only patterns not yet in a row
 * are checked for overlap: a claim in the roster stands, contested or not.
 */
import { must } from "../kernel/assert.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import type { Claim } from "../roster/row.ts";
import type { AdminRequest } from "../turn/admin.ts";
import type { CallId, World } from "../turn/turn.ts";
import { patternsRefusal } from "./claim-form.ts";
import { sameTexts } from "./judge.ts";
import { overlapRefusal } from "./overlap.ts";
import { orderRow } from "./pen.ts";
import * as say from "./refusals.ts";
import { isMember } from "./standing.ts";
import type { AdmissionsTurn, Office, PenOrder } from "./state.ts";

type ClaimOrder = Extract<PenOrder, { write: "claim" }>;

/** Claims what server.yaml says when it differs from the roster; an overlap leaves the old claim standing. */
export function claimConfigured(office: Office, turn: AdmissionsTurn): void {
  const { world } = turn;
  if (!isMember(world) || !isNewClaim(world.config.patterns, world)) return;
  orderRow(office.state, { write: "claim", call: null, patterns: world.config.patterns, settings: null });
}

/** Reload of server.yaml: patterns become a CLAIM first, then all settings apply together. */
export function onReconfigure(
  call: CallId,
  request: Extract<AdminRequest, { do: "reconfigure" }>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const { settings, dryRun } = request;
  const isClaim = isMember(turn.world) && isNewClaim(settings.patterns, turn.world);
  const refusal =
    patternsRefusal(settings.patterns) ?? (isClaim ? claimRefusal(settings.patterns, office, turn.world) : null);
  if (refusal !== null) return turn.respond(call, { answer: "refused", refusal, row: null });
  if (dryRun) return turn.respond(call, { answer: "reconfigured", claimed: isClaim, dryRun: true });
  if (!isClaim) {
    turn.offer({ fact: "settings", settings });
    return turn.respond(call, { answer: "reconfigured", claimed: false, dryRun: false });
  }
  const isQueued = orderRow(office.state, { write: "claim", call, patterns: settings.patterns, settings });
  if (!isQueued) turn.respond(call, { answer: "refused", refusal: say.busy, row: null });
}

function isNewClaim(patterns: readonly string[], world: World): boolean {
  return !sameTexts(patterns, ownPatterns(world));
}

function ownPatterns(world: World): readonly string[] {
  const self = must(world.self, "a member has a key");
  const member = must(world.roster.view().byId.get(self), "a member is in its own view");
  return member.patterns.map(({ pattern }) => pattern);
}

function claimRefusal(patterns: readonly string[], office: Office, world: World): Refusal | null {
  const old = new Set(ownPatterns(world));
  const fresh = patterns.filter((pattern) => !old.has(pattern));
  return (
    patternsRefusal(patterns) ??
    overlapRefusal(world, office.neighbours, fresh, world.self) ??
    (world.storeFailed === null ? null : say.storageRefusal(world.storeFailed))
  );
}

/** The CLAIM to write now; null when an earlier order has brought it about. */
export function draftClaim(order: ClaimOrder, office: Office, world: World): Outcome<Claim> {
  if (!isMember(world)) return refused(say.notAMember(world.phase));
  const refusal = claimRefusal(order.patterns, office, world);
  return refusal === null ? done({ kind: "claim", patterns: order.patterns }) : refused(refusal);
}

/** The CLAIM is on disk: the settings it came with apply. */
export function onClaimed(order: ClaimOrder, turn: AdmissionsTurn): void {
  turn.note({ what: "claimed", detail: order.patterns.join(" ") });
  if (order.settings !== null) turn.offer({ fact: "settings", settings: order.settings });
  if (order.call !== null) turn.respond(order.call, { answer: "reconfigured", claimed: true, dryRun: false });
}

/** Nothing was claimed and no setting applies. */
export function onClaimFailed(order: ClaimOrder, refusal: Refusal, turn: AdmissionsTurn): void {
  turn.note({ what: "claim-refused", detail: `${refusal.code} ${refusal.message}` });
  if (order.call !== null) turn.respond(order.call, { answer: "refused", refusal, row: null });
}
