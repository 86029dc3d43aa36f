/**
 * The 38 characters of hostnames, and sets of them as two words of bits, so that whether two sets share a character
 * is two ANDs. Upper-case ASCII letters count as their lower-case ones; nothing else is folded, because Unicode case
 * folding turns look-alikes (the Kelvin sign) into plain letters.
 */

/** All characters a hostname may hold; a character's index here is its *place*. */
export const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-.";

const letterCount = 26;
const digitCount = 10;
const noPlace = 255;

/** Places of the two characters that are neither letter nor digit. */
export const hyphenPlace = 36;
export const dotPlace = 37;

/** Bits of `others`. */
export const digitBits = 0x3ff;
export const hyphenBit = 0x400;
export const dotBit = 0x800;

/** A set of places: bits 0 to 25 of `letters`; in `others` bits 0 to 9 the digits, 10 the hyphen, 11 the dot. */
export interface CharacterSet {
  readonly letters: number;
  readonly others: number;
}

/** Every character. */
export const everyCharacter: CharacterSet = { letters: 0x3ffffff, others: 0xfff };

const placeOfCode: Uint8Array = new Uint8Array(128).fill(noPlace);
for (let place = 0; place < alphabet.length; place++) {
  placeOfCode[alphabet.charCodeAt(place)] = place;
  if (place < letterCount) placeOfCode[alphabet.charCodeAt(place) - 32] = place;
}

/** The place of a UTF-16 code unit, or -1 when no hostname holds it. */
export function placeOf(code: number): number {
  const place = placeOfCode[code] ?? noPlace;
  return place === noPlace ? -1 : place;
}

/** The set of the places from `first` to `last`, both included. */
export function placesBetween(first: number, last: number): CharacterSet {
  let letters = 0;
  let others = 0;
  for (let place = first; place <= last; place++) {
    if (place < letterCount) letters |= 1 << place;
    else others |= 1 << (place - letterCount);
  }
  return { letters, others };
}

/** Whether two places are both letters or both digits: only those make a range. */
export function areOneKind(a: number, b: number): boolean {
  const digitsEnd = letterCount + digitCount;
  if (a < letterCount) return b < letterCount;
  return a < digitsEnd && b >= letterCount && b < digitsEnd;
}

/** Whether the set holds the place. */
export function holds(set: CharacterSet, place: number): boolean {
  return place < letterCount ? ((set.letters >>> place) & 1) === 1 : ((set.others >>> (place - letterCount)) & 1) === 1;
}

/** Whether the sets share a character. */
export function meets(a: CharacterSet, b: CharacterSet): boolean {
  return ((a.letters & b.letters) | (a.others & b.others)) !== 0;
}

/** The place of the first letter or digit whose bit is set, letters first; -1 when there is none. */
export function firstAlphanumeric(letters: number, others: number): number {
  if (letters !== 0) return 31 - Math.clz32(letters & -letters);
  const digits = others & digitBits;
  return digits === 0 ? -1 : letterCount + 31 - Math.clz32(digits & -digits);
}

/** The one character of the set, or undefined when it holds none or several. */
export function onlyCharacter(set: CharacterSet): string | undefined {
  const { letters, others } = set;
  const bits = letters === 0 ? others : letters;
  const isOne = bits !== 0 && (bits & (bits - 1)) === 0 && (letters === 0 || others === 0);
  if (!isOne) return undefined;
  return alphabet[31 - Math.clz32(bits) + (letters === 0 ? letterCount : 0)];
}

/** How a message names a character of user text: as itself when it is plain ASCII, else by its code point. */
export function nameCharacter(text: string, at: number): string {
  const point = text.codePointAt(at) ?? 0;
  if (point > 0x20 && point < 0x7f) return `"${String.fromCodePoint(point)}"`;
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}
