/**
 * The streams of one bolt with all its peers: one a pair. Both sides dial; when two streams meet, the one that the
 * smaller key dialled stays, unless one leads to a process that is gone (TR-3 to TR-6).
 *
 *   wanted --dial, address by address--> greeting --proven--> up --ended--> wait, longer each time --> dial ...
 *   called by a stranger --> greeting --proven--> may only present itself --on the roster--> up
 */
import { status } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { BoltId } from "../../src/kernel/id.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { Keyring, PeerAddress } from "../../src/bolt/seam.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { failSoon } from "./calls.ts";
import { dial } from "./dial.ts";
import { failed, greetAsAcceptor, greetAsDialler, refused, removedMessage } from "./greeting.ts";
import type { Greeted, Side } from "./greeting.ts";
import { drawProcess } from "./hello.ts";
import { isOursToEnd, meet } from "./meeting.ts";
import { outboxLimits } from "./outbox.ts";
import { PeerStream } from "./peer-stream.ts";
import type { StreamEvents } from "./peer-stream.ts";
import { busyReply, strangerReply, timesDefault } from "./peers-order.ts";
import type { PeersOrder, PeersStats, PeerTimes } from "./peers-order.ts";
import { Pipe } from "./pipe.ts";
import { GrpcPort } from "./port.ts";
import type { ServerTls } from "./port.ts";
import { reflectionDefinition, reflectionService } from "./reflection.ts";
import { serviceDefinition } from "./service.ts";

/** Of bolts that call and have not proven a key yet. */
const greetingsMax = 256;
/** Of keys that are not on the roster; the oldest makes room. */
const strangersMax = 64;
/** How long a stream that lost a meeting may go on, should its other end not end it. */
const fadeMs = 10_000;
const troubleEvery = 16;

interface Slot {
  readonly peer: BoltId;
  /** null: not on the roster. */
  address: PeerAddress | null;
  current: PeerStream | null;
  failures: number;
  timer: NodeJS.Timeout | null;
  isDialling: boolean;
}

export class Peers {
  readonly #order: PeersOrder;
  readonly #times: PeerTimes;
  readonly #side: Side;
  readonly #port: GrpcPort;
  readonly #slots = new Map<BoltId, Slot>();
  /** Streams that lost a meeting, and until when they may go on. */
  readonly #fading = new Map<PeerStream, number>();
  readonly #events: StreamEvents;
  readonly #ticker: NodeJS.Timeout;
  #keyring: Keyring | null = null;
  #greetings = 0;
  #dropped = 0;
  #tendedMs = performance.now();
  #isClosed = false;

