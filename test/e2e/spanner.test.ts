/** The whole story with real processes on loopback: found, join, kill, race, restart, recording. */
import { afterEach, expect, test } from "vitest";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Bolt } from "../../src/bolt/bolt.ts";
import type { BoltImage } from "../../src/bolt/bolt.ts";
import { replay } from "../../src/host/replay.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import type { BoltReport } from "../../src/turn/status.ts";
import type { TrialServer } from "../../src/server/trial.ts";
import { eventually, expectAnswer, seeEachOther } from "../../src/server/trial.ts";
import { TrialFleet } from "../support/trial-fleet.ts";

let fleet: TrialFleet | null = null;
afterEach(async () => {
  await fleet?.end();
  fleet = null;
});

const waitMs = 30_000;

async function fresh(servers: readonly TrialServer[]): Promise<void> {
  await eventually(
    () => seeEachOther(servers),
    waitMs,
    () => servers.map((server) => server.log()).join("\n"),
  );
}

async function seen(by: TrialServer, name: string): Promise<BoltReport> {
  const { status } = expectAnswer(await by.ask("status", {}), "status");
  const report = status.bolts.find((one) => one.name === name);
  if (report === undefined) throw new Error(`${by.name} does not know ${name}`);
  return report as BoltReport;
}

test("SV-3 SV-4 SV-6 found, join, kill -9, stale, back with the same key, orderly stop", async () => {
  fleet = await TrialFleet.founded({ names: ["east", "west", "north"] });
  const [east, north] = [fleet.server("east"), fleet.server("north")];
  await fresh(fleet.servers);
  const before = await seen(east, "north");
  expect(before.heardBy).toBe("multicast");
  expect(before.linkUp).toBe(true);

  const killedMs = performance.now();
  expect(await north.end("SIGKILL")).toBe("SIGKILL");
  await eventually(
    async () => (await seen(east, "north")).marks.includes("link down"),
    5_000,
    () => "no link down",
    20,
  );
  expect(performance.now() - killedMs).toBeLessThan(5_000);
  await eventually(
    async () => (await seen(east, "north")).marks.includes("stale"),
    10_000,
    () => "not stale by age",
  );

  await fleet.start("north");
  await fresh(fleet.servers);
  expect((await seen(east, "north")).id).toBe(before.id);
  // Its new PROFILE takes a moment to reach everyone.
  await eventually(
    async () => {
      const { equal, complete } = expectAnswer(await east.ask("verify", {}), "verify");
      return equal && complete;
    },
    10_000,
    () => "the rosters differ",
  );

  const ended = north.end("SIGTERM");
  expect(await ended).toBe(0);
  expect((await seen(east, "north")).marks).toContain("stopping");
});

test("SV-7 one bundle used by two servers at once admits exactly one", async () => {
  fleet = await TrialFleet.prepare({ names: ["east", "one", "two"] });
  await fleet.start();
  const [east, one, two] = [fleet.server("east"), fleet.server("one"), fleet.server("two")];
  expectAnswer(await east.ask("init", {}), "founded");
  const { code } = expectAnswer(await east.ask("invite", { ttl: "1h" }), "invited");
  const answers = await Promise.all([one.ask("join", { code: code ?? "" }), two.ask("join", { code: code ?? "" })]);
  const kinds = answers.map((given) => (given.answer === "refused" ? given.refusal.code : given.answer)).sort();
  expect(kinds).toEqual(["TOKEN_SPENT", "joined"]);
  const { status } = expectAnswer(await east.ask("status", {}), "status");
  expect(status.bolts).toHaveLength(2);
});

test("SV-8 SV-9 without multicast, and through a member that is not the minter", async () => {
  fleet = await TrialFleet.prepare({ names: ["east", "west", "north"], multicast: "off" });
  await fleet.start();
  const [east, west, north] = [fleet.server("east"), fleet.server("west"), fleet.server("north")];
  expectAnswer(await east.ask("init", {}), "founded");
  const first = expectAnswer(await east.ask("invite", {}), "invited");
  expectAnswer(await west.ask("join", { code: first.code ?? "" }), "joined");
  await fresh([east, west]);
  const second = expectAnswer(await east.ask("invite", {}), "invited");
  const joined = expectAnswer(await north.ask("join", { code: second.code ?? "", from: [west.url] }), "joined");
  const { key } = expectAnswer(await east.ask("identity", {}), "identity");
  expect(joined.sponsor).toBe(key);
  await fresh(fleet.servers);
  const { status } = expectAnswer(await north.ask("status", {}), "status");
  expect(status.multicastWorks).toBeNull();
  expect(status.bolts.filter(({ id }) => id !== status.self).map(({ heardBy }) => heardBy)).toEqual([
    "stream",
    "stream",
  ]);
});

test("SV-11 a recording of a real server replays without divergence and holds no secret", async () => {
  fleet = await TrialFleet.prepare({ names: ["east", "west"] });
  const [east, west] = [fleet.server("east"), fleet.server("west")];
  const folder = join(east.folder, "recording");
  const program = join(import.meta.dirname, "..", "..", ".build", "src", "server", "main.js");
  east.start(["--record", folder], program);
  west.start([], program);
  await Promise.all([east.ready(waitMs), west.ready(waitMs)]);
  const founded = expectAnswer(await east.ask("init", {}), "founded");
  const { code } = expectAnswer(await east.ask("invite", {}), "invited");
  expectAnswer(await west.ask("join", { code: code ?? "" }), "joined");
  await fresh([east, west]);
  expect(await east.end("SIGTERM")).toBe(0);
  const files = readdirSync(folder).sort();
  const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join("");
  expect(text).not.toContain(founded.recoverySeed);
  const replayed = replay(text.split("\n"), (image) => Bolt.restore(image as BoltImage), createEd25519Seal(null));
  expect(replayed).toMatchObject({ is: "same" });
  expect(replayed.is === "same" ? replayed.steps : 0).toBeGreaterThan(20);
});
