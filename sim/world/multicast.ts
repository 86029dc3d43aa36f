/**
 * Multicast: a datagram goes to every bolt of the sender's segment, each copy through the pipeline of its own link:
 * cut, size, loss, corruption, copies, delay, reordering. Nobody learns what became of it.
 */
import type { DatagramMessage } from "../../src/host/ports.ts";
import type { Arrival, Packet } from "../../src/host/frame.ts";
import type { Loop } from "../loop/loop.ts";
import { streams } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { events } from "./kinds.ts";
import { boltsMax } from "./weather.ts";
import type { LinkState, Weather } from "./weather.ts";

/** A datagram that someone kept to send it again. */
export interface Captured {
  readonly from: number;
  readonly bytes: Uint8Array;
}

const capturedMax = 256;

export class Multicast {
  /** Bytes sent and received so far, when packets travel as bytes. */
  sentBytes = 0;
  receivedBytes = 0;
  readonly #loop: Loop;
  readonly #chance: Chance;
  readonly #weather: Weather;
  readonly #inBytes: boolean;
  readonly #segments: number[] = [];
  readonly #bursts = new Map<number, number>();
  readonly #watched = new Map<number, Captured[]>();

  constructor(loop: Loop, chance: Chance, weather: Weather, inBytes: boolean) {
    this.#loop = loop;
    this.#chance = chance;
    this.#weather = weather;
    this.#inBytes = inBytes;
  }

  /** Puts a bolt into a segment; bolts of other segments never hear it. */
  place(bolt: number, segment: number): void {
    this.#segments[bolt] = segment;
  }

  /** Sends to everyone in the segment but the sender. */
  send(from: number, packet: Packet<DatagramMessage>): void {
    const segment = this.#segments[from];
    const kept = this.#watched.get(from);
    if (kept !== undefined && kept.length < capturedMax) kept.push({ from, bytes: packet.bytes() });
    if (this.#inBytes) this.sentBytes += packet.bytes().length;
    for (let to = 0; to < this.#segments.length; to++) {
      if (to !== from && this.#segments[to] === segment) this.#copy(from, to, packet);
    }
  }

  /** Sends bytes that may be anything to one bolt, whatever the weather. */
  inject(to: number, from: number, bytes: Uint8Array): void {
    const arrival: Arrival<DatagramMessage> = { bytes };
    this.#loop.schedule(this.#loop.nowUs + 100, events.datagram, to, from, arrival);
  }

  /** Keeps what this bolt sends from now on. */
  watch(bolt: number): void {
    this.#watched.set(bolt, []);
  }

  captured(bolt: number): readonly Captured[] {
    return this.#watched.get(bolt) ?? [];
  }

  #copy(from: number, to: number, packet: Packet<DatagramMessage>): void {
    const link = this.#weather.link(from, to);
    const pair = from * boltsMax + to;
    if (link.cutsMulticast || this.#isLost(link, pair)) return;
    if (link.mtuBytes !== Infinity && packet.bytes().length > link.mtuBytes) return;
    this.#deliver(link, pair, from, to, packet);
    if (this.#chance.happens(streams.duplicate, pair, link.duplicatePerMillion)) {
      this.#deliver(link, pair, from, to, packet);
    }
  }

  #deliver(link: LinkState, pair: number, from: number, to: number, packet: Packet<DatagramMessage>): void {
    let delayUs = link.minUs + (link.spanUs > 0 ? this.#chance.below(streams.delay, pair, link.spanUs) : 0);
    if (this.#chance.happens(streams.reorder, pair, link.reorderPerMillion)) {
      delayUs += this.#chance.below(streams.reorder, pair, link.reorderUs + 1);
    }
    this.#loop.schedule(this.#loop.nowUs + delayUs, events.datagram, to, from, this.#arrival(link, pair, packet));
  }

  #arrival(link: LinkState, pair: number, packet: Packet<DatagramMessage>): Arrival<DatagramMessage> {
    if (this.#chance.happens(streams.corrupt, pair, link.corruptPerMillion)) {
      const bytes = packet.bytes().slice();
      const bit = this.#chance.below(streams.corrupt, pair, bytes.length * 8);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return { bytes };
    }
    if (!this.#inBytes) return packet;
    this.receivedBytes += packet.bytes().length;
    return { bytes: packet.bytes() };
  }

  #isLost(link: LinkState, pair: number): boolean {
    if (link.datagramLossPerMillion === 0) return false;
    const left = this.#bursts.get(pair) ?? 0;
    if (left > 0) {
      this.#bursts.set(pair, left - 1);
      return true;
    }
    const isLost = this.#chance.happens(streams.loss, pair, link.datagramLossPerMillion);
    if (isLost && link.burst > 0) this.#bursts.set(pair, link.burst);
    return isLost;
  }
}
