/** vigosim as its users run it: the compiled program in processes of its own. */
import { expect, test } from "vitest";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../support/temp-folder.ts";

const root = join(import.meta.dirname, "..", "..");
const program = join(root, ".build", "sim", "main.js");

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Run {
  readonly scenario: string;
  readonly seed: number;
  readonly ok: boolean;
  readonly violations: readonly { readonly oracle: string; readonly text: string }[];
  readonly events: number;
  readonly simulated_ms: number;
  readonly wall_ms: number;
  readonly fingerprint: string;
}

function vigosim(
  args: readonly string[],
  node: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Ended> {
  if (!existsSync(program)) throw new Error("the programs are not compiled; run node .ci/ready.mjs");
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 * 1_024 * 1_024 };
    const child = execFile(process.execPath, [...node, program, ...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

function runsOf({ stdout }: Ended): readonly Run[] {
  return (JSON.parse(stdout) as { readonly runs: readonly Run[] }).runs;
}

test("SM-1 SM-2 SM-4 every scenario passes, and equally in two processes that differ in everything else", async () => {
  const [one, two] = await Promise.all([
    vigosim(["run", "scenarios", "-o", "json"], ["--random-seed=1", "--hash-seed=1"], { TZ: "UTC", LC_ALL: "C" }),
    vigosim(["run", "scenarios", "-o", "json"], ["--random-seed=987654", "--hash-seed=4711"], {
      TZ: "Asia/Kathmandu",
      LC_ALL: "tr_TR.UTF-8",
      LANG: "tr_TR.UTF-8",
    }),
  ]);
  const [first, second] = [runsOf(one), runsOf(two)];
  expect(first.filter(({ ok }) => !ok)).toEqual([]);
  expect(first.length).toBeGreaterThanOrEqual(20);
  expect(second.map(({ fingerprint }) => fingerprint)).toEqual(first.map(({ fingerprint }) => fingerprint));
  expect([one.code, two.code]).toEqual([0, 0]);
  for (const run of first) {
    const { scenario, seed, ok, violations, events, simulated_ms, wall_ms, fingerprint } = run;
    expect([typeof scenario, typeof seed, typeof ok, Array.isArray(violations)]).toEqual([
      "string",
      "number",
      "boolean",
      true,
    ]);
    expect([typeof events, typeof simulated_ms, typeof wall_ms]).toEqual(["number", "number", "number"]);
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/u);
  }
}, 600_000);

test("SM-3 admission scenarios pass in bytes with real Ed25519", async () => {
  const ended = await vigosim(["run", "scenarios/admission", "--bytes", "--real-crypto", "-o", "json"]);
  expect(runsOf(ended).filter(({ ok }) => !ok)).toEqual([]);
}, 300_000);

test("SM-4 SM-6 SM-8 a violation: exit 1, the reason, a JUnit report; what proves nothing is one", async () => {
  const folder = tempFolder();
  const file = join(folder, "wrong.yaml");
  writeFileSync(
    file,
    [
      "name: wrong & <odd>",
      "bolts: {count: 2}",
      "steps:",
      "  - {at: 0s, do: found, on: b1}",
      "expect:",
      "  - {finally: {members: [b1, b2]}}",
      "  - {finally: {bolt: b2, is: unadmitted}}",
      "settle: 10s",
      "",
    ].join("\n"),
  );
  const junit = join(folder, "junit.xml");
  const ended = await vigosim(["run", file, "-o", "json", "--junit", junit]);
  expect(ended.code).toBe(1);
  const texts = runsOf(ended)[0]?.violations.map(({ text }) => text) ?? [];
  expect(texts).toHaveLength(2);
  expect(texts.join("\n")).toContain("does not hold at the end");
  const xml = readFileSync(junit, "utf8");
  expect(xml).toContain('<testsuite name="wrong &amp; &lt;odd&gt;" tests="1" failures="1"');
  expect(xml.match(/<failure /gu)).toHaveLength(2);
});

test("SM-5 a bad scenario: exit 2, every problem with its line", async () => {
  const file = join(tempFolder(), "bad.yaml");
  writeFileSync(
    file,
    [
      "name: bad",
      "bolts: {count: 2}",
      "steps:",
      "  - {at: 0s, do: fond, on: b1}",
      "  - {at: 1s, do: found, on: b3}",
      "",
    ].join("\n"),
  );
  const ended = await vigosim(["run", file]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/bad\.yaml:4:\d+ SCENARIO_INVALID/u);
  const missing = await vigosim(["validate", join(tempFolder(), "none.yaml")]);
  expect([missing.code, missing.stderr.includes("SCENARIO_MISSING")]).toEqual([2, true]);
});

test("SM-11 a bolt's status in the middle of a story", async () => {
  const file = "scenarios/gossip/stale-peer-and-recovery.yaml";
  const during = await vigosim(["run", file, "--until", "90s", "--show", "b1"]);
  expect([during.code, during.stderr]).toEqual([0, ""]);
  expect(during.stdout).toMatch(/^b3 .*stale, link down/mu);
  const before = await vigosim(["run", file, "--until", "50s", "--show", "b1", "-o", "json"]);
  const bolts = (JSON.parse(before.stdout) as { bolts: { name: string; marks: string[] }[] }).bolts;
  expect(bolts.map(({ name, marks }) => [name, marks])).toContainEqual(["b3", []]);
  for (const [args, code] of [
    [["--until", "90s", "--show", "b9"], "BOLT_UNKNOWN"],
    [["--until", "90s"], "USAGE_INVALID"],
  ] as const) {
    const refused = await vigosim(["run", file, ...args]);
    expect([refused.code, refused.stderr.includes(code)]).toEqual([2, true]);
  }
});
