/**
 * Seeded randomness by counter: draw n of a stream is a hash of (seed, stream, n), in int32 arithmetic. A stream's
 * whole state is two numbers, so a machine's image holds it; streams forked by name do not disturb each other.
 * The mixing steps are those of MurmurHash3's finaliser (Austin Appleby, public domain constants).
 */

/** The hash of three 32-bit words, as an unsigned 32-bit number. */
export function mix32(a: number, b: number, c: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  h = round(h, b);
  h = round(h, c);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0;
}

function round(h: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  h ^= Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** A 32-bit number for a text: names streams. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  return mix32(h, text.length, 0x5bd1e995);
}

/** The whole state of a generator. */
export interface RandomState {
  readonly seed: number;
  readonly counter: number;
}

/** One stream of draws. */
export class Random {
  readonly #seed: number;
  #counter: number;

  constructor(state: RandomState) {
    this.#seed = state.seed >>> 0;
    this.#counter = state.counter;
  }

  /** A stream of its own for each name; forking draws nothing from this one. */
  fork(name: string): Random {
    return new Random({ seed: mix32(this.#seed, hashText(name), 0x27d4eb2f), counter: 0 });
  }

  /** The next unsigned 32-bit number. */
  word(): number {
    const counter = this.#counter++;
    return mix32(this.#seed, counter | 0, Math.floor(counter / 0x100000000));
  }

  /** A whole number in [0, limit), limit at most 2^32; biased by less than limit / 2^32. */
  below(limit: number): number {
    return Math.floor((this.word() / 0x100000000) * limit);
  }

  /** True with the given chance in a million. */
  chance(perMillion: number): boolean {
    return this.below(1_000_000) < perMillion;
  }

  /** One of the items, or undefined of none. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  /** What `new Random(...)` continues from. */
  state(): RandomState {
    return { seed: this.#seed, counter: this.#counter };
  }
}
