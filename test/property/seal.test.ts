/** Signatures with every mix of torsion in key and R: the fast path never says yes where the rule says no. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEd25519Seal, isValidByNode, isValidByZip215 } from "../../src/seal/ed25519.ts";
import { createStandInSeal } from "../../src/seal/stand-in.ts";
import { buildEdge } from "../support/edge-signatures.ts";

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 255 }),
  keyTorsion: fc.integer({ min: 0, max: 7 }),
  smallKey: fc.boolean(),
  rTorsion: fc.integer({ min: 0, max: 7 }),
  smallR: fc.boolean(),
  highS: fc.boolean(),
});

test("SE-3 a yes of node:crypto is a yes of ZIP 215, and a bolt's verdict is the rule's", () => {
  const seal = createEd25519Seal();
  fc.assert(
    fc.property(shapes, fc.boolean(), (shape, isTampered) => {
      const { publicKey, bytes, signature } = buildEdge(shape);
      const judged = isTampered ? Uint8Array.of(...bytes, 1) : bytes;
      const rule = isValidByZip215(publicKey, judged, signature);
      if (isValidByNode(publicKey, judged, signature)) expect(rule).toBe(true);
      expect(seal.acceptsKey(publicKey)).toBe(!shape.smallKey && shape.keyTorsion === 0);
      expect(seal.verify(publicKey, judged, signature)).toBe(rule && seal.acceptsKey(publicKey));
    }),
    { numRuns: 300 },
  );
});

test("SE-6 any bytes as key, message and signature give a verdict, never an exception", () => {
  const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength });
  for (const seal of [createEd25519Seal(), createStandInSeal(1)]) {
    const key = seal.generate(new Uint8Array(32).fill(1));
    const anyKey = fc.oneof(anyBytes(40), fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constant(key.publicKey));
    const anySignature = fc.oneof(anyBytes(80), fc.uint8Array({ minLength: 64, maxLength: 64 }));
    fc.assert(
      fc.property(anyKey, anyBytes(50), anySignature, (publicKey, bytes, signature) => {
        expect(seal.verify(publicKey, bytes, signature)).toBe(false);
      }),
      { numRuns: 300 },
    );
  }
});
