/**
 * The shortest valid hostname that two patterns both match: a breadth-first search of the product of both patterns
 * and the hostname grammar. Carries PA-6.
 *
 *   grammar:  start --letter, digit--> inside --hyphen--> hyphen --letter, digit--> inside      (a name ends `inside`)
 *                                      inside --dot--> start
 *
 * Exact. The total limit needs no state: depth is length, and who reaches a state later is not shorter. Of the label
 * only the shortest length per state is kept: what may follow a long label may follow a short one, so a state is
 * visited again only with a shorter label than ever before.
 */
import {
  alphabet,
  digitBits,
  dotBit,
  dotPlace,
  everyCharacter,
  firstAlphanumeric,
  hyphenBit,
  hyphenPlace,
} from "./alphabet.ts";
import type { CharacterSet } from "./alphabet.ts";
import { invariant } from "../kernel/assert.ts";
import type { Hostname } from "./hostname.ts";
import { hostnameLimit, isHostname, labelLimit } from "./hostname.ts";
import type { Step } from "./steps.ts";

/** Where a name stands in the hostname grammar. */
const start = 0;
const inside = 1;
const afterHyphen = 2;
const grammarStates = 3;

const unseen = 255;

/** One way on from a position: a character of the set, and the position after it. */
interface Move extends CharacterSet {
  readonly next: number;
}

/** A pattern as an automaton: a position is the number of steps behind it, and a run may be left at any time. */
interface Walk {
  readonly moves: readonly (readonly Move[])[];
  readonly isEnd: readonly boolean[];
  /** Characters still needed at least, by position. */
  readonly needed: readonly number[];
}

/** The shortest hostname that both match, letters preferred; undefined when there is none. */
export function shortestHostname(a: readonly Step[], b: readonly Step[]): Hostname | undefined {
  return new Search(walkOf(a), walkOf(b)).run();
}

function walkOf(steps: readonly Step[]): Walk {
  const moves: Move[][] = Array.from({ length: steps.length + 1 }, () => []);
  const isEnd: boolean[] = Array.from({ length: steps.length + 1 }, () => false);
  const needed: number[] = Array.from({ length: steps.length + 1 }, () => 0);
  isEnd[steps.length] = true;
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    if (step === undefined) continue;
    const after = needed[at + 1] ?? 0;
    needed[at] = step.isRun ? after : after + 1;
    if (step.isRun) {
      // First the ways out of the run, so that the search prefers names without filling.
      moves[at] = [...(moves[at + 1] ?? []), { ...everyCharacter, next: at }];
      isEnd[at] = isEnd[at + 1] ?? false;
    } else {
      moves[at] = [{ letters: step.letters, others: step.others, next: at + 1 }];
    }
  }
  return { moves, isEnd, needed };
}

class Search {
  readonly #a: Walk;
  readonly #b: Walk;
  readonly #width: number;
  /** The shortest label that reached each (position in a, position in b, grammar state). */
  readonly #labels: Uint8Array;
  // One entry of each per visit, in the order of visiting.
  readonly #states: number[] = [];
  readonly #labelOf: number[] = [];
  readonly #parents: number[] = [];
  readonly #places: number[] = [];
  readonly #depths: number[] = [];

  constructor(a: Walk, b: Walk) {
    this.#a = a;
    this.#b = b;
    this.#width = b.isEnd.length;
    this.#labels = new Uint8Array(a.isEnd.length * this.#width * grammarStates).fill(unseen);
  }

  run(): Hostname | undefined {
    this.#visit({ parent: -1, depth: 0, at: 0, bt: 0 }, start, 0, 0);
    for (let visit = 0; visit < this.#states.length; visit++) {
      const state = this.#states[visit] ?? 0;
      const grammar = state % grammarStates;
      const pair = (state - grammar) / grammarStates;
      const bt = pair % this.#width;
      const at = (pair - bt) / this.#width;
      if (grammar === inside && this.#a.isEnd[at] === true && this.#b.isEnd[bt] === true) return this.#spell(visit);
      this.#expand(visit, at, bt, grammar);
    }
    return undefined;
  }

  #expand(visit: number, at: number, bt: number, grammar: number): void {
    const label = this.#labelOf[visit] ?? 0;
    const depth = (this.#depths[visit] ?? 0) + 1;
    for (const a of this.#a.moves[at] ?? []) {
      for (const b of this.#b.moves[bt] ?? []) {
        const letters = a.letters & b.letters;
        const others = a.others & b.others;
        const to: Arrival = { parent: visit, depth, at: a.next, bt: b.next };
        if ((letters | (others & digitBits)) !== 0)
          this.#visit(to, inside, label + 1, firstAlphanumeric(letters, others));
        if (grammar === inside && (others & dotBit) !== 0) this.#visit(to, start, 0, dotPlace);
        if (grammar !== start && (others & hyphenBit) !== 0) this.#visit(to, afterHyphen, label + 1, hyphenPlace);
      }
    }
  }

  #visit(to: Arrival, grammar: number, label: number, place: number): void {
    const needed = Math.max(this.#a.needed[to.at] ?? 0, this.#b.needed[to.bt] ?? 0);
    if (label > labelLimit || to.depth + needed > hostnameLimit) return;
    const state = (to.at * this.#width + to.bt) * grammarStates + grammar;
    if ((this.#labels[state] ?? unseen) <= label) return;
    this.#labels[state] = label;
    this.#states.push(state);
    this.#labelOf.push(label);
    this.#parents.push(to.parent);
    this.#places.push(place);
    this.#depths.push(to.depth);
  }

  #spell(last: number): Hostname {
    let name = "";
    for (let visit = last; visit > 0; visit = this.#parents[visit] ?? 0) {
      name = (alphabet[this.#places[visit] ?? 0] ?? "") + name;
    }
    invariant(isHostname(name), "a witness is a hostname");
    return name;
  }
}

/** A step of the search from one visit to a pair of positions. */
interface Arrival {
  readonly parent: number;
  readonly depth: number;
  readonly at: number;
  readonly bt: number;
}
