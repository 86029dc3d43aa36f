/** One bolt on a driver with nobody to talk to: its clock is turned by hand, its keys are drawn from a counter. */
import { Bolt } from "../../src/bolt/bolt.ts";
import type { Boot } from "../../src/bolt/seam.ts";
import { Codec } from "../../src/host/codec.ts";
import { Driver } from "../../src/host/driver.ts";
import type { Observer } from "../../src/host/driver.ts";
import { signerOf } from "../../src/host/keys.ts";
import type { Ports } from "../../src/host/ports.ts";
import { after, micros } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import { createStandInSeal } from "../../src/seal/stand-in.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { AdminAnswer, AdminRequest } from "../../src/turn/admin.ts";
import { benchConfig } from "./bolt-config.ts";

export const loneSeal = createStandInSeal(7);

export class LoneBolt {
  readonly driver: Driver;
  /** Everything drawn, seeds of keys among it. */
  readonly drawn: Uint8Array[] = [];
  #now: Micros = micros(1_000);
  #due: Micros | undefined;

  constructor(observer: Observer) {
    const signer = signerOf(loneSeal, loneSeal.generate(new Uint8Array(32).fill(1)));
    const store = new MemoryStore();
    const config = benchConfig("east");
    const boot: Boot = { seed: 5, key: signer.id, config, saved: store.saved(), wallMs: 1_000 };
    const ports: Ports = {
      clock: { now: () => this.#now, wallMs: () => 1_000 + Math.floor(this.#now / 1_000) },
      store,
      net: {
        multicast: (datagram) => void datagram.bytes(),
        tell: () => undefined,
        call: (_to, _frame, _patience, done) =>
          queueMicrotask(() => done({ ok: false, why: "unreachable", perhapsDone: false })),
        join: (_to, _frame, _patience, done) =>
          queueMicrotask(() => done({ ok: false, why: "unreachable", perhapsDone: false })),
        keep: () => undefined,
      },
      draw: (lengthBytes) => this.#draw(lengthBytes),
      wake: (at) => (this.#due = at),
      note: () => undefined,
      stopped: () => undefined,
    };
    const machine = Bolt.create(boot, this.#now);
    const codec = new Codec(loneSeal, config.spannerId);
    this.driver = new Driver({ machine, ports, seal: loneSeal, self: signer, codec, observer });
    this.driver.start(boot);
  }

  /** Asks as an operator, and lets the answer come. */
  async ask(request: AdminRequest): Promise<AdminAnswer> {
    return new Promise((resolve) => this.driver.onAdmin("test", request, resolve));
  }

  /** Turns the clock on and does all that falls due until then. */
  async pass(span: Micros): Promise<void> {
    const until = after(this.#now, span);
    for (;;) {
      await Promise.resolve();
      if (this.#due === undefined || this.#due > until) break;
      this.#now = micros(Math.max(this.#now, this.#due));
      this.driver.onDue();
    }
    this.#now = until;
    this.driver.onWall();
  }

  #draw(lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes).map((_, at) => 17 * this.drawn.length + 31 * at + 7);
    this.drawn.push(bytes);
    return bytes;
  }
}
