/**
 * A simulated spanner: machines with their processes, the network between them, and the loop that moves time. All
 * there is to a run follows from the seed and from what is scheduled from outside.
 */
import type { Bug } from "../../src/kernel/assert.ts";
import { must } from "../../src/kernel/assert.ts";
import { sha256 } from "../../src/kernel/digest.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { encodeUtf8 } from "../../src/kernel/utf8.ts";
import type { Arrival, Packet } from "../../src/host/frame.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { packet } from "../../src/host/frame.ts";
import { signerOf } from "../../src/host/keys.ts";
import type { DatagramMessage } from "../../src/host/ports.ts";
import type { Seal } from "../../src/host/seal-port.ts";
import type { Keyring } from "../../src/bolt/seam.ts";
import type { AdminAnswer, AdminRequest } from "../../src/turn/admin.ts";
import type { BoltConfig, Note } from "../../src/turn/turn.ts";
import { encodeFrame } from "../../src/wire/frames.ts";
import { Loop } from "../loop/loop.ts";
import { Chance, streams } from "./chance.ts";
import type { Delivery } from "./connection.ts";
import { answerJoin } from "./join-port.ts";
import { events, marks } from "./kinds.ts";
import { Multicast } from "./multicast.ts";
import { SimProcess } from "./process.ts";
import { Streams } from "./streams.ts";
import type { Directory } from "./streams.ts";
import type { JoinCall, Surroundings, Watch } from "./surroundings.ts";
import { Weather } from "./weather.ts";

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number;
  readonly seal: Seal;
  /** Encode, verify and decode on every hop instead of passing messages by reference. */
  readonly inBytes: boolean;
  /** Trace records to keep; 0 keeps the fingerprint alone. */
  readonly keepRecords: number;
  readonly latencyUs: { readonly min: number; readonly max: number };
  readonly watch: Watch<SimProcess> | null;
}

/** Something that happened in a bolt. */
export interface Noted {
  readonly atUs: number;
  readonly process: SimProcess;
  readonly note: Note;
}

/** The configuration of a bolt as a scenario gives it; the world fills in what it invents. */
export type SimConfig = Omit<BoltConfig, "addresses" | "tlsPin" | "caCertificate" | "softwareVersion" | "licence">;

export class SimWorld {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly weather: Weather;
  readonly multicast: Multicast;
  readonly streams: Streams;
  readonly processes: SimProcess[] = [];
  /** Broken invariants: each is a violation. */
  readonly bugs: { readonly process: SimProcess; readonly bug: Bug; readonly atUs: number }[] = [];
  /** Called after every event with the bolts whose state may have changed. */
  onStep: ((touched: ReadonlySet<SimProcess>) => void) | null = null;
  onNote: ((noted: Noted) => void) | null = null;
  readonly #options: WorldOptions;
  readonly #touched = new Set<SimProcess>();
  readonly #byHost = new Map<string, SimProcess>();
  readonly #indexes = new Map<BoltId, number>();
  readonly #around: Surroundings<SimProcess>;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.loop = new Loop((kind, bolt, peer, payload) => this.#handle(kind, bolt, peer, payload), options.keepRecords);
    this.chance = new Chance(options.seed);
    this.weather = new Weather(options.latencyUs.min, options.latencyUs.max);
    this.multicast = new Multicast(this.loop, this.chance, this.weather, options.inBytes);
    const { loop, chance, weather } = this;
    this.streams = new Streams({ loop, chance, weather, inBytes: options.inBytes }, this.#directory());
    this.#around = this.#surroundings();
  }

