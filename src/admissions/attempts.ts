/**
 * How often one network source may try to join (AD-12, T5): a bucket a source, an attempt each, refilled slowly; an
 * attempt that ends in an admission is given back, so a joiner that pages through a long answer is never held up.
 */
import type { Refusal } from "../kernel/refusal.ts";
import { between } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import { rateLimited } from "./refusals.ts";
import { admissionsLimits } from "./state.ts";
import type { Bucket } from "./state.ts";

/** Attempts in one go, and the time that earns one more. */
export const attemptsBurst = 20;
export const attemptRefillUs = 3_000_000;

const full = attemptsBurst * 1000;

/** Takes one attempt from the source; the refusal when it has none left. */
export function takeAttempt(attempts: Map<string, Bucket>, source: string, now: Micros): Refusal | null {
  const millis = level(attempts.get(source), now);
  if (millis < 1000) {
    const waitUs = ((1000 - millis) * attemptRefillUs) / 1000;
    return rateLimited(Math.max(1, Math.ceil(waitUs / 1_000_000)));
  }
  put(attempts, source, { millis: millis - 1000, at: now });
  return null;
}

/** Gives an attempt back that ended in an admission. */
export function returnAttempt(attempts: Map<string, Bucket>, source: string, now: Micros): void {
  const millis = level(attempts.get(source), now);
  put(attempts, source, { millis: Math.min(full, millis + 1000), at: now });
}

function level(bucket: Bucket | undefined, now: Micros): number {
  if (bucket === undefined) return full;
  const earned = Math.floor((between(bucket.at, now) * 1000) / attemptRefillUs);
  return Math.min(full, bucket.millis + earned);
}

/** Most recently seen last; of too many the one seen longest ago is forgotten. */
function put(attempts: Map<string, Bucket>, source: string, bucket: Bucket): void {
  attempts.delete(source);
  attempts.set(source, bucket);
  if (attempts.size <= admissionsLimits.sources) return;
  for (const oldest of attempts.keys()) {
    attempts.delete(oldest);
    return;
  }
}
