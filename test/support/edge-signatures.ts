/**
 * Builds Ed25519 signatures on which libraries disagree: torsion in the key or in R, encodings that are not
 * canonical, S beyond the group order. Everything is computed here from seeds; nothing is copied from vector files.
 */
import { hash, hashes, Point, utils } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat } from "../../src/kernel/bytes.ts";

hashes.sha512 = sha512;

const { n: order, p: prime } = Point.CURVE();

/** One signature to judge. */
export interface EdgeSignature {
  readonly publicKey: Uint8Array;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** The point of order 8 times `multiple`: `torsion(0)` is the identity, `torsion(4)` has order 2. */
export function torsion(multiple: number): Point {
  let sum = Point.ZERO;
  for (let at = 0; at < multiple; at++) sum = sum.add(orderEight);
  return sum;
}

const orderEight = findOrderEight();

function findOrderEight(): Point {
  for (let y = 2n; ; y++) {
    let point: Point;
    try {
      point = Point.fromBytes(littleEndian(y));
    } catch {
      continue; // no point of the curve has this y
    }
    // The order of the group times any point leaves its torsion part.
    const part = point.multiply(order - 1n, false).add(point);
    if (!part.double().double().is0()) return part;
  }
}

/** How R or A is put into bytes. */
export type Encoding = "canonical" | "beyond-prime" | "sign-on-zero";

export interface EdgeShape {
  readonly seed: number;
  /** Torsion added to the key's point, in eighths. */
  readonly keyTorsion: number;
  /** True leaves out the key's honest part, so that the key has small order. */
  readonly smallKey?: boolean;
  readonly rTorsion: number;
  /** True leaves out R's honest part. */
  readonly smallR?: boolean;
  readonly keyEncoding?: Encoding;
  readonly rEncoding?: Encoding;
  /** What the challenge must be modulo 8, found by trying messages: 0 satisfies both equations under any torsion. */
  readonly challengeMod8?: number;
  /** True adds the group order to S. */
  readonly highS?: boolean;
}

/** A signature of the shape that satisfies the cofactored equation. */
export function buildEdge(shape: EdgeShape): EdgeSignature {
  const key = utils.getExtendedPublicKey(new Uint8Array(32).fill(shape.seed));
  const secret = shape.smallKey === true ? 0n : key.scalar;
  const nonce = shape.smallR === true ? 0n : (key.scalar * 7n + 3n) % order;
  const publicKey = encode(pointOf(secret).add(torsion(shape.keyTorsion)), shape.keyEncoding);
  const r = encode(pointOf(nonce).add(torsion(shape.rTorsion)), shape.rEncoding);
  for (let attempt = 0; ; attempt++) {
    const bytes = Uint8Array.of(shape.seed, attempt & 255, attempt >> 8);
    const challenge = fromLittleEndian(hash(concat(r, publicKey, bytes))) % order;
    if (shape.challengeMod8 !== undefined && Number(challenge % 8n) !== shape.challengeMod8) continue;
    const s = ((nonce + challenge * secret) % order) + (shape.highS === true ? order : 0n);
    return { publicKey, bytes, signature: concat(r, littleEndian(s)) };
  }
}

function pointOf(scalar: bigint): Point {
  return scalar === 0n ? Point.ZERO : Point.BASE.multiply(scalar, false);
}

function encode(point: Point, encoding: Encoding = "canonical"): Uint8Array {
  if (encoding === "canonical") return point.toBytes();
  const { x, y } = point.toAffine();
  if (encoding === "beyond-prime") {
    if (y + prime >= 1n << 255n) throw new Error("this point has one encoding only");
    return withSign(littleEndian(y + prime), (x & 1n) === 1n);
  }
  if (x !== 0n) throw new Error("only points with x = 0 have a sign bit to spare");
  return withSign(littleEndian(y), true);
}

function withSign(bytes: Uint8Array, isOdd: boolean): Uint8Array {
  if (isOdd) bytes[31] = (bytes[31] ?? 0) | 0x80;
  return bytes;
}

function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  let rest = value;
  for (let at = 0; at < 32; at++) {
    bytes[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return value;
}
