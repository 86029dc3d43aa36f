/** Parts that several messages share, packed and unpacked with their bounds. */
import { create } from "@bufbuild/protobuf";
import { Malformed } from "../kernel/bytes.ts";
import { fromHex, toHex } from "../kernel/hex.ts";
import { boltIdOf, idBytes, rowIdOf } from "../kernel/id.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { Addresses, SignedRow } from "../roster/row.ts";
import { rowLimits } from "../roster/row.ts";
import type { Heads, Span } from "../roster/vector.ts";
import type { SignedBeacon } from "../turn/beacon.ts";
import { checkBeacon } from "./datagram.ts";
import { AuthorHeadsSchema, SealedBeaconSchema, SealedSchema, SpanSchema } from "./gen/spanner_pb.ts";
import type * as wire from "./gen/spanner_pb.ts";
import type { Verifier } from "./genuine.ts";
import { checkProfile, checkRow } from "./rows.ts";

/** Items a list in a message may have; a message within 64 KiB has fewer of anything that says something. */
export const listMax = 4_096;

export function packSealed(message: { readonly bytes: Uint8Array; readonly signature: Uint8Array }): wire.Sealed {
  return create(SealedSchema, { payload: message.bytes, signature: message.signature });
}

export function packBeacon(beacon: SignedBeacon): wire.SealedBeacon {
  return create(SealedBeaconSchema, { genesis: idBytes(beacon.message.genesis), sealed: packSealed(beacon) });
}

export function packHeads({ author, heads }: Heads): wire.AuthorHeads {
  return create(AuthorHeadsSchema, { author: idBytes(author), heads: heads.map(idBytes) });
}

export function packSpan({ after, upTo }: Span): wire.Span {
  return create(SpanSchema, {
    ...(after === null ? {} : { after: idBytes(after) }),
    ...(upTo === null ? {} : { upTo: idBytes(upTo) }),
  });
}

/** A part that must be there. */
export function need<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new Malformed(`${what} is missing`);
  return part;
}

/** A list of at most so many items, each unpacked. */
export function listOf<T, U>(items: readonly T[], unpack: (item: T) => U, most: number = listMax): U[] {
  if (items.length > most) throw new Malformed(`a list of ${items.length} items`);
  return items.map(unpack);
}

export function boltId(bytes: Uint8Array): BoltId {
  if (bytes.length !== 32) throw new Malformed(`a key of ${bytes.length} bytes`);
  return boltIdOf(bytes);
}

export function rowId(bytes: Uint8Array): RowId {
  if (bytes.length !== 32) throw new Malformed(`a row id of ${bytes.length} bytes`);
  return rowIdOf(bytes);
}

/** Hex of exactly so many bytes. */
export function hexOf(bytes: Uint8Array, lengthBytes: number): string {
  if (bytes.length !== lengthBytes) throw new Malformed(`${bytes.length} bytes where ${lengthBytes} belong`);
  return toHex(bytes);
}

export function bytesOf(hex: string): Uint8Array {
  return fromHex(hex);
}

/** A signature: 64 bytes. */
export function signature(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 64) throw new Malformed(`a signature of ${bytes.length} bytes`);
  return bytes;
}

/** A number of milliseconds that fits a time. */
export function heldMs(value: bigint): number {
  if (value > 1_000_000_000_000n) throw new Malformed("held for longer than anything exists");
  return Number(value);
}

/** Text of at most so many characters. */
export function text(value: string, most: number): string {
  if (value.length > most) throw new Malformed(`a text of ${value.length} characters`);
  return value;
}

export function row(sealed: wire.Sealed, verifier: Verifier): SignedRow {
  if (sealed.payload.length > rowLimits.rowBytes) throw new Malformed(`a row of ${sealed.payload.length} bytes`);
  return genuineOr(checkRow(sealed, verifier));
}

export function rows(sealed: readonly wire.Sealed[], verifier: Verifier): SignedRow[] {
  return listOf(sealed, (item) => row(item, verifier));
}

export function profiles(sealed: readonly wire.Sealed[], verifier: Verifier): SignedProfile[] {
  return listOf(sealed, (item) => genuineOr(checkProfile(item, verifier)));
}

export function beacon(message: wire.SealedBeacon, verifier: Verifier): SignedBeacon {
  const sealed = need(message.sealed, "a beacon's content");
  return genuineOr(checkBeacon(sealed, rowId(message.genesis), verifier));
}

export function heads(message: wire.AuthorHeads): Heads {
  return { author: boltId(message.author), heads: listOf(message.heads, rowId) };
}

export function span(message: wire.Span | undefined): Span {
  const { after, upTo } = need(message, "a span");
  return { after: after === undefined ? null : boltId(after), upTo: upTo === undefined ? null : boltId(upTo) };
}

export function addresses(grpc: readonly string[], api: readonly string[]): Addresses {
  const address = (value: string): string => text(value, rowLimits.addressBytes);
  return { grpc: listOf(grpc, address, rowLimits.addresses), api: listOf(api, address, rowLimits.addresses) };
}

function genuineOr<T>(checked: T | Malformed): T {
  if (checked instanceof Malformed) throw checked;
  return checked;
}
