/**
 * Every refusal of this room in one place: a stable code, one sentence of cause, the value, the next step (AD-1).
 * Codes are part of the interface; the sentences may be reworded.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { StoreFailure } from "../roster/durable.ts";
import { wallText } from "../kernel/wall-text.ts";

const mintAgain = "vigocli spanner bolt invite";

export const notInSpannerMode: Refusal = {
  code: "NOT_IN_SPANNER_MODE",
  message: "This server runs standalone and shares its fleet with nobody.",
  next: "set spanner.mode: spanner in server.yaml and restart",
};

export const busy: Refusal = { code: "BUSY", message: "Too much of this kind is under way here.", retryAfterS: 5 };

export function ceremonyUnderWay(phase: string): Refusal {
  return {
    code: "CEREMONY_UNDER_WAY",
    message: `This server is ${phase} right now; one such step at a time.`,
    next: "vigocli spanner status",
    retryAfterS: 5,
  };
}

export function notAMember(phase: string): Refusal {
  return {
    code: "NOT_A_MEMBER",
    message: `This server is ${phase}, and only a member of a spanner can do that.`,
    next: "vigocli spanner status",
  };
}

export function alreadyMember(message: string, next: string = "vigocli spanner status"): Refusal {
  return { code: "ALREADY_MEMBER", message, next };
}

export function removedKey(key: BoltId): Refusal {
  return {
    code: "REMOVED",
    message: "This key was removed from the spanner and cannot come back; the machine can, with a new key.",
    value: key,
    next: "make a new identity on that server, then vigocli spanner bolt invite",
  };
}

export function storageRefusal(why: StoreFailure): Refusal {
  return {
    code: "STORAGE_READONLY",
    message: `Nothing was changed: the disk takes no writes (${why}).`,
    next: "df -h and findmnt on the server's data_dir; once it takes writes again, restart the server",
  };
}

/** A failed write that certainly left nothing on disk. */
export function isCleanFailure(why: StoreFailure): boolean {
  return why === "full" || why === "read-only";
}

/** What to tell whoever waited for a write that failed. */
export function failedWrite(why: StoreFailure): Refusal {
  if (isCleanFailure(why)) return storageRefusal(why);
  return {
    code: "STORAGE_UNCERTAIN",
    message: `The write may or may not be on disk (${why}); after a restart the server knows.`,
    next: "restart the server, then look at vigocli spanner status",
  };
}

export function wrongSpanner(message: string, value: string): Refusal {
  return { code: "WRONG_SPANNER", message, value, next: "compare spanner_id in server.yaml with the inviting bolt's" };
}

export function tokenSpent(mint: RowId, spentMs: number | null): Refusal {
  const when = spentMs === null ? "" : ` at ${wallText(spentMs)}`;
  return {
    code: "TOKEN_SPENT",
    message: `This invite was used${when}; each admits one key.`,
    value: mint,
    next: mintAgain,
  };
}

export function tokenExpired(mint: RowId, expiresMs: number, wallMs: number): Refusal {
  return {
    code: "TOKEN_EXPIRED",
    message: `This invite expired at ${wallText(expiresMs)}; here it is ${wallText(wallMs)}.`,
    value: mint,
    next: mintAgain,
  };
}

export function tokenRevoked(mint: RowId): Refusal {
  return { code: "TOKEN_REVOKED", message: "This invite was revoked.", value: mint, next: mintAgain };
}

export function tokenVoid(mint: RowId, why: string): Refusal {
  return { code: "TOKEN_VOID", message: `This invite is void: ${why}.`, value: mint, next: mintAgain };
}

export function tokenUnverifiable(mint: RowId, message: string, next: string): Refusal {
  return { code: "TOKEN_UNVERIFIABLE", message, value: mint, next, retryAfterS: 5 };
}

export function tokenUncertain(mint: RowId, why: string): Refusal {
  return {
    code: "TOKEN_UNCERTAIN",
    message: `${why}, so this key may be admitted by now or not.`,
    value: mint,
    next: "run the same join again with the same key; it is answered with its admission should there be one",
    retryAfterS: 5,
  };
}

export function bundleCorrupt(mint: RowId): Refusal {
  return {
    code: "BUNDLE_CORRUPT",
    message: "The secret of this bundle is not that of the invite it names.",
    value: mint,
    next: "copy the bundle again, whole",
  };
}

export function pinMismatch(url: string): Refusal {
  return {
    code: "PIN_MISMATCH",
    message: "The server at this address does not hold the certificate that the bundle names; nothing was sent to it.",
    value: url,
    next: "vigocli spanner bolt join --from URL-OF-ANOTHER-MEMBER",
  };
}

export function keyRejected(key: BoltId, why: string): Refusal {
  return {
    code: "KEY_REJECTED",
    message: `This key cannot be admitted: ${why}.`,
    value: key,
    next: "vigocli spanner identity",
  };
}

export function notTheRecoveryKey(given: BoltId, wanted: BoltId | null): Refusal {
  return {
    code: "KEY_REJECTED",
    message: `The key given is not the recovery key of this spanner, which is ${wanted ?? "unknown here"}.`,
    value: given,
    next: "the key that vigocli spanner init showed when this spanner was founded",
  };
}

export function inviteMismatch(what: string, wanted: string, given: string): Refusal {
  return {
    code: "INVITE_MISMATCH",
    message: `The invite is for ${what} ${wanted}, and the joining server says otherwise.`,
    value: given,
    next: "change server.yaml of the joining server, or mint an invite that fits",
  };
}

export function claimInvalid(message: string, value: string): Refusal {
  return { code: "CLAIM_INVALID", message, value, next: "vigocli config validate" };
}

export function spannerFull(members: number): Refusal {
  return {
    code: "SPANNER_FULL",
    message: `The spanner has ${members} members, which is its limit.`,
    value: String(members),
  };
}

export function rateLimited(waitS: number): Refusal {
  return { code: "RATE_LIMITED", message: "Too many join attempts from this address.", retryAfterS: waitS };
}

export function removeNeedsElder(target: BoltId, name: string): Refusal {
  return {
    code: "REMOVE_NEEDS_ELDER",
    message: `Only a bolt older than ${name} can remove it, and none is reachable.`,
    value: target,
    next: `vigocli spanner bolt remove ${target} --recovery-key-file FILE`,
  };
}
