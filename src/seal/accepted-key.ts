/**
 * Which Ed25519 public keys may be believed at all (SE-1): 32 bytes, the one canonical encoding of a point of the
 * curve, not of small order, and in the prime-order subgroup. Judged by @noble/ed25519, so that the verdict does not
 * depend on the Node version.
 */
import { Point } from "@noble/ed25519";
import { equalBytes } from "../kernel/bytes.ts";

/** The verdict, worked out anew: about a millisecond, so callers remember it. Never throws. */
export function isAcceptableKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const point = decodePoint(publicKey);
  if (point === undefined || point.isSmallOrder() || !point.isTorsionFree()) return false;
  // The strict decoder refuses y >= p; only encoding the point again also refuses a sign bit on x = 0.
  return equalBytes(point.toBytes(), publicKey);
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined; // noble throws plain errors for bytes that are no point
  }
}
