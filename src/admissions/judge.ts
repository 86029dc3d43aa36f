/**
 * What this bolt would do with a join proof right now: every check, in one order, before anything is spent (AD-5, T7).
 * Pure; the redeeming bolt asks it again the moment before it writes.
 */
import { must } from "../kernel/assert.ts";
import type { RowId } from "../kernel/id.ts";
import type { BoltId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { SignedRow } from "../roster/row.ts";
import type { Member, RosterView, Token } from "../roster/view.ts";
import type { JoinClaim } from "../turn/peer.ts";
import type { World } from "../turn/turn.ts";
import { claimRefusal } from "./claim-form.ts";
import { overlapRefusal } from "./overlap.ts";
import * as say from "./refusals.ts";
import { isMember } from "./standing.ts";
import { admissionsLimits } from "./state.ts";
import type { Neighbours } from "./state.ts";

export type Verdict =
  /** The key holds its seat by this row: show it. */
  | { readonly is: "admitted"; readonly row: RowId }
  | { readonly is: "refused"; readonly refusal: Refusal; readonly row: SignedRow | null }
  /** A bearer invite of another bolt: only that one may redeem it. */
  | { readonly is: "minter"; readonly minter: BoltId }
  /** A MINT that has not reached this bolt. */
  | { readonly is: "unknown" }
  /** Nothing stands against it, and this bolt may write the ADMIT. */
  | { readonly is: "admit"; readonly token: Token };

/** Judges one claim whose signatures hold. */
export function judge(claim: JoinClaim, world: World, neighbours: Neighbours): Verdict {
  const view = world.roster.view();
  if (view.genesis === null || claim.genesis !== view.genesis) {
    return refuse(
      say.wrongSpanner("The bundle belongs to another spanner than the bolt that was asked.", claim.genesis),
    );
  }
  const token = view.tokens.get(claim.mint);
  const seated = seatOf(claim, view, token, world);
  if (seated !== null) return seated;
  if (!isMember(world)) return refuse(say.notAMember(world.phase));
  if (token === undefined) return { is: "unknown" };
  const dead = deadToken(claim, view, token, world);
  if (dead !== null) return refuse(dead);
  if (token.bound === null && token.minter !== world.self) return { is: "minter", minter: token.minter };
  const refusal = admissionRefusal(claim, token, world, neighbours);
  return refusal === null ? { is: "admit", token } : refuse(refusal);
}

function refuse(refusal: Refusal, row: SignedRow | null = null): Verdict {
  return { is: "refused", refusal, row };
}

/** A key that was ever taken by the view is answered for good: its own row again, or why it cannot have a seat. */
function seatOf(claim: JoinClaim, view: RosterView, token: Token | undefined, world: World): Verdict | null {
  const member = view.byId.get(claim.key);
  if (member === undefined) return null;
  const { standing } = member;
  if (standing.is === "removed") {
    return refuse(say.removedKey(claim.key), must(world.roster.get(standing.row), "a counting REMOVE is held"));
  }
  if (standing.is === "left") {
    return refuse(say.alreadyMember("This key was a member and left for good.", "make a new identity on that server"));
  }
  const own = token?.admits.find((admit) => admit.key === claim.key && admit.counts);
  if (own !== undefined) return { is: "admitted", row: own.row };
  if (isSuccessor(member, world)) return { is: "admitted", row: member.admittedBy };
  const row = world.roster.get(member.admittedBy) ?? null;
  const next = "run the join with the invite that admitted it, or remove it and join with a new key";
  return refuse(say.alreadyMember("This key is a member already, by another invite; nothing was spent.", next), row);
}

/** A successor has no ADMIT: the LEAVE that names it is shown in its place, to any invite, which stays unspent. */
function isSuccessor(member: Member, world: World): boolean {
  return world.roster.get(member.admittedBy)?.message.body.kind === "leave";
}

/** What makes a token useless for good, whoever would redeem it. */
function deadToken(claim: JoinClaim, view: RosterView, token: Token, world: World): Refusal | null {
  if (claim.tokenKey !== token.tokenKey) return say.bundleCorrupt(token.mint);
  if (claim.key === view.recoveryKey) return say.keyRejected(claim.key, "it is the recovery key");
  const spent = token.admits[0];
  if (spent !== undefined) return say.tokenSpent(token.mint, world.roster.get(spent.row)?.message.wallMs ?? null);
  if (token.revoked !== null) return say.tokenRevoked(token.mint);
  if (!view.counts(token.mint)) return say.tokenVoid(token.mint, "its MINT fell beyond a removal's cut");
  const standing = view.byId.get(token.minter)?.standing.is;
  if (token.bound === null && standing !== "member") {
    return say.tokenVoid(token.mint, "the bolt that minted it is not a member any more");
  }
  return null;
}

/** What only the bolt that would admit may judge: expiry, its own incarnation, the claim, the disk. */
function admissionRefusal(claim: JoinClaim, token: Token, world: World, neighbours: Neighbours): Refusal | null {
  if (world.wallMs >= token.expiresMs) return say.tokenExpired(token.mint, token.expiresMs, world.wallMs);
  if (token.bound === null && !world.lived.has(token.incarnation)) {
    return say.tokenVoid(token.mint, "the bolt that minted it has restarted since");
  }
  const { members } = world.roster.view();
  return (
    boundRefusal(claim, token) ??
    claimRefusal(claim) ??
    overlapRefusal(world, neighbours, claim.patterns, claim.key) ??
    (members.length >= admissionsLimits.members ? say.spannerFull(members.length) : null) ??
    (world.storeFailed === null ? null : say.storageRefusal(world.storeFailed))
  );
}

function boundRefusal(claim: JoinClaim, token: Token): Refusal | null {
  const { bound } = token;
  if (bound === null) return null;
  if (bound.key !== claim.key) return say.keyRejected(claim.key, "the invite is bound to another key");
  if (bound.name !== claim.name) return say.inviteMismatch("name", bound.name, claim.name);
  if (!sameTexts(bound.patterns, claim.patterns)) {
    return say.inviteMismatch("patterns", bound.patterns.join(", "), claim.patterns.join(", "));
  }
  return null;
}

/** Same texts in the same order. */
export function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}
