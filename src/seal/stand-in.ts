/**
 * A cheap seal for big simulations: a 64-bit keyed hash instead of Ed25519. It is no cryptography, but it refuses
 * what was not sealed: each key has a secret of its own that only this seal's table knows, and a signature holds only
 * for the very key and bytes it was made for (SE-5). Deterministic: nothing is drawn here.
 *
 * The two lanes mix as MurmurHash3 does (Austin Appleby, public domain constants).
 */
import { invariant, must } from "../kernel/assert.ts";
import { equalBytes } from "../kernel/bytes.ts";
import { mix32 } from "../kernel/random.ts";
import type { KeyPair, Seal } from "../host/seal-port.ts";

/** A seal of its own: it believes only signatures under keys that it generated, or signed with, itself. */
export function createStandInSeal(salt: number): Seal {
  return new StandInSeal(salt);
}

interface SealedKey {
  readonly publicKey: Uint8Array;
  readonly low: number;
  readonly high: number;
  /** Another key whose first word is the same. */
  readonly next: SealedKey | undefined;
}

class StandInSeal implements Seal {
  readonly #salt: number;
  /** By the first four bytes of the public key, which are hash output already: no text is built on each check. */
  readonly #keys = new Map<number, SealedKey>();

  constructor(salt: number) {
    this.#salt = salt >>> 0;
  }

  generate(seed: Uint8Array): KeyPair {
    invariant(seed.length === 32, `a seed has 32 bytes, not ${seed.length}`);
    const publicKey = new Uint8Array(32);
    for (let word = 0; word < 8; word++) putWord(publicKey, word * 4, this.#lane(seed, word));
    if (this.#find(publicKey) === undefined) {
      const name = wordAt(publicKey, 0);
      const entry = { publicKey, low: this.#lane(seed, 8), high: this.#lane(seed, 9), next: this.#keys.get(name) };
      this.#keys.set(name, entry);
    }
    return { publicKey: publicKey.slice(), seed: seed.slice() };
  }

  sign(key: KeyPair, bytes: Uint8Array): Uint8Array {
    let known = this.#find(key.publicKey);
    if (known === undefined) {
      const { publicKey } = this.generate(key.seed);
      invariant(equalBytes(publicKey, key.publicKey), "the halves of a key pair do not belong together");
      known = must(this.#find(publicKey), "a generated key is in the table");
    }
    const signature = new Uint8Array(64);
    const low = hashLane(known.low, bytes);
    const high = hashLane(known.high, bytes);
    for (let at = 0; at < 64; at += 8) {
      putWord(signature, at, low);
      putWord(signature, at + 4, high);
    }
    return signature;
  }

  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    const known = this.#find(publicKey);
    if (known === undefined || signature.length !== 64) return false;
    const low = hashLane(known.low, bytes);
    const high = hashLane(known.high, bytes);
    for (let at = 0; at < 64; at += 8) {
      if (wordAt(signature, at) !== low || wordAt(signature, at + 4) !== high) return false;
    }
    return true;
  }

  acceptsKey(publicKey: Uint8Array): boolean {
    return this.#find(publicKey) !== undefined;
  }

  #find(publicKey: Uint8Array): SealedKey | undefined {
    if (publicKey.length !== 32) return undefined;
    let entry = this.#keys.get(wordAt(publicKey, 0));
    while (entry !== undefined && !equalBytes(entry.publicKey, publicKey)) entry = entry.next;
    return entry;
  }

  #lane(seed: Uint8Array, lane: number): number {
    return hashLane(mix32(this.#salt, lane, 0x5ea1), seed);
  }
}

/** The hash of the bytes under a 32-bit secret, unsigned. */
function hashLane(secret: number, bytes: Uint8Array): number {
  let h = secret | 0;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(wordAt(bytes, at), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = whole; at < bytes.length; at++) rest = (rest << 8) | (bytes[at] ?? 0);
  // The secret once more at the end: without it, knowing a hash would tell the state for a longer message.
  return mix32(h ^ rest, bytes.length, secret);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}
