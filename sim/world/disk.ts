/**
 * The disk of one simulated bolt: batches that are written, then synced. A crash loses what was not synced, or keeps a
 * part of it in order, as a journal does; a batch is whole or absent. Images can be kept and put back.
 *
 *   commit -> written --sync done--> durable          crash: written beyond durable may or may not survive
 */
import type { LoadPage, LoadQuery, Saved, StoreFailure, Write } from "../../src/roster/durable.ts";
import { Kept } from "../../src/store/kept.ts";

type Batch = readonly Write[];

/** How a disk misbehaves. */
export type DiskFault = "none" | "full" | "read-only" | "fsync";

/** A disk as it was at some moment. */
export type DiskImage = Pick<Kept, "saved" | "load" | "copy">;

/** A disk on which nothing was ever written. */
export const emptyDisk: DiskImage = new Kept();

export class SimDisk {
  #durable = new Kept();
  /** Batches numbered so far and no longer waiting for a sync; numbers are never used again, also after a crash. */
  #settled = 0;
  #unsynced: Batch[] = [];
  fault: DiskFault = "none";
  /** Added to every sync, µs. */
  slowUs = 0;

  /** Writes a batch; the number to sync later, or why not. */
  write(batch: Batch): number | StoreFailure {
    if (this.fault === "full" || this.fault === "read-only") return this.fault;
    this.#unsynced.push(batch);
    return this.#settled + this.#unsynced.length;
  }

  /** The batch and all before it are durable now, unless the sync fails: then a crash decides about each. */
  sync(number: number): StoreFailure | null {
    if (this.fault === "fsync") return "fsync";
    this.#settle(number - this.#settled);
    return null;
  }

  /** Power goes: of the unsynced batches only the first `survivors` stay. */
  crash(survivors: number): void {
    this.#settle(survivors);
    this.#lose();
  }

  /** Batches written and not yet durable. */
  unsynced(): number {
    return this.#unsynced.length;
  }

  /** What a backup taken now would hold. */
  image(): DiskImage {
    return this.#durable.copy();
  }

  /** Puts a backup, another machine's disk, or an empty one in place. */
  restore(image: DiskImage): void {
    this.#lose();
    this.#durable = image.copy();
  }

  /** What a start would load; of a process that died while power stayed, also what was not synced. */
  saved(): Saved {
    if (this.#unsynced.length === 0) return this.#durable.saved();
    const all = this.#durable.copy();
    for (const batch of this.#unsynced) all.apply(batch);
    return all.saved();
  }

  load(query: LoadQuery): LoadPage {
    return this.#durable.load(query);
  }

  #settle(count: number): void {
    const settled = this.#unsynced.splice(0, Math.max(0, count));
    for (const batch of settled) this.#durable.apply(batch);
    this.#settled += settled.length;
  }

  #lose(): void {
    this.#settled += this.#unsynced.length;
    this.#unsynced = [];
  }
}
