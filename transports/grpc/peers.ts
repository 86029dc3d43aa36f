/**
 * The streams of one bolt with all its peers: one a pair. Both sides dial; when two streams meet, the one that the
 * smaller key dialled stays, unless the other leads to a newer process of the peer (TR-3 to TR-6).
 *
 *   wanted --dial, address by address--> greeting --proven--> up --ended--> wait, longer each time --> dial ...
 */
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { BoltId } from "../../src/kernel/id.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { Keyring, PeerAddress } from "../../src/bolt/seam.ts";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import type { Signer, Verifier } from "../../src/wire/genuine.ts";
import { dial } from "./dial.ts";
import { greetAsAcceptor, greetAsDialler } from "./greeting.ts";
import type { Greeted, Side } from "./greeting.ts";
import { drawProcess } from "./hello.ts";
import { PeerStream } from "./peer-stream.ts";
import type { Duplex, StreamEvents } from "./peer-stream.ts";
import { channelOptions, serviceDefinition } from "./service.ts";

export interface PeersOrder {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: { readonly certChain: string; readonly key: string; readonly pin: string };
  readonly self: Signer;
  readonly verifier: Verifier;
  readonly spannerId: string;
  /** The frame that tells a stranger what it may not. */
  readonly strangerReply: Uint8Array;
  readonly on: PeersEvents;
}

export interface PeersEvents extends Pick<StreamEvents, "onSay" | "onRequest"> {
  onLink(peer: BoltId, isUp: boolean, why: string): void;
  /** A peer refused us and showed the row that explains it. */
  onShown(peer: BoltId, row: SignedRow): void;
  /** Worth a line in the log, now and then. */
  onTrouble(peer: BoltId | null, why: string): void;
}

const greetingMs = 5_000;
const connectMs = 3_000;
const firstWaitMs = 250;
const longestWaitMs = 15_000;
/** Greetings of strangers under way at once. */
const greetingsMax = 256;

interface Wanted {
  address: PeerAddress;
  failures: number;
  timer: NodeJS.Timeout | null;
  isDialling: boolean;
}

export class Peers {
  readonly #order: PeersOrder;
  readonly #side: Side;
  readonly #server: Server;
  readonly #streams = new Map<BoltId, PeerStream>();
  readonly #wanted = new Map<BoltId, Wanted>();
  readonly #events: StreamEvents;
  #keyring: Keyring | null = null;
  #greetings = 0;
  #isClosed = false;