  private constructor(order: PeersOrder, port: GrpcPort) {
    this.#order = order;
    this.#times = { ...timesDefault, ...order.times };
    this.#port = port;
    const { self, verifier, spannerId } = order;
    this.#side = { self, verifier, spannerId, process: drawProcess(), keyring: () => this.#keyring ?? noKeyring };
    this.#events = {
      onSay: (peer, frame) => order.on.onSay(peer, frame),
      onRequest: (peer, frame, patience, answer) => order.on.onRequest(peer, frame, patience, answer),
      onRefused: (stream, refusal) => {
        const { why, row, foreign } = refused(refusal, verifier);
        this.#tellRefused(stream.identity.peer, { ok: false, why, row, foreign }, "");
        return why;
      },
      onEnded: (stream, why) => this.#ended(stream, why),
    };
    port.addService(serviceDefinition, {
      Stream: (call: ServerDuplexStream<PeerMessage, PeerMessage>) => this.#accept(call),
    });
    port.addService(reflectionDefinition, reflectionService);
    this.#ticker = setInterval(() => this.#tend(), this.#times.silence / 12);
    this.#ticker.unref();
  }

  /** Listens. Rejects with the system's error (EADDRINUSE, ...) when it cannot. */
  static async open(order: PeersOrder): Promise<{ readonly peers: Peers; readonly port: number }> {
    const port = await GrpcPort.open(order.host, order.port, order.tls);
    return { peers: new Peers(order, port), port: port.port };
  }

  /** Follows whom to hold streams with: dials the new, ends the others, greets strangers that became peers. */
  keep(keyring: Keyring): void {
    if (this.#isClosed) return;
    this.#keyring = keyring;
    const wanted = new Map(keyring.peers.map((peer) => [peer.bolt, peer]));
    for (const slot of [...this.#slots.values()]) {
      if (slot.address !== null && !wanted.has(slot.peer)) this.#unwant(slot, keyring.removed.get(slot.peer));
    }
    if (keyring.genesis === null) for (const { current } of [...this.#slots.values()]) current?.end("not in a spanner");
    for (const address of wanted.values()) this.#want(this.#slotOf(address.bolt), address);
  }

  /** Dropped when no stream is open. */
  tell(to: BoltId, frame: Uint8Array): void {
    this.#slots.get(to)?.current?.tell(frame);
  }

  call(to: BoltId, frame: Uint8Array, patience: Micros, done: (outcome: CarrierOutcome) => void): void {
    const stream = this.#slots.get(to)?.current ?? null;
    if (stream === null) failSoon(done);
    else stream.call(frame, patience, done);
  }

  /** New connections are shown this certificate. Throws when it is unusable; then nothing has changed. */
  swapTls(tls: ServerTls): void {
    this.#port.swapTls(tls);
  }

  stats(): PeersStats {
    const open = [...this.#slots.values()].flatMap(({ current }) => (current === null ? [] : [current]));
    return {
      open: open.length,
      strangers: open.filter(({ isStranger }) => isStranger).length,
      greetings: this.#greetings,
      connections: this.#port.connectionCount(),
      dropped: this.#dropped + [...open, ...this.#fading.keys()].reduce((sum, { dropped }) => sum + dropped, 0),
    };
  }

  /** Ends all streams, then the port. */
  close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#ticker);
    for (const { timer } of this.#slots.values()) if (timer !== null) clearTimeout(timer);
    for (const stream of this.#fading.keys()) stream.end("this bolt stops");
    for (const { current } of [...this.#slots.values()]) current?.end("this bolt stops");
    return this.#port.close();
  }

  #slotOf(peer: BoltId): Slot {
    const held = this.#slots.get(peer);
    if (held !== undefined) return held;
    const made: Slot = { peer, address: null, current: null, failures: 0, timer: null, isDialling: false };
    this.#slots.set(peer, made);
    return made;
  }

  #want(slot: Slot, address: PeerAddress): void {
    const isMoved = slot.address?.grpc.join() !== address.grpc.join();
    slot.address = address;
    for (const stream of this.#fading.keys()) if (stream.identity.peer === slot.peer) stream.isStranger = false;
    if (slot.current?.isStranger === true) {
      slot.current.isStranger = false;
      this.#order.on.onLink(slot.peer, true, "accepted");
    }
    if (!isMoved) return;
    slot.failures = 0;
    this.#dialAfter(slot, 0);
  }

  /** It is no peer any more; one that was removed is shown the row. */
  #unwant(slot: Slot, removal: SignedRow | undefined): void {
    slot.address = null;
    if (slot.timer !== null) clearTimeout(slot.timer);
    slot.timer = null;
    const why = removal === undefined ? "not wanted" : "removed";
    if (slot.current !== null) slot.current.end(why, removal === undefined ? undefined : removedMessage(removal));
    else this.#forgetIfUnused(slot);
  }

  #forgetIfUnused(slot: Slot): void {
    if (slot.address === null && slot.current === null && !slot.isDialling) this.#slots.delete(slot.peer);
  }

  #dialAfter(slot: Slot, waitMs: number): void {
    if (slot.address === null || slot.isDialling || slot.current !== null || this.#isClosed) return;
    if (slot.timer !== null) clearTimeout(slot.timer);
    // Bolts that lost each other together would otherwise dial each other in lockstep.
    const jitterMs = Math.random() * (20 + waitMs / 2);
    slot.timer = setTimeout(() => void this.#dial(slot), waitMs + jitterMs);
  }

  async #dial(slot: Slot): Promise<void> {
    slot.timer = null;
    slot.isDialling = true;
    let why = "it has no address";
    for (const address of slot.address?.grpc ?? []) {
      if (slot.address === null || slot.current !== null || this.#isClosed) break;
      const greeted = await this.#tryAddress(address, slot.address);
      if (greeted.ok) break;
      why = `${address}: ${greeted.why}`;
      this.#tellRefused(slot.peer, greeted, address);
    }
    slot.isDialling = false;
    if (slot.current !== null || this.#isClosed) return;
    if (slot.address === null) return this.#forgetIfUnused(slot);
    if (slot.failures % troubleEvery === 2) this.#order.on.onTrouble(slot.peer, why);
    const { firstWait, longestWait } = this.#times;
    this.#dialAfter(slot, Math.min(longestWait, firstWait * 2 ** Math.min(10, slot.failures++)));
  }

  async #tryAddress(address: string, peer: PeerAddress): Promise<Greeted> {
    try {
      const { pipe, tlsPin } = await dial(address, peer, this.#times.connect);
      return await new Promise<Greeted>((resolve) => {
        this.#greet(pipe, true, (told) => greetAsDialler(this.#side, peer.bolt, pipe, tlsPin, told), resolve);
      });
    } catch (error) {
      return failed(error instanceof Error ? error.message : "it cannot be reached");
    }
  }

  #tellRefused(peer: BoltId | null, { row, foreign }: Extract<Greeted, { ok: false }>, remote: string): void {
    if (row !== null && peer !== null) this.#order.on.onShown(peer, row);
    if (foreign !== null) this.#order.on.onForeign?.(foreign, remote);
  }

  #accept(call: ServerDuplexStream<PeerMessage, PeerMessage>): void {
    if (this.#greetings >= greetingsMax || this.#isClosed) {
      call.destroy(
        Object.assign(new Error("busy"), { code: status.RESOURCE_EXHAUSTED, details: "too many greetings" }),
      );
      return;
    }
    const remote = call.getPeer();
    const pipe = new Pipe(remote, call, () => this.#port.cut(remote));
    this.#greetings++;
    const begin = (told: (greeted: Greeted) => void): ((message: PeerMessage) => void) =>
      greetAsAcceptor(this.#side, pipe, this.#port.pins(), told);
    this.#greet(pipe, false, begin, (greeted) => {
      this.#greetings--;
      if (!greeted.ok) this.#tellRefused(null, greeted, remote);
    });
  }

  /** Runs a greeting to its end; of a good one the stream reads on from the very next message. */
  #greet(
    pipe: Pipe,
    dialledByUs: boolean,
    begin: (told: (greeted: Greeted) => void) => (message: PeerMessage) => void,
    resolve: (greeted: Greeted) => void,
  ): void {
    let isOver = false;
    const finish = (greeted: Greeted): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (greeted.ok) this.#admit(greeted, dialledByUs, pipe);
      else pipe.end();
      resolve(greeted);
    };
    const timer = setTimeout(() => finish(failed("the hello took too long")), this.#times.greeting);
    pipe.attach({ onMessage: begin(finish), onEnded: (why) => finish(failed(why)) });
  }

  #admit(greeted: Extract<Greeted, { ok: true }>, dialledByUs: boolean, pipe: Pipe): void {
    const { peer, process } = greeted;
    const slot = this.#slotOf(peer);
    const identity = { peer, process, dialledByUs };
    if (this.#isClosed || (dialledByUs && slot.address === null)) return this.#turnAway(slot, pipe);
    const stream = new PeerStream({
      identity,
      isStranger: slot.address === null,
      pipe,
      events: this.#events,
      strangerReply,
      busyReply,
      outbox: this.#order.outbox ?? outboxLimits,
      silenceMs: this.#times.silence,
      nowMs: () => performance.now(),
    });
    slot.failures = 0;
    if (slot.timer !== null) clearTimeout(slot.timer);
    slot.timer = null;
    this.#place(slot, stream);
    if (stream.isStranger) this.#limitStrangers();
  }

  /** A greeting that nobody waits for any more. */
  #turnAway(slot: Slot, pipe: Pipe): void {
    pipe.end();
    this.#forgetIfUnused(slot);
  }

  /** Decides which of two streams the pair goes on with. */
  #place(slot: Slot, stream: PeerStream): void {
    const older = slot.current;
    if (older === null) return this.#install(slot, stream);
    const { self } = this.#order;
    switch (meet(self.id, older.identity, stream.identity)) {
      case "restarted":
        return this.#replace(slot, older, stream, "the peer was restarted");
      case "repeated":
        return this.#replace(slot, older, stream, "replaced");
      case "newer-stays":
        // The link stays up: nothing was lost, and the peer decides alike.
        slot.current = stream;
        this.#fading.set(older, performance.now() + fadeMs);
        return;
      case "older-stays":
        this.#fading.set(stream, performance.now() + fadeMs);
        return;
    }
  }

  #replace(slot: Slot, older: PeerStream, stream: PeerStream, why: string): void {
    slot.current = null;
    older.end(why);
    if (!older.isStranger) this.#order.on.onLink(slot.peer, false, why);
    this.#install(slot, stream);
  }

  #install(slot: Slot, stream: PeerStream): void {
    slot.current = stream;
    const why = stream.identity.dialledByUs ? "dialled" : "accepted";
    if (!stream.isStranger) this.#order.on.onLink(slot.peer, true, why);
  }

  #limitStrangers(): void {
    const strangers = [...this.#slots.values()].filter(({ current }) => current?.isStranger === true);
    if (strangers.length > strangersMax) strangers[0]?.current?.end("other strangers wait");
  }

  /** A stream has ended by itself, or was ended by us. */
  #ended(stream: PeerStream, why: string): void {
    const slot = this.#slots.get(stream.identity.peer);
    if (this.#fading.delete(stream) || slot?.current !== stream) {
      this.#dropped += stream.dropped;
      return;
    }
    this.#dropped += stream.dropped;
    const other = [...this.#fading.keys()].find(({ identity }) => identity.peer === slot.peer);
    if (other !== undefined && other.identity.process === stream.identity.process && slot.address !== null) {
      this.#fading.delete(other);
      slot.current = other;
      return;
    }
    slot.current = null;
    if (!stream.isStranger) this.#order.on.onLink(slot.peer, false, why);
    this.#dialAfter(slot, this.#times.firstWait);
    this.#forgetIfUnused(slot);
  }

  /** Notices who is gone, says that we are here, ends streams that lost a meeting. */
  #tend(): void {
    const nowMs = performance.now();
    const isLate = nowMs - this.#tendedMs > this.#times.silence / 3;
    this.#tendedMs = nowMs;
    const open = [...this.#slots.values()].flatMap(({ current }) => (current === null ? [] : [current]));
    for (const stream of [...open, ...this.#fading.keys()]) {
      if (isLate) stream.forgiveSilence();
      stream.tend();
    }
    for (const [stream, untilMs] of [...this.#fading]) {
      const isOurs = isOursToEnd(this.#order.self.id, stream.identity.peer);
      if (nowMs > untilMs + (isOurs ? 0 : fadeMs) || (isOurs && stream.isIdle)) stream.end("another stream stays");
    }
  }
}

const noKeyring: Keyring = {
  self: null,
  genesis: null,
  authors: new Map(),
  peers: [],
  removed: new Map(),
  version: 0,
};
