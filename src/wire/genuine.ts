/**
 * The only maker of `Verified`: here a signature has just been made by us, checked against its key, or comes from our
 * own checksummed disk where it was checked before.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Verified } from "../kernel/verified.ts";

/** What wire needs to judge signatures: one validity rule for all bolts (seal implements it). */
export interface Verifier {
  /** Valid by ZIP 215 under an accepted key. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
  /** Canonical, not of small order, torsion-free. */
  acceptsKey(publicKey: Uint8Array): boolean;
}

/** What the host signs with: the bolt's own key, or one that an operator handed in. */
export interface Signer {
  readonly id: BoltId;
  sign(bytes: Uint8Array): Uint8Array;
}

/** Declares a message genuine. Call only right after a check, or for what the caller itself signed or stored. */
export function genuine<T>(message: T, signer: BoltId, bytes: Uint8Array, signature: Uint8Array): Verified<T> {
  return Object.freeze({ message, signer, bytes, signature }) as Verified<T>;
}
