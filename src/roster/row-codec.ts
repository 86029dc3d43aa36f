/**
 * A row's bytes: what its author signs in `rowDomain` and what its id hashes (RO-3, RO-4). One value has one encoding.
 * A malformed head is refused; a body that is unknown, over a limit or malformed is `inert`: merged, relayed, and
 * counting as nothing, so bolts of mixed versions hold one set (RO-5).
 *
 *   version 1 | genesis? | origin | incarnation | seq | prev? | seen? | rank | wallMs | kind | body as a blob
 */
import { absurd, invariant, must } from "../kernel/assert.ts";
import { decoding, Malformed, Reader, Writer } from "../kernel/bytes.ts";
import { inDomain, sha256 } from "../kernel/digest.ts";
import { boltIdOf, idBytes, rowIdOf } from "../kernel/id.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { decodeBody, encodeBody, kindCodes, writeClaimed } from "./row-body.ts";
import { rowLimits } from "./row.ts";
import type { Admit, Body, Inert, Leave, Row, RowHead } from "./row.ts";

/** What rows are signed and hashed in. */
export const rowDomain = "vigo.row.1";
/** What a joiner and its token sign in. */
export const joinDomain = "vigo.join.1";
/** What a successor's consent is signed in. */
export const successionDomain = "vigo.succeed.1";

const rowVersion = 1;

/** A signature inside a body that must hold for the body to count. A null one asks only that the key is acceptable. */
export interface InnerProof {
  readonly publicKey: Uint8Array;
  readonly domain: string;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array | null;
}

/** The payload of a row. Throws `Bug` past the frame limit: writers check what they were given first. */
export function encodeRow(head: RowHead, body: Exclude<Body, Inert>): Uint8Array {
  const writer = new Writer().byte(rowVersion);
  writeOptionalId(writer, head.genesis);
  writer.fixed(idBytes(head.origin)).varint(head.incarnation).varint(head.seq);
  writeOptionalId(writer, head.prev);
  writeOptionalId(writer, head.seen);
  writer.varint(head.rank).varint(head.wallMs).varint(kindCodes[body.kind]).blob(encodeBody(body));
  const payload = writer.finish();
  invariant(payload.length <= rowLimits.rowBytes, `a row of ${payload.length} bytes is over the limit`);
  return payload;
}

/** The row in these bytes, or why there is none. Never throws. */
export function decodeRow(payload: Uint8Array): Row | Malformed {
  if (payload.length > rowLimits.rowBytes) return new Malformed("row is over its limit of bytes");
  return decoding(() => readRow(payload));
}

/** The id of the row with this payload. */
export function rowIdOfPayload(payload: Uint8Array): RowId {
  return rowIdOf(sha256(inDomain(rowDomain, payload)));
}

/** The rows a body names, besides `prev` and `seen`: they must be merged before it. */
export function namedRows(body: Body): readonly RowId[] {
  switch (body.kind) {
    case "admit":
    case "revoke":
      return [body.mint];
    case "remove":
      return body.cut;
    case "genesis":
    case "mint":
    case "claim":
    case "leave":
    case "inert":
      return [];
    default:
      return absurd(body);
  }
}

/** What a joiner and its token sign, by field; see `JoinClaim` of turn/peer.ts. */
export type JoinClaimed = Pick<Admit, "mint" | "tokenKey" | "key" | "name" | "patterns" | "addresses"> & {
  readonly genesis: RowId;
};

/** The bytes of a join claim, to be signed in `joinDomain`. */
export function joinClaimBytes(claim: JoinClaimed): Uint8Array {
  const writer = new Writer().fixed(idBytes(claim.genesis)).fixed(idBytes(claim.mint));
  writer.fixed(idBytes(claim.tokenKey)).fixed(idBytes(claim.key));
  writeClaimed(writer, claim);
  return writer.finish();
}

/** The bytes a successor signs in `successionDomain` to consent that it takes over from the leaver. */
export function successionBytes(genesis: RowId, leaver: BoltId, successor: BoltId): Uint8Array {
  return new Writer().fixed(idBytes(genesis)).fixed(idBytes(leaver)).fixed(idBytes(successor)).finish();
}

/** Signatures and keys inside the body that must hold for it to count; empty for most kinds. */
export function innerProofs(row: Row): readonly InnerProof[] {
  const { body } = row;
  switch (body.kind) {
    case "genesis":
      return [{ publicKey: idBytes(body.recoveryKey), domain: rowDomain, bytes: new Uint8Array(0), signature: null }];
    case "admit":
      return admitProofs(genesisOf(row), body);
    case "leave":
      return leaveProofs(genesisOf(row), row.origin, body);
    case "mint":
    case "revoke":
    case "claim":
    case "remove":
    case "inert":
      return [];
    default:
      return absurd(body);
  }
}

function genesisOf(row: Row): RowId {
  return must(row.genesis, "only GENESIS has no genesis");
}

function admitProofs(genesis: RowId, body: Admit): readonly InnerProof[] {
  const bytes = joinClaimBytes({ ...body, genesis });
  return [
    { publicKey: idBytes(body.key), domain: joinDomain, bytes, signature: body.keyProof },
    { publicKey: idBytes(body.tokenKey), domain: joinDomain, bytes, signature: body.tokenProof },
  ];
}

function leaveProofs(genesis: RowId, leaver: BoltId, { successor }: Leave): readonly InnerProof[] {
  if (successor === null) return [];
  const bytes = successionBytes(genesis, leaver, successor.key);
  return [{ publicKey: idBytes(successor.key), domain: successionDomain, bytes, signature: successor.consent }];
}

function writeOptionalId(writer: Writer, id: RowId | null): void {
  if (id === null) writer.byte(0);
  else writer.byte(1).fixed(idBytes(id));
}

function readOptionalId(reader: Reader): RowId | null {
  const flag = reader.byte();
  if (flag > 1) throw new Malformed("a flag is neither 0 nor 1");
  return flag === 0 ? null : rowIdOf(reader.fixed(32));
}

function readRow(payload: Uint8Array): Row {
  const reader = new Reader(payload);
  if (reader.byte() !== rowVersion) throw new Malformed("a row of another version");
  const head: RowHead = {
    genesis: readOptionalId(reader),
    origin: boltIdOf(reader.fixed(32)),
    incarnation: reader.varint(),
    seq: reader.varint(),
    prev: readOptionalId(reader),
    seen: readOptionalId(reader),
    rank: reader.varint(),
    wallMs: reader.varint(),
  };
  const code = reader.varint();
  const body = reader.blob(rowLimits.rowBytes);
  reader.end();
  checkHead(head, code === kindCodes.genesis);
  return { ...head, id: rowIdOfPayload(payload), body: decodeBody(code, body) };
}

/** GENESIS stands alone at the beginning; every other row has a genesis, a `prev` and a `seen`. */
function checkHead(head: RowHead, isGenesis: boolean): void {
  const { genesis, seq, prev, seen, rank } = head;
  const isFirst = genesis === null && prev === null && seen === null && seq === 0 && rank === 0;
  const isLater = genesis !== null && prev !== null && seen !== null && seq > 0 && rank > 0;
  if (!(isGenesis ? isFirst : isLater)) throw new Malformed("the head of a row does not fit its kind");
}
