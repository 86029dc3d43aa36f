/** The two clocks of a real machine: one that never goes back, one for people. */
import { micros } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";

const startedNs = process.hrtime.bigint();

/** Whole microseconds since this process loaded the file; never decreases, whatever happens to the wall clock. */
export function monotonicUs(): Micros {
  return micros(Number((process.hrtime.bigint() - startedNs) / 1_000n));
}

/** Milliseconds since 1970 by the machine's wall clock, which may jump either way. */
export function wallMs(): number {
  return Date.now();
}
