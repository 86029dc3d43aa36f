/**
 * The calls of one stream that are under way: ours until a reply or the end of our patience, the peer's until we
 * answered or its patience is over. Each of ours ends exactly once, and never before it was asked (TR-7).
 */
import type { CarrierOutcome } from "../../src/host/ports.ts";
import type { CallFailure } from "../../src/turn/turn.ts";

type Done = (outcome: CarrierOutcome) => void;

interface Asked {
  readonly done: Done;
  readonly timer: NodeJS.Timeout;
}

export class Calls {
  readonly #asked = new Map<bigint, Asked>();
  readonly #served = new Map<bigint, number>();
  #next = 1n;

  get askedCount(): number {
    return this.#asked.size;
  }

  get servedCount(): number {
    return this.#served.size;
  }

  nextId(): bigint {
    return this.#next++;
  }

  /** Waits for the reply; `late` is called when patience is over. */
  ask(id: bigint, patienceMs: number, done: Done, late: () => void): void {
    this.#asked.set(id, { done, timer: setTimeout(late, patienceMs) });
  }

  /** Ends one of our calls; a reply to a call that has ended is nothing. */
  settle(id: bigint, outcome: CarrierOutcome): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    asked.done(outcome);
  }

  /** Ends all of ours; those in `unsent` have certainly not arrived. */
  settleAll(why: CallFailure["why"], unsent: ReadonlySet<bigint>): void {
    for (const id of [...this.#asked.keys()]) this.settle(id, { ok: false, why, perhapsDone: !unsent.has(id) });
    this.#served.clear();
  }

  /** Notes a call of the peer; false when one of that number is under way. */
  serve(id: bigint, untilMs: number): boolean {
    if (this.#served.has(id)) return false;
    this.#served.set(id, untilMs);
    return true;
  }

  /** Whether the peer still waits for the answer; it is then given. */
  answer(id: bigint): boolean {
    return this.#served.delete(id);
  }

  /** Forgets calls whose askers have stopped waiting. */
  expire(nowMs: number): void {
    for (const [id, untilMs] of this.#served) if (untilMs < nowMs) this.#served.delete(id);
  }
}

/** A failure for a call that never began, told after the call that asked has returned. */
export function failSoon(done: Done): void {
  setImmediate(() => done({ ok: false, why: "unreachable", perhapsDone: false }));
}
