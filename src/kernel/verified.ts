/**
 * What is known to be genuine. `Verified` says: these very bytes carry a valid signature of `signer`, and `message`
 * was parsed from them. Only wire makes one (a tidy test says so); relays pass exactly those bytes on.
 */
import type { BoltId } from "./id.ts";

declare const verifiedBrand: unique symbol;

/** A message with the signed bytes it was read from. Deeply read-only and shared by reference. */
export interface Verified<T> {
  readonly [verifiedBrand]: true;
  readonly message: T;
  readonly signer: BoltId;
  /** The payload as signed, without domain and signature. */
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

declare const secretBrand: unique symbol;

/**
 * An opaque box around secret bytes (a token seed, a recovery key). The core only hands it on; only the host can open
 * it, and recordings hold its label.
 */
export interface Secret {
  readonly [secretBrand]: true;
  readonly label: string;
}
