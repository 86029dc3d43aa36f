/** The simulator's promises about itself, small enough to run in one process. */
import { expect, test } from "vitest";
import { toHex } from "../../../src/kernel/hex.ts";
import { Checker } from "../../../sim/check/checker.ts";
import { memberFindings, setName, tokenFindings } from "../../../sim/check/roster-checks.ts";
import { loadScenario } from "../../../sim/scenario/load.ts";
import { play } from "../../../sim/scenario/play.ts";
import type { PlayOptions, Verdict } from "../../../sim/scenario/play.ts";
import { Roster } from "../../../src/roster/roster.ts";
import type { RosterView } from "../../../src/roster/view.ts";
import { RosterScript, keyOf } from "../../support/roster-builder.ts";

const plain: PlayOptions = { seed: 1, inBytes: false, realCrypto: false, keepRecords: 0 };

function tell(lines: readonly string[], options: Partial<PlayOptions> = {}): Verdict {
  const loaded = loadScenario(`${lines.join("\n")}\n`, "test.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return play(loaded.scenario, { ...plain, ...options });
}

const three = [
  "name: three",
  'bolts: {count: 3, patterns: "*.{name}.example.com", tier1: 5s}',
  "steps:",
  "  - {at: 0s, do: found, on: b1}",
  "  - {at: 1s, do: admit, bolts: [b2, b3], by: b1}",
];

test("SM-2 one seed, one fingerprint; another seed, another one", () => {
  const first = tell([...three, "settle: 60s"]);
  expect(tell([...three, "settle: 60s"]).fingerprint).toBe(first.fingerprint);
  expect(tell([...three, "settle: 60s"], { seed: 2 }).fingerprint).not.toBe(first.fingerprint);
});

test("SM-3 in bytes with real signatures the same members see the same roster", () => {
  const story = [...three, "expect:", "  - {finally: {members: [b1, b2, b3]}}", "settle: 30s"];
  const fast = tell(story);
  const real = tell(story, { inBytes: true, realCrypto: true });
  expect([fast.ok, real.ok]).toEqual([true, true]);
  expect(real.stage.world.multicast.sentBytes).toBeGreaterThan(1_000);
});

test("SM-7 wherever a minter dies, what was acknowledged is there afterwards", () => {
  for (let number = 0; number < 40; number++) {
    const verdict = tell([
      ...three,
      "  - {at: 20s, do: invite, on: b1, as: late, ttl: 1h}",
      `  - {at: 25s, fault: crash-at-effect, bolt: b1, number: ${number}, until: 40s}`,
      "  - {at: 26s, do: admit, bolts: [b2], by: b1}",
      "  - {at: 26s, do: claim, bolt: b1, patterns: ['*.one.example.com']}",
      "  - {at: 27s, do: invite, on: b1, as: later, ttl: 1h}",
      "settle: 90s",
    ]);
    expect(verdict.violations, `death before effect ${number}`).toEqual([]);
  }
});

test("SM-9 I3 I4 views that break a promise are reported", () => {
  const script = new RosterScript();
  script.found("east");
  script.join("east", "west");
  const roster = Roster.create();
  roster.merge(script.rows);
  const view = roster.view();
  const [token] = [...view.tokens.values()];
  if (token === undefined) throw new Error("an invite was minted");
  const admit = { key: keyOf("thief"), row: token.mint, counts: true };
  const tokens = new Map([[token.mint, { ...token, admits: [...token.admits, admit] }]]);
  expect(tokenFindings({ ...view, tokens } as RosterView).map(([oracle]) => oracle)).toEqual(["I3"]);
  expect(tokenFindings(view)).toEqual([]);
  expect(memberFindings(roster)).toEqual([]);
  script.leave("west");
  roster.merge(script.rows);
  const blind = { ...roster.view(), members: view.members, byId: view.byId, counts: () => true } as RosterView;
  const lying = Object.assign(Object.create(roster) as Roster, {
    view: () => blind,
    ofAuthor: roster.ofAuthor.bind(roster),
  });
  Object.defineProperty(lying, "index", { value: roster.index });
  expect(memberFindings(lying).map(([oracle]) => oracle)).toEqual(["I4"]);
});

test("SM-9 I6 sets have one name whatever their order, and another one when they differ", () => {
  const script = new RosterScript();
  script.found("east");
  for (const name of ["west", "north", "south"]) script.join("east", name);
  const [forward, backward, less] = [Roster.create(), Roster.create(), Roster.create()];
  for (const row of script.rows) forward.merge([row]);
  for (const row of [...script.rows].reverse()) backward.merge([row]);
  less.merge(script.rows.slice(0, -1));
  expect(setName(backward)).toBe(setName(forward));
  expect(setName(less)).not.toBe(setName(forward));
});

test("SM-9 I2 I10 a promise that is not kept and a secret that shows are reported", () => {
  const verdict = tell([...three, "settle: 20s"]);
  const { stage } = verdict;
  const [b1] = stage.world.processes;
  if (b1 === undefined) throw new Error("b1 is on the stage");
  const genesis = b1.bolt()?.roster.view().genesis ?? null;
  const checker = new Checker();
  checker.attach(stage.world);
  checker.acknowledge({ what: "a row nobody has", by: b1, genesis, row: "f".repeat(64) as never, admits: null });
  checker.keepSecret("name of b1", toHex(new Uint8Array([7])));
  checker.checkText(b1, "the secret is 07");
  const oracles = checker.conclude(stage.world.processes, ["an invite on b1"]).map(({ oracle }) => oracle);
  expect(oracles).toContain("I2");
  expect(oracles).toContain("I10");
  expect(oracles).toContain("I12");
});

test("SM-5 names that mean nothing are found, with the nearest one that does", () => {
  const text = [...three, "  - {at: 5s, do: join, bolt: b3, via: b22, with: nothing}", ""].join("\n");
  const loaded = loadScenario(text, "test.yaml");
  const problems = loaded.ok ? [] : loaded.problems;
  expect(problems.map(({ line, meant }) => [line, meant])).toEqual([
    [6, undefined],
    [6, "b2"],
  ]);
});

test("SM-5 what comes about later is not named before, in steps and in what is expected", () => {
  const fork = [
    ...three,
    "  - {at: 30s, fault: partition, groups: [[b1], [copy]], until: 40s}",
    "  - {at: 50s, do: join, bolt: b3, with: late}",
    "  - {at: 60s, do: invite, on: b1, as: late}",
    "  - {at: 60s, fault: clone, bolt: b3, as: copy}",
    "expect:",
    "  - {at: 59s, expect: {bolt: copy, is: member}}",
    "  - {at: 60s, expect: {bolt: copy, is: member}}",
    "  - {always: {token: late, admits: at most one}}",
  ];
  const loaded = loadScenario(`${fork.join("\n")}\n`, "test.yaml");
  const problems = loaded.ok ? [] : loaded.problems;
  expect(problems.map(({ line, value }) => [line, value])).toEqual([
    [6, '"copy"'],
    [7, '"late"'],
    [11, '"copy"'],
  ]);
});