  private constructor(order: PeersOrder) {
    this.#order = order;
    const { self, verifier, spannerId } = order;
    this.#side = { self, verifier, spannerId, process: drawProcess(), keyring: () => this.#keyring ?? noKeyring };
    this.#events = {
      onSay: (peer, frame) => order.on.onSay(peer, frame),
      onRequest: (peer, frame, patience, answer) => order.on.onRequest(peer, frame, patience, answer),
      onEnded: (stream, why) => this.#ended(stream, why),
    };
    this.#server = new Server(channelOptions);
    this.#server.addService(serviceDefinition, {
      Stream: (stream: ServerDuplexStream<PeerMessage, PeerMessage>) => this.#accept(stream),
    });
  }

  /** Listens. Rejects with the system's error when the port is taken. */
  static async open(order: PeersOrder): Promise<{ readonly peers: Peers; readonly port: number }> {
    const peers = new Peers(order);
    const { certChain, key } = order.tls;
    const pair = { cert_chain: Buffer.from(certChain), private_key: Buffer.from(key) };
    const secure = ServerCredentials.createSsl(null, [pair], false);
    const host = order.host.includes(":") ? `[${order.host}]` : order.host;
    const port = await new Promise<number>((resolve, reject) => {
      peers.#server.bindAsync(`${host}:${order.port}`, secure, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return { peers, port };
  }

  /** Follows whom to hold streams with. */
  keep(keyring: Keyring): void {
    this.#keyring = keyring;
    const wanted = new Map(keyring.peers.map((peer) => [peer.bolt, peer]));
    for (const [peer, held] of this.#wanted) {
      if (wanted.has(peer)) continue;
      if (held.timer !== null) clearTimeout(held.timer);
      this.#wanted.delete(peer);
      this.#streams.get(peer)?.end("not wanted any more");
    }
    for (const [peer, address] of wanted) this.#want(peer, address);
  }

  tell(to: BoltId, frame: Uint8Array): void {
    this.#streams.get(to)?.tell(frame);
  }

  call(to: BoltId, frame: Uint8Array, patience: Micros, done: (outcome: CarrierOutcome) => void): void {
    const stream = this.#streams.get(to);
    if (stream !== undefined) return stream.call(frame, patience, done);
    setImmediate(() => done({ ok: false, why: "unreachable", perhapsDone: false }));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#wanted.values()) if (timer !== null) clearTimeout(timer);
    this.#wanted.clear();
    for (const stream of [...this.#streams.values()]) stream.end("closing");
    return new Promise((resolve) => {
      const force = setTimeout(() => this.#server.forceShutdown(), 1_000);
      this.#server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  #want(peer: BoltId, address: PeerAddress): void {
    const held = this.#wanted.get(peer);
    if (held === undefined) {
      this.#wanted.set(peer, { address, failures: 0, timer: null, isDialling: false });
      const stream = this.#streams.get(peer);
      if (stream?.isStranger === true) this.#promote(stream);
      this.#dialLater(peer, 0);
      return;
    }
    const isMoved = held.address.grpc.join() !== address.grpc.join();
    held.address = address;
    if (isMoved) this.#dialLater(peer, 0);
  }

  /** A stranger that meanwhile is on the roster. */
  #promote(stream: PeerStream): void {
    stream.isStranger = false;
    this.#order.on.onLink(stream.identity.peer, true, "accepted");
  }

  #dialLater(peer: BoltId, waitMs: number): void {
    const wanted = this.#wanted.get(peer);
    if (wanted === undefined || wanted.isDialling || this.#isClosed || this.#streams.has(peer)) return;
    if (wanted.timer !== null) clearTimeout(wanted.timer);
    const jitterMs = Math.random() * Math.max(50, waitMs / 2);
    wanted.timer = setTimeout(() => void this.#dial(peer, wanted), waitMs + jitterMs);
    wanted.timer.unref();
  }

  async #dial(peer: BoltId, wanted: Wanted): Promise<void> {
    if (this.#streams.has(peer) || wanted.isDialling) return;
    wanted.isDialling = true;
    let why = "it has no address";
    for (const address of wanted.address.grpc) {
      if (this.#isClosed || this.#streams.has(peer)) break;
      const greeted = await this.#tryAddress(address, wanted.address);
      if (greeted.ok) {
        wanted.failures = 0;
        break;
      }
      why = `${address}: ${greeted.why}`;
      if (greeted.row !== null) this.#order.on.onShown(peer, greeted.row);
    }
    wanted.isDialling = false;
    if (this.#streams.has(peer) || this.#wanted.get(peer) !== wanted || this.#isClosed) return;
    if (wanted.failures === 3) this.#order.on.onTrouble(peer, why);
    this.#dialLater(peer, Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(10, wanted.failures++)));
  }

  async #tryAddress(address: string, peer: PeerAddress): Promise<Greeted> {
    try {
      const { duplex, tlsPin, close } = await dial(address, peer, connectMs);
      return await new Promise<Greeted>((resolve) => {
        const greet = (told: (greeted: Greeted) => void): ((message: PeerMessage) => void) =>
          greetAsDialler(this.#side, peer.bolt, duplex, () => tlsPin, told);
        this.#greet(duplex, true, greet, close, resolve);
      });
    } catch (error) {
      return { ok: false, why: error instanceof Error ? error.message : "it cannot be reached", row: null };
    }
  }

  #accept(stream: ServerDuplexStream<PeerMessage, PeerMessage>): void {
    const duplex = stream as unknown as Duplex;
    if (this.#greetings >= greetingsMax || this.#isClosed) {
      stream.emit("error", { code: status.RESOURCE_EXHAUSTED, details: "too many greetings" });
      return;
    }
    this.#greetings++;
    const { pin } = this.#order.tls;
    const greet = (told: (greeted: Greeted) => void): ((message: PeerMessage) => void) =>
      greetAsAcceptor(this.#side, duplex, pin, told);
    this.#greet(
      duplex,
      false,
      greet,
      () => undefined,
      () => this.#greetings--,
    );
  }

  /** Runs a greeting to its end, then hands the stream's messages on. */
  #greet(
    duplex: Duplex,
    dialledByUs: boolean,
    begin: (told: (greeted: Greeted) => void) => (message: PeerMessage) => void,
    close: () => void,
    resolve: (greeted: Greeted) => void,
  ): void {
    let stream: PeerStream | null = null;
    let isOver = false;
    const finish = (greeted: Greeted): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (greeted.ok) stream = this.#admit(greeted, dialledByUs, duplex);
      if (stream === null) duplex.end();
      if (!greeted.ok) close();
      resolve(greeted);
    };
    const lost = (why: string): void => {
      finish({ ok: false, why, row: null });
      stream?.end(why);
      close();
    };
    const timer = setTimeout(() => lost("the hello took too long"), greetingMs);
    const onMessage = begin(finish);
    duplex.on("data", (message) =>
      stream === null ? (isOver ? undefined : onMessage(message)) : stream.receive(message),
    );
    duplex.on("error", (error) => lost(error.message));
    duplex.on("end", () => lost("the peer ended the stream"));
    duplex.on("close", () => lost("the connection is gone"));
  }

  /** Keeps the new stream or the old one; null when the new one is not needed. */
  #admit(greeted: Extract<Greeted, { ok: true }>, dialledByUs: boolean, duplex: Duplex): PeerStream | null {
    const { peer, process } = greeted;
    const identity = { peer, process, dialledByUs };
    const isStranger = !this.#wanted.has(peer);
    const old = this.#streams.get(peer);
    const isPreferred = this.#order.self.id < peer === dialledByUs;
    if (old !== undefined && old.identity.process === process && !old.isStranger && !isPreferred) return null;
    const stream = new PeerStream(identity, isStranger, duplex, this.#events, this.#order.strangerReply);
    this.#streams.set(peer, stream);
    if (old !== undefined) old.end("replaced");
    const wasUp = old !== undefined && !old.isStranger && old.identity.process === process;
    if (!isStranger && !wasUp) this.#order.on.onLink(peer, true, dialledByUs ? "dialled" : "accepted");
    return stream;
  }

  #ended(stream: PeerStream, why: string): void {
    const { peer } = stream.identity;
    if (this.#streams.get(peer) !== stream) {
      // Another stream took its place; of a dead process the news is still to be told.
      const now = this.#streams.get(peer);
      if (now !== undefined && now.identity.process !== stream.identity.process && !stream.isStranger) {
        this.#order.on.onLink(peer, false, why);
      }
      return;
    }
    this.#streams.delete(peer);
    if (!stream.isStranger) this.#order.on.onLink(peer, false, why);
    this.#dialLater(peer, firstWaitMs);
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
