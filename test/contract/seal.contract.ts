/**
 * What every seal must do, whatever stands behind it (SE-5, SE-6). Run by test/contract/seal.test.ts over real Ed25519
 * and the stand-in.
 */
import { expect, test } from "vitest";
import type { KeyPair, Seal } from "../../src/host/seal-port.ts";

/** Declares the suite for one kind of seal; `create` gives a fresh one each time. */
export function sealContract(name: string, create: () => Seal): void {
  const seedOf = (filler: number): Uint8Array => new Uint8Array(32).fill(filler);
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);

  test(`SE-6 ${name}: what a key signed verifies under it, empty and long bytes too`, () => {
    const seal = create();
    const key = seal.generate(seedOf(1));
    expect(key.publicKey).toHaveLength(32);
    expect(seal.acceptsKey(key.publicKey)).toBe(true);
    for (const bytes of [new Uint8Array(0), text("a"), text("abcde"), new Uint8Array(70_000).fill(7)]) {
      const signature = seal.sign(key, bytes);
      expect(signature).toHaveLength(64);
      expect(seal.verify(key.publicKey, bytes, signature)).toBe(true);
    }
  });

  test(`SE-6 ${name}: equal seeds give equal keys and equal signatures; other seeds give others`, () => {
    const seal = create();
    const [one, again, other] = [seal.generate(seedOf(1)), seal.generate(seedOf(1)), seal.generate(seedOf(2))];
    expect(again).toEqual(one);
    expect(other.publicKey).not.toEqual(one.publicKey);
    expect(seal.sign(again, text("x"))).toEqual(seal.sign(one, text("x")));
    expect(seal.sign(other, text("x"))).not.toEqual(seal.sign(one, text("x")));
  });

  test(`SE-5 ${name}: any flipped bit of the signature is refused`, () => {
    const seal = create();
    const key = seal.generate(seedOf(3));
    const signature = seal.sign(key, text("roster"));
    for (let bit = 0; bit < 512; bit += 3) {
      const tampered = flipped(signature, bit);
      expect(seal.verify(key.publicKey, text("roster"), tampered), `bit ${bit}`).toBe(false);
    }
  });

  test(`SE-5 ${name}: any flipped bit, cut or addition of the bytes is refused`, () => {
    const seal = create();
    const key = seal.generate(seedOf(3));
    const bytes = text("nine byte");
    const signature = seal.sign(key, bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      expect(seal.verify(key.publicKey, flipped(bytes, bit), signature), `bit ${bit}`).toBe(false);
    }
    for (const changed of [bytes.slice(0, 8), text("nine byte\0"), new Uint8Array(0)]) {
      expect(seal.verify(key.publicKey, changed, signature)).toBe(false);
    }
  });

  test(`SE-5 ${name}: the signature of one key is refused under another`, () => {
    const seal = create();
    const [mine, other] = [seal.generate(seedOf(4)), seal.generate(seedOf(5))];
    expect(seal.verify(other.publicKey, text("x"), seal.sign(mine, text("x")))).toBe(false);
  });

  test(`SE-5 ${name}: a signature made up without any key is refused`, () => {
    const seal = create();
    const key = seal.generate(seedOf(6));
    for (const filler of [0, 1, 255]) {
      expect(seal.verify(key.publicKey, text("x"), new Uint8Array(64).fill(filler))).toBe(false);
      expect(seal.verify(new Uint8Array(32).fill(filler), text("x"), new Uint8Array(64).fill(filler))).toBe(false);
    }
  });

  test(`SE-6 ${name}: wrong lengths of key and signature are refused, never an exception`, () => {
    const seal = create();
    const key = seal.generate(seedOf(7));
    const signature = seal.sign(key, text("x"));
    for (const length of [0, 1, 31, 33, 63, 65, 128]) {
      const wrong = new Uint8Array(length);
      expect(seal.acceptsKey(wrong)).toBe(false);
      expect(seal.verify(wrong, text("x"), signature)).toBe(false);
      expect(seal.verify(key.publicKey, text("x"), wrong)).toBe(false);
    }
  });

  test(`SE-6 ${name}: a key pair read back from its seed signs in a fresh seal`, () => {
    const stored = create().generate(seedOf(8));
    const restarted = create();
    const pair: KeyPair = { publicKey: stored.publicKey.slice(), seed: stored.seed.slice() };
    const signature = restarted.sign(pair, text("after restart"));
    expect(restarted.verify(pair.publicKey, text("after restart"), signature)).toBe(true);
  });

  test(`SE-6 ${name}: halves of different pairs are a bug of the caller`, () => {
    const seal = create();
    const mixed: KeyPair = { publicKey: create().generate(seedOf(9)).publicKey, seed: seedOf(10) };
    expect(() => seal.sign(mixed, text("x"))).toThrow("do not belong together");
    expect(() => seal.generate(new Uint8Array(31))).toThrow("32 bytes");
  });

  test(`SE-6 ${name}: what the caller does to its arrays afterwards changes nothing`, () => {
    const seal = create();
    const seed = seedOf(11);
    const key = seal.generate(seed);
    const signature = seal.sign(key, text("x"));
    seed.fill(0);
    expect(seal.sign(key, text("x"))).toEqual(signature);
  });
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}
