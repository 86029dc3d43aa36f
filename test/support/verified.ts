/**
 * The one place where tests call something verified that nobody signed. Production code has one maker, wire; rooms
 * below it are tested with messages whose signatures are filler.
 */
import type { BoltId } from "../../src/kernel/id.ts";
import type { Verified } from "../../src/kernel/verified.ts";

/** A message with filler for its signature. */
export function unsigned<T>(message: T, signer: BoltId, bytes: Uint8Array): Verified<T> {
  return Object.freeze({ message, signer, bytes, signature: new Uint8Array(64) }) as Verified<T>;
}
