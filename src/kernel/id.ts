/**
 * The names of things: keys of bolts and hashes of rows, as lower-case hex text, so that they sort, print and
 * serve as map keys everywhere alike. The brands keep one kind from being used as another.
 */
import { fromHex, toHex } from "./hex.ts";
import { invariant } from "./assert.ts";

declare const boltIdBrand: unique symbol;
declare const rowIdBrand: unique symbol;

/** An Ed25519 public key as 64 hex digits: the identity of a bolt (or of a token, or the recovery key). */
export type BoltId = string & { readonly [boltIdBrand]: true };
/** SHA-256 of what a row's author signed, as 64 hex digits. The GENESIS row's id is the identity of a spanner. */
export type RowId = string & { readonly [rowIdBrand]: true };

const hex64 = /^[0-9a-f]{64}$/;

/** The bolt id of a 32-byte public key. */
export function boltIdOf(publicKey: Uint8Array): BoltId {
  invariant(publicKey.length === 32, `a public key has 32 bytes, not ${publicKey.length}`);
  return toHex(publicKey) as BoltId;
}

/** The row id of a 32-byte hash. */
export function rowIdOf(hash: Uint8Array): RowId {
  invariant(hash.length === 32, `a row id has 32 bytes, not ${hash.length}`);
  return toHex(hash) as RowId;
}

/** The text as a bolt id, or undefined when it is not 64 lower-case hex digits. */
export function parseBoltId(text: string): BoltId | undefined {
  return hex64.test(text) ? (text as BoltId) : undefined;
}

/** The text as a row id, or undefined when it is not 64 lower-case hex digits. */
export function parseRowId(text: string): RowId | undefined {
  return hex64.test(text) ? (text as RowId) : undefined;
}

/** The 32 bytes behind a bolt id or a row id. */
export function idBytes(id: BoltId | RowId): Uint8Array {
  return fromHex(id);
}
