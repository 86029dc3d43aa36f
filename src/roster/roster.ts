/**
 * What a bolt knows of its spanner: the set of rows it merged, and one profile of each bolt. Merging is set union, so
 * order, repeats and detours do not matter (RO-1, RO-2); what the set means is the view, computed once a change.
 */
import { must } from "../kernel/assert.ts";
import { sha256 } from "../kernel/digest.ts";
import { Writer } from "../kernel/bytes.ts";
import { fromHex, toHex } from "../kernel/hex.ts";
import { idBytes } from "../kernel/id.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { compareText, sorted } from "../kernel/order.ts";
import { formFault } from "./form.ts";
import { compareProfiles, profileHash } from "./profile-codec.ts";
import type { SignedProfile } from "./profile.ts";
import { bySignedOrder, RowIndex } from "./row-index.ts";
import type { RowHead, SignedRow } from "./row.ts";
import type { RosterView } from "./view.ts";
import { WaitingRows } from "./waiting-rows.ts";
import { Routing } from "./routing.ts";
import { extendWalk } from "./extend.ts";
import { viewOf } from "./fold.ts";
import { walk } from "./walk.ts";
import type { Walked } from "./walk.ts";

/** What a merge did. */
export interface Merged {
  /** Rows that were news, also those that had waited, in row order. */
  readonly merged: readonly SignedRow[];
  /** Rows whose form does not hold, and why; they are forgotten. */
  readonly refused: readonly { readonly row: RowId; readonly why: string }[];
  /** How many rows wait for others now. */
  readonly waiting: number;
}

/** A roster as plain state. */
export interface RosterImage {
  readonly rows: readonly SignedRow[];
  readonly waiting: readonly SignedRow[];
  readonly profiles: readonly SignedProfile[];
}

export class Roster {
  readonly #index = new RowIndex();
  readonly #waiting = new WaitingRows();
  readonly #profiles = new Map<BoltId, { readonly profile: SignedProfile; readonly hash: string }>();
  #view: RosterView | undefined;
  #walk: { readonly walked: Walked; readonly last: SignedRow } | undefined;
  /** Rows merged since that walk. */
  #unwalked: SignedRow[] = [];
  #digest: string | undefined;
  #routing: Routing | undefined;

  /** A roster that knows nothing. */
  static create(): Roster {
    return new Roster();
  }

  /** The roster this image was made of. */
  static restore(image: RosterImage): Roster {
    const roster = new Roster();
    roster.merge(image.rows);
    for (const row of image.waiting) roster.merge([row]);
    for (const profile of image.profiles) roster.mergeProfile(profile);
    return roster;
  }

