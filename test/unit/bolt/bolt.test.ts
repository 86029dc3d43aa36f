/** A whole bolt, fed by hand and in a small simulated world. */
import { expect, test } from "vitest";
import { Bolt } from "../../../src/bolt/bolt.ts";
import type { Boot, Effect, Input } from "../../../src/bolt/seam.ts";
import { Bug } from "../../../src/kernel/assert.ts";
import { micros, ofMs } from "../../../src/kernel/time.ts";
import { recordedText } from "../../../src/wire/recorded.ts";
import { loadScenario } from "../../../sim/scenario/load.ts";
import { play } from "../../../sim/scenario/play.ts";
import type { Verdict } from "../../../sim/scenario/play.ts";
import { keyOf } from "../../support/roster-builder.ts";
import { benchConfig } from "../../support/bolt-config.ts";

const boot = (settings: ReadonlyMap<string, string> = new Map()): Boot => ({
  seed: 7,
  key: keyOf("east"),
  config: benchConfig("east"),
  saved: { rows: [], profiles: [], highWater: [], settings },
  wallMs: 1_000_000,
});

function started(settings?: ReadonlyMap<string, string>): { readonly bolt: Bolt; readonly effects: readonly Effect[] } {
  const given = boot(settings);
  const bolt = Bolt.create(given, micros(0));
  return { bolt, effects: bolt.step({ in: "start", boot: given }, micros(1)) };
}

const admin = (call: number, request: Extract<Input, { in: "request" }>["asked"]): Input => ({
  in: "request",
  call,
  from: { is: "admin", user: "test" },
  asked: request,
  patience: ofMs(1_000),
});

