/** Total orders that mean the same on every machine: code units for text, never a locale. */

/** Negative, zero or positive as `a` sorts before, with or after `b`. */
export type Compare<T> = (a: T, b: T) => number;

/** By code unit. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By value; no NaN. */
export function compareNumbers(a: number, b: number): number {
  return a - b;
}

/** By content, then length. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** A sorted copy. */
export function sorted<T>(items: Iterable<T>, compare: Compare<T>): T[] {
  return [...items].sort(compare);
}
