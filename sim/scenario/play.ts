/** Plays one scenario with one seed, from the first boot to the verdict. */
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import { createStandInSeal } from "../../src/seal/stand-in.ts";
import { Checker } from "../check/checker.ts";
import type { Violation } from "../check/violation.ts";
import type { TraceRecord } from "../loop/trace.ts";
import type { SimProcess } from "../world/process.ts";
import type { SimConfig } from "../world/world.ts";
import { SimWorld } from "../world/world.ts";
import { act } from "./act.ts";
import { breakNow } from "./break.ts";
import { Expectations } from "./expectations.ts";
import type { Scenario, ScenarioEvent } from "./grammar.ts";
import { boltNames, patternsOf } from "./load.ts";
import { Stage } from "./stage.ts";

/** How to play. */
export interface PlayOptions {
  readonly seed: number;
  readonly inBytes: boolean;
  readonly realCrypto: boolean;
  /** Trace records to keep; 0 for none. */
  readonly keepRecords: number;
}

/** How a run ended. */
export interface Verdict {
  readonly scenario: string;
  readonly seed: number;
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly events: number;
  readonly simulatedMs: number;
  readonly fingerprint: string;
  readonly checkpoints: readonly string[];
  readonly records: readonly TraceRecord[];
  readonly stage: Stage;
}

/** Looks a run gets at most, and how far they are apart at least. */
const looksMax = 2_000;
const lookEveryUs = 1_000_000;
const standInSalt = 0x5eed;

/** Runs to the end; all there is to it follows from scenario and options. */
export function play(scenario: Scenario, options: PlayOptions): Verdict {
  const stage = setStage(scenario, options);
  const { world, checker } = stage;
  stage.healedUs = healedAt(scenario);
  const endUs = Math.max(stage.healedUs, ...scenario.steps.map(({ at }) => at), 0) + scenario.settle;
  for (const event of scenario.steps) world.at(event.at, () => happen(stage, event));
  const expectations = new Expectations(stage);
  // Looks compare every bolt with every other, so many bolts are looked at less often.
  const many = Math.ceil(world.processes.length ** 2 / 400);
  const everyUs = Math.max(lookEveryUs * many, Math.ceil(endUs / looksMax));
  // The beginning is when all servers have started and nothing has come about yet.
  world.run(0);
  expectations.look();
  for (let atUs = everyUs; atUs <= endUs; atUs += everyUs) {
    world.run(atUs);
    checker.look();
    expectations.look();
  }
  world.run(endUs);
  expectations.conclude();
  const violations = checker.conclude(coreOf(stage), stage.pending());
  const { trace } = world.loop;
  return {
    scenario: scenario.name,
    seed: options.seed,
    ok: violations.length === 0,
    violations,
    events: trace.count(),
    simulatedMs: endUs / 1_000,
    fingerprint: trace.fingerprint(),
    checkpoints: trace.checkpoints(),
    records: trace.records(),
    stage,
  };
}

/** Runs to a moment, µs, and leaves the stage as it is then; nothing is judged. */
export function playUntil(scenario: Scenario, options: PlayOptions, untilUs: number): Stage {
  const stage = setStage(scenario, options);
  for (const event of scenario.steps) stage.world.at(event.at, () => happen(stage, event));
  stage.world.run(untilUs);
  return stage;
}

function setStage(scenario: Scenario, options: PlayOptions): Stage {
  const checker = new Checker();
  let stage: Stage | null = null;
  const world = new SimWorld({
    seed: options.seed,
    seal: options.realCrypto ? createEd25519Seal(null) : createStandInSeal(standInSalt),
    inBytes: options.inBytes,
    keepRecords: options.keepRecords,
    latencyUs: scenario.network.latency,
    watch: (process, input, now, effects) => {
      checker.watch(process, input, now, effects);
      for (const effect of effects) {
        if (effect.do !== "store") continue;
        const odd = effect.writes.filter((write) => write.put === "evidence").length;
        if (odd > 0) stage?.evidence.set(process, (stage.evidence.get(process) ?? 0) + odd);
      }
    },
  });
  checker.attach(world);
  const made = new Stage(scenario, world, checker);
  stage = made;
  world.onNote = ({ process, note }) => {
    made.noted.set(note.what, (made.noted.get(note.what) ?? 0) + 1);
    checker.checkText(process, note.detail ?? "");
  };
  setBolts(made);
  return made;
}

