/**
 * The one Ed25519 rule of all bolts: a signature is valid when @noble/ed25519's ZIP 215 verification says so under an
 * accepted key (SE-1, SE-2). A yes of node:crypto is a yes, because it never accepts what ZIP 215 refuses; its no is
 * only a hint, because that verdict differs between Node versions, and noble decides (SE-3).
 *
 *   bytes -> form (length, S below the group order) -> accepted key -> node:crypto -- yes --> valid
 *                                                                          | no
 *                                                                          v
 *                                                      budget left -> noble -> valid or invalid
 *                                                      budget spent -> deferred (SE-4)
 */
import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { hashes, verify as nobleVerify } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { invariant } from "../kernel/assert.ts";
import { equalBytes } from "../kernel/bytes.ts";
import { secondUs } from "../kernel/time.ts";
import type { KeyPair, Seal } from "../host/seal-port.ts";
import { isAcceptableKey } from "./accepted-key.ts";
import { BoundedCache } from "./bounded-cache.ts";

// noble's synchronous calls work only once this slot is filled.
hashes.sha512 = sha512;

/** How many keys are remembered, with their verdict and their imported form: four times the bolts of a full roster. */
const rememberedKeys = 4_096;

/** Deferred: no verdict was reached, ask again later. Never kept as a judgement of the message. */
export type SealVerdict = "valid" | "invalid" | "deferred";

/** Limits what bad signatures may cost (a slow check takes over a millisecond). */
export interface SlowPathBudget {
  /** Slow checks which one key may cause within a window, ... */
  readonly slowPerKey: number;
  /** ... and all keys together; default 16 keys' worth. */
  readonly slowInAll?: number;
  /** Length of a window; default one second. */
  readonly windowUs?: number;
  /** Monotonic microseconds: the caller's clock, so that simulations stay exact. */
  readonly now: () => number;
}

/** How often each path decided, since the seal was made. */
export interface SealCounts {
  readonly fast: number;
  readonly slow: number;
  readonly deferred: number;
}

export interface Ed25519Seal extends Seal {
  /** As `verify`, but tells a refusal apart from a check put off; `verify` is `judge` being "valid". */
  judge(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): SealVerdict;
  counts(): SealCounts;
}

/** A seal by real Ed25519. Without a budget every signature is judged to the end. */
export function createEd25519Seal(budget: SlowPathBudget | null = null): Ed25519Seal {
  return new RealSeal(budget);
}

class RealSeal implements Ed25519Seal {
  readonly #verdicts = new BoundedCache<boolean>(rememberedKeys);
  readonly #verifying = new BoundedCache<KeyObject>(rememberedKeys);
  readonly #signing = new WeakMap<KeyPair, KeyObject>();
  readonly #purse: SlowPathPurse | null;
  #fast = 0;
  #slow = 0;
  #deferred = 0;

  constructor(budget: SlowPathBudget | null) {
    this.#purse = budget === null ? null : new SlowPathPurse(budget);
  }

  generate(seed: Uint8Array): KeyPair {
    invariant(seed.length === 32, `a seed has 32 bytes, not ${seed.length}`);
    const privateKey = importSeed(seed);
    const key: KeyPair = { publicKey: publicBytesOf(privateKey), seed: seed.slice() };
    this.#signing.set(key, privateKey);
    return key;
  }

  sign(key: KeyPair, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(nodeSign(null, bytes, this.#signingKey(key)));
  }

  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.judge(publicKey, bytes, signature) === "valid";
  }

  acceptsKey(publicKey: Uint8Array): boolean {
    return publicKey.length === 32 && this.#accepts(publicKey, cacheKeyOf(publicKey));
  }

  judge(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): SealVerdict {
    if (publicKey.length !== 32 || signature.length !== 64 || !isScalarReduced(signature)) return "invalid";
    const name = cacheKeyOf(publicKey);
    if (!this.#accepts(publicKey, name)) return "invalid";
    if (nodeVerify(null, bytes, this.#verifyingKey(publicKey, name), signature)) {
      this.#fast++;
      return "valid";
    }
    if (this.#purse !== null && !this.#purse.spend(name)) {
      this.#deferred++;
      return "deferred";
    }
    this.#slow++;
    return isValidByZip215(publicKey, bytes, signature) ? "valid" : "invalid";
  }

  counts(): SealCounts {
    return { fast: this.#fast, slow: this.#slow, deferred: this.#deferred };
  }

  #accepts(publicKey: Uint8Array, name: string): boolean {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = isAcceptableKey(publicKey);
    this.#verdicts.put(name, verdict);
    return verdict;
  }

  #verifyingKey(publicKey: Uint8Array, name: string): KeyObject {
    const known = this.#verifying.get(name);
    if (known !== undefined) return known;
    const imported = createPublicKey({
      key: Buffer.concat([spkiPrefix, publicKey]),
      format: "der",
      type: "spki",
    });
    this.#verifying.put(name, imported);
    return imported;
  }

  #signingKey(key: KeyPair): KeyObject {
    const known = this.#signing.get(key);
    if (known !== undefined) return known;
    const privateKey = importSeed(key.seed);
    invariant(equalBytes(publicBytesOf(privateKey), key.publicKey), "the halves of a key pair do not belong together");
    this.#signing.set(key, privateKey);
    return privateKey;
  }
}

/** The slow checks left in this window. Emptied as a whole, so its size is bounded by `slowInAll`. */
class SlowPathPurse {
  readonly #budget: Required<SlowPathBudget>;
  readonly #spent = new Map<string, number>();
  #spentInAll = 0;
  #windowEnds = 0;

  constructor(budget: SlowPathBudget) {
    this.#budget = { slowInAll: budget.slowPerKey * 16, windowUs: secondUs, ...budget };
  }

  spend(name: string): boolean {
    const now = this.#budget.now();
    if (now >= this.#windowEnds) {
      this.#spent.clear();
      this.#spentInAll = 0;
      this.#windowEnds = now + this.#budget.windowUs;
    }
    const spent = this.#spent.get(name) ?? 0;
    if (spent >= this.#budget.slowPerKey || this.#spentInAll >= this.#budget.slowInAll) return false;
    this.#spent.set(name, spent + 1);
    this.#spentInAll++;
    return true;
  }
}

/** noble's verdict alone, by ZIP 215, whatever the key: the reference that the fast path is checked against. */
export function isValidByZip215(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  return nobleVerify(signature, bytes, publicKey, { zip215: true });
}

/** node:crypto's verdict alone, whatever the key; it depends on the Node version. For tests of the fast path. */
export function isValidByNode(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: "der", type: "spki" });
    return nodeVerify(null, bytes, key, signature);
  } catch {
    return false; // some versions refuse bad keys at import already
  }
}

// DER headers of RFC 8410: SubjectPublicKeyInfo and PKCS#8 around 32 raw bytes.
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

function importSeed(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
}

function publicBytesOf(privateKey: KeyObject): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(spki.length - 32));
}

/** Latin-1 text of the bytes: the cheapest map key. */
function cacheKeyOf(publicKey: Uint8Array): string {
  return Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString("latin1");
}

// L = 2^252 + 27742317777372353535851937790883648493, lowest byte first.
const groupOrder = Buffer.from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "hex");

/** S < L, without which one message would have two signatures. Costs nothing, so it comes before all else. */
function isScalarReduced(signature: Uint8Array): boolean {
  for (let at = 31; at >= 0; at--) {
    const difference = (signature[32 + at] ?? 0) - (groupOrder[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
