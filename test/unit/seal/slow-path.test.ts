/** The budget of the slow path, and what the counters say about it. */
import { expect, test } from "vitest";
import { BoundedCache } from "../../../src/seal/bounded-cache.ts";
import { createEd25519Seal } from "../../../src/seal/ed25519.ts";
import { buildEdge } from "../../support/edge-signatures.ts";

/** Valid by ZIP 215 only, so that node:crypto's no sends it down the slow path on every Node version. */
const odd = buildEdge({ seed: 21, keyTorsion: 0, rTorsion: 1 });
const other = buildEdge({ seed: 22, keyTorsion: 0, rTorsion: 1 });

test("SE-4 beyond its slow checks a key's odd signatures are deferred, other keys' are not", () => {
  const seal = createEd25519Seal({ slowPerKey: 2, now: () => 0 });
  const judge = (edge: typeof odd) => seal.judge(edge.publicKey, edge.bytes, edge.signature);
  expect([judge(odd), judge(odd), judge(odd)]).toEqual(["valid", "valid", "deferred"]);
  expect(seal.verify(odd.publicKey, odd.bytes, odd.signature)).toBe(false);
  expect(judge(other)).toBe("valid");
  expect(seal.counts()).toEqual({ fast: 0, slow: 3, deferred: 2 });
});

test("SE-4 honest signatures pass however much was spent, because they never take the slow path", () => {
  const seal = createEd25519Seal({ slowPerKey: 0, now: () => 0 });
  const key = seal.generate(new Uint8Array(32).fill(21));
  const bytes = Uint8Array.of(1, 2, 3);
  expect(seal.judge(odd.publicKey, odd.bytes, odd.signature)).toBe("deferred");
  expect(seal.judge(key.publicKey, bytes, seal.sign(key, bytes))).toBe("valid");
  expect(seal.counts()).toEqual({ fast: 1, slow: 0, deferred: 1 });
});

test("SE-4 a new window brings the budget back", () => {
  let nowUs = 5_000_000;
  const seal = createEd25519Seal({ slowPerKey: 1, windowUs: 1_000, now: () => nowUs });
  const judge = () => seal.judge(odd.publicKey, odd.bytes, odd.signature);
  expect([judge(), judge()]).toEqual(["valid", "deferred"]);
  nowUs += 999;
  expect(judge()).toBe("deferred");
  nowUs += 1;
  expect([judge(), judge()]).toEqual(["valid", "deferred"]);
});

test("SE-4 many keys together are bounded too", () => {
  const seal = createEd25519Seal({ slowPerKey: 5, slowInAll: 1, now: () => 0 });
  expect(seal.judge(odd.publicKey, odd.bytes, odd.signature)).toBe("valid");
  expect(seal.judge(other.publicKey, other.bytes, other.signature)).toBe("deferred");
});

test("SE-4 what is refused by form or key spends nothing", () => {
  const seal = createEd25519Seal({ slowPerKey: 1, now: () => 0 });
  const highS = buildEdge({ seed: 21, keyTorsion: 0, rTorsion: 0, highS: true });
  const badKey = buildEdge({ seed: 21, keyTorsion: 1, rTorsion: 0 });
  for (const { publicKey, bytes, signature } of [highS, badKey]) {
    expect(seal.judge(publicKey, bytes, signature)).toBe("invalid");
  }
  expect(seal.judge(odd.publicKey, odd.bytes, odd.signature.slice(1))).toBe("invalid");
  expect(seal.counts()).toEqual({ fast: 0, slow: 0, deferred: 0 });
});

test("SE-4 keys are remembered within a bound", () => {
  const cache = new BoundedCache<number>(2);
  cache.put("a", 1);
  cache.put("b", 2);
  expect(cache.get("a")).toBe(1);
  cache.put("c", 3);
  expect([cache.get("a"), cache.get("b"), cache.get("c"), cache.size]).toEqual([1, undefined, 3, 2]);
});
