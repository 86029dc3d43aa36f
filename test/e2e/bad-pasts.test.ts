/** Servers whose files or clocks are not what they were: licences, backups, clones, and ends that came too soon. */
import { afterEach, expect, test } from "vitest";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { fingerprintOf } from "../../src/server/opened.ts";
import { issueLicence, makeAuthority } from "../../src/server/license-work.ts";
import type { IssueOrder } from "../../src/server/license-work.ts";
import { TrialServer, eventually, expectAnswer, freePort, seeEachOther } from "../../src/server/trial.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import { expectRefusalLine, programFile } from "../support/run-program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { TrialFleet } from "../support/trial-fleet.ts";

let fleet: TrialFleet | null = null;
const more: TrialServer[] = [];
afterEach(async () => {
  await Promise.all([fleet?.end(), ...more.splice(0).map((server) => server.end("SIGKILL"))]);
  fleet = null;
});

const tools = { seal: createEd25519Seal(), nowMs: Date.now() };

/** Starts it, waits for its end, and gives what it said besides its log. */
async function refusedStart(server: TrialServer): Promise<{ readonly code: number | string; readonly err: string }> {
  rmSync(server.logFile, { force: true });
  server.start([], programFile("vigosrv"));
  await eventually(
    () => Promise.resolve(server.exitCode !== null && server.log() !== ""),
    30_000,
    () => `it neither ended nor spoke:\n${server.log()}`,
  );
  const said = server.log().split("\n");
  return { code: server.exitCode ?? "", err: said.filter((line) => !line.startsWith("{")).join("\n") };
}

/** A licence for this server as its trial's authority, or another, issues it. */
function licenceFor(server: TrialServer, over: Partial<IssueOrder> = {}): string {
  const fingerprint = fingerprintOf(readFileSync(join(server.dataDir, "tls", "ca"), "utf8")) ?? "";
  const authority = join(dirname(server.folder), "authority.key");
  const terms = { authority, customer: "trial", tier: "commercial", nodes: "10", expires: "30d", fingerprint };
  return issueLicence({ ...terms, ...over }, tools).text;
}

/** Puts this licence in the place of all others. */
function onlyLicence(server: TrialServer, text: string): void {
  const folder = join(server.dataDir, "license");
  for (const name of readdirSync(folder)) if (name.endsWith(".lic")) rmSync(join(folder, name));
  writeFileSync(join(folder, "one.lic"), text);
}

test("SV-2 T56 licences that are forged, cut, of another machine or not enough are refused", async () => {
  fleet = await TrialFleet.prepare({ names: ["east"], multicast: "off" });
  const east = fleet.server("east");
  const good = licenceFor(east);
  const stranger = join(tempFolder(), "authority.key");
  makeAuthority(stranger, tools);
  const machine = /vigo-machine-1:\S+/u.exec(good)?.[0] ?? "";
  const other = machine.replace(/[0-9a-f](?=[^0-9a-f]*$)/u, (digit) => (digit === "0" ? "1" : "0"));
  const bad = {
    "by another authority": licenceFor(east, { authority: stranger }),
    "for another machine": licenceFor(east, { fingerprint: other }),
    "for any machine": licenceFor(east, { fingerprint: "any" }),
    "of the free tier": licenceFor(east, { tier: "free" }),
    truncated: good.slice(0, -20),
    "with more nodes": good.replace("nodes: 10", "nodes: 99"),
    "with control characters": good.replace("trial", "tri\u001b[2Jal"),
    garbage: "please",
    empty: "",
  };
  for (const [what, text] of Object.entries(bad)) {
    onlyLicence(east, text);
    const { code, err } = await refusedStart(east);
    expect([what, code]).toEqual([what, 4]);
    expectRefusalLine(err, "LICENSE_REFUSED");
  }
  // A bad one beside it does no harm.
  writeFileSync(join(east.dataDir, "license", "two.lic"), good);
  rmSync(east.logFile);
  await fleet.start();
  expectAnswer(await east.ask("init", {}), "founded");
});

/** A program that is vigosrv on a machine whose clock differs by so much. */
function atAnotherTime(aheadMs: number): string {
  const wrapper = join(tempFolder(), "vigosrv.mjs");
  const clock = `const now = Date.now; Date.now = () => now() + ${aheadMs};`;
  writeFileSync(wrapper, `${clock}\nawait import("${pathToFileURL(programFile("vigosrv")).href}");\n`);
  return wrapper;
}

const dayMs = 86_400_000;

