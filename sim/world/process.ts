/**
 * A machine and the vigosrv process on it: disk and identity stay, the process comes and goes. The process is the real
 * bolt under the real driver; every port it has ends in the simulated world, and every effect may be its last.
 *
 *   down --start--> up --crash, stopped, a Bug--> down        up --pause--> paused --resume--> up
 */
import { Bolt } from "../../src/bolt/bolt.ts";
import type { Boot, Keyring } from "../../src/bolt/seam.ts";
import type { StatusReport } from "../../src/turn/status.ts";
import { Bug } from "../../src/kernel/assert.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import type { Micros } from "../../src/kernel/time.ts";
import { Codec } from "../../src/host/codec.ts";
import { Driver } from "../../src/host/driver.ts";
import type { Observer } from "../../src/host/driver.ts";
import type { CarrierOutcome, Ports, StorePort } from "../../src/host/ports.ts";
import type { Signer } from "../../src/wire/genuine.ts";
import type { BoltConfig, Note } from "../../src/turn/turn.ts";
import { SimClock } from "./clock.ts";
import { streams } from "./chance.ts";
import { DiskStore } from "./disk-store.ts";
import { SimDisk } from "./disk.ts";
import type { Endpoint } from "./endpoint.ts";
import { events, marks } from "./kinds.ts";
import { CrashSignal, Fuse } from "./moments.ts";
import type { Surroundings } from "./surroundings.ts";

/** How long a sync takes at least, and how much longer at most, µs. */
const syncUs = 400;
const syncSpanUs = 1_600;
const wallEveryUs = 30_000_000;
const inboxMax = 65_536;

interface Running {
  readonly bolt: Bolt;
  readonly driver: Driver;
  wakeAt: Micros | undefined;
  /** Simulated time of the deadline event under way; Infinity when there is none. */
  armedUs: number;
  /** Names the deadline event that counts: one that was overtaken by an earlier one does nothing. */
  arming: number;
}

type State = { readonly is: "down" } | { readonly is: "up" | "paused"; readonly running: Running };

export class SimProcess implements Endpoint {
  readonly disk = new SimDisk();
  readonly clock = new SimClock();
  readonly fuse = new Fuse();
  /** What the next start reads as server.yaml. */
  config: BoltConfig;
  /** Host name others reach it by, and network address strangers are known by. */
  host: string;
  readonly index: number;
  readonly name: string;
  readonly signer: Signer;
  readonly #around: Surroundings<SimProcess>;
  readonly #inbox: ((driver: Driver) => void)[] = [];
  readonly #mourners: (() => void)[] = [];
  #state: State = { is: "down" };
  #epoch = 0;
  /** Counts what was handed to processes here, so that a status is known to be of before or after. */
  #runs = 0;
  #seen: { readonly atUs: number; readonly runs: number; readonly status: StatusReport | null } | null = null;

  constructor(index: number, name: string, signer: Signer, config: BoltConfig, around: Surroundings<SimProcess>) {
    this.index = index;
    this.name = name;
    this.host = name;
    this.signer = signer;
    this.config = config;
    this.#around = around;
  }

  get id(): BoltId {
    return this.signer.id;
  }

  isUp(): boolean {
    return this.#state.is !== "down";
  }

  isPaused(): boolean {
    return this.#state.is === "paused";
  }

  epoch(): number {
    return this.#epoch;
  }

  genesis(): string | null {
    return this.keyring()?.genesis ?? null;
  }

  /** The running machine, for checkers; null while down. */
  bolt(): Bolt | null {
    return this.#state.is === "down" ? null : this.#state.running.bolt;
  }

  /** What it would answer to `spanner status`; made once for all who look at one moment. */
  status(): StatusReport | null {
    const atUs = this.#around.loop.nowUs;
    if (this.#seen?.atUs !== atUs || this.#seen.runs !== this.#runs) {
      this.#seen = { atUs, runs: this.#runs, status: this.bolt()?.view(this.#now()) ?? null };
    }
    return this.#seen.status;
  }

  keyring(): Keyring | null {
    return this.bolt()?.keyring() ?? null;
  }

