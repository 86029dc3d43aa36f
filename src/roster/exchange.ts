/**
 * How two rosters become equal: pure answers over a roster, every message bounded, no streams (RO-10 to RO-15).
 *
 *   asker                                  responder
 *   reconcile {vector, digest}      -->    nothing when digests agree; to an asker that is only behind, the rows it
 *   merges them, then plans   <-- reply    lacks, oldest first; to one that knows more, heads: what it knows may be
 *   fetch {ids, locator}, if told heads -->  a REMOVE, beyond whose cut nothing is to be sent
 *   merges, plans again       <-- reply    those rows with the ancestors that the locator does not show
 *   offer {rows, profiles}          -->    merges them
 *
 * A head says that all its ancestors by prev, seen and named rows are held, for merging demands them. Rows that do not
 * count in the holder's view are neither offered nor pulled, except as ancestors, so no removed bolt makes logs grow.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import { compareText, sorted } from "../kernel/order.ts";
import { compareProfiles } from "./profile-codec.ts";
import type { SignedProfile } from "./profile.ts";
import { closureOf, isWithinHeads, missingFrom } from "./reach.ts";
import type { Holding } from "./reach.ts";
import { bySignedOrder } from "./row-index.ts";
import type { Roster } from "./roster.ts";
import type { SignedRow } from "./row.ts";
import { authorsTold, countingHeads, headsBytes, isWithin, keptProfile, profileStamp, vectorOf } from "./vector.ts";
import type { Heads, Span, Vector } from "./vector.ts";

export interface Reconcile {
  readonly vector: Vector;
  /** The asker's roster digest, 64 hex digits. */
  readonly digest: string;
}

/** An answer for the authors of the asker's span. */
export interface ReconcileReply extends Span {
  /** Rows the asker lacks, in row order, each after the rows it names unless the asker holds or fetches those. */
  readonly rows: readonly SignedRow[];
  readonly profiles: readonly SignedProfile[];
  /** The responder's counting heads of authors of whom the asker named heads that it does not hold. */
  readonly theirs: readonly Heads[];
  /** Its counting heads of authors of whom it holds all that the asker named, and more; for the asker to fetch. */
  readonly newer: readonly Heads[];
  /** Authors whose profile the asker holds and the responder does not. */
  readonly lacks: readonly BoltId[];
  /** Not everything fitted: ask again once this is merged. */
  readonly more: boolean;
}

/** Ids of the asker's rows along one author's log, at growing distances from its heads, newest first. */
export interface Locator {
  readonly author: BoltId;
  readonly ids: readonly RowId[];
}

export interface Fetch {
  readonly ids: readonly RowId[];
  readonly locator: readonly Locator[];
}

export interface FetchReply {
  /** The rows asked for that are held, with ancestors, in row order. */
  readonly rows: readonly SignedRow[];
  /** Not everything fitted: fetch again once this is merged. */
  readonly more: boolean;
}

/** One `offer`. */
export interface OfferPage {
  readonly rows: readonly SignedRow[];
  readonly profiles: readonly SignedProfile[];
}

/** What the asker does once the rows of a reply are merged, in this order. */
export interface ReconcilePlan {
  /** Fetch and merge these, then plan again with the same reply: only then is it known what to offer of such logs. */
  readonly fetch?: Fetch;
  /** What the responder lacks, one page a message. */
  readonly offer: readonly OfferPage[];
  /** What to ask after that, when the reply did not speak of everything. */
  readonly next?: Reconcile;
}

/** What the messages of an exchange hold. A page leaves room within 64 KiB for what wire puts around it. */
export const exchangeLimits = {
  pageBytes: 61_440,
  fetchIds: 256,
  fetchAuthors: 64,
  /** Heads of one author in a locator. */
  locatorHeads: 16,
  /** How far back a fetch without locator reaches in a log. */
  chainRows: 64,
} as const;

/** Signature and lengths around signed bytes. */
const sealBytes = 76;
const bareIdBytes = 34;

const nothing = { rows: [], profiles: [], theirs: [], newer: [], lacks: [], more: false } as const;

/** What a row takes in a message. */
export function rowBytes(row: SignedRow): number {
  return row.bytes.length + sealBytes;
}

/** What a profile takes in a message. */
export function profileBytes(profile: SignedProfile): number {
  return profile.bytes.length + sealBytes;
}

/** Answers a `reconcile` with at most `limitBytes` in all. */
export function answerReconcile(roster: Roster, request: Reconcile, limitBytes: number): ReconcileReply {
  const { vector, digest } = request;
  const { after, upTo } = vector;
  if (digest === roster.digest()) return { ...nothing, after, upTo: null };
  const { view, index } = { view: roster.view(), index: roster.index };
  const compared = compareHeads(roster, vector);
  const shown = profilesToShow(roster, vector);
  const theirs = fit(compared.theirs, limitBytes / 4, headsBytes);
  const newer = fit(compared.theirs.length > 0 ? compared.newer : [], limitBytes / 4, headsBytes);
  const lacks = fit(shown.lacks, limitBytes / 4, () => bareIdBytes);
  let left = limitBytes - theirs.bytes - newer.bytes - lacks.bytes;
  const isBehind = compared.theirs.length === 0;
  const missing = isBehind ? missingFrom(compared.starts, compared.holding, index, (id) => view.counts(id)) : [];
  const rows = fit(missing, left, rowBytes);
  left -= rows.bytes;
  const profiles = fit(shown.show, left, profileBytes);
  const more = theirs.more || newer.more || lacks.more || rows.more || profiles.more;
  const names = { theirs: theirs.page, newer: newer.page, lacks: lacks.page };
  return { rows: rows.page, profiles: profiles.page, ...names, more, after, upTo };
}

