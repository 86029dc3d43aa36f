/**
 * Minting and revoking invites (AD-10). The MINT row publishes the public half of a token key; the secret half leaves
 * with the answer and is kept nowhere.
 *
 *   asked --token key drawn--> MINT written --stored--> bundle answered
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import { must } from "../kernel/assert.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Mint, Revoke, SignedRow } from "../roster/row.ts";
import type { Token } from "../roster/view.ts";
import type { AdminAnswer, AdminRequest } from "../turn/admin.ts";
import type { CallId, World } from "../turn/turn.ts";
import { claimRefusal } from "./claim-form.ts";
import { findInvite, inviteReport } from "./invites-report.ts";
import { overlapRefusal } from "./overlap.ts";
import { orderRow } from "./pen.ts";
import * as say from "./refusals.ts";
import { isMember, nameOf } from "./standing.ts";
import { admissionsLimits } from "./state.ts";
import type { AdmissionsTurn, InviteBound, Office, PenOrder } from "./state.ts";

type MintOrder = Extract<PenOrder, { write: "mint" }>;
type RevokeOrder = Extract<PenOrder, { write: "revoke" }>;

const ttlMsMin = 60_000;
const ttlMsMax = 30 * 86_400_000;

/** `spanner bolt invite`. */
export function onInvite(
  call: CallId,
  request: Extract<AdminRequest, { do: "invite" }>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const { ttlMs, bound, dryRun } = request;
  const refusal = ttlRefusal(ttlMs) ?? mintRefusal(bound, office, turn.world);
  if (refusal !== null) return turn.respond(call, { answer: "refused", refusal, row: null });
  if (dryRun) {
    return turn.respond(call, { answer: "invited", invite: null, bundle: null, tokenSeed: null, dryRun: true });
  }
  turn.draw("token-key", { for: "token-key", call, ttlMs, bound });
}

function ttlRefusal(ttlMs: number): Refusal | null {
  if (Number.isSafeInteger(ttlMs) && ttlMs >= ttlMsMin && ttlMs <= ttlMsMax) return null;
  return {
    code: "TTL_INVALID",
    message: "An invite lives from 1 minute to 30 days.",
    value: `${ttlMs} ms`,
    next: "--ttl 24h",
  };
}

function mintRefusal(bound: InviteBound | null, office: Office, world: World): Refusal | null {
  if (!isMember(world)) return say.notAMember(world.phase);
  if (world.storeFailed !== null) return say.storageRefusal(world.storeFailed);
  if (countOpenInvites(world) >= admissionsLimits.openInvites) {
    return {
      code: "TOO_MANY_INVITES",
      message: `This bolt has ${admissionsLimits.openInvites} open invites.`,
      next: "vigocli spanner invite list, then revoke",
    };
  }
  return bound === null ? null : boundRefusal(bound, office, world);
}

/** A key-bound invite that could never be redeemed is refused when it is asked for. */
function boundRefusal(bound: InviteBound, office: Office, world: World): Refusal | null {
  const view = world.roster.view();
  const member = view.byId.get(bound.key);
  if (member?.standing.is === "removed") return say.removedKey(bound.key);
  if (member !== undefined) return say.alreadyMember(`The key is or was a member: ${member.name}.`);
  if (bound.key === view.recoveryKey) return say.keyRejected(bound.key, "it is the recovery key");
  const claimed = { name: bound.name, patterns: bound.patterns, addresses: { grpc: [], api: [] } };
  return claimRefusal(claimed) ?? overlapRefusal(world, office.neighbours, bound.patterns, bound.key);
}

function countOpenInvites(world: World): number {
  let open = 0;
  for (const token of world.roster.view().tokens.values()) {
    if (token.minter === world.self && isOpen(token, world)) open++;
  }
  return open;
}

function isOpen(token: Token, world: World): boolean {
  const lives = token.bound !== null || world.lived.has(token.incarnation);
  return lives && token.admits.length === 0 && token.revoked === null && token.expiresMs > world.wallMs;
}

