/**
 * What happened, as one fixed-size record an event: time, sequence, causal parent, kind, bolt, peer and two operands.
 * The rolling hash over the records is a run's fingerprint: equal fingerprints, equal runs.
 */
import { mix32 } from "../../src/kernel/random.ts";

/** Words of 32 bits a record has. */
const wordsPerRecord = 8;
/** Events between checkpoints of the hash, for finding where two runs part. */
export const checkpointEvery = 4_096;

export interface TraceRecord {
  readonly timeUs: number;
  readonly sequence: number;
  readonly parent: number;
  readonly kind: number;
  readonly bolt: number;
  readonly peer: number;
  readonly operandA: number;
  readonly operandB: number;
}

/** Hashes every event and, when asked, keeps the newest records. */
export class Trace {
  #high = 0x811c9dc5;
  #low = 0x01000193;
  #count = 0;
  readonly #keepMax: number;
  #records: Int32Array;
  readonly #checkpoints: string[] = [];

  /** `keepMax` 0 keeps no records, only the hash. */
  constructor(keepMax: number) {
    this.#keepMax = keepMax;
    this.#records = new Int32Array(Math.min(keepMax, 1_024) * wordsPerRecord);
  }

  add(
    timeUs: number,
    sequence: number,
    parent: number,
    kind: number,
    bolt: number,
    peer: number,
    operandA: number,
    operandB: number,
  ): void {
    const timeHigh = Math.floor(timeUs / 0x100000000);
    const timeLow = timeUs >>> 0;
    let low = this.#low;
    low = Math.imul(low ^ timeLow, 0x01000193) ^ (low >>> 15);
    low = Math.imul(low ^ (kind | (bolt << 8) | (peer << 20)), 0x85ebca6b) ^ (low >>> 13);
    let high = Math.imul(this.#high ^ operandA ^ timeHigh, 0xc2b2ae35) ^ (this.#high >>> 16);
    high = Math.imul(high ^ operandB ^ parent, 0x9e3779b1) ^ (high >>> 14);
    this.#low = (low + high) | 0;
    this.#high = (high ^ (low << 7)) | 0;
    if (this.#keepMax > 0) this.#keep(timeLow, timeHigh, sequence, parent, kind, bolt, peer, operandA, operandB);
    this.#count++;
    if (this.#count % checkpointEvery === 0) this.#checkpoints.push(this.fingerprint());
  }

  /** Events hashed so far. */
  count(): number {
    return this.#count;
  }

  /** 16 hex digits over everything so far. */
  fingerprint(): string {
    const a = mix32(this.#high, this.#low, this.#count);
    const b = mix32(this.#low, this.#count, this.#high);
    return a.toString(16).padStart(8, "0") + b.toString(16).padStart(8, "0");
  }

  /** The fingerprint after every `checkpointEvery` events. */
  checkpoints(): readonly string[] {
    return this.#checkpoints;
  }

  /** The records kept, oldest first: all when no more than `keepMax` happened. */
  records(): TraceRecord[] {
    const kept = Math.min(this.#count, this.#keepMax);
    const records: TraceRecord[] = [];
    for (let index = this.#count - kept; index < this.#count; index++) records.push(this.#read(index));
    return records;
  }

  #keep(...words: [number, number, number, number, number, number, number, number, number]): void {
    const [timeLow, timeHigh, sequence, parent, kind, bolt, peer, operandA, operandB] = words;
    const at = (this.#count % this.#keepMax) * wordsPerRecord;
    if (at + wordsPerRecord > this.#records.length) this.#widen();
    this.#records.set([timeLow, timeHigh, sequence, parent, kind | (bolt << 8), peer, operandA, operandB], at);
  }

  #widen(): void {
    const wider = new Int32Array(Math.min(this.#records.length * 2, this.#keepMax * wordsPerRecord));
    wider.set(this.#records);
    this.#records = wider;
  }

  #read(index: number): TraceRecord {
    const at = (index % this.#keepMax) * wordsPerRecord;
    const word = (offset: number): number => this.#records[at + offset] ?? 0;
    return {
      timeUs: (word(0) >>> 0) + word(1) * 0x100000000,
      sequence: word(2),
      parent: word(3),
      kind: word(4) & 0xff,
      bolt: word(4) >> 8,
      peer: word(5),
      operandA: word(6),
      operandB: word(7),
    };
  }
}
