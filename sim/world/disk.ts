/**
 * The disk of one simulated bolt: batches that are written, then synced. A crash loses what was not synced, or keeps a
 * part of it in order, as a journal does; a batch is whole or absent. Images can be kept and put back.
 *
 *   commit -> written --sync done--> durable          crash: written beyond durable may or may not survive
 */
import type { BoltId } from "../../src/kernel/id.ts";
import type { LoadPage, LoadQuery, Saved, StoreFailure, Write } from "../../src/roster/durable.ts";
import type { SignedProfile } from "../../src/roster/profile.ts";
import { compareProfiles } from "../../src/roster/profile-codec.ts";
import type { SignedRow } from "../../src/roster/row.ts";

type Batch = readonly Write[];

/** How a disk misbehaves. */
export type DiskFault = "none" | "full" | "read-only" | "fsync";

/** A disk as it was at some moment. */
export type DiskImage = readonly Batch[];

export class SimDisk {
  #batches: Batch[] = [];
  #durable = 0;
  fault: DiskFault = "none";
  /** Added to every sync, µs. */
  slowUs = 0;

  /** Writes a batch; the number to sync later, or why not. */
  write(batch: Batch): number | StoreFailure {
    if (this.fault === "full" || this.fault === "read-only") return this.fault;
    this.#batches.push(batch);
    return this.#batches.length;
  }

  /** The batch is durable now, unless the sync fails: then it is lost with all after it. */
  sync(number: number): StoreFailure | null {
    if (this.fault === "fsync") return "fsync";
    if (number > this.#durable) this.#durable = number;
    return null;
  }

  /** Power goes: of the unsynced batches only the first `survivors` stay. */
  crash(survivors: number): void {
    this.#batches.length = Math.min(this.#batches.length, this.#durable + survivors);
    this.#durable = this.#batches.length;
  }

  /** Batches written and not yet durable. */
  unsynced(): number {
    return this.#batches.length - this.#durable;
  }

  /** What a backup taken now would hold. */
  image(): DiskImage {
    return this.#batches.slice(0, this.#durable);
  }

  /** Puts a backup, another machine's disk, or nothing (wiped) in place. */
  restore(image: DiskImage): void {
    this.#batches = [...image];
    this.#durable = this.#batches.length;
  }

  /** What a start would load. */
  saved(): Saved {
    const rows = new Map<string, SignedRow>();
    const profiles = new Map<BoltId, SignedProfile>();
    const highWater = new Map<BoltId, { author: BoltId; incarnation: number; number: number }>();
    const settings = new Map<string, string>();
    for (const write of this.#batches.flat()) {
      if (write.put === "row") rows.set(write.row.message.id, write.row);
      else if (write.put === "profile") {
        const held = profiles.get(write.profile.message.origin);
        if (held === undefined || compareProfiles(held, write.profile) < 0) {
          profiles.set(write.profile.message.origin, write.profile);
        }
      } else if (write.put === "high-water") {
        highWater.set(write.author, { author: write.author, incarnation: write.incarnation, number: write.number });
      } else if (write.put === "setting") settings.set(write.name, write.value);
    }
    return { rows: [...rows.values()], profiles: [...profiles.values()], highWater: [...highWater.values()], settings };
  }

  load(query: LoadQuery): LoadPage {
    const evidence = this.#batches
      .slice(0, this.#durable)
      .flat()
      .flatMap((write) => (write.put === "evidence" ? [write] : []))
      .filter((item) => query.about === null || item.about === query.about)
      .slice(-query.limit)
      .map(({ about, wallMs, text }) => ({ about, wallMs, text }));
    return { evidence };
  }
}
