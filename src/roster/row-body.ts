/**
 * The bodies of rows as bytes, by kind. Codes 8 and up belong to kinds of later versions (TAKEOVER, RETURN, POLICY,
 * PROMOTE, PIN); a body that this version cannot read is inert, with the reason (RO-5).
 */
import { absurd } from "../kernel/assert.ts";
import { decoding, Malformed, Reader, Writer } from "../kernel/bytes.ts";
import { boltIdOf, idBytes, rowIdOf } from "../kernel/id.ts";
import { rowLimits } from "./row.ts";
import type { Addresses, Body, Claimed, Inert, Leave, Mint } from "./row.ts";

type Known = Exclude<Body, Inert>;

/** The number of each kind on the wire. */
export const kindCodes: { readonly [K in Known["kind"]]: number } = {
  genesis: 1,
  mint: 2,
  revoke: 3,
  admit: 4,
  claim: 5,
  leave: 6,
  remove: 7,
};

const readers: ReadonlyMap<number, (reader: Reader) => Known> = new Map([
  [kindCodes.genesis, readGenesis],
  [kindCodes.mint, readMint],
  [kindCodes.revoke, readRevoke],
  [kindCodes.admit, readAdmit],
  [kindCodes.claim, readClaim],
  [kindCodes.leave, readLeave],
  [kindCodes.remove, readRemove],
]);

/** The bytes of a body. */
export function encodeBody(body: Known): Uint8Array {
  const writer = new Writer();
  writeBody(writer, body);
  return writer.finish();
}

/** The body of this kind in these bytes; inert when this version cannot read it. Never throws. */
export function decodeBody(code: number, bytes: Uint8Array): Body {
  const read = readers.get(code);
  if (read === undefined) return { kind: "inert", code, why: "a kind this version does not know" };
  const body = decoding(() => {
    const reader = new Reader(bytes);
    const known = read(reader);
    reader.end();
    return known;
  });
  return body instanceof Malformed ? { kind: "inert", code, why: body.message } : body;
}

/** Name, patterns and addresses, as bodies and join claims hold them. */
export function writeClaimed(writer: Writer, { name, patterns, addresses }: Claimed): void {
  writer.text(name);
  writeTexts(writer, patterns);
  writeTexts(writer, addresses.grpc);
  writeTexts(writer, addresses.api);
}

/** Addresses within their limits; throws `Malformed`. */
export function readAddresses(reader: Reader): Addresses {
  return { grpc: readTexts(reader, "address"), api: readTexts(reader, "address") };
}

/** A count, then each text. */
export function writeTexts(writer: Writer, texts: readonly string[]): void {
  writer.list(texts, (to, text) => to.text(text));
}

function writeBody(writer: Writer, body: Known): void {
  switch (body.kind) {
    case "genesis":
      writer.text(body.spannerId);
      writeClaimed(writer, body);
      writer.fixed(idBytes(body.recoveryKey));
      return;
    case "mint":
      return writeMint(writer, body);
    case "revoke":
      writer.fixed(idBytes(body.mint));
      return;
    case "admit":
      writer.fixed(idBytes(body.mint)).fixed(idBytes(body.tokenKey)).fixed(idBytes(body.key));
      writeClaimed(writer, body);
      writer.fixed(body.keyProof).fixed(body.tokenProof);
      return;
    case "claim":
      return writeTexts(writer, body.patterns);
    case "leave":
      return writeLeave(writer, body);
    case "remove":
      writer.fixed(idBytes(body.target));
      writer.list(body.cut, (to, id) => to.fixed(idBytes(id)));
      return;
    default:
      return absurd(body);
  }
}

function writeMint(writer: Writer, { tokenKey, expiresMs, bound }: Mint): void {
  writer
    .fixed(idBytes(tokenKey))
    .varint(expiresMs)
    .byte(bound === null ? 0 : 1);
  if (bound === null) return;
  writer.fixed(idBytes(bound.key)).text(bound.name);
  writeTexts(writer, bound.patterns);
}

function writeLeave(writer: Writer, { successor }: Leave): void {
  writer.byte(successor === null ? 0 : 1);
  if (successor !== null) writer.fixed(idBytes(successor.key)).fixed(successor.consent);
}

function readFlag(reader: Reader): boolean {
  const flag = reader.byte();
  if (flag > 1) throw new Malformed("a flag is neither 0 nor 1");
  return flag === 1;
}

function readTexts(reader: Reader, of: "pattern" | "address"): string[] {
  const [count, bytes] =
    of === "pattern" ? [rowLimits.patterns, rowLimits.patternBytes] : [rowLimits.addresses, rowLimits.addressBytes];
  return reader.list(count, (from) => from.text(bytes));
}

function readClaimed(reader: Reader): Claimed {
  const name = reader.text(rowLimits.nameBytes);
  return { name, patterns: readTexts(reader, "pattern"), addresses: readAddresses(reader) };
}

function readGenesis(reader: Reader): Known {
  const spannerId = reader.text(rowLimits.spannerIdBytes);
  return { kind: "genesis", spannerId, ...readClaimed(reader), recoveryKey: boltIdOf(reader.fixed(32)) };
}

function readMint(reader: Reader): Known {
  const tokenKey = boltIdOf(reader.fixed(32));
  const expiresMs = reader.varint();
  if (!readFlag(reader)) return { kind: "mint", tokenKey, expiresMs, bound: null };
  const key = boltIdOf(reader.fixed(32));
  const name = reader.text(rowLimits.nameBytes);
  return { kind: "mint", tokenKey, expiresMs, bound: { key, name, patterns: readTexts(reader, "pattern") } };
}

function readRevoke(reader: Reader): Known {
  return { kind: "revoke", mint: rowIdOf(reader.fixed(32)) };
}

function readAdmit(reader: Reader): Known {
  const mint = rowIdOf(reader.fixed(32));
  const tokenKey = boltIdOf(reader.fixed(32));
  const key = boltIdOf(reader.fixed(32));
  const claimed = readClaimed(reader);
  return { kind: "admit", mint, tokenKey, key, ...claimed, keyProof: reader.fixed(64), tokenProof: reader.fixed(64) };
}

function readClaim(reader: Reader): Known {
  return { kind: "claim", patterns: readTexts(reader, "pattern") };
}

function readLeave(reader: Reader): Known {
  if (!readFlag(reader)) return { kind: "leave", successor: null };
  return { kind: "leave", successor: { key: boltIdOf(reader.fixed(32)), consent: reader.fixed(64) } };
}

function readRemove(reader: Reader): Known {
  const target = boltIdOf(reader.fixed(32));
  return { kind: "remove", target, cut: reader.list(rowLimits.cutHeads, (from) => rowIdOf(from.fixed(32))) };
}
