/** What a simulated process finds around it. */
import type { Effect, Input } from "../../src/bolt/seam.ts";
import type { Packet } from "../../src/host/frame.ts";
import type { Frame } from "../../src/wire/frame.ts";
import type { CarrierOutcome, DatagramMessage } from "../../src/host/ports.ts";
import type { Seal } from "../../src/host/seal-port.ts";
import type { Bug } from "../../src/kernel/assert.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { Note } from "../../src/turn/turn.ts";
import type { Loop } from "../loop/loop.ts";
import type { Chance } from "./chance.ts";
import type { Streams } from "./streams.ts";

/** A call to a join port. */
export interface JoinCall {
  readonly url: string;
  readonly pin: string | null;
  readonly frame: Packet<Frame>;
  readonly patience: Micros;
  readonly done: (outcome: CarrierOutcome) => void;
}

/** Sees every input of every bolt and what it did. */
export type Watch<Process> = (process: Process, input: Input, now: Micros, effects: readonly Effect[]) => void;

/** `Process` is the simulated process itself. */
export interface Surroundings<Process> {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly seal: Seal;
  readonly streams: Streams;
  readonly watch: Watch<Process> | null;
  multicast(from: Process, datagram: Packet<DatagramMessage>): void;
  join(from: Process, call: JoinCall): void;
  /** A small number for the trace; 0 of a bolt nobody knows. */
  indexOf(bolt: BoltId): number;
  onNote(process: Process, note: Note): void;
  onBug(process: Process, bug: Bug): void;
  onDeath(process: Process, withPower: boolean): void;
  /** Its state may have changed. */
  touched(process: Process): void;
}
