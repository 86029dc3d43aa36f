/**
 * A stream after its hello: calls with ids and patience both ways, one-way messages, and what a stranger may not ask.
 * The same file for the end that dialled and the end that accepted (TR-5 to TR-9).
 *
 *   open --either side ends, silence, something that is no message--> ended: every call under way ends with it
 */
import { create } from "@bufbuild/protobuf";
import type { BoltId } from "../../src/kernel/id.ts";
import { ofMs, toMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import { frameBytesMax } from "../../src/wire/frame.ts";
import { isPresenting } from "../../src/wire/frames.ts";
import type { Carried, PeerMessage, Refusal } from "../../src/wire/gen/spanner_pb.ts";
import { CarriedSchema, PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";
import { Calls, failSoon } from "./calls.ts";
import { Outbox } from "./outbox.ts";
import type { OutboxLimits } from "./outbox.ts";
import type { Pipe, Reader } from "./pipe.ts";
import { stillHere } from "./service.ts";

/** What comes up from streams. */
export interface StreamEvents {
  onSay(peer: BoltId, frame: Uint8Array): void;
  onRequest(peer: BoltId, frame: Uint8Array, patience: Micros, answer: (reply: Uint8Array) => void): void;
  /** The peer's last word; why, for people. */
  onRefused(stream: PeerStream, refusal: Refusal): string;
  onEnded(stream: PeerStream, why: string): void;
}

export interface StreamIdentity {
  readonly peer: BoltId;
  /** The peer's process, hex. */
  readonly process: string;
  readonly dialledByUs: boolean;
}

export interface StreamOrder {
  readonly identity: StreamIdentity;
  readonly isStranger: boolean;
  readonly pipe: Pipe;
  readonly events: StreamEvents;
  /** The frames that tell a stranger what it may not, and anyone that too much is asked at once. */
  readonly strangerReply: Uint8Array;
  readonly busyReply: Uint8Array;
  readonly outbox: OutboxLimits;
  /** Silence that long is an end. */
  readonly silenceMs: number;
  nowMs(): number;
}

/** Our calls that may be under way on one stream. */
const askedMax = 1_024;
/** Calls of the peer that may be: their replies fit the outbox. */
const servedMax = 64;
/** What a stranger may send at all. */
const strangerBytesMax = 32 * 1_024 * 1_024;
const patienceMsMax = 300_000;
/** What a message has beside its frame, at most. */
const headBytes = 32;

export class PeerStream implements Reader {
  readonly identity: StreamIdentity;
  /** A stranger may only present its admission. */
  isStranger: boolean;
  readonly #order: StreamOrder;
  readonly #outbox: Outbox;
  readonly #calls = new Calls();
  #saidMs: number;
  #heardMs: number;
  #strangerBytes = 0;
  #isEnded = false;

  /** Reads the pipe from now on. */
  constructor(order: StreamOrder) {
    this.identity = order.identity;
    this.isStranger = order.isStranger;
    this.#order = order;
    this.#outbox = new Outbox((message, written) => order.pipe.write(message, written), order.outbox);
    this.#saidMs = this.#heardMs = order.nowMs();
    order.pipe.attach(this);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Nothing is under way on it. */
  get isIdle(): boolean {
    return this.#calls.askedCount === 0 && this.#calls.servedCount === 0 && this.#outbox.isEmpty;
  }

  /** One-way messages dropped because the peer, or the way to it, is too slow. */
  get dropped(): number {
    return this.#outbox.dropped;
  }

  tell(frame: Uint8Array): void {
    this.#post("say", { call: 0n, isReply: false, patienceMs: 0, frame });
  }

  call(frame: Uint8Array, patience: Micros, done: (outcome: CarrierOutcome) => void): void {
    const id = this.#calls.nextId();
    const patienceMs = clampPatience(toMs(patience));
    const isFull = this.#calls.askedCount >= askedMax;
    if (isFull || !this.#post("call", { call: id, isReply: false, patienceMs, frame })) return failSoon(done);
    this.#calls.ask(id, patienceMs, done, () => {
      const wasSent = !this.#outbox.withdraw(id);
      this.#calls.settle(id, { ok: false, why: "late", perhapsDone: wasSent });
    });
  }

  /** Looks after the stream; call it a few times within `silenceMs`. */
  tend(): void {
    const { silenceMs } = this.#order;
    const nowMs = this.#order.nowMs();
    this.#calls.expire(nowMs);
    if (nowMs - this.#heardMs >= silenceMs) return this.#over("no answer to keepalive", () => this.#order.pipe.cut());
    if (nowMs - this.#saidMs < silenceMs / 3) return;
    this.#saidMs = nowMs;
    this.#order.pipe.write(stillHere());
  }

  /** This process did not run for a while: what the peer said meanwhile is still on its way up. */
  forgiveSilence(): void {
    this.#heardMs = this.#order.nowMs();
  }

  /** Ends the stream after what was handed over, with `last` as its last word. */
  end(why: string, last?: PeerMessage): void {
    this.#over(why, () => {
      if (last !== undefined) this.#order.pipe.write(last);
      this.#order.pipe.end();
    });
  }

  onMessage(message: PeerMessage): void {
    if (this.#isEnded) return;
    this.#heardMs = this.#order.nowMs();
    if (message.message.case === "refused") return this.end(this.#order.events.onRefused(this, message.message.value));
    const carried = message.message.case === "carried" ? message.message.value : undefined;
    if (carried === undefined) return this.#spoilt(`the peer sent ${message.message.case ?? "something"} unasked`);
    const { call, isReply, frame } = carried;
    if (frame.length > frameBytesMax) return this.#spoilt("the peer sent a frame that is too large");
    if (isReply) return this.#calls.settle(call, { ok: true, reply: { bytes: frame } });
    if (this.isStranger && !this.#allows(frame)) return this.#spoilt("a stranger sent too much");
    if (call !== 0n) return this.#serve(carried);
    if (!this.isStranger) this.#order.events.onSay(this.identity.peer, frame);
  }

  onEnded(why: string): void {
    this.#over(why, () => undefined);
  }

  /** Counts what a stranger sends. */
  #allows(frame: Uint8Array): boolean {
    this.#strangerBytes += frame.length + headBytes;
    return this.#strangerBytes <= strangerBytesMax;
  }

  #serve({ call, frame, patienceMs }: Carried): void {
    if (this.#calls.servedCount >= servedMax) return void this.#reply(call, this.#order.busyReply);
    if (this.isStranger && !isPresenting(frame)) return void this.#reply(call, this.#order.strangerReply);
    const patience = clampPatience(patienceMs);
    if (!this.#calls.serve(call, this.#order.nowMs() + patience)) return this.#spoilt("two calls have one number");
    this.#order.events.onRequest(this.identity.peer, frame, ofMs(patience), (reply) => {
      if (this.#calls.answer(call)) this.#reply(call, reply);
    });
  }

  #reply(call: bigint, frame: Uint8Array): void {
    this.#post("reply", { call, isReply: true, patienceMs: 0, frame });
  }

  #spoilt(why: string): void {
    this.#over(why, () => this.#order.pipe.cut());
  }

  #over(why: string, close: () => void): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    close();
    this.#calls.settleAll("unreachable", this.#outbox.unsent());
    this.#order.events.onEnded(this, why);
  }

  /** False when it will not be sent. */
  #post(kind: "say" | "call" | "reply", carried: Pick<Carried, "call" | "isReply" | "patienceMs" | "frame">): boolean {
    if (this.#isEnded || carried.frame.length > frameBytesMax) return false;
    this.#saidMs = this.#order.nowMs();
    const message = create(PeerMessageSchema, { message: { case: "carried", value: create(CarriedSchema, carried) } });
    return this.#outbox.post(kind, carried.call, message, carried.frame.length + headBytes);
  }
}

function clampPatience(ms: number): number {
  return Math.min(patienceMsMax, Math.max(1, Math.ceil(ms)));
}
