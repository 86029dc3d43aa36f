/**
 * Between the socket and those who judge datagrams (TR-15, T21): each source has a budget, what waits is a ring of
 * fixed size that loses its oldest, and only so many are handed up before everything else gets its turn.
 */

export interface IntakeLimits {
  /** Of one source, on average. */
  readonly perSecond: number;
  readonly burst: number;
  /** Sources whose budgets are remembered. */
  readonly sourcesMax: number;
  readonly waitingMax: number;
  readonly perTurn: number;
}

export const intakeLimits: IntakeLimits = {
  perSecond: 200,
  burst: 400,
  sourcesMax: 1_024,
  waitingMax: 512,
  perTurn: 64,
};

export type HandUp = (bytes: Uint8Array, source: string) => void;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly source: string;
}

interface Budget {
  left: number;
  atMs: number;
}

export class Intake {
  readonly #limits: IntakeLimits;
  readonly #handUp: HandUp;
  readonly #nowMs: () => number;
  readonly #ring: (Waiting | undefined)[];
  readonly #budgets = new Map<string, Budget>();
  #first = 0;
  #count = 0;
  #isDraining = false;
  #overBudget = 0;
  #overrun = 0;

  constructor(limits: IntakeLimits, handUp: HandUp, nowMs: () => number) {
    this.#limits = limits;
    this.#handUp = handUp;
    this.#nowMs = nowMs;
    this.#ring = Array.from({ length: limits.waitingMax });
  }

  /** Datagrams dropped because their source sent too many. */
  get overBudget(): number {
    return this.#overBudget;
  }

  /** Datagrams dropped because newer ones came before they had their turn. */
  get overrun(): number {
    return this.#overrun;
  }

  /** Takes one datagram; `host` and `port` are where it says it came from. */
  take(message: Uint8Array, host: string, port: number): void {
    if (!this.#mayPass(`${host}:${port}`)) {
      this.#overBudget++;
      return;
    }
    if (this.#count === this.#limits.waitingMax) {
      this.#next();
      this.#overrun++;
    }
    // A plain array of its own: the socket's Buffers are cut differently.
    const waiting = { bytes: new Uint8Array(message), source: host };
    this.#ring[(this.#first + this.#count++) % this.#limits.waitingMax] = waiting;
    if (this.#isDraining) return;
    this.#isDraining = true;
    setImmediate(() => this.#drain());
  }

  /** Forgets what waits. */
  clear(): void {
    while (this.#next() !== undefined);
  }

  #drain(): void {
    for (let turn = 0; turn < this.#limits.perTurn; turn++) {
      const next = this.#next();
      if (next === undefined) break;
      this.#handUp(next.bytes, next.source);
    }
    this.#isDraining = this.#count > 0;
    if (this.#isDraining) setImmediate(() => this.#drain());
  }

  #next(): Waiting | undefined {
    if (this.#count === 0) return undefined;
    const next = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#limits.waitingMax;
    this.#count--;
    return next;
  }

  #mayPass(source: string): boolean {
    const { perSecond, burst, sourcesMax } = this.#limits;
    const nowMs = this.#nowMs();
    let budget = this.#budgets.get(source);
    if (budget === undefined) {
      // Whoever makes up sources fills the ring at most; honest ones start anew with a full budget.
      if (this.#budgets.size >= sourcesMax) this.#budgets.clear();
      budget = { left: burst, atMs: nowMs };
      this.#budgets.set(source, budget);
    }
    budget.left = Math.min(burst, budget.left + ((nowMs - budget.atMs) * perSecond) / 1_000);
    budget.atMs = nowMs;
    if (budget.left < 1) return false;
    budget.left--;
    return true;
  }
}
