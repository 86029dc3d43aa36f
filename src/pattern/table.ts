/**
 * Who owns a hostname: the first pattern, in an order of precedence given once, that matches it. Built for tables of
 * ten thousand patterns that are asked far more often than they change. Carries PA-8 and PA-9.
 */
import { must } from "../kernel/assert.ts";
import { AffixIndex } from "./affix-index.ts";
import type { Pattern } from "./glob.ts";
import { matches } from "./glob.ts";
import type { Hostname } from "./hostname.ts";
import { LiteralIndex } from "./literal-index.ts";
import { overlap } from "./overlap.ts";

/** A pattern and whose it is. */
export interface Entry<T> {
  readonly pattern: Pattern;
  readonly owner: T;
}

/** An entry and its position in the order of precedence, from 0. */
export interface Found<T> extends Entry<T> {
  readonly index: number;
}

/** An entry that overlaps a pattern, and a hostname that both match. */
export interface Overlapping<T> extends Found<T> {
  readonly witness: Hostname;
}

/** Which entries a question is about; all of them when left out. */
export type Counts<T> = (owner: T, index: number) => boolean;

/** The table of the entries, which stand in order of precedence, first wins. */
export function buildTable<T>(entries: readonly Entry<T>[]): PatternTable<T> {
  return new PatternTable(entries);
}

/** Immutable; answers depend on the entries and their order alone. */
export class PatternTable<T> {
  readonly entries: readonly Entry<T>[];
  readonly #patterns: readonly Pattern[];
  // Each made at its first question: a table that is never asked it does without.
  #byLiteral: LiteralIndex | undefined;
  #byAffix: AffixIndex | undefined;

  constructor(entries: readonly Entry<T>[]) {
    this.entries = Object.freeze([...entries]);
    this.#patterns = this.entries.map((entry) => entry.pattern);
  }

  /** The first entry that matches, or undefined. */
  find(hostname: Hostname, counts?: Counts<T>): Found<T> | undefined {
    let first = this.#patterns.length;
    this.#literals().eachBucket(hostname, (positions) => {
      for (const index of positions) {
        if (index >= first) return;
        if (!matches(this.#pattern(index), hostname)) continue;
        if (counts === undefined || counts(this.#entry(index).owner, index)) first = index;
      }
    });
    return first === this.#patterns.length ? undefined : this.#found(first);
  }

  /** Every entry that matches, in order: the first owns the name, the others would if those before were gone. */
  findAll(hostname: Hostname): Found<T>[] {
    const indexes = new Set<number>();
    this.#literals().eachBucket(hostname, (positions) => {
      for (const index of positions) if (matches(this.#pattern(index), hostname)) indexes.add(index);
    });
    return [...indexes].sort((a, b) => a - b).map((index) => this.#found(index));
  }

  /** The first entry that overlaps the pattern, or undefined. */
  firstOverlap(pattern: Pattern, counts?: Counts<T>): Overlapping<T> | undefined {
    for (const index of this.#affixes().candidates(pattern)) {
      if (counts !== undefined && !counts(this.#entry(index).owner, index)) continue;
      const witness = overlap(pattern, this.#pattern(index));
      if (witness !== undefined) return { ...this.#found(index), witness };
    }
    return undefined;
  }

  #literals(): LiteralIndex {
    return (this.#byLiteral ??= new LiteralIndex(this.#patterns));
  }

  #affixes(): AffixIndex {
    return (this.#byAffix ??= new AffixIndex(this.#patterns));
  }

  #pattern(index: number): Pattern {
    return must(this.#patterns[index], "an index holds positions of its table");
  }

  #entry(index: number): Entry<T> {
    return must(this.entries[index], "an index holds positions of its table");
  }

  #found(index: number): Found<T> {
    const { pattern, owner } = this.#entry(index);
    return { index, pattern, owner };
  }
}