  /** A machine with a key of its own and an empty disk; `twin` shares the key of another machine. */
  addBolt(name: string, config: SimConfig, segment: number, twin: SimProcess | null = null): SimProcess {
    const index = this.processes.length;
    const seed = this.chance.bytes(streams.keys, index, 32);
    const signer = twin?.signer ?? signerOf(this.#options.seal, this.#options.seal.generate(seed));
    const process = new SimProcess(index, name, signer, this.#configOf(name, config), this.#around);
    this.processes.push(process);
    this.#byHost.set(name, process);
    if (twin === null) this.#indexes.set(process.id, index + 1);
    this.multicast.place(index, segment);
    return process;
  }

  /** From now on the machine is reached by another name, and tells so at its next start. */
  move(process: SimProcess, host: string): void {
    this.#byHost.delete(process.host);
    process.host = host;
    this.#byHost.set(host, process);
    process.config = { ...process.config, addresses: addressesOf(host) };
  }

  /** An operator's request; the answer comes once, or never when the process dies. */
  ask(process: SimProcess, request: AdminRequest, answer: (answer: AdminAnswer) => void): void {
    process.run((driver) => {
      driver.onAdmin("operator", request, (given) => {
        this.loop.mark(marks.answered, process.index, given.answer.length, 0);
        answer(given);
      });
    });
  }

  /** Runs `action` at a simulated time. */
  at(timeUs: number, action: () => void): void {
    this.loop.schedule(timeUs, events.action, 0, 0, action);
  }

  /** Runs until the time is reached. */
  run(untilUs: number): void {
    this.loop.run(untilUs);
  }

  /** Rules came or went. */
  weatherChanged(): void {
    this.streams.onWeather();
  }

  byId(id: BoltId): SimProcess | undefined {
    const index = this.#indexes.get(id);
    return index === undefined ? undefined : this.processes[index - 1];
  }

  #configOf(name: string, config: SimConfig): BoltConfig {
    return {
      ...config,
      addresses: addressesOf(name),
      tlsPin: pinOf(name),
      caCertificate: new Uint8Array(0),
      softwareVersion: "simulated",
      licence: new Uint8Array(0),
    };
  }

  #handle(kind: number, bolt: number, peer: number, payload: unknown): void {
    switch (kind) {
      case events.datagram: {
        const arrival = payload as Arrival<DatagramMessage>;
        this.processes[bolt]?.run((driver) => driver.onDatagram(arrival, `10.0.0.${peer}`));
        break;
      }
      case events.frame:
        this.streams.deliver(payload as Delivery);
        break;
      case events.due:
        this.#due(must(this.processes[bolt], "a deadline has a bolt"), peer, payload as number);
        break;
      default:
        (payload as () => void)();
    }
    if (this.#touched.size === 0) return;
    this.onStep?.(this.#touched);
    this.#touched.clear();
  }

  #due(process: SimProcess, epoch: number, arming: number): void {
    if ((process.epoch() & 0xffff) === epoch) process.onDue(arming);
  }

  #directory(): Directory {
    return {
      byAddress: (address) => this.#byHost.get(address.replace(/:\d+$/u, "")),
      refuseStranger: (frame) => (this.#isPresenting(frame) ? null : strangerRefusal),
      packRow: (keyring, removed) => rowPacket(keyring, removed),
    };
  }

  #isPresenting(arrival: Arrival<Frame>): boolean {
    // A stranger's frame is looked into by reference only: in bytes its first field tells, and the bolt decides anew.
    if (!("carried" in arrival)) return true;
    return arrival.carried.frame === "request" && arrival.carried.request.ask === "present";
  }

  #surroundings(): Surroundings<SimProcess> {
    const { loop, chance } = this;
    const { seal, watch } = this.#options;
    return {
      loop,
      chance,
      seal,
      streams: this.streams,
      watch,
      multicast: (from, datagram) => this.multicast.send(from.index, datagram),
      join: (from, call) => this.#join(from, call),
      indexOf: (bolt) => this.#indexes.get(bolt) ?? 0,
      onNote: (process, note) => this.onNote?.({ atUs: loop.nowUs, process, note }),
      onBug: (process, bug) => this.bugs.push({ process, bug, atUs: loop.nowUs }),
      onDeath: (process, withPower) => this.streams.onDeath(process, withPower),
      touched: (process) => void this.#touched.add(process),
    };
  }

  #join(from: SimProcess, call: JoinCall): void {
    const host = call.url.replace(/^https:\/\//u, "").replace(/[:/].*$/u, "");
    const ground = { loop: this.loop, chance: this.chance, weather: this.weather, inBytes: this.#options.inBytes };
    answerJoin(ground, from, this.#byHost.get(host), call);
  }
}

/** The addresses a simulated machine tells. */
export function addressesOf(host: string): BoltConfig["addresses"] {
  return { grpc: [`${host}:1530`], api: [`https://${host}:8443`] };
}

/** The pin of a simulated machine's certificate. */
export function pinOf(name: string): string {
  return toHex(sha256(encodeUtf8(`certificate of ${name}`)));
}

const strangerRefusal: Packet<Frame> = packet<Frame>(
  {
    frame: "reply",
    reply: {
      reply: "refused",
      refusal: { code: "NOT_A_MEMBER", message: "This key is not on the roster of the bolt that was asked." },
      row: null,
    },
  },
  encodeFrame,
);

function rowPacket(keyring: Keyring, removed: BoltId): Packet<Frame> | null {
  const row = keyring.removed.get(removed);
  if (row === undefined) return null;
  return packet<Frame>({ frame: "say", say: { say: "row", row }, heldMs: 0 }, encodeFrame);
}
