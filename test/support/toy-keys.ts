/** A toy seal for tests of what rooms do, not of signatures: keys and secrets that anyone can compute. */
import { concat, equalBytes } from "../../src/kernel/bytes.ts";
import { sha256 } from "../../src/kernel/digest.ts";
import { boltIdOf, idBytes } from "../../src/kernel/id.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { encodeUtf8 } from "../../src/kernel/utf8.ts";
import type { Secret } from "../../src/kernel/verified.ts";
import type { Signer, Verifier } from "../../src/wire/genuine.ts";

/** A key anyone can compute: the toy seal is for tests of what rooms do, not of signatures. */
export function keyOf(name: string): BoltId {
  return boltIdOf(sha256(encodeUtf8(`key of ${name}`)));
}

export function signerOf(id: BoltId): Signer {
  return { id, sign: (bytes) => toySignature(id, bytes) };
}

function toySignature(id: BoltId, bytes: Uint8Array): Uint8Array {
  const half = sha256(concat(idBytes(id), bytes));
  return concat(half, half);
}

export const toyVerifier: Verifier = {
  acceptsKey: () => true,
  verify: (publicKey, bytes, signature) => equalBytes(toySignature(boltIdOf(publicKey), bytes), signature),
};

/** A secret whose holder may sign as `id`. */
export interface ToySecret extends Secret {
  readonly id: BoltId;
}

export function secretOf(id: BoltId): ToySecret {
  return Object.freeze({ label: "toy", id }) as unknown as ToySecret;
}

export function signerOfSecret(secret: Secret): Signer {
  return signerOf((secret as ToySecret).id);
}