/**
 * What the asker does next. Call it when the rows and profiles of the reply are merged, and with the same reply again
 * after each fetch; it never asks twice for what came.
 */
export function planAfterReconcile(roster: Roster, reply: ReconcileReply): ReconcilePlan {
  const fetch = fetchAfter(roster, reply);
  if (fetch !== undefined) return { fetch, offer: [] };
  const offer = offerPages(rowsToOffer(roster, reply), profilesToOffer(roster, reply));
  if (!reply.more && reply.upTo === null) return { offer };
  const vector = vectorOf(roster, reply.more ? reply.after : reply.upTo);
  return { offer, next: { vector, digest: roster.digest() } };
}

/** Asks for the rows that waiting ones name; undefined when none wait. */
export function fetchWanted(roster: Roster): Fetch | undefined {
  const ids = roster.wanted().slice(0, exchangeLimits.fetchIds);
  const authors = roster.waitingAuthors().slice(0, exchangeLimits.fetchAuthors);
  return ids.length === 0 ? undefined : { ids, locator: locatorsOf(roster, authors) };
}

/** Answers a `fetch` with rows of at most `limitBytes`; ids that are not held are passed over. */
export function answerFetch(roster: Roster, request: Fetch, limitBytes: number): FetchReply {
  const { index } = roster;
  const view = roster.view();
  const held = request.ids.filter((id) => index.has(id));
  const heads = new Map(request.locator.map(({ author, ids }) => [author, ids.filter((id) => index.has(id))] as const));
  const located = new Set(heads.keys());
  for (const id of held) {
    const row = index.get(id)?.message;
    if (row === undefined || located.has(row.origin)) continue;
    const mark = index.ancestorAt(id, row.seq - exchangeLimits.chainRows - 1);
    heads.set(row.origin, [...(heads.get(row.origin) ?? []), ...(mark === undefined ? [] : [mark.message.id])]);
  }
  const missing = missingFrom(held, { heads, also: [] }, index, (id) => view.counts(id));
  const { page, more } = fit(missing, limitBytes, rowBytes);
  return { rows: page, more };
}

/** The row with all ancestors by prev, seen and named rows, in row order: what shows a stranger that it stands. */
export function ancestryOf(roster: Roster, id: RowId): readonly SignedRow[] {
  const rows = [...closureOf(roster.index, [id])].flatMap((each) => roster.get(each) ?? []);
  return rows.sort(bySignedOrder);
}

interface Compared {
  /** Our heads that the asker lacks, of authors of whom we hold all it named. */
  readonly starts: RowId[];
  /** The same by author. */
  readonly newer: Heads[];
  readonly theirs: Heads[];
  readonly holding: Holding;
}

/** Which of our heads the asker lacks, and of which authors it named heads that we lack. */
function compareHeads(roster: Roster, vector: Vector): Compared {
  const { index } = roster;
  const asked = new Map(vector.heads.map(({ author, heads }) => [author, heads] as const));
  const compared = { starts: [] as RowId[], newer: [] as Heads[], theirs: [] as Heads[] };
  const heads = new Map<BoltId, readonly RowId[]>();
  for (const author of sorted(new Set([...asked.keys(), ...roster.view().countingHeads.keys()]), compareText)) {
    if (!isWithin(author, vector)) continue;
    const named = asked.get(author) ?? [];
    const own = { author, heads: countingHeads(roster, author) };
    if (!named.every((id) => index.has(id))) {
      compared.theirs.push(own);
      continue;
    }
    heads.set(author, named);
    const lacked = own.heads.filter((id) => !isWithinHeads(id, named, index));
    if (lacked.length > 0) compared.newer.push(own);
    compared.starts.push(...lacked);
  }
  return { ...compared, holding: { heads, also: [] } };
}

function profilesToShow(roster: Roster, vector: Vector): { show: SignedProfile[]; lacks: BoltId[] } {
  const stamps = new Map(vector.profiles.map(({ author, stamp }) => [author, stamp] as const));
  const show: SignedProfile[] = [];
  for (const author of authorsTold(roster)) {
    const profile = keptProfile(roster, author);
    if (profile === undefined || !isWithin(author, vector)) continue;
    if (stamps.get(author) !== profileStamp(roster, author)) show.push(profile);
  }
  const lacks = [...stamps.keys()].filter(
    (author) => roster.profile(author) === undefined && !isRemoved(roster, author),
  );
  return { show, lacks };
}

