/** The monotonic clock. */
import { expect, test } from "vitest";
import { monotonicUs, wallMs } from "../../../src/system/clock.ts";

test("SY-9 monotonic time is whole, never decreases, and moves; wall time is in milliseconds since 1970", () => {
  const first = monotonicUs();
  let last = first;
  for (let at = 0; at < 100_000; at++) {
    const now = monotonicUs();
    if (!Number.isSafeInteger(now) || now < last) throw new Error(`${last} then ${now}`);
    last = now;
  }
  expect(last).toBeGreaterThan(first);
  expect(wallMs()).toBeGreaterThan(Date.UTC(2020, 0, 1));
});
