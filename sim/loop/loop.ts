/**
 * The simulation's event loop: takes the earliest event, hashes it into the trace, and hands it to the world. No tick:
 * idle time costs nothing. Everything scheduled while an event is handled has that event as its causal parent.
 */
import { EventQueue } from "./queue.ts";
import { Trace } from "./trace.ts";

/** Handles one event; `payload` is what was scheduled. */
export type EventHandler = (kind: number, bolt: number, peer: number, payload: unknown) => void;

export class Loop {
  /** Simulated time in µs. */
  nowUs = 0;
  readonly trace: Trace;
  readonly #queue = new EventQueue();
  readonly #handle: EventHandler;
  #sequence = 0;
  #current = 0;

  constructor(handle: EventHandler, keepRecords: number) {
    this.#handle = handle;
    this.trace = new Trace(keepRecords);
  }

  /** Schedules an event, not before now. Operands for the trace are the kind, bolt and peer alone. */
  schedule(timeUs: number, kind: number, bolt: number, peer: number, payload: unknown): void {
    const at = timeUs < this.nowUs ? this.nowUs : timeUs;
    this.#queue.push(at, ++this.#sequence, kind, bolt, peer, this.#current, payload);
  }

  /** Adds to the fingerprint something that happened inside the current event. */
  mark(kind: number, bolt: number, operandA: number, operandB: number): void {
    this.trace.add(this.nowUs, this.#current, this.#current, kind, bolt, 0, operandA, operandB);
  }

  /** Handles the next event; false when none is left or the next lies after `untilUs`. */
  next(untilUs: number): boolean {
    const queue = this.#queue;
    if (queue.nextUs() > untilUs || !queue.pop()) return false;
    this.nowUs = queue.timeUs;
    this.#current = queue.sequence;
    this.trace.add(queue.timeUs, queue.sequence, queue.parent, queue.kind, queue.bolt, queue.peer, 0, 0);
    this.#handle(queue.kind, queue.bolt, queue.peer, queue.payload);
    return true;
  }

  /** Runs until the time is reached or nothing is left; time then stands at `untilUs`. */
  run(untilUs: number): void {
    while (this.next(untilUs));
    this.nowUs = untilUs;
  }

  /** Events waiting. */
  waiting(): number {
    return this.#queue.size();
  }
}
