/**
 * A running server: the bolt under its driver, with real ports. One place knows how they fit together.
 *
 *   opened -> net -> bolt + driver -> admin server -> running --stop--> drained --> closed
 */
import { randomBytes } from "node:crypto";
import { Bolt } from "../bolt/bolt.ts";
import type { Boot } from "../bolt/seam.ts";
import { Codec } from "../host/codec.ts";
import { Driver } from "../host/driver.ts";
import { signerOf } from "../host/keys.ts";
import type { NetPort, Ports as HostPorts } from "../host/ports.ts";
import { Recorder } from "../host/recorder.ts";
import type { Seal } from "../host/seal-port.ts";
import { ofMs, toMs } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import { openAdminServer } from "../admin/server.ts";
import type { AdminServer } from "../admin/server.ts";
import type { TlsMaterial } from "../system/tls.ts";
import { monotonicUs, wallMs } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import type { StatusReport } from "../turn/status.ts";
import type { AdminAnswer, AdminRequest } from "../turn/admin.ts";
import type { Note } from "../turn/turn.ts";
import { boltConfigOf, softwareVersion } from "./bolt-config.ts";
import { bindRefused, hostOf } from "./listening.ts";
import type { Metrics } from "./metrics.ts";
import type { Net } from "./net.ts";
import { openNet } from "./net.ts";
import type { Opened } from "./opened.ts";
import { openRecording } from "./recording.ts";

const joinPatience = ofMs(20_000);
const wallEveryMs = 10_000;
const graceMs = 5_000;
/** The longest wait a Node timer takes. */
const timerMaxMs = 2_147_483_647;

export interface RunOrder {
  readonly opened: Opened;
  readonly seal: Seal;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Folder for a recording; null records nothing. */
  readonly recordTo: string | null;
}

export class RunningServer {
  readonly #order: RunOrder;
  readonly #bolt: Bolt;
  readonly #driver: Driver;
  readonly #net: Net | null;
  readonly #codec: Codec;
  readonly #stopped: Promise<void>;
  #onStopped: () => void = () => undefined;
  #admin: AdminServer | null = null;
  #timer: NodeJS.Timeout | null = null;
  #wallTimer: NodeJS.Timeout | null = null;
  #isStopping = false;

