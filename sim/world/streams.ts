/**
 * The streams between all machines: who dials whom where, what a stranger may do, and when a stream dies.
 *
 *   wanted --dial, address by address--> hello --both in one spanner, not removed--> open
 *     ^                                    | refused, wrong key, nobody there, cut                |
 *     '------------- wait, longer each time, with jitter <--------------------- gone <------------'
 */
import type { BoltId } from "../../src/kernel/id.ts";
import type { Keyring, PeerAddress } from "../../src/bolt/seam.ts";
import type { Arrival, Packet } from "../../src/host/frame.ts";
import type { Frame } from "../../src/wire/frame.ts";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import type { Micros } from "../../src/kernel/time.ts";
import { streams } from "./chance.ts";
import { Connection, connectUs, keepaliveUs } from "./connection.ts";
import type { Delivery, Ground } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import { events } from "./kinds.ts";
import { boltsMax } from "./weather.ts";

const firstWaitUs = 200_000;
const longestWaitUs = 15_000_000;
const noSuchHostUs = 50_000;

/** What a machine wants of its streams. */
interface Wishes {
  keyring: Keyring;
  readonly peers: Map<BoltId, PeerAddress>;
  readonly current: Map<BoltId, Connection>;
  readonly dialling: Map<BoltId, number>;
  readonly failures: Map<BoltId, number>;
}

/** How the world finds machines and reads and writes frames for strangers. */
export interface Directory {
  byAddress(address: string): Endpoint | undefined;
  /** A refusal for what a stranger may not ask; null for what it may. */
  refuseStranger(frame: Arrival<Frame>): Packet<Frame> | null;
  /** A REMOVE row shown to whom it names. */
  packRow(keyring: Keyring, removed: BoltId): Packet<Frame> | null;
}

export class Streams {
  readonly #ground: Ground;
  readonly #directory: Directory;
  readonly #wishes = new Map<number, Wishes>();
  readonly #open = new Set<Connection>();

  constructor(ground: Ground, directory: Directory) {
    this.#ground = ground;
    this.#directory = directory;
  }

  /** Follows a bolt's keyring: dials whom it wants, closes to whom it does not, greets strangers that became peers. */
  keep(endpoint: Endpoint, keyring: Keyring): void {
    const wishes = this.#wishesOf(endpoint, keyring);
    wishes.keyring = keyring;
    wishes.peers.clear();
    for (const peer of keyring.peers) wishes.peers.set(peer.bolt, peer);
    for (const [peer, connection] of wishes.current) {
      const end = connection.ends[connection.sideOf(endpoint.index)];
      if (!wishes.peers.has(peer) && end.isKnown)
        this.#close(connection, connection.sideOf(endpoint.index), "not wanted");
      else if (wishes.peers.has(peer) && !end.isKnown && end.isUp) this.#tellUp(connection, endpoint, "accepted");
    }
    for (const peer of wishes.peers.keys()) this.#dialSoon(endpoint, peer, 0);
  }

  tell(from: Endpoint, to: BoltId, packet: Packet<Frame>): void {
    this.#current(from, to)?.tell(from.index, packet);
  }

  call(
    from: Endpoint,
    to: BoltId,
    packet: Packet<Frame>,
    patience: Micros,
    done: (outcome: CarrierOutcome) => void,
  ): void {
    const connection = this.#current(from, to);
    if (connection !== undefined) return connection.call(from.index, packet, patience, done);
    const { loop } = this.#ground;
    const epoch = from.epoch();
    loop.schedule(loop.nowUs, events.stream, from.index, from.index, () => {
      if (epoch === from.epoch()) from.run(() => done({ ok: false, why: "unreachable", perhapsDone: false }));
    });
  }