function isRemoved(roster: Roster, author: BoltId): boolean {
  return roster.view().byId.get(author)?.standing.is === "removed";
}

/**
 * Asks for heads told that we lack; those of a bolt that is removed here are left where they are. A head that waits
 * came already, and stands on rows of such a bolt: what we know of its removal is to be offered first.
 */
function fetchAfter(roster: Roster, reply: ReconcileReply): Fetch | undefined {
  const lacked = (told: Heads): readonly RowId[] =>
    told.heads.filter((id) => roster.get(id) === undefined && !roster.isWaiting(id));
  const pulls = (told: Heads): boolean => lacked(told).length > 0 && !isRemoved(roster, told.author);
  const theirs = reply.theirs.filter(pulls).slice(0, exchangeLimits.fetchAuthors);
  const newer = reply.newer.filter(pulls).slice(0, exchangeLimits.fetchAuthors - theirs.length);
  const ids = [...theirs, ...newer].flatMap(lacked).slice(0, exchangeLimits.fetchIds);
  if (ids.length === 0) return undefined;
  // Of `newer` logs the responder holds our heads, so these alone are marks enough.
  const ends = newer.map(({ author }) => ({ author, ids: headsHeld(roster, author) }));
  return {
    ids,
    locator: [
      ...locatorsOf(
        roster,
        theirs.map(({ author }) => author),
      ),
      ...ends,
    ],
  };
}

function headsHeld(roster: Roster, author: BoltId): readonly RowId[] {
  return roster.index
    .heads(author)
    .slice(-exchangeLimits.locatorHeads)
    .map(({ message }) => message.id);
}

/** Our rows past the heads the responder told, of logs of which it lacks some. */
function rowsToOffer(roster: Roster, reply: ReconcileReply): readonly SignedRow[] {
  const { index } = roster;
  const view = roster.view();
  const heads = new Map<BoltId, readonly RowId[]>();
  const starts: RowId[] = [];
  for (const { author, heads: told } of reply.theirs) {
    const held = told.filter((id) => index.has(id));
    heads.set(author, held);
    starts.push(...countingHeads(roster, author).filter((id) => !isWithinHeads(id, held, index)));
  }
  const others = [...view.countingHeads].filter(([author]) => isWithin(author, reply) && !heads.has(author));
  const also = others.flatMap(([, ids]) => ids);
  return missingFrom(starts, { heads, also }, index, (id) => view.counts(id));
}

function profilesToOffer(roster: Roster, reply: ReconcileReply): readonly SignedProfile[] {
  const lacked = reply.lacks.flatMap((author) => keptProfile(roster, author) ?? []);
  const newer = reply.profiles.flatMap((theirs) => {
    const own = keptProfile(roster, theirs.message.origin);
    return own !== undefined && compareProfiles(own, theirs) > 0 ? [own] : [];
  });
  return [...lacked, ...newer];
}

/** Rows first: a profile is taken only of a key that some row admits. */
function offerPages(rows: readonly SignedRow[], profiles: readonly SignedProfile[]): readonly OfferPage[] {
  const pages: OfferPage[] = [];
  let [rowsLeft, profilesLeft] = [rows, profiles];
  while (rowsLeft.length + profilesLeft.length > 0) {
    const some = fit(rowsLeft, exchangeLimits.pageBytes, rowBytes);
    const few = some.more ? none : fit(profilesLeft, exchangeLimits.pageBytes - some.bytes, profileBytes);
    pages.push({ rows: some.page, profiles: few.page });
    rowsLeft = rowsLeft.slice(some.page.length);
    profilesLeft = profilesLeft.slice(few.page.length);
  }
  return pages;
}

function locatorsOf(roster: Roster, authors: readonly BoltId[]): readonly Locator[] {
  return authors.map((author) => ({ author, ids: marksOf(roster, author) }));
}

/**
 * Its heads, then rows 1, 2, 4, ... before the highest: so the responder finds where logs part within twice the
 * distance.
 */
function marksOf(roster: Roster, author: BoltId): readonly RowId[] {
  const heads = headsHeld(roster, author);
  const tip = heads.at(-1);
  const top = tip === undefined ? undefined : roster.get(tip)?.message;
  if (top === undefined) return heads;
  const marks: RowId[] = [];
  for (let back = 1; back < top.seq; back *= 2) {
    const mark = roster.index.ancestorAt(top.id, top.seq - back);
    if (mark !== undefined) marks.push(mark.message.id);
  }
  return [...heads, ...marks];
}

const none = { page: [], bytes: 0, more: false } as const;

/** The items from the front that fit. */
function fit<T>(
  items: readonly T[],
  limitBytes: number,
  bytesOf: (item: T) => number,
): { readonly page: readonly T[]; readonly bytes: number; readonly more: boolean } {
  let bytes = 0;
  for (const [at, item] of items.entries()) {
    const grown = bytes + bytesOf(item);
    if (grown > limitBytes) return { page: items.slice(0, at), bytes, more: true };
    bytes = grown;
  }
  return { page: items, bytes, more: false };
}
