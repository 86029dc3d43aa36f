/** SHA-256 (FIPS 180-4), by @noble/hashes so that the core zone stays free of Node. */
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { encodeUtf8 } from "./utf8.ts";
import { concat } from "./bytes.ts";

/** 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, bytes);
}

/**
 * What a key signs or a hash covers when it means `domain`: the domain's text, a zero byte, then the bytes.
 * Every signed thing has a domain of its own, so no signature can be shown as one of another kind.
 */
export function inDomain(domain: string, bytes: Uint8Array): Uint8Array {
  return concat(encodeUtf8(domain), Uint8Array.of(0), bytes);
}
