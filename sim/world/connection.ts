/**
 * One stream between two machines: messages arrive in the order sent or not at all, late when segments are lost, held
 * while the way is cut. Each end learns by itself that the stream is gone.
 *
 *   open --way cut for the keepalive, process dead, closed by an end--> gone     (each end: up --notices--> down)
 */
import type { BoltId } from "../../src/kernel/id.ts";
import { must } from "../../src/kernel/assert.ts";
import { micros } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { Arrival, Packet } from "../../src/host/frame.ts";
import type { Frame } from "../../src/wire/frame.ts";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import type { Loop } from "../loop/loop.ts";
import { streams } from "./chance.ts";
import type { Chance } from "./chance.ts";
import type { Endpoint } from "./endpoint.ts";
import { events } from "./kinds.ts";
import { boltsMax } from "./weather.ts";
import type { Weather } from "./weather.ts";

/** How long a peer may be silent before a stream counts as dead, µs. */
export const keepaliveUs = 3_000_000;
/** First wait before a lost segment is sent again, µs; doubles each time. */
const retransmitUs = 200_000;
const retransmitsMax = 5;
const stuckMax = 4_096;

/** What carries connections. */
export interface Ground {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly weather: Weather;
  readonly inBytes: boolean;
}

type Message =
  | { readonly is: "say"; readonly packet: Packet<Frame> }
  | { readonly is: "request"; readonly id: number; readonly packet: Packet<Frame>; readonly patience: Micros }
  | { readonly is: "reply"; readonly id: number; readonly packet: Arrival<Frame> };

/** One end of a connection. */
export interface End {
  readonly endpoint: Endpoint;
  readonly epoch: number;
  /** Whether its process takes the stream for open. */
  isUp: boolean;
  /** Whether its process was told: a stranger's stream is not. */
  isKnown: boolean;
  /** When what was sent last to this end arrives. */
  tailUs: number;
  readonly stuck: Message[];
}

interface OpenCall {
  readonly side: 0 | 1;
  readonly done: (outcome: CarrierOutcome) => void;
}

/** A delivered message, as the loop carries it. */
export interface Delivery {
  readonly connection: Connection;
  readonly side: 0 | 1;
  readonly message: Message;
}

export class Connection {
  readonly ends: readonly [End, End];
  isOpen = true;
  /** Since when the way is cut in some direction; null when it is not. */
  cutSinceUs: number | null = null;
  readonly #ground: Ground;
  readonly #calls = new Map<number, OpenCall>();
  #nextCall = 1;

  constructor(ground: Ground, dialler: Endpoint, acceptor: Endpoint) {
    this.#ground = ground;
    this.ends = [endOf(dialler), endOf(acceptor)];
  }

  sideOf(index: number): 0 | 1 {
    return this.ends[0].endpoint.index === index ? 0 : 1;
  }

  peerOf(index: number): Endpoint {
    return this.ends[this.sideOf(index) === 0 ? 1 : 0].endpoint;
  }

  tell(from: number, packet: Packet<Frame>): void {
    this.#send(this.sideOf(from), { is: "say", packet });
  }

  call(from: number, packet: Packet<Frame>, patience: Micros, done: (outcome: CarrierOutcome) => void): void {
    const side = this.sideOf(from);
    const id = this.#nextCall++;
    this.#calls.set(id, { side, done });
    this.#send(side, { is: "request", id, packet, patience });
    const { loop } = this.#ground;
    loop.schedule(loop.nowUs + patience, events.patience, from, this.peerOf(from).index, () => {
      this.#end(id, { ok: false, why: "late", perhapsDone: true });
    });
  }

