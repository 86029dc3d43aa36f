/** What is particular to the stand-in; the rest is in the contract of seals. */
import { expect, test } from "vitest";
import { createStandInSeal } from "../../../src/seal/stand-in.ts";

const seed = new Uint8Array(32).fill(1);
const bytes = Uint8Array.of(1, 2, 3, 4, 5);

test("SE-5 a stand-in refuses what another stand-in sealed", () => {
  const [mine, other] = [createStandInSeal(1), createStandInSeal(2)];
  const key = other.generate(seed);
  mine.generate(seed);
  expect(other.verify(key.publicKey, bytes, other.sign(key, bytes))).toBe(true);
  expect(mine.acceptsKey(key.publicKey)).toBe(false);
  expect(mine.verify(key.publicKey, bytes, other.sign(key, bytes))).toBe(false);
});

test("SE-5 a key that nobody generated here is not accepted", () => {
  const key = createStandInSeal(1).generate(seed);
  expect(createStandInSeal(1).acceptsKey(key.publicKey)).toBe(false);
});

test("SE-6 equal salts make equal worlds", () => {
  const [one, two] = [createStandInSeal(3), createStandInSeal(3)];
  expect(two.sign(two.generate(seed), bytes)).toEqual(one.sign(one.generate(seed), bytes));
});

test("SE-6 twenty thousand keys are all different and all verify", () => {
  const seal = createStandInSeal(4);
  const seen = new Set<string>();
  for (let at = 0; at < 20_000; at++) {
    const drawn = new Uint8Array(32);
    new DataView(drawn.buffer).setUint32(0, at);
    const key = seal.generate(drawn);
    seen.add(Buffer.from(key.publicKey).toString("hex"));
    if (!seal.verify(key.publicKey, bytes, seal.sign(key, bytes))) throw new Error(`key ${at} does not verify`);
  }
  expect(seen.size).toBe(20_000);
});
