/**
 * The one tokeniser of patterns: text to steps. Matching and overlap both walk these, so they cannot disagree about
 * what a pattern means.
 *
 *   a         that character           ?         any one character, a dot too
 *   [a-f09]   one of these             *         any run of characters, dots too, or none
 *
 * Inside brackets stand characters and ranges of letters or of digits; a hyphen stands first or last. Carries PA-3.
 */
import type { CharacterSet } from "./alphabet.ts";
import { alphabet, areOneKind, everyCharacter, nameCharacter, placeOf, placesBetween } from "./alphabet.ts";

/** One step of a pattern: a run of any characters, or one character of a set. A run's set is every character. */
export interface Step extends CharacterSet {
  readonly isRun: boolean;
}

/** Steps and the text they came from in its normal form: lower case, each `**` reduced to `*`. */
export interface Tokens {
  readonly steps: readonly Step[];
  readonly text: string;
}

/** What is wrong with a pattern, and at which character, counted from 1. */
export interface Misspelt {
  readonly position: number;
  readonly why: string;
}

const anyRun: Step = Object.freeze({ isRun: true, ...everyCharacter });
const anyOne: Step = Object.freeze({ isRun: false, ...everyCharacter });

/** The steps of `*`: whatever a hostname may be. */
export const anyName: readonly Step[] = Object.freeze([anyRun]);

const literals: readonly Step[] = Array.from(alphabet, (_, place) => oneOf(placesBetween(place, place)));

/** The steps of a pattern's text, or what is wrong with it. */
export function tokenise(source: string): Tokens | Misspelt {
  const steps: Step[] = [];
  let text = "";
  let at = 0;
  while (at < source.length) {
    const character = source[at];
    if (character === "[") {
      const found = bracketed(source, at);
      if ("why" in found) return found;
      steps.push(oneOf(found.set));
      text += source.slice(at, found.end).toLowerCase();
      at = found.end;
      continue;
    }
    const isRepeated = character === "*" && steps.at(-1)?.isRun === true;
    if (!isRepeated) {
      const step = character === "*" ? anyRun : character === "?" ? anyOne : literals[placeOf(source.charCodeAt(at))];
      if (step === undefined) return { position: at + 1, why: unexpected(source, at) };
      steps.push(step);
      text += source.slice(at, at + 1).toLowerCase();
    }
    at++;
  }
  return { steps, text };
}

function oneOf(set: CharacterSet): Step {
  return Object.freeze({ isRun: false, letters: set.letters, others: set.others });
}

function unexpected(source: string, at: number): string {
  if (source[at] === "]") return `"]" closes nothing`;
  const hint = source.charCodeAt(at) > 0x7f ? "; write international names in their xn-- form" : "";
  return `${nameCharacter(source, at)} is no character of hostnames and no wildcard (* ? [a-z])${hint}`;
}

/** The set between the brackets that open at `open`, and where the text goes on. */
function bracketed(source: string, open: number): { readonly set: CharacterSet; readonly end: number } | Misspelt {
  const first = open + 1;
  const close = source.indexOf("]", first);
  if (close < 0) return { position: open + 1, why: `"[" is never closed` };
  if (close === first) return { position: open + 1, why: "the brackets are empty" };
  if (source[first] === "!" || source[first] === "^") {
    return { position: first + 1, why: "brackets cannot exclude; list the characters that match" };
  }
  let letters = 0;
  let others = 0;
  let at = first;
  while (at < close) {
    const range = rangeAt(source, at, first, close);
    if ("why" in range) return range;
    const set = placesBetween(range.from, range.to);
    letters |= set.letters;
    others |= set.others;
    at = range.end;
  }
  return { set: { letters, others }, end: close + 1 };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly end: number;
}

/** The character or range that begins at `at`, as places. */
function rangeAt(source: string, at: number, first: number, close: number): Range | Misspelt {
  const from = placeOf(source.charCodeAt(at));
  if (from < 0) return { position: at + 1, why: `${nameCharacter(source, at)} is no character of hostnames` };
  const isHyphen = source[at] === "-";
  if (isHyphen && at !== first && at !== close - 1) {
    return { position: at + 1, why: "a hyphen between brackets stands first or last, or between the ends of a range" };
  }
  if (isHyphen || source[at + 1] !== "-" || at + 2 >= close) return { from, to: from, end: at + 1 };
  const to = placeOf(source.charCodeAt(at + 2));
  if (to < 0) return { position: at + 3, why: `${nameCharacter(source, at + 2)} is no character of hostnames` };
  if (!areOneKind(from, to)) return { position: at + 1, why: "a range goes from letter to letter or digit to digit" };
  if (to < from) return { position: at + 1, why: "a range goes upwards" };
  return { from, to, end: at + 3 };
}
