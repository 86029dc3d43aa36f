/**
 * A bolt's store over its simulated disk, for one life of its process. What waits when a sync starts goes along with
 * it, as in the real store's transactions, and outcomes come in the order of the calls.
 *
 *   idle --commit or load--> syncing --done, nothing waits--> idle
 *   stop: what came before has its outcome, later commits fail with "stopped"          unplug: no outcome any more
 */
import { absurd } from "../../src/kernel/assert.ts";
import type { StorePort } from "../../src/host/ports.ts";
import type { LoadPage, LoadQuery, StoreFailure, Write } from "../../src/roster/durable.ts";
import type { SimDisk } from "./disk.ts";
import type { WriteMoment } from "./moments.ts";

type Asked =
  | { readonly of: "commit"; readonly writes: readonly Write[]; readonly done: (failure: StoreFailure | null) => void }
  | { readonly of: "load"; readonly query: LoadQuery; readonly done: (page: LoadPage) => void }
  | { readonly of: "stop" };

/** Runs something once, so much later in simulated time; of the same moment, what was asked first runs first. */
export type Later = (delayUs: number, run: () => void) => void;

/** Sees each commit come to a moment at which its process may die; it dies by throwing. */
export type MomentWatch = (moment: WriteMoment, writes: readonly Write[]) => void;

export class DiskStore implements StorePort {
  readonly #disk: SimDisk;
  readonly #later: Later;
  readonly #drawSyncUs: () => number;
  readonly #watch: MomentWatch;
  #waiting: Asked[] = [];
  #isSyncing = false;
  #isUnplugged = false;
  /** Why writes fail, and why syncs do: a batch written before the first may still be synced. */
  #refused: StoreFailure | null = null;
  #lost: StoreFailure | null = null;

  /** `drawSyncUs` says how long the next sync takes; the disk's slowness comes on top. */
  constructor(disk: SimDisk, later: Later, drawSyncUs: () => number, watch: MomentWatch = () => undefined) {
    this.#disk = disk;
    this.#later = later;
    this.#drawSyncUs = drawSyncUs;
    this.#watch = watch;
  }

  commit(writes: readonly Write[], done: (failure: StoreFailure | null) => void): void {
    this.#ask({ of: "commit", writes, done });
  }

  load(query: LoadQuery, done: (page: LoadPage) => void): void {
    this.#ask({ of: "load", query, done });
  }

  stop(): void {
    this.#ask({ of: "stop" });
  }

  /** The process dies. What the disk loses with it is the disk's matter. */
  unplug(): void {
    this.#isUnplugged = true;
  }

  #ask(asked: Asked): void {
    this.#waiting.push(asked);
    if (!this.#isSyncing) this.#startSync();
  }

  /** Everything that waits is written; the outcomes follow when the sync is through. */
  #startSync(): void {
    this.#isSyncing = true;
    const group = this.#waiting;
    this.#waiting = [];
    const outcomes = group.map((asked) => this.#begin(asked));
    this.#later(this.#drawSyncUs() + this.#disk.slowUs, () => {
      for (const end of outcomes) if (!this.#isUnplugged) end();
      if (this.#isUnplugged) return;
      this.#isSyncing = false;
      if (this.#waiting.length > 0) this.#startSync();
    });
  }

  /** Puts a batch into the disk's memory; what is returned brings it to the platter and tells the outcome. */
  #begin(asked: Asked): () => void {
    switch (asked.of) {
      case "commit":
        return this.#beginCommit(asked.writes, asked.done);
      case "load":
        return () => asked.done(this.#disk.load(asked.query));
      case "stop":
        this.#refused ??= "stopped";
        return () => undefined;
      default:
        return absurd(asked);
    }
  }

  #beginCommit(writes: readonly Write[], done: (failure: StoreFailure | null) => void): () => void {
    this.#watch("before-write", writes);
    const written = this.#lost ?? this.#refused ?? this.#disk.write(writes);
    this.#watch("before-sync", writes);
    if (typeof written !== "number") this.#refused = written;
    return () => {
      const failure = typeof written === "number" ? this.#sync(written) : written;
      this.#watch("after-sync", writes);
      done(failure);
    };
  }

  #sync(number: number): StoreFailure | null {
    this.#lost ??= this.#disk.sync(number);
    return this.#lost;
  }
}
