/**
 * The version vector: what a roster holds, by author, small enough for one message. A roster of more authors than fit
 * is told in spans of author ids, one after the other (RO-12).
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import { compareText, sorted } from "../kernel/order.ts";
import type { SignedProfile } from "./profile.ts";
import type { Roster } from "./roster.ts";

/** Rows of one author by id. */
export interface Heads {
  readonly author: BoltId;
  readonly heads: readonly RowId[];
}

/** The authors a message speaks of: those whose id lies after `after` and up to `upTo`; null is no bound. */
export interface Span {
  readonly after: BoltId | null;
  readonly upTo: BoltId | null;
}

/**
 * Heads of each author among counting rows, and a stamp of each profile (first 8 bytes of its hash as 16 hex digits),
 * of the authors of a span; in id order.
 */
export interface Vector extends Span {
  readonly heads: readonly Heads[];
  readonly profiles: readonly { readonly author: BoltId; readonly stamp: string }[];
}

/** Bytes of a vector in a message, and heads told of one author: more are a log forked by a thief, told in part. */
export const vectorLimits = { bytes: 57_344, headsPerAuthor: 256 } as const;

const headsEntryBytes = 40;
const idEntryBytes = 34;
const stampEntryBytes = 46;

/** What an entry takes in a message. */
export function headsBytes({ heads }: Heads): number {
  return headsEntryBytes + heads.length * idEntryBytes;
}

/** The roster's version vector from the first author after `after`, as much as fits a message. */
export function vectorOf(roster: Roster, after: BoltId | null = null): Vector {
  const heads: Heads[] = [];
  const profiles: { author: BoltId; stamp: string }[] = [];
  let last: BoltId | null = after;
  let bytes = 0;
  for (const author of authorsTold(roster)) {
    if (after !== null && author <= after) continue;
    const own = { author, heads: countingHeads(roster, author) };
    bytes += headsBytes(own) + stampEntryBytes;
    if (bytes > vectorLimits.bytes && last !== after) return { heads, profiles, after, upTo: last };
    if (own.heads.length > 0) heads.push(own);
    if (keptProfile(roster, author) !== undefined) profiles.push({ author, stamp: profileStamp(roster, author) });
    last = author;
  }
  return { heads, profiles, after, upTo: null };
}

/** Whether a message of this span speaks of the author. */
export function isWithin(author: BoltId, { after, upTo }: Span): boolean {
  return (after === null || author > after) && (upTo === null || author <= upTo);
}

/** The author's heads among counting rows, at most as many as are told. */
export function countingHeads(roster: Roster, author: BoltId): readonly RowId[] {
  return (roster.view().countingHeads.get(author) ?? []).slice(0, vectorLimits.headsPerAuthor);
}

/** The profile of a bolt that was taken and not removed: only those are exchanged. */
export function keptProfile(roster: Roster, author: BoltId): SignedProfile | undefined {
  const member = roster.view().byId.get(author);
  return member === undefined || member.standing.is === "removed" ? undefined : roster.profile(author);
}

/** First 8 bytes of the hash of the profile held, as 16 hex digits; empty without one. */
export function profileStamp(roster: Roster, author: BoltId): string {
  return (roster.profileHash(author) ?? "").slice(0, 16);
}

/** Authors with counting rows or a kept profile, in id order. */
export function authorsTold(roster: Roster): readonly BoltId[] {
  const { countingHeads: heads, taken } = roster.view();
  const kept = taken.filter(({ id }) => keptProfile(roster, id) !== undefined).map(({ id }) => id);
  return sorted(new Set([...heads.keys(), ...kept]), compareText);
}
