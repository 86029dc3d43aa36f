/**
 * Finds, among many patterns, the few that a hostname might match. Each pattern is filed under one literal piece that
 * every match must hold, the one that fewest patterns share: the text it begins with, the text it ends with, or four
 * characters (fewer where there are no more) from between its wildcards. A look-up walks the hostname once from each
 * end and once over its pieces. Pieces are kept as hashes: a collision costs a comparison, never an answer.
 */
import { onlyCharacter, placeOf } from "./alphabet.ts";
import type { Pattern } from "./glob.ts";
import type { Hostname } from "./hostname.ts";

const pieceMax = 4;

/** How a bucket's key is spread so that it stays a small integer. */
const keyBits = 0x3fffffff;

/** Buckets of one kind of piece, and a bitmap that says quickly that a key has none. */
class Buckets {
  readonly #buckets = new Map<number, number[]>();
  readonly #present: Uint8Array;
  readonly #mask: number;

  /** Sized for about `count` keys. */
  constructor(count: number) {
    let size = 64;
    while (size < count * 8) size *= 2;
    this.#present = new Uint8Array(size);
    this.#mask = size - 1;
  }

  add(key: number, index: number): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, [index]);
    else bucket.push(index);
    this.#present[this.#slot(key)] = 1;
  }

  get(key: number): readonly number[] | undefined {
    return this.#present[this.#slot(key)] === 1 ? this.#buckets.get(key) : undefined;
  }

  #slot(key: number): number {
    return (key ^ (key >>> 15)) & this.#mask;
  }
}

/** What a pattern could be filed under. */
interface Piece {
  readonly kind: "suffix" | "prefix" | "middle";
  readonly key: number;
}

/** An index over patterns, by their position in the list given. */
export class LiteralIndex {
  readonly #suffixes: Buckets;
  readonly #prefixes: Buckets;
  readonly #middles: Buckets;
  /** Patterns without any literal: every hostname is held against them. */
  readonly #bare: number[] = [];

  constructor(patterns: readonly Pattern[]) {
    this.#suffixes = new Buckets(patterns.length);
    this.#prefixes = new Buckets(patterns.length);
    this.#middles = new Buckets(patterns.length);
    const pieces = patterns.map(piecesOf);
    const shared = countPieces(pieces);
    for (const [index, options] of pieces.entries()) {
      const rarest = rarestOf(options, shared);
      if (rarest === undefined) this.#bare.push(index);
      else this.#bucketsOf(rarest.kind).add(rarest.key, index);
    }
  }

  /**
   * Hands each bucket of positions, ascending, that may hold matches of the hostname to `take`. A bucket may come
   * twice; together they hold every pattern that matches.
   */
  eachBucket(hostname: Hostname, take: (positions: readonly number[]) => void): void {
    if (this.#bare.length > 0) take(this.#bare);
    let prefix = 0;
    let suffix = 0;
    let middle = 0;
    for (let at = 0; at < hostname.length; at++) {
      const place = placeOf(hostname.charCodeAt(at));
      prefix = chain(prefix, place);
      offer(this.#prefixes.get(prefix), take);
      suffix = chain(suffix, placeOf(hostname.charCodeAt(hostname.length - 1 - at)));
      offer(this.#suffixes.get(suffix), take);
      middle = appendToPiece(middle, place);
      for (let length = 1; length <= pieceMax && length <= at + 1; length++) {
        offer(this.#middles.get(lastOfPiece(middle, length)), take);
      }
    }
  }

  #bucketsOf(kind: Piece["kind"]): Buckets {
    return kind === "suffix" ? this.#suffixes : kind === "prefix" ? this.#prefixes : this.#middles;
  }
}

function offer(bucket: readonly number[] | undefined, take: (positions: readonly number[]) => void): void {
  if (bucket !== undefined) take(bucket);
}

/** The hash of a text one character longer. */
function chain(hash: number, place: number): number {
  return (Math.imul(hash ^ (place + 1), 0x01000193) + 0x9e3779b9) & keyBits;
}

/** Six bits a character, none of them zero, so pieces of different lengths differ. */
function appendToPiece(piece: number, place: number): number {
  return ((piece << 6) | (place + 1)) & 0xffffff;
}

function lastOfPiece(piece: number, length: number): number {
  return piece & ((1 << (6 * length)) - 1);
}

/** Everything a pattern could be filed under, in order of preference. */
function piecesOf(pattern: Pattern): Piece[] {
  const pieces: Piece[] = [];
  if (pattern.suffix !== "") pieces.push({ kind: "suffix", key: hashOf([...pattern.suffix].reverse()) });
  if (pattern.prefix !== "") pieces.push({ kind: "prefix", key: hashOf([...pattern.prefix]) });
  let piece = 0;
  let length = 0;
  const endRun = (): void => {
    if (length > 0 && length < pieceMax) pieces.push({ kind: "middle", key: piece });
    piece = 0;
    length = 0;
  };
  for (const step of pattern.steps.slice(pattern.prefix.length, pattern.steps.length - pattern.suffix.length)) {
    const character = onlyCharacter(step);
    if (character === undefined) {
      endRun();
      continue;
    }
    piece = appendToPiece(piece, placeOf(character.charCodeAt(0)));
    length++;
    if (length >= pieceMax) pieces.push({ kind: "middle", key: piece });
  }
  endRun();
  return pieces;
}

function hashOf(characters: readonly string[]): number {
  return characters.reduce((hash, character) => chain(hash, placeOf(character.charCodeAt(0))), 0);
}

type Shared = Readonly<Record<Piece["kind"], ReadonlyMap<number, number>>>;

/** How many patterns could be filed under each piece. */
function countPieces(pieces: readonly (readonly Piece[])[]): Shared {
  const shared = {
    suffix: new Map<number, number>(),
    prefix: new Map<number, number>(),
    middle: new Map<number, number>(),
  };
  for (const options of pieces) {
    for (const { kind, key } of options) shared[kind].set(key, (shared[kind].get(key) ?? 0) + 1);
  }
  return shared;
}

function rarestOf(options: readonly Piece[], shared: Shared): Piece | undefined {
  let rarest: Piece | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const piece of options) {
    const count = shared[piece.kind].get(piece.key) ?? 0;
    if (count >= fewest) continue;
    rarest = piece;
    fewest = count;
  }
  return rarest;
}
