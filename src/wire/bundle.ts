/**
 * A join bundle as text that survives mail and chat: `vigo1-` and base64url of the content and a checksum (WI-8). White
 * space from copying is taken out; everything else that does not fit is BUNDLE_CORRUPT.
 */
import { Malformed, Reader, Writer, decoding, equalBytes } from "../kernel/bytes.ts";
import { inDomain, sha256 } from "../kernel/digest.ts";
import { fromHex, toHex } from "../kernel/hex.ts";
import { boltIdOf, idBytes, rowIdOf } from "../kernel/id.ts";
import type { Outcome } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { rowLimits } from "../roster/row.ts";
import type { Bundle } from "../turn/admin.ts";

/** A bundle with the seed of its token key. */
export interface OpenBundle {
  readonly bundle: Bundle;
  readonly tokenSeed: Uint8Array;
}

const prefix = "vigo1-";
const checksumBytes = 4;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const charactersMax = 8_192;
const values = new Map([...alphabet].map((letter, at) => [letter, at]));

/** The text to hand over. It holds the secret. */
export function encodeBundle({ bundle, tokenSeed }: OpenBundle): string {
  const content = new Writer()
    .fixed(idBytes(bundle.genesis))
    .text(bundle.spannerId)
    .fixed(idBytes(bundle.mint))
    .fixed(idBytes(bundle.minter))
    .fixed(idBytes(bundle.tokenKey))
    .varint(bundle.expiresMs)
    .fixed(fromHex(bundle.pin))
    .list(bundle.addresses, (to, address) => to.text(address))
    .fixed(tokenSeed)
    .finish();
  const all = new Uint8Array(content.length + checksumBytes);
  all.set(content);
  all.set(checksum(content), content.length);
  return prefix + toBase64(all);
}

/** The bundle behind a text, or `BUNDLE_CORRUPT` with what looks wrong about it. */
export function decodeBundle(text: string): Outcome<OpenBundle> {
  const compact = text.length > charactersMax ? "" : text.replace(/\s+/gu, "");
  if (text.length > charactersMax) return corrupt("It is far too long");
  if (compact === "") return corrupt("It is empty");
  if (!compact.startsWith(prefix)) {
    const isOther = /^vigo\d+-/u.test(compact);
    return corrupt(isOther ? "It is of another version" : `It does not begin with ${prefix}`);
  }
  const bytes = fromBase64(compact.slice(prefix.length));
  if (bytes === undefined) return corrupt("It holds a character that no bundle has");
  if (bytes.length <= checksumBytes) return corrupt("It is cut off");
  const content = bytes.slice(0, -checksumBytes);
  if (!equalBytes(checksum(content), bytes.slice(-checksumBytes))) {
    return corrupt("Its checksum does not fit: part of it is missing or was changed");
  }
  const read = decoding(() => readContent(content));
  return read instanceof Malformed ? corrupt("Its content cannot be read") : done(read);
}

function readContent(content: Uint8Array): OpenBundle {
  const reader = new Reader(content);
  const genesis = rowIdOf(reader.fixed(32));
  const spannerId = reader.text(rowLimits.spannerIdBytes);
  const mint = rowIdOf(reader.fixed(32));
  const minter = boltIdOf(reader.fixed(32));
  const tokenKey = boltIdOf(reader.fixed(32));
  const expiresMs = reader.varint();
  const pin = toHex(reader.fixed(32));
  const addresses = reader.list(rowLimits.addresses, (from) => from.text(rowLimits.addressBytes));
  const tokenSeed = reader.fixed(32);
  reader.end();
  return { bundle: { genesis, spannerId, mint, minter, tokenKey, expiresMs, pin, addresses }, tokenSeed };
}

function corrupt(why: string): ReturnType<typeof refused> {
  return refused({
    code: "BUNDLE_CORRUPT",
    message: `This is no whole invite. ${why}.`,
    next: "copy the whole text again, or mint another with vigocli spanner bolt invite",
  });
}

function checksum(content: Uint8Array): Uint8Array {
  return sha256(inDomain("vigo.bundle.1", content)).slice(0, checksumBytes);
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    text += (alphabet[a >> 2] ?? "") + (alphabet[((a & 3) << 4) | ((b ?? 0) >> 4)] ?? "");
    if (b !== undefined) text += alphabet[((b & 15) << 2) | ((c ?? 0) >> 6)] ?? "";
    if (c !== undefined) text += alphabet[c & 63] ?? "";
  }
  return text;
}

function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text) {
    const value = values.get(letter);
    if (value === undefined) return undefined;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
  }
  // Left-over bits are zero in what we write; others would make two texts of one bundle.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