test("SV-2 T28 T56 an expired licence, then a clock set back: the server starts and serves", async () => {
  fleet = await TrialFleet.founded({ names: ["east", "west"], multicast: "off" });
  const [east, west] = [fleet.server("east"), fleet.server("west")];
  const before = expectAnswer(await west.ask("status", {}), "status").status;
  for (const ahead of [40 * dayMs, -2 * dayMs]) {
    await west.end();
    west.start([], atAnotherTime(ahead));
    await west.ready(30_000);
    const { status } = expectAnswer(await west.ask("status", {}), "status");
    expect([status.phase, status.self, status.rows]).toEqual(["member", before.self, before.rows]);
    await eventually(
      () => seeEachOther([east, west]),
      30_000,
      () => `not fresh with a clock that differs by ${ahead} ms`,
    );
    // What was seen of the time is on disk: set back, the clock counts on from there, and peers are shown by how much.
    const seen = expectAnswer(await east.ask("status", {}), "status").status.bolts.find(({ name }) => name === "west");
    expect(Math.abs((seen?.skewMs ?? 0) - 40 * dayMs)).toBeLessThan(60_000);
  }
});

test("SV-6 T54 a second signal ends a server at once, and it comes back as it was", async () => {
  fleet = await TrialFleet.founded({ names: ["east", "west"], multicast: "off" });
  const east = fleet.server("east");
  const before = expectAnswer(await east.ask("status", {}), "status").status;
  const asked = Array.from({ length: 20 }, () => east.ask("invite", {}).catch(() => null));
  const given = (await Promise.race(asked))?.answer === "invited";
  const ended = east.end("SIGTERM");
  east.signal("SIGTERM");
  expect([0, "SIGTERM"]).toContain(await ended);
  const acknowledged = (await Promise.all(asked)).flatMap((answer) =>
    answer?.answer === "invited" ? [answer.invite?.id] : [],
  );
  expect(acknowledged.length > 0).toBe(given);
  await fleet.start("east");
  const { status } = expectAnswer(await east.ask("status", {}), "status");
  expect([status.phase, status.self]).toEqual(["member", before.self]);
  const kept = expectAnswer(await east.ask("invite-list", {}), "invites").invites.map(({ id }) => id);
  for (const id of acknowledged) expect(kept).toContain(id);
});

/** The same rows everywhere, and every server fresh. */
async function agree(asked: TrialServer, all: readonly TrialServer[]): Promise<void> {
  await eventually(
    async () => {
      const { equal, complete } = expectAnswer(await asked.ask("verify", {}), "verify");
      return equal && complete && (await seeEachOther(all));
    },
    30_000,
    () => all.map((server) => server.log()).join("\n"),
  );
}

test("SV-4 T55 a server put back from a backup learns what it wrote since, and is no double", async () => {
  fleet = await TrialFleet.founded({ names: ["east", "west"], multicast: "off" });
  const [east, west] = [fleet.server("east"), fleet.server("west")];
  await east.end();
  const backup = join(tempFolder(), "data");
  cpSync(east.dataDir, backup, { recursive: true });
  await fleet.start("east");
  for (let at = 0; at < 5; at++) expectAnswer(await east.ask("invite", {}), "invited");
  await agree(west, [east, west]);
  const { rows } = expectAnswer(await west.ask("status", {}), "status").status;
  await east.end("SIGKILL");
  rmSync(east.dataDir, { recursive: true });
  cpSync(backup, east.dataDir, { recursive: true });
  await fleet.start("east");
  await agree(west, [east, west]);
  for (const server of [east, west]) {
    const { status } = expectAnswer(await server.ask("status", {}), "status");
    expect([status.rows, status.alarms]).toEqual([rows, []]);
    expect(status.bolts.flatMap(({ marks }) => marks)).not.toContain("duplicate");
  }
  expectAnswer(await east.ask("invite", {}), "invited");
});

test("SV-4 T12 one identity that runs twice shows as duplicate on every bolt, and nothing is cut", async () => {
  fleet = await TrialFleet.founded({ names: ["east", "west"] });
  const [east, west] = [fleet.server("east"), fleet.server("west")];
  await east.end();
  const folder = join(dirname(east.folder), "clone");
  mkdirSync(folder);
  cpSync(east.dataDir, join(folder, "data"), { recursive: true });
  const clone = new TrialServer("east", folder, { api: await freePort(), grpc: await freePort() });
  more.push(clone);
  const text = readFileSync(east.configFile, "utf8");
  const moved = text
    .replace(`:${east.grpcPort}"`, `:${clone.grpcPort}"`)
    .replace(`:${east.apiPort}"`, `:${clone.apiPort}"`);
  writeFileSync(clone.configFile, moved);
  await fleet.start("east");
  clone.start([], programFile("vigosrv"));
  await clone.ready(30_000);
  const isMarked = async (server: TrialServer): Promise<boolean> => {
    const { status } = expectAnswer(await server.ask("status", {}), "status");
    return status.bolts.some(({ name, marks }) => name === "east" && marks.includes("duplicate"));
  };
  await eventually(
    async () => (await isMarked(west)) && (await isMarked(east)) && (await isMarked(clone)),
    40_000,
    () => [west, east, clone].map((server) => server.log()).join("\n"),
  );
  const { status } = expectAnswer(await west.ask("status", {}), "status");
  expect(status.bolts).toHaveLength(2);
});