/** The token key was drawn: publish its public half. */
export function onTokenKey(
  asked: { readonly call: CallId; readonly ttlMs: number; readonly bound: InviteBound | null },
  tokenKey: BoltId,
  tokenSeed: Secret,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const { call, ttlMs, bound } = asked;
  const isQueued = orderRow(office.state, { write: "mint", call, ttlMs, bound, tokenKey, tokenSeed });
  if (!isQueued) turn.respond(call, { answer: "refused", refusal: say.busy, row: null });
}

/** The MINT to write now. */
export function draftMint(order: MintOrder, office: Office, world: World): Outcome<Mint> {
  const refusal = mintRefusal(order.bound, office, world);
  if (refusal !== null) return refused(refusal);
  return done({ kind: "mint", tokenKey: order.tokenKey, expiresMs: world.wallMs + order.ttlMs, bound: order.bound });
}

/** The invite exists: hand out what its bundle is made of. */
export function onMinted(order: MintOrder, row: SignedRow, office: Office, turn: AdmissionsTurn): void {
  const { world } = turn;
  const view = world.roster.view();
  const mint = row.message.id;
  const token = must(view.tokens.get(mint), "a stored MINT is a token");
  turn.note({ what: "invited", detail: mint });
  turn.respond(order.call, {
    answer: "invited",
    invite: inviteReport(token, world, office.neighbours),
    bundle: {
      genesis: must(view.genesis, "a member has a genesis"),
      spannerId: view.spannerId,
      mint,
      minter: token.minter,
      tokenKey: token.tokenKey,
      expiresMs: token.expiresMs,
      pin: world.config.tlsPin,
      addresses: world.config.addresses.api,
    },
    tokenSeed: order.tokenSeed,
    dryRun: false,
  });
}

/** `spanner invite revoke`. */
export function onRevoke(
  call: CallId,
  request: Extract<AdminRequest, { do: "invite-revoke" }>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const found = findInvite(turn.world.roster.view(), request.invite);
  if (!found.ok) return turn.respond(call, { answer: "refused", refusal: found.refusal, row: null });
  const token = found.value;
  const refusal = revokeRefusal(token, turn.world);
  if (refusal !== null) return turn.respond(call, { answer: "refused", refusal, row: null });
  if (request.dryRun || token.revoked !== null) {
    return turn.respond(call, revokedAnswer(token, office, turn.world, request.dryRun));
  }
  const isQueued = orderRow(office.state, { write: "revoke", call, mint: token.mint });
  if (!isQueued) turn.respond(call, { answer: "refused", refusal: say.busy, row: null });
}

/** A REVOKE stands only in the log that holds the MINT. */
function revokeRefusal(token: Token, world: World): Refusal | null {
  if (!isMember(world)) return say.notAMember(world.phase);
  if (token.minter !== world.self) {
    return {
      code: "NOT_THE_MINTER",
      message: `Only ${nameOf(world.roster.view(), token.minter)}, which minted this invite, can revoke it.`,
      value: token.mint,
      next: "run the same command with --server URL-OF-THAT-BOLT",
    };
  }
  const spent = token.admits[0];
  if (spent !== undefined) return say.tokenSpent(token.mint, world.roster.get(spent.row)?.message.wallMs ?? null);
  return world.storeFailed === null ? null : say.storageRefusal(world.storeFailed);
}

function revokedAnswer(token: Token, office: Office, world: World, dryRun: boolean): AdminAnswer {
  return { answer: "revoked", invite: inviteReport(token, world, office.neighbours), dryRun };
}

/** The REVOKE to write now: an invite spent in the meantime is not revoked. */
export function draftRevoke(order: RevokeOrder, world: World): Outcome<Revoke> {
  const token = must(world.roster.view().tokens.get(order.mint), "rows are never forgotten");
  const refusal = revokeRefusal(token, world);
  return refusal === null ? done({ kind: "revoke", mint: order.mint }) : refused(refusal);
}

/** The invite is withdrawn. */
export function onRevoked(order: RevokeOrder, office: Office, turn: AdmissionsTurn): void {
  const token = must(turn.world.roster.view().tokens.get(order.mint), "rows are never forgotten");
  turn.note({ what: "revoked", detail: order.mint satisfies RowId });
  turn.respond(order.call, revokedAnswer(token, office, turn.world, false));
}
