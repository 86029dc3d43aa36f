/**
 * Datagrams of the group: a beacon or one row, at most 1,200 bytes. Cheap checks come first; the MAC is keyed from the
 * genesis hash, so it keeps strangers' noise from costing signatures but proves nothing (T15).
 *
 *   magic 4 | kind 1 | spanner tag 4 | genesis tag 4 | mac 8 | signature 64 | payload
 */
import { concat, decoding, equalBytes, Malformed, Reader, Writer } from "../kernel/bytes.ts";
import { hmacSha256, inDomain, sha256 } from "../kernel/digest.ts";
import { fromHex, toHex } from "../kernel/hex.ts";
import { boltIdOf, idBytes, rowIdOf } from "../kernel/id.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { encodeUtf8 } from "../kernel/utf8.ts";
import type { SignedRow } from "../roster/row.ts";
import type { Beacon, Counters, SignedBeacon } from "../turn/beacon.ts";
import { genuine } from "./genuine.ts";
import type { Signer, Verifier } from "./genuine.ts";
import { checkRow } from "./rows.ts";
import type { Sealed } from "./rows.ts";

/** The largest datagram sent or read. */
export const datagramBytesMax = 1_200;
const magic = Uint8Array.of(0x56, 0x47, 0x53, 0x31);
const headBytes = 4 + 1 + 4 + 4 + 8 + 64;
const beaconVersion = 1;
export const beaconDomain = "vigo.beacon.1";

/** The largest payload of a row that is pushed by datagram. */
export const pushedRowBytesMax: number = datagramBytesMax - headBytes;

/** What the cheap checks need to know of one spanner; derive it once. */
export interface DatagramKeys {
  readonly genesis: RowId;
  readonly spannerTag: Uint8Array;
  readonly genesisTag: Uint8Array;
  readonly macKey: Uint8Array;
}

export function datagramKeys(genesis: RowId, spannerId: string): DatagramKeys {
  const genesisBytes = idBytes(genesis);
  return {
    genesis,
    spannerTag: sha256(inDomain("vigo.spanner.1", encodeUtf8(spannerId))).slice(0, 4),
    genesisTag: sha256(inDomain("vigo.genesis.1", genesisBytes)).slice(0, 4),
    macKey: sha256(inDomain("vigo.mac.1", genesisBytes)),
  };
}

export type DatagramKind = "beacon" | "row";

/** A datagram whose frame is right; nothing is proved yet. */
export interface Framed extends Sealed {
  readonly kind: DatagramKind;
  readonly mac: Uint8Array;
}

/** Why a datagram is dropped without a word; each has a counter. */
export type DropReason =
  | "oversize"
  | "truncated"
  | "magic"
  | "foreign"
  | "foreign-spanner"
  | "unknown-author"
  | "replayed"
  | "rate"
  | "mac"
  | "malformed"
  | "signature";

export function frameDatagram(kind: DatagramKind, sealed: Sealed, keys: DatagramKeys): Uint8Array {
  const kindByte = Uint8Array.of(kind === "beacon" ? 1 : 2);
  const mac = macOf(kindByte, sealed, keys);
  return concat(magic, kindByte, keys.spannerTag, keys.genesisTag, mac, sealed.signature, sealed.payload);
}

/** Length, magic and tags: the checks that cost nothing. */
export function unframeDatagram(bytes: Uint8Array, keys: DatagramKeys): Framed | DropReason {
  if (bytes.length > datagramBytesMax) return "oversize";
  if (bytes.length <= headBytes) return "truncated";
  if (!equalBytes(bytes.subarray(0, 4), magic)) return "magic";
  if (!equalBytes(bytes.subarray(5, 9), keys.spannerTag)) return "foreign";
  if (!equalBytes(bytes.subarray(9, 13), keys.genesisTag)) return "foreign-spanner";
  const kind = bytes[4] === 1 ? "beacon" : bytes[4] === 2 ? "row" : undefined;
  if (kind === undefined) return "malformed";
  return {
    kind,
    mac: bytes.slice(13, 21),
    signature: bytes.slice(21, headBytes),
    payload: bytes.slice(headBytes),
  };
}

/** The tag of a foreign genesis, as hex, for showing. */
export function foreignTag(bytes: Uint8Array): string {
  return toHex(bytes.subarray(9, 13));
}

export function isMacRight(framed: Framed, keys: DatagramKeys): boolean {
  const kindByte = Uint8Array.of(framed.kind === "beacon" ? 1 : 2);
  return equalBytes(framed.mac, macOf(kindByte, framed, keys));
}

/** Author, incarnation and number of a beacon, before anything is proved. */
export interface Stamp {
  readonly author: BoltId;
  readonly incarnation: number;
  readonly number: number;
}

