/**
 * Patterns: globs over hostnames, parsed once and then matched. A pattern that no hostname can match is refused like
 * a misspelt one, because it would sit in the roster and own nothing. Carries PA-3, PA-4 and PA-5.
 */
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { holds, onlyCharacter, placeOf } from "./alphabet.ts";
import type { Hostname } from "./hostname.ts";
import type { Step } from "./steps.ts";
import { anyName, tokenise } from "./steps.ts";
import { shortestHostname } from "./witness.ts";

declare const patternBrand: unique symbol;

/** A parsed pattern; frozen. Two patterns with the same text are the same pattern. */
export interface Pattern {
  readonly [patternBrand]: true;
  /** In normal form: lower case, runs of `*` reduced to one. */
  readonly text: string;
  readonly steps: readonly Step[];
  /** True when it has no `*`: all it matches has one length. */
  readonly isFixed: boolean;
  /** Steps before the first `*`, and after the last; all of them when there is none. */
  readonly headSteps: number;
  readonly tailSteps: number;
  /** Characters in the shortest text it matches. */
  readonly lengthMin: number;
  /** What all it matches begins and ends with, as far as that is literal; the same whole text for a plain hostname. */
  readonly prefix: string;
  readonly suffix: string;
}

/** Characters in a pattern's text, at most. */
export const patternLimit = 253;

/** The pattern, or `PATTERN_INVALID` with the position of what is wrong, counted from 1. */
export function parsePattern(text: string): Outcome<Pattern> {
  if (text === "") return refused(invalid(text, "A pattern is empty."));
  if (text.length > patternLimit) {
    return refused(invalid(text, `A pattern has at most ${patternLimit} characters; this one has ${text.length}.`));
  }
  const tokens = tokenise(text);
  if ("why" in tokens) return refused(invalid(text, `At character ${tokens.position}: ${tokens.why}.`));
  if (shortestHostname(tokens.steps, anyName) === undefined) {
    return refused(
      invalid(text, "No valid hostname matches the pattern; look for dots and hyphens in a row or at an end."),
    );
  }
  return done(patternOf(tokens.text, tokens.steps));
}

function invalid(text: string, message: string): Refusal {
  return {
    code: "PATTERN_INVALID",
    message,
    value: text,
    next: "Write patterns like web1.example.com, *.east.example.com, db-?.example.com or node[0-9].example.com.",
  };
}

function patternOf(text: string, steps: readonly Step[]): Pattern {
  const firstRun = steps.findIndex((step) => step.isRun);
  const isFixed = firstRun < 0;
  const lastRun = steps.findLastIndex((step) => step.isRun);
  const pattern: Omit<Pattern, typeof patternBrand> = {
    text,
    steps: Object.freeze(steps),
    isFixed,
    headSteps: isFixed ? steps.length : firstRun,
    tailSteps: isFixed ? steps.length : steps.length - 1 - lastRun,
    lengthMin: steps.filter((step) => !step.isRun).length,
    prefix: literalRun(steps).join(""),
    suffix: literalRun(steps.toReversed()).reverse().join(""),
  };
  return Object.freeze(pattern) as Pattern;
}

/** The characters of the steps up to the first that is not a literal. */
function literalRun(steps: readonly Step[]): string[] {
  const characters: string[] = [];
  for (const step of steps) {
    const character = onlyCharacter(step);
    if (character === undefined) break;
    characters.push(character);
  }
  return characters;
}

/**
 * Whether the pattern matches the whole hostname. Greedy, going back only to the latest `*`: what an earlier one could
 * take, the latest can too. At most (length of the hostname) x (steps of the pattern) comparisons, 64,009 under the
 * limits, and about the hostname's length for the patterns people write.
 */
export function matches(pattern: Pattern, hostname: Hostname): boolean {
  if (hostname.length < pattern.lengthMin) return false;
  if (!hostname.startsWith(pattern.prefix) || !hostname.endsWith(pattern.suffix)) return false;
  const { steps } = pattern;
  let at = 0;
  let step = 0;
  let afterRun = -1;
  let runEnd = 0;
  while (at < hostname.length) {
    const token = steps[step];
    if (token?.isRun === true) {
      afterRun = ++step;
      runEnd = at;
      if (step === steps.length) return true;
    } else if (token !== undefined && holds(token, placeOf(hostname.charCodeAt(at)))) {
      at++;
      step++;
    } else if (afterRun < 0) {
      return false;
    } else {
      step = afterRun;
      at = ++runEnd;
    }
  }
  if (steps[step]?.isRun === true) step++;
  return step === steps.length;
}
