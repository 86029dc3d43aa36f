/** Our own edge vectors: the table of verdicts that every bolt must reach, on every Node version. */
import { expect, test } from "vitest";
import { createEd25519Seal, isValidByNode, isValidByZip215 } from "../../../src/seal/ed25519.ts";
import { buildEdge, torsion } from "../../support/edge-signatures.ts";
import type { EdgeShape } from "../../support/edge-signatures.ts";

interface EdgeCase {
  readonly what: string;
  readonly shape: EdgeShape;
  /** Does the key pass SE-1, does ZIP 215 alone hold, and what does a bolt say. */
  readonly accepted: boolean;
  readonly zip215: boolean;
  readonly valid: boolean;
}

const honest = { seed: 7, keyTorsion: 0, rTorsion: 0 };

const table: readonly EdgeCase[] = [
  { what: "an honest signature", shape: honest, accepted: true, zip215: true, valid: true },
  {
    what: "S beyond the group order",
    shape: { ...honest, highS: true },
    accepted: true,
    zip215: false,
    valid: false,
  },
  {
    what: "small-order A, cofactored equation only",
    shape: { ...honest, smallKey: true, keyTorsion: 1, challengeMod8: 3 },
    accepted: false,
    zip215: true,
    valid: false,
  },
  {
    what: "small-order A, both equations",
    shape: { ...honest, smallKey: true, keyTorsion: 1, challengeMod8: 0 },
    accepted: false,
    zip215: true,
    valid: false,
  },
  {
    what: "A and R the identity and S zero, which signs any message",
    shape: { ...honest, smallKey: true, smallR: true },
    accepted: false,
    zip215: true,
    valid: false,
  },
  {
    what: "mixed-order A, cofactored equation only",
    shape: { ...honest, keyTorsion: 1, challengeMod8: 5 },
    accepted: false,
    zip215: true,
    valid: false,
  },
  {
    what: "mixed-order A, both equations",
    shape: { ...honest, keyTorsion: 1, challengeMod8: 0 },
    accepted: false,
    zip215: true,
    valid: false,
  },
  {
    what: "mixed-order R, cofactored equation only",
    shape: { ...honest, rTorsion: 1 },
    accepted: true,
    zip215: true,
    valid: true,
  },
  {
    what: "small-order R, cofactored equation only",
    shape: { ...honest, smallR: true, rTorsion: 3 },
    accepted: true,
    zip215: true,
    valid: true,
  },
  { what: "R the identity", shape: { ...honest, smallR: true }, accepted: true, zip215: true, valid: true },
  {
    what: "R encoded beyond the prime",
    shape: { ...honest, smallR: true, rEncoding: "beyond-prime" },
    accepted: true,
    zip215: true,
    valid: true,
  },
  {
    what: "R the identity with its sign bit set",
    shape: { ...honest, smallR: true, rEncoding: "sign-on-zero" },
    accepted: true,
    zip215: true,
    valid: true,
  },
  {
    what: "A encoded beyond the prime",
    shape: { ...honest, smallKey: true, keyEncoding: "beyond-prime" },
    accepted: false,
    zip215: true,
    valid: false,
  },
  {
    what: "A with the sign bit set on x = 0",
    shape: { ...honest, smallKey: true, keyEncoding: "sign-on-zero" },
    accepted: false,
    zip215: true,
    valid: false,
  },
];

for (const { what, shape, accepted, zip215, valid } of table) {
  test(`SE-2 T10 ${what} is ${valid ? "valid" : "refused"}`, () => {
    const { publicKey, bytes, signature } = buildEdge(shape);
    const seal = createEd25519Seal();
    expect(seal.acceptsKey(publicKey)).toBe(accepted);
    expect(isValidByZip215(publicKey, bytes, signature)).toBe(zip215);
    expect(seal.verify(publicKey, bytes, signature)).toBe(valid);
    if (isValidByNode(publicKey, bytes, signature)) expect(zip215).toBe(true);
    const otherBytes = Uint8Array.of(...bytes, 0);
    if (accepted) expect(seal.verify(publicKey, otherBytes, signature)).toBe(false);
  });
}

test("SE-1 T10 all eight points of small order are refused, alone and added to an honest key", () => {
  const seal = createEd25519Seal();
  for (let eighths = 0; eighths < 8; eighths++) {
    expect(torsion(eighths).isSmallOrder()).toBe(true);
    expect(seal.acceptsKey(torsion(eighths).toBytes()), `small ${eighths}`).toBe(false);
    const mixed = buildEdge({ seed: 9, keyTorsion: eighths, rTorsion: 0 });
    expect(seal.acceptsKey(mixed.publicKey), `mixed ${eighths}`).toBe(eighths === 0);
  }
  expect(new Set(Array.from({ length: 8 }, (_, eighths) => torsion(eighths).toHex())).size).toBe(8);
});

test("SE-1 T10 bytes that are no point of the curve are refused", () => {
  const seal = createEd25519Seal();
  expect(seal.acceptsKey(new Uint8Array(32).fill(255))).toBe(false);
  expect(seal.acceptsKey(Uint8Array.of(2, ...new Uint8Array(31)))).toBe(false);
  expect(seal.acceptsKey(new Uint8Array(0))).toBe(false);
});