  private constructor(order: RunOrder, net: Net | null, boot: Boot) {
    const { opened, seal, recordTo } = order;
    this.#order = order;
    this.#net = net;
    this.#stopped = new Promise((resolve) => (this.#onStopped = resolve));
    this.#codec = new Codec(seal, opened.config.spannerId);
    this.#bolt = Bolt.create(boot, monotonicUs());
    this.#driver = new Driver({
      machine: this.#bolt,
      ports: this.#ports(net?.port ?? noNet),
      seal,
      self: opened.identity === null ? null : signerOf(seal, opened.identity.key),
      codec: this.#codec,
      observer: recordTo === null ? null : new Recorder(openRecording(recordTo), recordingSegmentBytes),
    });
    net?.attach(this.#driver);
  }

  /** Opens the ports and starts the bolt. Throws `Refused`; then nothing runs. */
  static async start(order: RunOrder): Promise<RunningServer> {
    const { opened, seal, log } = order;
    const { config, identity } = opened;
    const net = identity === null ? null : await openPeers(order);
    const boot: Boot = {
      seed: randomBytes(4).readUInt32LE(0),
      key: identity === null ? null : signerOf(seal, identity.key).id,
      config: boltConfigOf(opened, { grpc: net?.grpcPort ?? config.grpcListen.port, api: config.apiListen.port }),
      saved: opened.database.saved,
      wallMs: wallMs(),
    };
    const running = new RunningServer(order, net, boot);
    try {
      await running.#serve();
    } catch (caught) {
      await net?.close();
      throw bindRefused(config.apiListen, "api_listen", caught);
    }
    running.#begin(boot);
    log.info("ready", { mode: config.mode, grpc: net?.grpcPort ?? null, api: running.apiPort });
    return running;
  }

  get apiPort(): number {
    return this.#admin?.port ?? 0;
  }

  status(): StatusReport {
    return this.#bolt.view(monotonicUs());
  }

  drops(): ReadonlyMap<string, number> {
    const drops = new Map<string, number>(this.#codec.drops());
    for (const [reason, count] of this.#net?.drops() ?? []) drops.set(reason, (drops.get(reason) ?? 0) + count);
    return drops;
  }

  ask(user: string, request: AdminRequest): Promise<AdminAnswer> {
    return new Promise((resolve) => this.#driver.onAdmin(user, request, resolve));
  }

  /** New connections are shown this certificate, at both ports; open ones go on. */
  setTls(tls: TlsMaterial): void {
    this.#admin?.setTls({ cert: tls.certPem, key: tls.keyPem });
    this.#net?.setTls(tls);
  }

  /** Finishes what is under way, says goodbye, closes everything. */
  async stop(): Promise<void> {
    if (this.#isStopping) return this.#stopped;
    this.#isStopping = true;
    this.#driver.stop(ofMs(graceMs));
    await this.#stopped;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#wallTimer !== null) clearInterval(this.#wallTimer);
    await this.#admin?.close();
    await this.#net?.close();
  }

  #begin(boot: Boot): void {
    this.#order.metrics.measure(this);
    this.#wallTimer = setInterval(() => this.#driver.onWall(), wallEveryMs);
    this.#driver.start(boot);
  }

  async #serve(): Promise<void> {
    const { opened, metrics, seal } = this.#order;
    const { config, tls, adminToken } = opened;
    this.#admin = await openAdminServer({
      host: hostOf(config.apiListen),
      port: config.apiListen.port,
      tls: { cert: tls.certPem, key: tls.keyPem },
      token: adminToken,
      ask: (user, request) => this.ask(user, request),
      join: (frame, source) => this.#join(frame, source),
      ready: () => this.#ready(),
      metrics: () => metrics.text(),
      version: softwareVersion,
      seal,
    });
  }

  #join(frame: Uint8Array, source: string): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#driver.onRequest({ is: "stranger", source }, { bytes: frame }, joinPatience, (reply) => {
        resolve(reply.bytes());
      });
    });
  }

  #ready(): { readonly ready: boolean; readonly why: string } {
    if (this.#isStopping) return { ready: false, why: "stopping" };
    const failure = this.#order.opened.database.stats().failure;
    return failure === null ? { ready: true, why: "serving" } : { ready: false, why: `the disk failed: ${failure}` };
  }

  #ports(net: NetPort): HostPorts {
    const { opened } = this.#order;
    return {
      clock: { now: monotonicUs, wallMs },
      store: opened.database.store,
      net,
      draw: (lengthBytes) => new Uint8Array(randomBytes(lengthBytes)),
      wake: (at) => this.#wake(at),
      note: (note) => this.#note(note),
      stopped: () => this.#onStopped(),
    };
  }

  #wake(at: Micros | undefined): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (at === undefined) return;
    const waitMs = Math.min(timerMaxMs, Math.max(0, Math.ceil(toMs(at) - toMs(monotonicUs()))));
    this.#timer = setTimeout(() => this.#driver.onDue(), waitMs);
  }

  #note({ what, about, detail }: Note): void {
    const { log, metrics } = this.#order;
    metrics.noted(what);
    const fields = { ...(about === undefined ? {} : { about }), ...(detail === undefined ? {} : { detail }) };
    if (what === "store-failed") log.error("the disk takes no more writes", fields);
    else log.info(what, fields);
  }
}

const recordingSegmentBytes = 4_194_304;

async function openPeers({ opened, seal, log }: RunOrder): Promise<Net> {
  const identity = opened.identity;
  if (identity === null) throw new Error("a server without an identity has no peers");
  try {
    return await openNet(opened, signerOf(seal, identity.key), seal, log);
  } catch (caught) {
    if (caught instanceof Error && caught.name === "Refused") throw caught;
    throw bindRefused(opened.config.grpcListen, "grpc_listen", caught);
  }
}

/** A standalone server talks to nobody. */
const noNet: NetPort = {
  multicast: () => undefined,
  tell: () => undefined,
  call: (_to, _frame, _patience, done) =>
    setImmediate(() => done({ ok: false, why: "unreachable", perhapsDone: false })),
  join: (_to, _frame, _patience, done) =>
    setImmediate(() => done({ ok: false, why: "unreachable", perhapsDone: false })),
  keep: () => undefined,
};