  deliver({ connection, side, message }: Delivery): void {
    connection.deliver(side, message, (frame) => this.#directory.refuseStranger(frame));
  }

  /** The process of this machine is gone. With its power gone nobody says goodbye. */
  onDeath(endpoint: Endpoint, withPower: boolean): void {
    const wishes = this.#wishes.get(endpoint.index);
    this.#wishes.delete(endpoint.index);
    for (const connection of wishes?.current.values() ?? []) {
      if (!withPower) this.#close(connection, connection.sideOf(endpoint.index), "connection reset");
      else this.#after(keepaliveUs, endpoint.index, () => this.#close(connection, null, "no answer to keepalive"));
    }
  }

  /** Rules came or went, or a process was paused or resumed. */
  onWeather(): void {
    for (const connection of this.#open) {
      const before = connection.cutSinceUs;
      connection.onWeather();
      if (connection.cutSinceUs === null || before !== null) continue;
      const sinceUs = connection.cutSinceUs;
      this.#after(keepaliveUs, connection.ends[0].endpoint.index, () => {
        if (connection.cutSinceUs === sinceUs) this.#close(connection, null, "no answer to keepalive");
      });
    }
  }

  /** Streams open now. */
  openCount(): number {
    return this.#open.size;
  }

  #current(from: Endpoint, to: BoltId): Connection | undefined {
    const connection = this.#wishes.get(from.index)?.current.get(to);
    return connection?.ends[connection.sideOf(from.index)].isUp === true ? connection : undefined;
  }

  #wishesOf(endpoint: Endpoint, keyring: Keyring): Wishes {
    const held = this.#wishes.get(endpoint.index);
    if (held !== undefined) return held;
    const made = { keyring, peers: new Map(), current: new Map(), dialling: new Map(), failures: new Map() };
    this.#wishes.set(endpoint.index, made);
    return made;
  }

  #dialSoon(endpoint: Endpoint, peer: BoltId, waitUs: number): void {
    const wishes = this.#wishes.get(endpoint.index);
    if (wishes === undefined || wishes.dialling.has(peer) || wishes.current.has(peer)) return;
    wishes.dialling.set(peer, this.#ground.loop.nowUs);
    const jitterUs = this.#ground.chance.below(streams.dial, endpoint.index, 20_000 + Math.floor(waitUs / 2));
    this.#after(waitUs + jitterUs, endpoint.index, () => this.#dial(endpoint, peer, wishes, 0));
  }

  #dial(endpoint: Endpoint, peer: BoltId, wishes: Wishes, at: number): void {
    if (this.#wishes.get(endpoint.index) !== wishes) return;
    if (endpoint.isPaused())
      return this.#after(connectUs, endpoint.index, () => this.#dial(endpoint, peer, wishes, at));
    const address = wishes.peers.get(peer)?.grpc[at];
    if (wishes.current.has(peer)) return void wishes.dialling.delete(peer);
    if (address === undefined) return this.#failed(endpoint, peer, wishes);
    const target = this.#directory.byAddress(address);
    const next = (): void => this.#dial(endpoint, peer, wishes, at + 1);
    if (target === undefined || target.index === endpoint.index) return this.#after(noSuchHostUs, endpoint.index, next);
    if (this.#isCut(endpoint, target)) return this.#after(connectUs, endpoint.index, next);
    const roundTripUs = this.#delayUs(endpoint, target) + this.#delayUs(target, endpoint);
    if (!target.isUp()) return this.#after(roundTripUs, endpoint.index, next);
    this.#after(roundTripUs * 1.5, endpoint.index, () => {
      if (this.#wishes.get(endpoint.index) !== wishes) return;
      if (target.isPaused() || this.#isCut(endpoint, target)) return this.#after(connectUs, endpoint.index, next);
      if (this.#greet(endpoint, target, peer, wishes)) wishes.dialling.delete(peer);
      else next();
    });
  }

  #failed(endpoint: Endpoint, peer: BoltId, wishes: Wishes): void {
    wishes.dialling.delete(peer);
    if (!wishes.peers.has(peer)) return;
    const failures = wishes.failures.get(peer) ?? 0;
    wishes.failures.set(peer, failures + 1);
    this.#dialSoon(endpoint, peer, Math.min(longestWaitUs, firstWaitUs * 2 ** Math.min(failures, 10)));
  }

  /** The hello of both sides; true when the stream stands. */
  #greet(dialler: Endpoint, acceptor: Endpoint, peer: BoltId, wishes: Wishes): boolean {
    const theirs = this.#wishes.get(acceptor.index);
    if (acceptor.id !== peer || theirs === undefined || !acceptor.isUp()) return false;
    if (theirs.keyring.genesis === null || theirs.keyring.genesis !== wishes.keyring.genesis) return false;
    const shown = this.#directory.packRow(theirs.keyring, dialler.id);
    if (shown !== null) {
      dialler.run((driver) => driver.onSay(peer, shown));
      return false;
    }
    if (wishes.current.get(peer)?.isOpen === true && theirs.current.get(dialler.id)?.isOpen === true) return true;
    this.#replace(wishes, peer);
    this.#replace(theirs, dialler.id);
    const connection = new Connection(this.#ground, dialler, acceptor);
    this.#open.add(connection);
    wishes.current.set(peer, connection);
    wishes.failures.delete(peer);
    theirs.current.set(dialler.id, connection);
    connection.onWeather();
    this.#tellUp(connection, dialler, "dialled");
    if (theirs.peers.has(dialler.id)) this.#tellUp(connection, acceptor, "accepted");
    return true;
  }

  /** A new stream to the same key takes the place of an old one that only one side still believes in. */
  #replace(wishes: Wishes, peer: BoltId): void {
    const old = wishes.current.get(peer);
    if (old !== undefined) this.#close(old, null, "replaced");
  }

  #tellUp(connection: Connection, endpoint: Endpoint, why: string): void {
    const end = connection.ends[connection.sideOf(endpoint.index)];
    end.isKnown = true;
    const peer = connection.peerOf(endpoint.index).id;
    this.#after(0, endpoint.index, () => {
      if (end.isUp && end.epoch === endpoint.epoch()) endpoint.run((driver) => driver.onLink(peer, true, why));
    });
  }

  #close(connection: Connection, by: 0 | 1 | null, why: string): void {
    if (!connection.isOpen) return;
    this.#open.delete(connection);
    connection.close(by, (side) => {
      const end = connection.ends[side];
      const { endpoint } = end;
      const peer = connection.peerOf(endpoint.index).id;
      end.isUp = false;
      const wishes = this.#wishes.get(endpoint.index);
      if (wishes === undefined || end.epoch !== endpoint.epoch()) return;
      const isCurrent = wishes.current.get(peer) === connection;
      if (isCurrent) wishes.current.delete(peer);
      if (end.isKnown && (isCurrent || why === "replaced")) endpoint.run((driver) => driver.onLink(peer, false, why));
      if (wishes.peers.has(peer)) this.#dialSoon(endpoint, peer, firstWaitUs);
    });
  }

  #isCut(a: Endpoint, b: Endpoint): boolean {
    const { weather } = this.#ground;
    return weather.link(a.index, b.index).cutsStreams || weather.link(b.index, a.index).cutsStreams;
  }

  #delayUs(from: Endpoint, to: Endpoint): number {
    const link = this.#ground.weather.link(from.index, to.index);
    return link.minUs + this.#ground.chance.below(streams.delay, from.index * boltsMax + to.index, link.spanUs + 1);
  }

  #after(delayUs: number, bolt: number, action: () => void): void {
    const { loop } = this.#ground;
    loop.schedule(loop.nowUs + Math.round(delayUs), events.stream, bolt, 0, action);
  }
}
