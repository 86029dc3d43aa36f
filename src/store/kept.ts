/**
 * What is left of a list of writes (ST-2, ST-4, ST-5): the meaning of durable state, kept in memory. The memory store
 * and the simulated disk are made of it; SQLite says the same in SQL and is held to it by tests.
 */
import { absurd } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import type { LoadPage, LoadQuery, Saved, Write } from "../roster/durable.ts";
import { compareProfiles } from "../roster/profile-codec.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { SignedRow } from "../roster/row.ts";

/** How many pieces of evidence are kept; the oldest go. */
export const evidenceLimit = 1_000;

type Evidence = LoadPage["evidence"][number];
type HighWater = Saved["highWater"][number];

export class Kept {
  readonly #rows = new Map<RowId, SignedRow>();
  readonly #profiles = new Map<BoltId, SignedProfile>();
  readonly #highWater = new Map<BoltId, HighWater>();
  readonly #settings = new Map<string, string>();
  readonly #evidence: Evidence[] = [];

  /** One that goes its own way from here; what was written is shared. */
  copy(): Kept {
    const copy = new Kept();
    for (const [id, row] of this.#rows) copy.#rows.set(id, row);
    for (const [origin, profile] of this.#profiles) copy.#profiles.set(origin, profile);
    for (const [author, mark] of this.#highWater) copy.#highWater.set(author, mark);
    for (const [name, value] of this.#settings) copy.#settings.set(name, value);
    copy.#evidence.push(...this.#evidence);
    return copy;
  }

  /** Takes a batch over. */
  apply(batch: readonly Write[]): void {
    for (const write of batch) this.#put(write);
  }

  /** What a start would load; rows in the order in which they were first written. */
  saved(): Saved {
    return {
      rows: [...this.#rows.values()],
      profiles: [...this.#profiles.values()],
      highWater: [...this.#highWater.values()],
      settings: new Map(this.#settings),
    };
  }

  /** The newest evidence asked for, oldest first. */
  load({ about, limit }: LoadQuery): LoadPage {
    const wanted = about === null ? this.#evidence : this.#evidence.filter((item) => item.about === about);
    return { evidence: limit < 1 ? [] : wanted.slice(-limit) };
  }

  #put(write: Write): void {
    switch (write.put) {
      case "row":
        this.#rows.set(write.row.message.id, write.row);
        return;
      case "profile":
        return this.#raiseProfile(write.profile);
      case "high-water":
        return this.#raiseHighWater({ author: write.author, incarnation: write.incarnation, number: write.number });
      case "setting":
        this.#settings.set(write.name, write.value);
        return;
      case "evidence":
        this.#evidence.push({ about: write.about, wallMs: write.wallMs, text: write.text });
        if (this.#evidence.length > evidenceLimit) this.#evidence.shift();
        return;
      default:
        absurd(write);
    }
  }

  #raiseProfile(profile: SignedProfile): void {
    const { origin, genesis } = profile.message;
    const held = this.#profiles.get(origin);
    const isLower = held?.message.genesis === genesis && compareProfiles(profile, held) <= 0;
    if (!isLower) this.#profiles.set(origin, profile);
  }

  #raiseHighWater(mark: HighWater): void {
    const held = this.#highWater.get(mark.author);
    const rise = held === undefined ? 1 : mark.incarnation - held.incarnation || mark.number - held.number;
    if (rise > 0) this.#highWater.set(mark.author, mark);
  }
}
