/**
 * Randomness by counter: every draw is a hash of (seed, stream, entity, counter), so taking one fault out of a plan
 * leaves all other draws as they were.
 */
import { hashText, mix32 } from "../../src/kernel/random.ts";

export class Chance {
  readonly #seed: number;
  readonly #counters = new Map<number, number>();

  constructor(seed: number) {
    this.#seed = mix32(seed | 0, Math.floor(seed / 0x100000000), 0x7f4a7c15);
  }

  /** The next 32-bit word of a stream of an entity. */
  word(stream: Stream, entity: number): number {
    const key = mix32(this.#seed, stream, entity);
    const counter = this.#counters.get(key) ?? 0;
    this.#counters.set(key, counter + 1);
    return mix32(key, counter, 0x165667b1);
  }

  /** A whole number in [0, limit). */
  below(stream: Stream, entity: number, limit: number): number {
    return Math.floor((this.word(stream, entity) / 0x100000000) * limit);
  }

  /** True with the given chance in a million. */
  happens(stream: Stream, entity: number, perMillion: number): boolean {
    return perMillion > 0 && this.below(stream, entity, 1_000_000) < perMillion;
  }

  /** A seed of its own for something named. */
  seedFor(name: string): number {
    return mix32(this.#seed, hashText(name), 0x51ed270b);
  }

  /** Random-looking bytes for keys, a stream per entity. */
  bytes(stream: Stream, entity: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    for (let at = 0; at < lengthBytes; at++) bytes[at] = this.word(stream, entity) & 0xff;
    return bytes;
  }
}

/** What a draw is for. */
export type Stream = number;
export const streams = {
  delay: 1,
  loss: 2,
  duplicate: 3,
  reorder: 4,
  corrupt: 5,
  disk: 6,
  keys: 7,
  machine: 8,
  dial: 9,
  crash: 10,
} as const;