function tell(...lines: string[]): Verdict {
  const loaded = loadScenario(`${lines.join("\n")}\n`, "test.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return play(loaded.scenario, { seed: 1, inBytes: false, realCrypto: false, keepRecords: 0 });
}

const two = [
  "name: two",
  'bolts: {count: 2, also: [b3], patterns: "*.{name}.example.com", tier1: 5s}',
  "steps:",
  "  - {at: 0s, do: found, on: b1}",
  "  - {at: 1s, do: admit, bolts: [b2], by: b1}",
];

test("BO-1 an outcome nobody waits for is a broken invariant", () => {
  const { bolt } = started();
  expect(() => bolt.step({ in: "stored", ticket: 4_711, signed: [] }, micros(2))).toThrow(Bug);
  expect(() =>
    bolt.step({ in: "reply", call: 4_711, outcome: { ok: false, why: "late", perhapsDone: true } }, micros(3)),
  ).toThrow(Bug);
});

test("BO-2 an invite is acknowledged only when its row is on disk", () => {
  const verdict = tell(
    ...two,
    "  - {at: 19s, fault: disk-slow, bolt: b1, by: 5s, until: 40s}",
    "  - {at: 20s, do: invite, on: b1, as: slow, ttl: 1h, id: asked}",
    "expect:",
    "  - {at: 24s, expect: {answer: asked, is: ['']}}",
    "  - {finally: {answer: asked, is: [invited]}}",
    "settle: 30s",
  );
  expect(verdict.violations).toEqual([]);
});

test("BO-3 T28 a clock set back revives nothing, not even after a restart", () => {
  const { bolt, effects } = started(new Map([["wall-floor", "5000000"]]));
  expect(effects.some((effect) => effect.do === "store")).toBe(false);
  const floors = bolt
    .step({ in: "wall", wallMs: 9_000_000 }, micros(2))
    .flatMap((effect) => (effect.do === "store" ? effect.writes : []));
  expect(floors).toEqual([{ put: "setting", name: "wall-floor", value: "9000000" }]);
  expect(bolt.step({ in: "wall", wallMs: 1 }, micros(3))).toEqual([]);
  const verdict = tell(
    ...two,
    "  - {at: 20s, do: invite, on: b1, as: short, ttl: 1m}",
    "  - {at: 100s, fault: clock-jump, bolt: b1, by: -1h}",
    "  - {at: 101s, do: join, bolt: b3, via: b1, with: short}",
    "expect:",
    "  - {finally: {bolt: b3, refused: [TOKEN_EXPIRED]}}",
    "settle: 30s",
  );
  expect(verdict.violations).toEqual([]);
});

test("BO-4 a bolt restored from a backup draws an incarnation above all it ever showed", () => {
  const verdict = tell(
    ...two,
    "  - {at: 20s, fault: keep-image, bolt: b1, as: old}",
    "  - {at: 30s, do: claim, bolt: b1, patterns: ['*.first.example.com']}",
    "  - {at: 40s, fault: old-image, bolt: b1, image: old}",
    "  - {at: 41s, do: claim, bolt: b1, patterns: ['*.second.example.com']}",
    "settle: 60s",
  );
  expect(verdict.violations.filter(({ oracle }) => oracle === "I5")).toEqual([]);
  const [b1, b2] = verdict.stage.world.processes;
  const rows = b2?.bolt()?.roster.ofAuthor(b1?.id ?? keyOf("none")) ?? [];
  const names = rows.map(({ message }) => `${message.incarnation} ${message.seq}`);
  expect(new Set(names).size).toBe(names.length);
});

test("BO-5 a bolt that dies keeps what it merged, and asks again for what only waited", () => {
  const verdict = tell(
    ...two,
    "  - {at: 20s, do: claim, bolt: b1, patterns: ['*.one.example.com']}",
    "  - {at: 21s, fault: power-cut, bolt: b2, until: 25s}",
    "expect:",
    "  - {within: 30s after heal, expect: {that: all rosters equal}}",
    "settle: 60s",
  );
  expect(verdict.violations).toEqual([]);
});

test("BO-6 a machine restored from its image has the same future", () => {
  const verdict = tell(...two, "settle: 30s");
  const process = verdict.stage.world.processes[0];
  const original = process?.bolt();
  if (original === null || original === undefined) throw new Error("b1 runs");
  const copy = Bolt.restore(original.image());
  const now = (at: number): ReturnType<typeof micros> => micros(60_000_000 + at * 1_000_000);
  const inputs: Input[] = [
    { in: "due" },
    admin(9_001, { admin: { do: "status" } }),
    admin(9_002, { admin: { do: "invite", ttlMs: 60_000, bound: null, dryRun: false } }),
    { in: "link", peer: keyOf("nobody"), up: false, why: "test" },
    { in: "due" },
    admin(9_003, { admin: { do: "route-explain", hostname: "a.b2.example.com" } }),
  ];
  for (const [at, input] of inputs.entries()) {
    expect(recordedText(copy.step(input, now(at)))).toBe(recordedText(original.step(input, now(at))));
    expect(copy.deadline()).toEqual(original.deadline());
  }
});

test("BO-7 a stopping bolt refuses new requests and ends within its grace", () => {
  const { bolt } = started();
  bolt.step({ in: "stop", grace: ofMs(100) }, micros(10));
  const refused = bolt.step(admin(1, { admin: { do: "status" } }), micros(20));
  const isStopped = (effects: readonly Effect[]): boolean => effects.some((effect) => effect.do === "stopped");
  const late = bolt.step({ in: "due" }, micros(200_000));
  expect(isStopped(refused) || isStopped(late) || bolt.deadline() === undefined).toBe(true);
  expect(bolt.step({ in: "due" }, micros(300_000))).toEqual([]);
  expect(bolt.deadline()).toBeUndefined();
});

test("BO-8 route explain names the owner and why, and refuses what is no hostname", () => {
  const verdict = tell(...two, "settle: 30s");
  const bolt = verdict.stage.world.processes[1]?.bolt();
  if (bolt === null || bolt === undefined) throw new Error("b2 runs");
  const at = micros(90_000_000);
  const answerTo = (call: number, hostname: string): unknown =>
    bolt
      .step(admin(call, { admin: { do: "route-explain", hostname } }), at)
      .flatMap((effect) => (effect.do === "respond" ? [effect.answer] : []))[0];
  expect(answerTo(1, "web.b1.example.com")).toMatchObject({
    answer: "route",
    route: { ownerName: "b1", pattern: "*.b1.example.com", others: [] },
  });
  expect(answerTo(2, "web.nowhere.org")).toMatchObject({ route: { owner: null, nearest: [{}, {}] } });
  expect(answerTo(3, "not a name")).toMatchObject({ refusal: { code: "HOSTNAME_INVALID" } });
});

test("BO-9 more requests at once than it can hold are told BUSY", () => {
  const { bolt } = started();
  const codes = new Set<string>();
  for (let call = 1; call <= 5_000; call++) {
    const asked = { peer: { ask: "status" } } as const;
    const from = { is: "stranger", source: "test" } as const;
    for (const effect of bolt.step({ in: "request", call, from, asked, patience: ofMs(1) }, micros(10))) {
      if (effect.do === "respond" && "refusal" in effect.answer) codes.add(effect.answer.refusal.code);
    }
  }
  expect([...codes]).toEqual(["NOT_A_MEMBER"]);
  const init = bolt.step(admin(9_000, { admin: { do: "init", dryRun: false } }), micros(20));
  expect(init.some((effect) => effect.do === "draw" || effect.do === "store")).toBe(true);
  const open: string[] = [];
  for (let call = 10_000; call < 10_000 + 4_200; call++) {
    for (const effect of bolt.step(admin(call, { admin: { do: "init", dryRun: false } }), micros(30))) {
      if (effect.do === "respond" && "refusal" in effect.answer) open.push(effect.answer.refusal.code);
    }
  }
  expect(open.every((code) => code === "BUSY" || code === "CEREMONY_UNDER_WAY")).toBe(true);
});

test("BO-10 status counts the invites that can still be used, not those that a restart made void", () => {
  const open = (...more: string[]): (number | undefined)[] => {
    const { stage } = tell(
      "name: open invites",
      "bolts: {count: 2, tier1: 5s}",
      "steps:",
      "  - {at: 0s, do: found, on: b1}",
      "  - {at: 1s, do: admit, bolts: [b2], by: b1}",
      "  - {at: 10s, do: invite, on: b1, as: one}",
      ...more,
      "settle: 60s",
    );
    return ["b1", "b2"].map((name) => stage.bolt(name).status()?.openInvites);
  };
  expect(open()).toEqual([1, 1]);
  expect(open("  - {at: 20s, fault: restart, bolt: b1}")).toEqual([0, 0]);
});
