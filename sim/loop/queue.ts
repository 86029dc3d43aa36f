/**
 * A 4-ary heap in typed arrays, keyed by (time, sequence): the earliest event first, and of equals the one scheduled
 * first. Slots hold what an event is about; nothing is allocated per event once the arrays have grown.
 */

/** What is popped: read the fields of the queue itself, they stay valid until the next pop. */
export class EventQueue {
  /** Fields of the event popped last. */
  timeUs = 0;
  sequence = 0;
  kind = 0;
  bolt = 0;
  peer = 0;
  parent = 0;
  payload: unknown = undefined;

  #capacity = 1024;
  #size = 0;
  #heapTime = new Float64Array(this.#capacity);
  #heapSequence = new Float64Array(this.#capacity);
  #heapSlot = new Int32Array(this.#capacity);
  #kinds = new Uint8Array(this.#capacity);
  #bolts = new Int32Array(this.#capacity);
  #peers = new Int32Array(this.#capacity);
  #parents = new Int32Array(this.#capacity);
  #payloads: unknown[] = new Array<unknown>(this.#capacity).fill(undefined);
  #free = new Int32Array(this.#capacity);
  #freeCount = this.#capacity;

  constructor() {
    for (let slot = 0; slot < this.#capacity; slot++) this.#free[slot] = this.#capacity - 1 - slot;
  }

  /** Events waiting. */
  size(): number {
    return this.#size;
  }

  /** Time of the next event, or Infinity. */
  nextUs(): number {
    return this.#size === 0 ? Infinity : (this.#heapTime[0] as number);
  }

  push(
    timeUs: number,
    sequence: number,
    kind: number,
    bolt: number,
    peer: number,
    parent: number,
    payload: unknown,
  ): void {
    if (this.#size === this.#capacity) this.#grow();
    const slot = this.#free[--this.#freeCount] as number;
    this.#kinds[slot] = kind;
    this.#bolts[slot] = bolt;
    this.#peers[slot] = peer;
    this.#parents[slot] = parent;
    this.#payloads[slot] = payload;
    this.#rise(this.#size++, timeUs, sequence, slot);
  }

  /** Moves the earliest event into the fields; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const slot = this.#heapSlot[0] as number;
    this.timeUs = this.#heapTime[0] as number;
    this.sequence = this.#heapSequence[0] as number;
    this.kind = this.#kinds[slot] as number;
    this.bolt = this.#bolts[slot] as number;
    this.peer = this.#peers[slot] as number;
    this.parent = this.#parents[slot] as number;
    this.payload = this.#payloads[slot];
    this.#payloads[slot] = undefined;
    this.#free[this.#freeCount++] = slot;
    const last = --this.#size;
    if (last > 0) {
      this.#sink(this.#heapTime[last] as number, this.#heapSequence[last] as number, this.#heapSlot[last] as number);
    }
    return true;
  }

  #rise(at: number, timeUs: number, sequence: number, slot: number): void {
    const times = this.#heapTime;
    const sequences = this.#heapSequence;
    const slots = this.#heapSlot;
    while (at > 0) {
      const above = (at - 1) >> 2;
      const aboveTime = times[above] as number;
      if (aboveTime < timeUs || (aboveTime === timeUs && (sequences[above] as number) < sequence)) break;
      times[at] = aboveTime;
      sequences[at] = sequences[above] as number;
      slots[at] = slots[above] as number;
      at = above;
    }
    times[at] = timeUs;
    sequences[at] = sequence;
    slots[at] = slot;
  }

  #sink(timeUs: number, sequence: number, slot: number): void {
    const times = this.#heapTime;
    const sequences = this.#heapSequence;
    const slots = this.#heapSlot;
    const size = this.#size;
    let at = 0;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= size) break;
      const end = first + 4 < size ? first + 4 : size;
      let least = first;
      let leastTime = times[first] as number;
      for (let child = first + 1; child < end; child++) {
        const time = times[child] as number;
        if (time > leastTime) continue;
        if (time === leastTime && (sequences[child] as number) > (sequences[least] as number)) continue;
        least = child;
        leastTime = time;
      }
      if (leastTime > timeUs || (leastTime === timeUs && (sequences[least] as number) > sequence)) break;
      times[at] = leastTime;
      sequences[at] = sequences[least] as number;
      slots[at] = slots[least] as number;
      at = least;
    }
    times[at] = timeUs;
    sequences[at] = sequence;
    slots[at] = slot;
  }

  #grow(): void {
    const old = this.#capacity;
    const capacity = old * 2;
    this.#heapTime = widened(this.#heapTime, new Float64Array(capacity));
    this.#heapSequence = widened(this.#heapSequence, new Float64Array(capacity));
    this.#heapSlot = widened(this.#heapSlot, new Int32Array(capacity));
    this.#kinds = widened(this.#kinds, new Uint8Array(capacity));
    this.#bolts = widened(this.#bolts, new Int32Array(capacity));
    this.#peers = widened(this.#peers, new Int32Array(capacity));
    this.#parents = widened(this.#parents, new Int32Array(capacity));
    this.#free = widened(this.#free, new Int32Array(capacity));
    for (let slot = capacity - 1; slot >= old; slot--) this.#free[this.#freeCount++] = slot;
    this.#payloads.length = capacity;
    this.#capacity = capacity;
  }
}

function widened<Numbers extends Float64Array | Int32Array | Uint8Array>(from: Numbers, into: Numbers): Numbers {
  into.set(from);
  return into;
}