  /** What the loop brings back. `refuse` answers what a stranger may not ask; null lets it pass. */
  deliver(side: 0 | 1, message: Message, refuse: (frame: Arrival<Frame>) => Packet<Frame> | null): void {
    const end = this.ends[side];
    if (!this.isOpen || !end.isUp || end.epoch !== end.endpoint.epoch()) return;
    const from = this.ends[side === 0 ? 1 : 0].endpoint.id;
    switch (message.is) {
      case "say":
        if (end.isKnown) end.endpoint.run((driver) => driver.onSay(from, this.#arrival(message.packet)));
        return;
      case "request":
        return this.#deliverRequest(side, from, message, refuse);
      case "reply":
        return this.#end(message.id, { ok: true, reply: message.packet });
    }
  }

  /** The way was cut or opened again. */
  onWeather(): void {
    const isCut = this.#isCut(0) || this.#isCut(1) || this.ends.some(({ endpoint }) => endpoint.isPaused());
    this.cutSinceUs = isCut ? (this.cutSinceUs ?? this.#ground.loop.nowUs) : null;
    for (const side of [0, 1] as const) {
      if (this.#isCut(side)) continue;
      for (const message of this.ends[side].stuck.splice(0)) this.#carry(side, message, retransmitUs);
    }
  }

  /** Ends the stream; `by` knows at once, the other end when it notices. Calls end with the news. */
  close(by: 0 | 1 | null, noticed: (side: 0 | 1) => void): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const { loop, weather, chance } = this.#ground;
    for (const side of [0, 1] as const) {
      const { endpoint } = this.ends[side];
      const other = this.peerOf(endpoint.index).index;
      const link = weather.link(other, endpoint.index);
      const onWayUs = link.minUs + chance.below(streams.delay, other * boltsMax + endpoint.index, link.spanUs + 1);
      const delayUs = by === null || by === side ? 0 : link.cutsStreams ? keepaliveUs : onWayUs;
      loop.schedule(loop.nowUs + delayUs, events.stream, endpoint.index, other, () => {
        this.#endCallsOf(side);
        noticed(side);
      });
    }
  }

  #deliverRequest(
    side: 0 | 1,
    from: BoltId,
    message: Extract<Message, { is: "request" }>,
    refuse: (frame: Arrival<Frame>) => Packet<Frame> | null,
  ): void {
    const arrival = this.#arrival(message.packet);
    const refusal = this.ends[side].isKnown ? null : refuse(arrival);
    if (refusal !== null) return this.#send(side, { is: "reply", id: message.id, packet: refusal });
    this.ends[side].endpoint.run((driver) => {
      driver.onRequest({ is: "bolt", bolt: from }, arrival, message.patience, (reply) => {
        this.#send(side, {
          is: "reply",
          id: message.id,
          packet: this.#ground.inBytes ? { bytes: reply.bytes() } : reply,
        });
      });
    });
  }

  #arrival(packet: Packet<Frame>): Arrival<Frame> {
    return this.#ground.inBytes ? { bytes: packet.bytes() } : packet;
  }

  #send(from: 0 | 1, message: Message): void {
    if (!this.isOpen) return;
    const to = from === 0 ? 1 : 0;
    const { stuck } = this.ends[to];
    if (!this.#isCut(to) && stuck.length === 0) return this.#carry(to, message, 0);
    if (stuck.length < stuckMax) stuck.push(message);
  }

  #carry(to: 0 | 1, message: Message, extraUs: number): void {
    const { loop, weather, chance } = this.#ground;
    const end = this.ends[to];
    const from = this.peerOf(end.endpoint.index).index;
    const pair = from * boltsMax + end.endpoint.index;
    const link = weather.link(from, end.endpoint.index);
    let delayUs = extraUs + link.minUs + (link.spanUs > 0 ? chance.below(streams.delay, pair, link.spanUs) : 0);
    for (let again = 0; again < retransmitsMax; again++) {
      if (!chance.happens(streams.loss, pair, link.streamLossPerMillion)) break;
      delayUs += retransmitUs * 2 ** again;
    }
    end.tailUs = Math.max(end.tailUs, loop.nowUs + delayUs);
    const delivery: Delivery = { connection: this, side: to, message };
    loop.schedule(end.tailUs, events.frame, end.endpoint.index, from, delivery);
  }

  /** Whether nothing gets through to this end. */
  #isCut(to: 0 | 1): boolean {
    const { index } = this.ends[to].endpoint;
    return this.#ground.weather.link(this.peerOf(index).index, index).cutsStreams;
  }

  #end(id: number, outcome: CarrierOutcome): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    const end = must(this.ends[call.side], "a call has a caller");
    if (end.epoch === end.endpoint.epoch()) end.endpoint.run(() => call.done(outcome));
  }

  #endCallsOf(side: 0 | 1): void {
    for (const [id, call] of [...this.#calls]) {
      if (call.side === side) this.#end(id, { ok: false, why: "unreachable", perhapsDone: true });
    }
  }
}

function endOf(endpoint: Endpoint): End {
  return { endpoint, epoch: endpoint.epoch(), isUp: true, isKnown: false, tailUs: 0, stuck: [] };
}

/** Patience for things that are no call, µs. */
export const connectUs: Micros = micros(3_000_000);
