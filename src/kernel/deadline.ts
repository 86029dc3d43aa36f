/** When a machine next wants to be woken, and why. Deadlines are asked for, never set or cancelled. */
import type { Micros } from "./time.ts";

/** The moment a room next has something to do; `why` is for traces and people. */
export interface Deadline {
  readonly at: Micros;
  readonly why: string;
}

/** The earlier deadline; undefined is never, and the first wins a tie. */
export function sooner(a: Deadline | undefined, b: Deadline | undefined): Deadline | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return b.at < a.at ? b : a;
}
