/**
 * The clocks of one simulated bolt: a monotonic one that may drift, and a wall clock with an offset that may jump.
 * Both are functions of simulated time, so a clock needs no events of its own.
 */
import { micros } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";

/** Simulated time 0 as wall time: 2026-01-01T00:00:00Z. */
export const epochMs = 1_767_225_600_000;

export class SimClock {
  #offsetMs = 0;
  #driftPpm = 0;
  #frozenAtMs: number | null = null;
  #baseUs = 0;
  #baseMonotonicUs = 0;

  /** Microseconds of the bolt's monotonic clock at a simulated time. */
  monotonic(simulatedUs: number): Micros {
    return micros(this.#baseMonotonicUs + (simulatedUs - this.#baseUs) * (1 + this.#driftPpm / 1_000_000));
  }

  /** The first simulated time at which the monotonic clock shows `at`. */
  whenMonotonic(at: Micros): number {
    return Math.ceil(this.#baseUs + (at - this.#baseMonotonicUs) / (1 + this.#driftPpm / 1_000_000));
  }

  wallMs(simulatedUs: number): number {
    if (this.#frozenAtMs !== null) return this.#frozenAtMs;
    return epochMs + Math.floor(this.monotonic(simulatedUs) / 1_000) + this.#offsetMs;
  }

  /** The wall clock jumps by this much, either way. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** From now on the monotonic clock runs fast (positive) or slow. */
  drift(ppm: number, simulatedUs: number): void {
    this.#baseMonotonicUs = this.monotonic(simulatedUs);
    this.#baseUs = simulatedUs;
    this.#driftPpm = ppm;
  }

  /** The wall clock stands still, or goes on. */
  freeze(isFrozen: boolean, simulatedUs: number): void {
    this.#frozenAtMs = isFrozen ? this.wallMs(simulatedUs) : null;
  }
}
