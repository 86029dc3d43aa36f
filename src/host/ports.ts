/**
 * The ports a driver performs effects on. Simulator and production differ only in what stands behind them. Outcomes
 * come through callbacks, each called exactly once and never before the call that asked has returned.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import type { LoadPage, LoadQuery, StoreFailure, Write } from "../roster/durable.ts";
import type { Keyring } from "../bolt/seam.ts";
import type { CallFailure, JoinAddress, Note } from "../turn/turn.ts";
import type { Arrival, Packet } from "./frame.ts";
import type { Frame } from "../wire/frame.ts";

/** Monotonic time in whole microseconds and wall time in ms. */
export interface ClockPort {
  now(): Micros;
  wallMs(): number;
}

/** Durable state. Batches complete in order; after one failure every later one fails. */
export interface StorePort {
  commit(writes: readonly Write[], done: (failure: StoreFailure | null) => void): void;
  load(query: LoadQuery, done: (page: LoadPage) => void): void;
}

/** How a call ended at the carrier. */
export type CarrierOutcome =
  { readonly ok: true; readonly reply: Arrival<Frame> } | ({ readonly ok: false } & CallFailure);

export interface NetPort {
  /** To everyone in the group who happens to hear it. */
  multicast(datagram: Packet<DatagramMessage>): void;
  /** On the open stream to that bolt; dropped when there is none. */
  tell(to: BoltId, frame: Packet<Frame>): void;
  /** A call on the open stream; ends by itself after `patience`. */
  call(to: BoltId, frame: Packet<Frame>, patience: Micros, done: (outcome: CarrierOutcome) => void): void;
  /** A call to a join port; a wrong pin is found before anything is sent. */
  join(to: JoinAddress, frame: Packet<Frame>, patience: Micros, done: (outcome: CarrierOutcome) => void): void;
  /** With whom to hold streams from now on. */
  keep(keyring: Keyring): void;
}

/** What a datagram may carry. */
export type DatagramMessage = Extract<Frame, { frame: "say" }>["say"];

/** Fresh random bytes: seeds of keys and of the machine. */
export type DrawPort = (lengthBytes: number) => Uint8Array;

export interface Ports {
  readonly clock: ClockPort;
  readonly store: StorePort;
  readonly net: NetPort;
  readonly draw: DrawPort;
  /** Calls `Driver.onDue` at that moment, replacing what was asked before; undefined: not until asked again. */
  wake(at: Micros | undefined): void;
  note(note: Note): void;
  /** The machine has ended in order. */
  stopped(): void;
}
