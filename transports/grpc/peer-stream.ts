/**
 * A stream after its hello: calls with ids and patience both ways, one-way messages, and what a stranger may not ask.
 * The same file for the end that dialled and the end that accepted.
 *
 *   open --either side ends, an error, garbage--> ended: every call under way ends with it
 */
import { create } from "@bufbuild/protobuf";
import type { BoltId } from "../../src/kernel/id.ts";
import { micros, ofMs, toMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import type { Carried, PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { CarriedSchema, PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";
import { isPresenting } from "../../src/wire/frames.ts";

/** What both grpc-js stream kinds have in common. */
export interface Duplex {
  write(message: PeerMessage): boolean;
  end(): void;
  on(event: "data", told: (message: PeerMessage) => void): unknown;
  on(event: "error", told: (error: Error) => void): unknown;
  on(event: "end" | "close" | "drain", told: () => void): unknown;
}

/** What comes up from streams. */
export interface StreamEvents {
  onSay(peer: BoltId, frame: Uint8Array): void;
  onRequest(peer: BoltId, frame: Uint8Array, patience: Micros, answer: (reply: Uint8Array) => void): void;
  onEnded(stream: PeerStream, why: string): void;
}

export interface StreamIdentity {
  readonly peer: BoltId;
  /** The peer's process, hex. */
  readonly process: string;
  readonly dialledByUs: boolean;
}

/** Calls of the peer, and of ours, that may be under way on one stream. */
const callsMax = 1_024;
/** Messages waiting for the network to take them; more are not sent. */
const waitingMax = 4_096;
/** What a stranger may send at all. */
const strangerBytesMax = 8 * 1_024 * 1_024;
const patienceMsMax = 60_000;

export class PeerStream {
  readonly identity: StreamIdentity;
  /** A stranger may only present its admission. */
  isStranger: boolean;
  readonly #duplex: Duplex;
  readonly #events: StreamEvents;
  readonly #strangerReply: Uint8Array;
  readonly #calls = new Map<
    bigint,
    { readonly done: (outcome: CarrierOutcome) => void; readonly timer: NodeJS.Timeout }
  >();
  #next = 1n;
  #serving = 0;
  #waiting = 0;
  #strangerBytes = 0;
  #isEnded = false;

  constructor(
    identity: StreamIdentity,
    isStranger: boolean,
    duplex: Duplex,
    events: StreamEvents,
    strangerReply: Uint8Array,
  ) {
    this.identity = identity;
    this.isStranger = isStranger;
    this.#duplex = duplex;
    this.#events = events;
    this.#strangerReply = strangerReply;
    duplex.on("drain", () => (this.#waiting = 0));
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  tell(frame: Uint8Array): void {
    this.#send({ call: 0n, isReply: false, patienceMs: 0, frame });
  }

  call(frame: Uint8Array, patience: Micros, done: (outcome: CarrierOutcome) => void): void {
    const id = this.#next++;
    const patienceMs = Math.min(patienceMsMax, Math.max(1, Math.ceil(toMs(patience))));
    const isFull = this.#calls.size >= callsMax;
    if (isFull || !this.#send({ call: id, isReply: false, patienceMs, frame })) {
      setImmediate(() => done({ ok: false, why: "unreachable", perhapsDone: false }));
      return;
    }
    const timer = setTimeout(() => this.#settle(id, { ok: false, why: "late", perhapsDone: true }), patienceMs);
    this.#calls.set(id, { done, timer });
  }

  /** A message of the peer after the hello. */
  receive(message: PeerMessage): void {
    if (this.#isEnded) return;
    if (message.message.case !== "carried") return this.end("the peer sent something that is no message");
    const { value } = message.message;
    if (value.isReply) return this.#settle(value.call, { ok: true, reply: { bytes: value.frame } });
    if (value.call === 0n) {
      if (!this.isStranger) this.#events.onSay(this.identity.peer, value.frame);
      return;
    }
    this.#serve(value);
  }

  end(why: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#duplex.end();
    for (const id of [...this.#calls.keys()]) this.#settle(id, { ok: false, why: "unreachable", perhapsDone: true });
    this.#events.onEnded(this, why);
  }

  #serve({ call, frame, patienceMs }: Carried): void {
    const answer = (reply: Uint8Array): void => {
      this.#serving--;
      this.#send({ call, isReply: true, patienceMs: 0, frame: reply });
    };
    if (this.#serving >= callsMax) return this.end("the peer asks too much at once");
    this.#serving++;
    if (this.isStranger) {
      this.#strangerBytes += frame.length;
      if (this.#strangerBytes > strangerBytesMax) return this.end("a stranger sent too much");
      if (!isPresenting(frame)) return answer(this.#strangerReply);
    }
    const patience = ofMs(Math.min(patienceMsMax, Math.max(1, patienceMs)));
    this.#events.onRequest(this.identity.peer, frame, micros(patience), answer);
  }

  #settle(id: bigint, outcome: CarrierOutcome): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    call.done(outcome);
  }

  /** False when it was not sent. */
  #send(carried: Pick<Carried, "call" | "isReply" | "patienceMs" | "frame">): boolean {
    if (this.#isEnded || this.#waiting >= waitingMax) return false;
    const message = create(PeerMessageSchema, { message: { case: "carried", value: create(CarriedSchema, carried) } });
    if (!this.#duplex.write(message)) this.#waiting++;
    return true;
  }
}
