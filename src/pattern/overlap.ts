/**
 * Whether two patterns share a hostname, decided exactly and shown by one. Cheap tests come first, because a new
 * pattern is held against thousands: they say no only when no text at all matches both. Carries PA-6 and PA-7.
 */
import { meets } from "./alphabet.ts";
import type { Pattern } from "./glob.ts";
import type { Hostname } from "./hostname.ts";
import type { Step } from "./steps.ts";
import { shortestHostname } from "./witness.ts";

/** A shortest hostname that both match, the same one whichever comes first; undefined when no valid hostname does. */
export function overlap(a: Pattern, b: Pattern): Hostname | undefined {
  if (!shareText(a, b)) return undefined;
  return a.text < b.text ? shortestHostname(a.steps, b.steps) : shortestHostname(b.steps, a.steps);
}

/**
 * Whether any text matches both, hostname or not. Where both have a `*`, agreeing ends are enough: the longer head,
 * the middle of the one, the middle of the other, the longer tail is such a text.
 */
export function shareText(a: Pattern, b: Pattern): boolean {
  if (!headsMeet(a, b) || !tailsMeet(a, b)) return false;
  if (a.isFixed) return b.isFixed ? a.lengthMin === b.lengthMin : fits(b, a.steps);
  return b.isFixed ? fits(a, b.steps) : true;
}

function headsMeet(a: Pattern, b: Pattern): boolean {
  const shared = Math.min(a.headSteps, b.headSteps);
  for (let at = 0; at < shared; at++) if (!stepsMeet(a.steps[at], b.steps[at])) return false;
  return true;
}

function tailsMeet(a: Pattern, b: Pattern): boolean {
  // A step counted from either end is another one unless the lengths agree; heads have compared those already.
  if (a.isFixed && b.isFixed) return true;
  const shared = Math.min(a.tailSteps, b.tailSteps);
  for (let back = 1; back <= shared; back++) {
    if (!stepsMeet(a.steps[a.steps.length - back], b.steps[b.steps.length - back])) return false;
  }
  return true;
}

function stepsMeet(a: Step | undefined, b: Step | undefined): boolean {
  return a !== undefined && b !== undefined && meets(a, b);
}

/** `matches`, with a set of characters at each place of the name: places are free of each other, so greedy is exact. */
function fits(pattern: Pattern, name: readonly Step[]): boolean {
  const { steps } = pattern;
  let at = 0;
  let step = 0;
  let afterRun = -1;
  let runEnd = 0;
  while (at < name.length) {
    if (steps[step]?.isRun === true) {
      afterRun = ++step;
      runEnd = at;
    } else if (stepsMeet(steps[step], name[at])) {
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
