/** The keys a host signs with: the bolt's own, and those drawn or handed in during this process. */
import { boltIdOf } from "../kernel/id.ts";
import type { BoltId } from "../kernel/id.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Signer } from "../wire/genuine.ts";
import type { KeyPair, Seal } from "./seal-port.ts";
import { boxSecret, openSecret } from "./secret.ts";

/** A signer over a key pair. */
export function signerOf(seal: Seal, key: KeyPair): Signer {
  return { id: boltIdOf(key.publicKey), sign: (bytes) => seal.sign(key, bytes) };
}

/** The signer behind a boxed seed. */
export function signerFromSecret(seal: Seal, secret: Secret): Signer {
  return signerOf(seal, seal.generate(openSecret(secret)));
}

/** A new key from fresh randomness: its public half, and its seed in a box. */
export function drawKey(seal: Seal, seed: Uint8Array, label: string): { publicKey: BoltId; secret: Secret } {
  return { publicKey: boltIdOf(seal.generate(seed).publicKey), secret: boxSecret(label, seed) };
}
