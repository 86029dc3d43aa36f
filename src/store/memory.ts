/**
 * A store that forgets with its process: for tests and for servers that keep nothing. It keeps every promise of the
 * port but durability.
 *
 *   open --close--> closed: every later commit fails with "stopped"
 */
import type { StorePort } from "../host/ports.ts";
import type { LoadPage, LoadQuery, Saved, StoreFailure, Write } from "../roster/durable.ts";
import { Kept } from "./kept.ts";

export class MemoryStore implements StorePort {
  readonly #kept: Kept;
  #isClosed = false;

  /** Begins with what was kept before, or with nothing. */
  constructor(kept: Kept = new Kept()) {
    this.#kept = kept;
  }

  /** Takes the batch over at once; the outcome comes in a later microtask, in order with all others. */
  commit(writes: readonly Write[], done: (failure: StoreFailure | null) => void): void {
    const failure = this.#isClosed ? "stopped" : null;
    if (failure === null) this.#kept.apply(writes);
    queueMicrotask(() => done(failure));
  }

  load(query: LoadQuery, done: (page: LoadPage) => void): void {
    const page = this.#kept.load(query);
    queueMicrotask(() => done(page));
  }

  /** What a start over this store would load. */
  saved(): Saved {
    return this.#kept.saved();
  }

  /** A store that begins with what this one holds now. */
  reopened(): MemoryStore {
    return new MemoryStore(this.#kept.copy());
  }

  close(): void {
    this.#isClosed = true;
  }
}