export function readStamp(payload: Uint8Array): Stamp | Malformed {
  return decoding(() => stampFrom(new Reader(payload)));
}

function stampFrom(reader: Reader): Stamp {
  if (reader.byte() !== beaconVersion) throw new Malformed("a beacon of another version");
  return { author: boltIdOf(reader.fixed(32)), incarnation: reader.varint(), number: reader.varint() };
}

function macOf(kindByte: Uint8Array, sealed: Sealed, keys: DatagramKeys): Uint8Array {
  return hmacSha256(keys.macKey, concat(kindByte, sealed.signature, sealed.payload)).slice(0, 8);
}

export function encodeBeacon(beacon: Beacon): Uint8Array {
  const writer = new Writer()
    .byte(beaconVersion)
    .fixed(idBytes(beacon.author))
    .varint(beacon.incarnation)
    .varint(beacon.number)
    .varint(beacon.intervalMs)
    .varint(beacon.wallMs)
    .fixed(fromHex(beacon.digest))
    .byte(beacon.head === null ? 0 : 1);
  if (beacon.head !== null) writer.fixed(idBytes(beacon.head));
  writer.varint(beacon.rank);
  for (const name of counterNames) writer.varint(beacon.counters[name]);
  return writer.byte(beacon.stopping ? 1 : 0).finish();
}

const counterNames: readonly (keyof Counters)[] = [
  "envoys",
  "converged",
  "degraded",
  "failed",
  "noData",
  "changed",
  "diverged",
  "offline",
];

function decodeBeacon(payload: Uint8Array, genesis: RowId): Beacon | Malformed {
  return decoding(() => {
    const reader = new Reader(payload);
    const stamp = stampFrom(reader);
    const intervalMs = reader.varint();
    const wallMs = reader.varint();
    const digest = toHex(reader.fixed(16));
    const head = bit(reader) ? rowIdOf(reader.fixed(32)) : null;
    const rank = reader.varint();
    const counters = Object.fromEntries(counterNames.map((name) => [name, reader.varint()])) as unknown as Counters;
    const stopping = bit(reader);
    reader.end();
    return { genesis, ...stamp, intervalMs, wallMs, digest, head, rank, counters, stopping };
  });
}

function bit(reader: Reader): boolean {
  const byte = reader.byte();
  if (byte > 1) throw new Malformed("a flag is neither 0 nor 1");
  return byte === 1;
}

/** What a beacon's author signs: the genesis is covered though it does not travel. */
function signedPart(genesis: RowId, payload: Uint8Array): Uint8Array {
  return inDomain(beaconDomain, concat(idBytes(genesis), payload));
}

export function signBeacon(beacon: Beacon, signer: Signer): SignedBeacon {
  const payload = encodeBeacon(beacon);
  return genuine(beacon, signer.id, payload, signer.sign(signedPart(beacon.genesis, payload)));
}

export function checkBeacon(sealed: Sealed, genesis: RowId, verifier: Verifier): SignedBeacon | Malformed {
  const beacon = decodeBeacon(sealed.payload, genesis);
  if (beacon instanceof Malformed) return beacon;
  const publicKey = idBytes(beacon.author);
  const holds =
    sealed.signature.length === 64 &&
    verifier.acceptsKey(publicKey) &&
    verifier.verify(publicKey, signedPart(genesis, sealed.payload), sealed.signature);
  if (!holds) return new Malformed("beacon signature does not hold");
  return genuine(beacon, beacon.author, sealed.payload, sealed.signature);
}

/** A beacon of a recording: its signature was checked before it got there. */
export function trustBeacon(sealed: Sealed, genesis: RowId): SignedBeacon | Malformed {
  const beacon = decodeBeacon(sealed.payload, genesis);
  return beacon instanceof Malformed ? beacon : genuine(beacon, beacon.author, sealed.payload, sealed.signature);
}

/** A beacon or row as one datagram, or undefined when it does not fit. */
export function datagramOf(
  message: { readonly beacon: SignedBeacon } | { readonly row: SignedRow },
  keys: DatagramKeys,
): Uint8Array | undefined {
  const signed = "beacon" in message ? message.beacon : message.row;
  const bytes = frameDatagram("beacon" in message ? "beacon" : "row", sealedOf(signed), keys);
  return bytes.length > datagramBytesMax ? undefined : bytes;
}

/** Payload and signature of a genuine message, for passing on unchanged. */
export function sealedOf(message: { readonly bytes: Uint8Array; readonly signature: Uint8Array }): Sealed {
  return { payload: message.bytes, signature: message.signature };
}

/** A row that came by datagram. */
export function checkPushedRow(framed: Framed, verifier: Verifier): SignedRow | Malformed {
  return checkRow(framed, verifier);
}
