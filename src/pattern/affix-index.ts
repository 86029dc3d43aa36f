/**
 * Finds, among many patterns, those whose literal ends do not rule an overlap out. Two patterns can share a hostname
 * only when one's literal prefix begins with the other's, and likewise their suffixes; so of all patterns only those
 * with a shorter prefix along the way or a longer one behind it remain, and the shorter of the two lists is taken.
 */
import { compareText } from "../kernel/order.ts";
import type { Pattern } from "./glob.ts";

/** Positions by text, with the texts sorted, so that those with a common beginning stand together. */
class Beginnings {
  readonly #positions = new Map<string, number[]>();
  readonly #texts: readonly string[];
  /** How many positions the texts before each one hold. */
  readonly #before: readonly number[];

  constructor(texts: readonly string[]) {
    for (const [position, text] of texts.entries()) {
      const same = this.#positions.get(text);
      if (same === undefined) this.#positions.set(text, [position]);
      else same.push(position);
    }
    this.#texts = [...this.#positions.keys()].sort(compareText);
    const before = [0];
    for (const text of this.#texts) before.push((before.at(-1) ?? 0) + (this.#positions.get(text)?.length ?? 0));
    this.#before = before;
  }

  /** How many positions `related` gives. */
  countRelated(text: string): number {
    const { from, to } = this.#extensions(text);
    let count = (this.#before[to] ?? 0) - (this.#before[from] ?? 0);
    for (let length = 0; length < text.length; length++) count += this.#at(text.slice(0, length)).length;
    return count;
  }

  /** Positions of the texts that begin with this one or that this one begins with. */
  related(text: string): number[] {
    const { from, to } = this.#extensions(text);
    const positions = this.#texts.slice(from, to).flatMap((longer) => this.#at(longer));
    for (let length = 0; length < text.length; length++) positions.push(...this.#at(text.slice(0, length)));
    return positions;
  }

  #at(text: string): readonly number[] {
    return this.#positions.get(text) ?? [];
  }

  /** The range of sorted texts that begin with this one, itself included. */
  #extensions(text: string): { readonly from: number; readonly to: number } {
    // "~" sorts behind every character of hostnames.
    return { from: this.#firstNotBefore(text), to: this.#firstNotBefore(`${text}~`) };
  }

  #firstNotBefore(text: string): number {
    let low = 0;
    let high = this.#texts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#texts[middle] ?? "") < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** An index over patterns, by their position in the list given. */
export class AffixIndex {
  readonly #prefixes: Beginnings;
  readonly #suffixes: Beginnings;

  constructor(patterns: readonly Pattern[]) {
    this.#prefixes = new Beginnings(patterns.map((pattern) => pattern.prefix));
    this.#suffixes = new Beginnings(patterns.map((pattern) => reversed(pattern.suffix)));
  }

  /** Positions, ascending, of every pattern that may overlap this one. */
  candidates(pattern: Pattern): number[] {
    const suffix = reversed(pattern.suffix);
    const byPrefix = this.#prefixes.countRelated(pattern.prefix) < this.#suffixes.countRelated(suffix);
    const positions = byPrefix ? this.#prefixes.related(pattern.prefix) : this.#suffixes.related(suffix);
    return positions.sort((a, b) => a - b);
  }
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}