  /** Boots from the disk, as vigosrv would. */
  start(): void {
    if (this.#state.is !== "down") return;
    const { loop, chance, seal } = this.#around;
    this.#epoch++;
    loop.mark(marks.start, this.index, this.#epoch, 0);
    const boot: Boot = {
      seed: chance.word(streams.machine, this.index),
      key: this.config.mode === "spanner" ? this.id : null,
      config: this.config,
      saved: this.disk.saved(),
      wallMs: this.clock.wallMs(loop.nowUs),
    };
    const bolt = Bolt.create(boot, this.#now());
    const driver = new Driver({
      machine: bolt,
      ports: this.#ports(this.#epoch),
      seal,
      self: this.signer,
      codec: new Codec(seal, this.config.spannerId),
      observer: this.#observer(),
    });
    this.#state = {
      is: "up",
      running: { bolt, driver, wakeAt: undefined, armedUs: Infinity, arming: 0 },
    };
    this.run((running) => running.start(boot));
    this.#readWallLater(this.#epoch);
  }

  run(action: (driver: Driver) => void): void {
    const state = this.#state;
    if (state.is === "down") return;
    this.#runs++;
    if (state.is === "paused") {
      if (this.#inbox.length < inboxMax) this.#inbox.push(action);
      return;
    }
    try {
      action(state.running.driver);
    } catch (error) {
      if (error instanceof CrashSignal) return this.crash(false);
      if (!(error instanceof Bug)) throw error;
      this.#around.onBug(this, error);
      this.crash(false);
    }
    this.#around.touched(this);
  }

  /** Dies now. Of what was written and not synced a part may survive. */
  crash(withPower: boolean): void {
    if (this.#state.is === "down") return;
    const { loop, chance } = this.#around;
    loop.mark(marks.crash, this.index, withPower ? 1 : 0, 0);
    this.disk.crash(chance.below(streams.crash, this.index, this.disk.unsynced() + 1));
    this.#end(withPower);
  }

  pause(): void {
    if (this.#state.is === "up") this.#state = { is: "paused", running: this.#state.running };
  }

  resume(): void {
    if (this.#state.is !== "paused") return;
    this.#state = { is: "up", running: this.#state.running };
    for (const action of this.#inbox.splice(0)) this.run(action);
  }

  /** The deadline event has come. */
  onDue(arming: number): void {
    if (this.#state.is === "down") return;
    const { running } = this.#state;
    if (arming !== running.arming) return;
    running.armedUs = Infinity;
    if (running.wakeAt === undefined) return;
    if (this.#now() < running.wakeAt) return this.#arm(running);
    this.run((driver) => driver.onDue());
  }

  /** Told when the process that runs now is gone and its machine still stands. */
  onceDead(told: () => void): void {
    this.#mourners.push(told);
  }

  #end(withPower: boolean): void {
    this.#state = { is: "down" };
    this.#epoch++;
    this.#runs++;
    this.#inbox.length = 0;
    const mourners = this.#mourners.splice(0);
    if (!withPower) for (const told of mourners) told();
    this.#around.onDeath(this, withPower);
  }

  #now(): Micros {
    return this.clock.monotonic(this.#around.loop.nowUs);
  }

  #observer(): Observer | null {
    const { watch } = this.#around;
    return watch === null
      ? null
      : { before: () => undefined, fed: (input, now, effects) => watch(this, input, now, effects) };
  }

  /** Before every effect: it goes into the trace, and the process may die here. */
  #effect(mark: number, operand: number): void {
    this.#around.loop.mark(mark, this.index, operand, 0);
    if (this.fuse.strikesAtEffect()) throw new CrashSignal();
  }

  #arm(running: Running): void {
    if (running.wakeAt === undefined) return;
    const atUs = Math.max(this.clock.whenMonotonic(running.wakeAt), this.#around.loop.nowUs);
    if (running.armedUs <= atUs) return;
    running.armedUs = atUs;
    this.#around.loop.schedule(atUs, events.due, this.index, this.#epoch & 0xffff, ++running.arming);
  }

  /** Runs only while the process that asked still lives. */
  #later(delayUs: number, kind: number, epoch: number, action: (driver: Driver) => void): void {
    const { loop } = this.#around;
    loop.schedule(loop.nowUs + delayUs, kind, this.index, 0, () => {
      if (epoch === this.#epoch) this.run(action);
    });
  }

  #readWallLater(epoch: number): void {
    this.#later(wallEveryUs, events.wall, epoch, (driver) => {
      driver.onWall();
      this.#readWallLater(epoch);
    });
  }

  #ports(epoch: number): Ports {
    const around = this.#around;
    return {
      clock: { now: () => this.#now(), wallMs: () => this.clock.wallMs(around.loop.nowUs) },
      store: this.#store(epoch),
      net: {
        multicast: (datagram) => {
          this.#effect(marks.multicast, 0);
          around.multicast(this, datagram);
        },
        tell: (to, frame) => {
          this.#effect(marks.tell, around.indexOf(to));
          around.streams.tell(this, to, frame);
        },
        call: (to, frame, patience, done) => {
          this.#effect(marks.call, around.indexOf(to));
          around.streams.call(this, to, frame, patience, done);
        },
        join: ({ url, pin }, frame, patience, done) => {
          this.#effect(marks.join, 0);
          around.join(this, { url, pin, frame, patience, done: this.#whileAlive(epoch, done) });
        },
        keep: (keyring) => around.streams.keep(this, keyring),
      },
      draw: (lengthBytes) => {
        this.#effect(marks.draw, lengthBytes);
        return around.chance.bytes(streams.keys, this.index, lengthBytes);
      },
      wake: (at) => {
        if (this.#state.is === "down" || epoch !== this.#epoch) return;
        this.#state.running.wakeAt = at;
        this.#arm(this.#state.running);
      },
      note: (note) => this.#note(note),
      stopped: () => this.#end(false),
    };
  }

  #whileAlive(epoch: number, done: (outcome: CarrierOutcome) => void): (outcome: CarrierOutcome) => void {
    return (outcome) => {
      if (epoch === this.#epoch) this.run(() => done(outcome));
    };
  }

  #note(note: Note): void {
    this.#around.loop.mark(marks.note, this.index, note.what.length, 0);
    this.#around.onNote(this, note);
  }

  #store(epoch: number): StorePort {
    const { chance } = this.#around;
    const store = new DiskStore(
      this.disk,
      (delayUs, run) => this.#later(delayUs, events.synced, epoch, run),
      () => syncUs + chance.below(streams.disk, this.index, syncSpanUs),
      (moment, writes) => {
        if (this.fuse.strikesAtWrite(moment, writes)) throw new CrashSignal();
      },
    );
    return {
      commit: (writes, done) => {
        this.#effect(marks.commit, writes.length);
        if (this.#state.is !== "down") store.commit(writes, done);
      },
      load: (query, done) => {
        this.#effect(marks.load, 0);
        if (this.#state.is !== "down") store.load(query, done);
      },
    };
  }
}
