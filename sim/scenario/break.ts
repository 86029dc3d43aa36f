/**
 * Brings faults about, and ends them when their time has come. Faults of the network are rules; faults of machines
 * happen to their process, disk or clock.
 */
import { absurd, must } from "../../src/kernel/assert.ts";
import { ofMs } from "../../src/kernel/time.ts";
import { streams } from "../world/chance.ts";
import { emptyDisk } from "../world/disk.ts";
import type { SimProcess } from "../world/process.ts";
import type { Rule } from "../world/weather.ts";
import type { Fault } from "./fault-forms.ts";
import type { Stage } from "./stage.ts";

/** How long an orderly end may take. */
const grace = ofMs(5_000);

/** Lets one fault begin now; what ends it is scheduled. */
export function breakNow(stage: Stage, fault: Fault): void {
  const rules = networkRules(stage, fault);
  if (rules !== null) return hold(stage, rules, "until" in fault ? fault.until : undefined);
  switch (fault.fault) {
    case "flapping":
      return flap(stage, fault);
    case "swizzle":
      return swizzle(stage, fault);
    case "heal":
      return heal(stage);
    case "replay":
    case "noise":
    case "capture":
      return datagrams(stage, fault);
    case "move":
      return move(stage, stage.bolts(fault.bolts));
    default:
      return befall(stage, fault as MachineFault);
  }
}

type NetworkFault = Extract<
  Fault,
  {
    fault:
      | "partition"
      | "isolate"
      | "one-way"
      | "bridge"
      | "multicast-cut"
      | "stream-cut"
      | "loss"
      | "delay"
      | "duplicate"
      | "reorder"
      | "corrupt"
      | "mtu";
  }
>;
type MachineFault = Exclude<
  Fault,
  NetworkFault | { fault: "flapping" | "swizzle" | "heal" | "replay" | "noise" | "capture" | "move" }
>;

/** The rules a fault puts in force, or null when it is none of the network. */
function networkRules(stage: Stage, fault: Fault): Rule[] | null {
  const set = (names: readonly string[] | undefined): ReadonlySet<number> | null =>
    names === undefined ? null : new Set(stage.bolts(names).map(({ index }) => index));
  switch (fault.fault) {
    case "partition":
      return partition(stage, fault.groups);
    case "isolate": {
      const cut = set(fault.bolts);
      const does = { effect: "cut", carries: "all" } as const;
      return [
        { from: cut, to: null, does },
        { from: null, to: cut, does },
      ];
    }
    case "one-way":
      return [{ from: set(fault.from), to: set(fault.to), does: { effect: "cut", carries: "all" } }];
    case "bridge":
      return partition(
        stage,
        fault.groups.map((group) => group.filter((name) => name !== fault.by)),
      );
    case "multicast-cut":
      return [{ from: set(fault.from), to: set(fault.to), does: { effect: "cut", carries: "multicast" } }];
    case "stream-cut":
      return [{ from: set(fault.from), to: set(fault.to), does: { effect: "cut", carries: "streams" } }];
    case "loss": {
      const { share, burst, only } = fault;
      const does = { effect: "loss", perMillion: share, burst, multicastOnly: only !== undefined } as const;
      return [{ from: set(fault.from), to: set(fault.to), does }];
    }
    case "delay": {
      const does = { effect: "delay", minUs: fault.by.min, maxUs: fault.by.max } as const;
      return [{ from: set(fault.from), to: set(fault.to), does }];
    }
    case "duplicate":
    case "corrupt":
      return [{ from: set(fault.from), to: set(fault.to), does: { effect: fault.fault, perMillion: fault.share } }];
    case "reorder": {
      const does = { effect: "reorder", perMillion: fault.share, byUs: fault.by } as const;
      return [{ from: set(fault.from), to: set(fault.to), does }];
    }
    case "mtu":
      return [{ from: set(fault.from), to: set(fault.to), does: { effect: "mtu", bytes: fault.bytes } }];
    default:
      return null;
  }
}

/** Every pair of groups is cut both ways. */
function partition(stage: Stage, groups: readonly (readonly string[])[]): Rule[] {
  const sets = groups.map((group) => new Set(stage.bolts(group).map(({ index }) => index)));
  return sets.flatMap((from, at) =>
    sets.flatMap((to, other): Rule[] => (at === other ? [] : [{ from, to, does: { effect: "cut", carries: "all" } }])),
  );
}

function hold(stage: Stage, rules: readonly Rule[], until: number | undefined): void {
  const { world } = stage;
  const numbers = rules.map((rule) => world.weather.add(rule));
  world.weatherChanged();
  if (until === undefined) return;
  world.at(until, () => {
    for (const number of numbers) world.weather.remove(number);
    world.weatherChanged();
  });
}

function flap(stage: Stage, fault: Extract<Fault, { fault: "flapping" }>): void {
  const { world } = stage;
  for (let from: number = fault.at; from < fault.until; from += 2 * fault.every) {
    world.at(from, () => hold(stage, partition(stage, fault.groups), Math.min(from + fault.every, fault.until)));
  }
}

