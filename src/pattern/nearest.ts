/**
 * The patterns that came closest to a hostname nobody owns, for the message of NO_OWNER: who mistyped a domain sees
 * the right one. Close is how much of the name's end a pattern agrees with, then how much of its beginning.
 * Carries PA-10.
 */
import { holds, placeOf } from "./alphabet.ts";
import type { Pattern } from "./glob.ts";
import type { Hostname } from "./hostname.ts";
import type { Entry } from "./table.ts";

interface Ranked<T> {
  readonly entry: Entry<T>;
  readonly tail: number;
  readonly head: number;
}

/** At most `count` entries, closest first; among equals the order given. One pass, whatever the number of entries. */
export function nearest<T>(hostname: Hostname, entries: readonly Entry<T>[], count: number): Entry<T>[] {
  const best: Ranked<T>[] = [];
  for (const entry of entries) {
    const ranked = { entry, tail: agreedTail(entry.pattern, hostname), head: agreedHead(entry.pattern, hostname) };
    let at = best.length;
    while (at > 0 && isCloser(ranked, best[at - 1])) at--;
    if (at >= count) continue;
    best.splice(at, 0, ranked);
    if (best.length > count) best.pop();
  }
  return best.map(({ entry }) => entry);
}

function isCloser<T>(a: Ranked<T>, b: Ranked<T> | undefined): boolean {
  if (b === undefined) return false;
  return a.tail === b.tail ? a.head > b.head : a.tail > b.tail;
}

/** How many characters from the end the pattern agrees with before its last `*` or the first difference. */
function agreedTail(pattern: Pattern, hostname: Hostname): number {
  let agreed = 0;
  while (agreed < pattern.tailSteps && agreed < hostname.length) {
    const step = pattern.steps[pattern.steps.length - 1 - agreed];
    const place = placeOf(hostname.charCodeAt(hostname.length - 1 - agreed));
    if (step === undefined || !holds(step, place)) break;
    agreed++;
  }
  return agreed;
}

/** How many characters from the beginning the pattern agrees with before its first `*` or the first difference. */
function agreedHead(pattern: Pattern, hostname: Hostname): number {
  let agreed = 0;
  while (agreed < pattern.headSteps && agreed < hostname.length) {
    const step = pattern.steps[agreed];
    if (step === undefined || !holds(step, placeOf(hostname.charCodeAt(agreed)))) break;
    agreed++;
  }
  return agreed;
}