  image(): RosterImage {
    return { rows: this.#index.all().slice(), waiting: this.#waiting.list(), profiles: this.profiles() };
  }

  /** The merged rows with their look-ups; to be read only. */
  get index(): RowIndex {
    return this.#index;
  }

  /**
   * Folds rows in. Repeats are nothing; a row whose named rows are missing waits; one of wrong form is refused, and so
   * is what waited for it.
   */
  merge(rows: Iterable<SignedRow>): Merged {
    const merged: SignedRow[] = [];
    const refused: { row: RowId; why: string }[] = [];
    // In row order the rows of one batch never wait for each other: a whole roster may come in one, in any order.
    const batch = [...rows];
    const founding =
      this.#index.genesis() === undefined ? batch.find(({ message }) => message.body.kind === "genesis") : undefined;
    if (founding !== undefined) this.#mergeOne(founding, merged, refused);
    for (const row of batch.sort(bySignedOrder)) this.#mergeOne(row, merged, refused);
    if (merged.length > 0) {
      for (const row of merged) this.#unwalked.push(row);
      this.#view = undefined;
      this.#digest = undefined;
      this.#routing = undefined;
    }
    return { merged: merged.sort(bySignedOrder), refused, waiting: this.#waiting.size() };
  }

  /** The merged row of this id; undefined also when it waits. */
  get(id: RowId): SignedRow | undefined {
    return this.#index.get(id);
  }

  /** Whether a row of this id is held back until rows it names come. */
  isWaiting(id: RowId): boolean {
    return this.#waiting.has(id);
  }

  /** How many rows are merged. */
  size(): number {
    return this.#index.size();
  }

  /** The author's rows, in row order. */
  ofAuthor(author: BoltId): readonly SignedRow[] {
    return this.#index.ofAuthor(author);
  }

  /** Ids of missing rows that others wait for, in id order. */
  wanted(): readonly RowId[] {
    return this.#waiting.wanted();
  }

  /** How many rows wait for others. */
  waitingCount(): number {
    return this.#waiting.size();
  }

  /** Authors of rows that wait, in id order. */
  waitingAuthors(): readonly BoltId[] {
    return this.#waiting.authors();
  }

  /** Takes a profile over; false when it is no news, of another spanner, or of a key that no row names. */
  mergeProfile(profile: SignedProfile): boolean {
    if (!this.isNewProfile(profile)) return false;
    this.#profiles.set(profile.message.origin, { profile, hash: profileHash(profile) });
    this.#digest = undefined;
    this.#routing = undefined;
    return true;
  }

  /** Whether `mergeProfile` would take it. */
  isNewProfile(profile: SignedProfile): boolean {
    const { origin, genesis } = profile.message;
    if (genesis !== this.#index.genesis()?.message.id || !this.#index.knowsKey(origin)) return false;
    const held = this.#profiles.get(origin)?.profile;
    return held === undefined || compareProfiles(profile, held) > 0;
  }

  /** The profile held of this bolt. */
  profile(id: BoltId): SignedProfile | undefined {
    return this.#profiles.get(id)?.profile;
  }

  /** SHA-256 of the signed bytes of the profile held, 64 hex digits. */
  profileHash(id: BoltId): string | undefined {
    return this.#profiles.get(id)?.hash;
  }

  /** Every profile held, in order of bolt ids. */
  profiles(): readonly SignedProfile[] {
    const held = [...this.#profiles.values()].map(({ profile }) => profile);
    return held.sort((a, b) => compareText(a.message.origin, b.message.origin));
  }

  /** What the set means. The same object until a row is merged. */
  view(): RosterView {
    return (this.#view ??= viewOf(this.#index, this.#walked()));
  }

  /** Who should own which hostname. The same object until a row or a profile is merged. */
  routing(): Routing {
    return (this.#routing ??= new Routing(
      this.view().members,
      (bolt) => this.profile(bolt)?.message.state ?? "active",
    ));
  }

  /** 64 hex digits: equal on two bolts when they agree on all rows that count and profiles of bolts not removed. */
  digest(): string {
    return (this.#digest ??= this.#computeDigest());
  }

  /** The highest rank of any row held; 0 of an empty roster. */
  headRank(): number {
    return this.#index.last()?.message.rank ?? 0;
  }

  /**
   * The head of the author's next row as of what is held now: after its own last row, else after the one that made it
   * a member, and GENESIS in an empty roster. Throws `Bug` for a key that has no place to begin a log.
   */
  nextHead(origin: BoltId, incarnation: number, wallMs: number): RowHead {
    const founding = this.#index.genesis()?.message.id;
    const last = this.#index.last();
    if (founding === undefined || last === undefined) {
      return { genesis: null, origin, incarnation, seq: 0, prev: null, seen: null, rank: 0, wallMs };
    }
    const own = lastOwn(this.#index.heads(origin));
    const prev = own?.message.id ?? must(this.#beginning(origin), `no row lets ${origin} begin a log`);
    const seq = (own?.message.seq ?? 0) + 1;
    return {
      genesis: founding,
      origin,
      incarnation,
      seq,
      prev,
      seen: last.message.id,
      rank: last.message.rank + 1,
      wallMs,
    };
  }

  /** Most rows let the last walk be carried on; the others cost a new one. */
  #walked(): Walked {
    const before = this.#walk;
    const rows = this.#unwalked.sort(bySignedOrder);
    const extended = before === undefined ? undefined : extendWalk(before.walked, rows, before.last, this.#index);
    const walked = extended ?? walk(this.#index);
    const last = this.#index.last();
    this.#walk = last === undefined ? undefined : { walked, last };
    this.#unwalked = [];
    return walked;
  }

  #beginning(origin: BoltId): RowId | undefined {
    const view = this.view();
    const taken = view.byId.get(origin)?.admittedBy ?? view.orphans.get(origin)?.admit;
    if (taken !== undefined) return taken;
    return origin === view.recoveryKey ? (view.genesis ?? undefined) : undefined;
  }

  /** Merges a row and whatever waited for it, and for that. */
  #mergeOne(first: SignedRow, merged: SignedRow[], refused: { row: RowId; why: string }[]): void {
    const start = merged.length;
    this.#mergeStep(first, merged, refused);
    for (let at = start; at < merged.length && this.#waiting.size() > 0; at++) {
      const arrived = must(merged[at], "within bounds").message.id;
      for (const row of this.#waiting.release(arrived)) this.#mergeStep(row, merged, refused);
    }
  }

  #mergeStep(row: SignedRow, merged: SignedRow[], refused: { row: RowId; why: string }[]): void {
    const { id } = row.message;
    if (this.#index.has(id) || this.#waiting.has(id)) return;
    const fault = formFault(row.message, this.#index);
    if (fault === null) {
      this.#index.add(row);
      merged.push(row);
    } else if ("missing" in fault) {
      this.#waiting.add(row, fault.missing);
    } else {
      refused.push({ row: id, why: fault.why });
      this.#refuseWaiters(id, refused);
    }
  }

  /** What waits for a refused row will never be complete. */
  #refuseWaiters(cause: RowId, refused: { row: RowId; why: string }[]): void {
    const due = [cause];
    for (let id = due.pop(); id !== undefined; id = due.pop()) {
      for (const { message } of this.#waiting.release(id)) {
        refused.push({ row: message.id, why: "names a refused row" });
        due.push(message.id);
      }
    }
  }

  #computeDigest(): string {
    const { countingHeads, taken } = this.view();
    const writer = new Writer();
    for (const author of sorted(countingHeads.keys(), compareText)) {
      const heads = sorted(countingHeads.get(author) ?? [], compareText);
      writer.fixed(idBytes(author)).list(heads, (to, id) => to.fixed(idBytes(id)));
    }
    const kept = taken.filter(({ standing }) => standing.is !== "removed");
    for (const { id } of sorted(kept, (a, b) => compareText(a.id, b.id))) {
      const hash = this.profileHash(id);
      if (hash !== undefined) writer.fixed(idBytes(id)).fixed(fromHex(hash));
    }
    return toHex(sha256(writer.finish()));
  }
}

function lastOwn(heads: readonly SignedRow[]): SignedRow | undefined {
  let last: SignedRow | undefined;
  for (const row of heads) if (last === undefined || row.message.seq >= last.message.seq) last = row;
  return last;
}