function swizzle(stage: Stage, fault: Extract<Fault, { fault: "swizzle" }>): void {
  const { world } = stage;
  const bolts = stage.bolts(fault.bolts);
  const step = (fault.until - fault.at) / (2 * bolts.length);
  // The order of return is a shuffle of its own.
  const order = bolts.map((_, at) => at);
  for (let at = order.length - 1; at > 0; at--) {
    const other = world.chance.below(streams.crash, 0xffff, at + 1);
    [order[at], order[other]] = [order[other] ?? at, order[at] ?? other];
  }
  bolts.forEach((process, at) => {
    const cut = new Set([process.index]);
    const does = { effect: "cut", carries: "all" } as const;
    const rules: Rule[] = [
      { from: cut, to: null, does },
      { from: null, to: cut, does },
    ];
    const back = fault.until - step * (order[at] ?? 0);
    world.at(fault.at + step * at, () => hold(stage, rules, back));
  });
}

function heal(stage: Stage): void {
  stage.world.weather.clear();
  for (const process of stage.world.processes) {
    process.resume();
    process.disk.fault = "none";
    process.start();
  }
  stage.world.weatherChanged();
}

function datagrams(stage: Stage, fault: Extract<Fault, { fault: "replay" | "noise" | "capture" }>): void {
  const { multicast, chance } = stage.world;
  switch (fault.fault) {
    case "capture":
      return multicast.watch(stage.bolt(fault.bolt).index);
    case "replay":
      for (const { from, bytes } of multicast.captured(stage.bolt(fault.bolt).index)) {
        for (const to of stage.bolts(fault.to)) multicast.inject(to.index, from, bytes);
      }
      return;
    case "noise":
      for (const to of stage.bolts(fault.to)) {
        for (let sent = 0; sent < fault.count; sent++) {
          multicast.inject(to.index, to.index, chance.bytes(streams.corrupt, to.index, fault.bytes));
        }
      }
      return;
    default:
      return absurd(fault);
  }
}

function move(stage: Stage, bolts: readonly SimProcess[]): void {
  for (const process of bolts) stage.world.move(process, `${process.host}-moved`);
  for (const process of bolts) {
    process.crash(false);
    process.start();
  }
}

/** Faults of one machine. */
function befall(stage: Stage, fault: MachineFault): void {
  const process = stage.bolt(fault.bolt);
  const { world } = stage;
  const then = (action: () => void): void => {
    if ("until" in fault && fault.until !== undefined) world.at(fault.until, action);
  };
  switch (fault.fault) {
    case "crash":
    case "power-cut":
      process.crash(fault.fault === "power-cut");
      return then(() => process.start());
    case "crash-at-effect":
      process.fuse.light({ at: "effect", number: fault.number });
      return then(() => process.start());
    case "crash-at-write":
      process.fuse.light({ at: fault.moment, row: fault.row });
      return then(() => process.start());
    case "crash-loop":
      for (let at: number = fault.at; at < fault.until; at += fault.every) world.at(at, () => restart(process));
      return then(() => process.start());
    case "restart":
      return restart(process);
    case "stop":
      process.run((driver) => driver.stop(grace));
      return then(() => process.start());
    case "pause":
      process.pause();
      world.weatherChanged();
      return then(() => {
        process.resume();
        world.weatherChanged();
      });
    case "clock-jump":
      return process.clock.jump(fault.by / 1_000);
    case "clock-drift":
      process.clock.drift(fault.ppm, world.loop.nowUs);
      return then(() => process.clock.drift(0, world.loop.nowUs));
    case "clock-freeze":
      process.clock.freeze(true, world.loop.nowUs);
      return then(() => process.clock.freeze(false, world.loop.nowUs));
    default:
      return befallDisk(stage, process, fault, then);
  }
}

type DiskFault = Extract<
  MachineFault,
  { fault: `disk-${string}` | "keep-image" | "old-image" | "wipe" | "clone" | "thief" }
>;

function befallDisk(stage: Stage, process: SimProcess, fault: DiskFault, then: (action: () => void) => void): void {
  const image = (name: string): NonNullable<ReturnType<typeof stage.images.get>> =>
    must(stage.images.get(name), `the image ${name} was kept before it is used`);
  switch (fault.fault) {
    case "disk-full":
    case "disk-read-only":
    case "disk-fsync": {
      process.disk.fault = diskFaults[fault.fault];
      return then(() => {
        process.disk.fault = "none";
        // A store that failed once takes nothing more until its process starts again.
        restart(process);
      });
    }
    case "disk-slow":
      process.disk.slowUs = fault.by;
      return then(() => (process.disk.slowUs = 0));
    case "keep-image":
      return void stage.images.set(fault.as, process.disk.image());
    case "old-image":
    case "wipe":
      stage.checker.exempt(process);
      process.crash(false);
      process.disk.restore(fault.fault === "wipe" ? emptyDisk : image(fault.image));
      return process.start();
    case "clone":
      return twin(stage, process, fault.as, process.disk.image());
    case "thief":
      return twin(stage, process, fault.as, image(fault.image));
    default:
      return absurd(fault);
  }
}

const diskFaults = { "disk-full": "full", "disk-read-only": "read-only", "disk-fsync": "fsync" } as const;

/** Another machine with the same key. What either promises is not held against the other. */
function twin(stage: Stage, process: SimProcess, name: string, image: ReturnType<SimProcess["disk"]["image"]>): void {
  const {
    addresses: _,
    tlsPin: __,
    caCertificate: ___,
    softwareVersion: ____,
    licence: _____,
    ...config
  } = process.config;
  const other = stage.world.addBolt(name, config, 0, process);
  stage.add(name, other);
  stage.checker.exempt(process);
  stage.checker.exempt(other);
  other.disk.restore(image);
  other.start();
}

function restart(process: SimProcess): void {
  process.crash(false);
  process.start();
}