function setBolts(stage: Stage): void {
  const { scenario, world } = stage;
  const segments: string[] = [];
  for (const name of boltNames(scenario)) {
    const own = scenario.bolts.each[name];
    const segment = own?.segment ?? "lan";
    if (!segments.includes(segment)) segments.push(segment);
    const process = world.addBolt(name, configOf(scenario, name), segments.indexOf(segment));
    stage.add(name, process);
    if (own?.clock !== undefined) process.clock.jump(own.clock / 1_000);
    if (own?.drift !== undefined) process.clock.drift(own.drift, 0);
  }
  separate(stage, segments);
  for (const name of boltNames(scenario)) {
    if (scenario.bolts.each[name]?.down !== true) world.at(0, () => stage.bolt(name).start());
  }
}

/** Segments are further from each other than bolts within one. */
function separate(stage: Stage, segments: readonly string[]): void {
  const { scenario, world } = stage;
  const { between } = scenario.network;
  if (between === undefined || segments.length < 2) return;
  const bySegment = segments.map(
    (segment) =>
      new Set(
        boltNames(scenario)
          .filter((name) => (scenario.bolts.each[name]?.segment ?? "lan") === segment)
          .map((name) => stage.bolt(name).index),
      ),
  );
  for (const from of bySegment) {
    for (const to of bySegment) {
      if (from === to) continue;
      world.weather.keep({ from, to, does: { effect: "delay", minUs: between.min, maxUs: between.max } });
    }
  }
}

function configOf(scenario: Scenario, name: string): SimConfig {
  const { bolts } = scenario;
  const own = bolts.each[name];
  return {
    mode: "spanner",
    spannerId: own?.spanner_id ?? bolts.spanner_id,
    name,
    patterns: patternsOf(scenario, name),
    tier1Us: own?.tier1 ?? bolts.tier1,
    tier2Us: own?.tier2 ?? bolts.tier2,
    staleAfterUs: own?.stale_after ?? bolts.stale_after ?? null,
    multicast: own?.multicast ?? bolts.multicast,
  };
}

function happen(stage: Stage, event: ScenarioEvent): void {
  if ("do" in event) act(stage, event);
  else breakNow(stage, event);
}

/** When the last fault ended: those without an end ended when they began. */
function healedAt(scenario: Scenario): number {
  let healedUs = 0;
  for (const event of scenario.steps) {
    if ("fault" in event) healedUs = Math.max(healedUs, ("until" in event ? event.until : undefined) ?? event.at);
  }
  return healedUs;
}

/** Bolts of which rest is demanded: running, alone with their key, and with no fault left on them. */
function coreOf(stage: Stage): SimProcess[] {
  const { scenario, world } = stage;
  if (scenario.steps.some((event) => "fault" in event && isOpen(event))) return [];
  // Two processes with one key never come to rest: each writes its PROFILE over the other's.
  if (world.processes.some((process) => process.isUp() && !isAlone(process, world))) return [];
  return world.processes.filter((process) => process.isUp() && !process.isPaused());
}

/** Faults that keep bolts apart or still for as long as they last; under all others everything must come to rest. */
const hindering: ReadonlySet<string> = new Set([
  "partition",
  "isolate",
  "one-way",
  "bridge",
  "stream-cut",
  "disk-full",
  "disk-read-only",
  "disk-fsync",
  "pause",
]);

function isOpen(event: Extract<ScenarioEvent, { fault: string }>): boolean {
  const isEnded = "until" in event && event.until !== undefined;
  return hindering.has(event.fault) && !isEnded;
}

function isAlone(process: SimProcess, world: SimWorld): boolean {
  return world.processes.every((other) => other === process || !other.isUp() || other.id !== process.id);
}
