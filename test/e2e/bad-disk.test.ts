/** Disks that are full, read-only or open to others, under real servers. Needs the right to mount a small disk. */
import { afterEach, expect, test } from "vitest";
import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { TrialServer } from "../../src/server/trial.ts";
import { eventually, expectAnswer } from "../../src/server/trial.ts";
import { cli, expectRefusalLine, expectRefused, programFile } from "../support/run-program.ts";
import { canMount, smallDisk } from "../support/temp-folder.ts";
import { TrialFleet } from "../support/trial-fleet.ts";

let fleet: TrialFleet | null = null;
afterEach(async () => {
  await fleet?.end();
  fleet = null;
});

/** Puts the data directory of a server that does not run onto a small disk of its own. */
function moveToDisk(server: TrialServer, size: string): ReturnType<typeof smallDisk> {
  const disk = smallDisk(size);
  const data = join(disk.path, "data");
  cpSync(server.dataDir, data, { recursive: true });
  for (const path of [data, ...readdirSync(data, { recursive: true }).map((name) => join(data, String(name)))]) {
    chmodSync(path, lstatSync(path.replace(data, server.dataDir)).mode);
  }
  renameSync(server.dataDir, `${server.dataDir}.before`);
  symlinkSync(data, server.dataDir);
  const text = readFileSync(server.configFile, "utf8");
  writeFileSync(server.configFile, text.replace("data_dir: data", `data_dir: ${data}`));
  return disk;
}

/** Takes all the room there is. */
function fill(disk: { readonly path: string }): void {
  const piece = new Uint8Array(65_536);
  for (let size = piece.length; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(join(disk.path, "filler"), piece.subarray(0, size), { flag: "a" });
    } catch (caught) {
      if (!String(caught).includes("ENOSPC")) throw caught;
    }
  }
}

/** Starts it, waits for its end, and gives what it said; the log is its own from then on. */
async function refusedStart(server: TrialServer): Promise<{ readonly code: number | string; readonly err: string }> {
  rmSync(server.logFile, { force: true });
  server.start([], programFile("vigosrv"));
  await eventually(
    () => Promise.resolve(server.exitCode !== null && server.log() !== ""),
    30_000,
    () => `it neither ended nor spoke:\n${server.log()}`,
  );
  return { code: server.exitCode ?? "", err: server.log() };
}

/** Asks for invites until one is refused; how many were given out. */
async function inviteUntilRefused(server: TrialServer): Promise<{ readonly given: number; readonly code: string }> {
  for (let given = 0; given < 2_000; given++) {
    const answer = await server.ask("invite", {});
    if (answer.answer === "refused") return { given, code: answer.refusal.code };
  }
  throw new Error("the disk took two thousand invites");
}

async function inviteCount(server: TrialServer): Promise<number> {
  return expectAnswer(await server.ask("invite-list", {}), "invites").invites.length;
}

test.skipIf(!canMount)("SV-13 T52 a disk that fills up under a running server", async () => {
  fleet = await TrialFleet.prepare({ names: ["east", "west", "north"] });
  const [east, west, north] = [fleet.server("east"), fleet.server("west"), fleet.server("north")];
  const disk = moveToDisk(east, "6m");
  await fleet.start();
  expectAnswer(await east.ask("init", {}), "founded");
  const first = expectAnswer(await east.ask("invite", {}), "invited");
  expectAnswer(await west.ask("join", { code: first.code ?? "" }), "joined");
  const { key } = expectAnswer(await north.ask("identity", {}), "identity");
  const bound = { key: key ?? "", name: "north", patterns: ["*.north.example.com"] };
  const { code } = expectAnswer(await east.ask("invite", { bound }), "invited");
  const before = await inviteCount(east);
  expect(existsSync(join(east.dataDir, ".reserve"))).toBe(true);

  fill(disk);
  const refused = await inviteUntilRefused(east);
  expect(refused.code).toBe("STORAGE_READONLY");
  expectRefused(await cli(east, ["spanner", "bolt", "invite"]), "STORAGE_READONLY", 1);
  // The token is refused before anything is acknowledged, and the joiner is nowhere.
  const joining = await cli(north, ["spanner", "bolt", "join", "--code", code ?? "", "--from", east.url]);
  expectRefused(joining, "STORAGE_READONLY", 1);
  await servesOn(east, west);
  expect(existsSync(join(disk.path, "data", ".reserve"))).toBe(false);
  expect(await east.end()).toBe(0);

  // What the reserve gave back is enough to start on, though not for long.
  await fleet.start("east");
  expect(await inviteCount(east)).toBe(before + refused.given);
  expect(await east.end()).toBe(0);
  rmSync(join(disk.path, "filler"));
  await fleet.start("east");
  expect(existsSync(join(east.dataDir, ".reserve"))).toBe(true);
  expect(expectAnswer(await east.ask("status", {}), "status").status.bolts).toHaveLength(2);
  expectAnswer(await east.ask("invite", {}), "invited");
  expectAnswer(await north.ask("join", { code: code ?? "", from: [east.url] }), "joined");
});

/** Reads, beacons and health go on without a disk, and say what is wrong. */
async function servesOn(east: TrialServer, west: TrialServer): Promise<void> {
  expect(await east.client().get("/healthz")).toContain("true");
  expect(await east.client().get("/readyz")).toContain("the disk failed: full");
  expect(await east.client().get("/metrics")).toMatch(/^vigo_store_failures_total [1-9]/mu);
  const beaconsOf = async (): Promise<number> => {
    const { status } = expectAnswer(await west.ask("status", {}), "status");
    const seen = status.bolts.find(({ name }) => name === "east");
    expect(seen?.marks).not.toContain("stale");
    return seen?.ageMs ?? Infinity;
  };
  await eventually(
    async () => (await beaconsOf()) < 1_000,
    10_000,
    () => "east is not heard any more",
  );
}

test.skipIf(!canMount)("SV-13 T52 nothing starts on a full disk or a read-only one, or changes it", async () => {
  fleet = await TrialFleet.prepare({ names: ["east"] });
  const east = fleet.server("east");
  const disk = moveToDisk(east, "4m");
  fill(disk);
  const full = await refusedStart(east);
  expectRefusalLine(full.err, "STORAGE_READONLY");
  expect([full.code, full.err.includes("disk is full")]).toEqual([1, true]);
  rmSync(join(disk.path, "filler"));
  const files = readdirSync(disk.path, { recursive: true }).sort();
  disk.remount("ro");
  const readOnly = await refusedStart(east);
  expectRefusalLine(readOnly.err, "STORAGE_READONLY");
  expect([readOnly.code, readOnly.err.includes("findmnt")]).toEqual([1, true]);
  expect(readdirSync(disk.path, { recursive: true }).sort()).toEqual(files);
  disk.remount("rw");
  rmSync(east.logFile);
  await fleet.start();
  expectAnswer(await east.ask("init", {}), "founded");
});

const secrets = ["secrets/.master.key", "secrets/admin.token", "bolt/identity.wrapped", "tls/key", "tls/ca_key"];
const folders = ["secrets", "bolt"];

test("SV-1 T50 each secret that others could read is refused by its name, and what is advised mends it", async () => {
  fleet = await TrialFleet.prepare({ names: ["east"], multicast: "off" });
  await fleet.start();
  const east = fleet.server("east");
  const { key } = expectAnswer(await east.ask("identity", {}), "identity");
  await east.end();
  for (const name of [...secrets, ...folders]) {
    const path = join(east.dataDir, name);
    const mode = statSync(path).mode & 0o777;
    expect([name, mode]).toEqual([name, folders.includes(name) ? 0o700 : 0o600]);
    chmodSync(path, mode | 0o040);
    const { code, err } = await refusedStart(east);
    expectRefusalLine(err, "SECRET_MODE");
    expect([code, err.includes(path)]).toEqual([1, true]);
    expect(statSync(path).mode & 0o777).toBe(mode | 0o040);
    const advice = /Next: (chmod .*)\n$/u.exec(err)?.[1] ?? "";
    execFileSync("sh", ["-c", advice]);
    expect(statSync(path).mode & 0o777).toBe(mode);
  }
  // All at once: one refusal, one line that mends everything. And a link is never followed.
  for (const name of secrets) chmodSync(join(east.dataDir, name), 0o666);
  const all = await refusedStart(east);
  execFileSync("sh", ["-c", /Next: (chmod .*)\n$/u.exec(all.err)?.[1] ?? ""]);
  const token = join(east.dataDir, "secrets", "admin.token");
  renameSync(token, `${east.dataDir}/token`);
  symlinkSync(`${east.dataDir}/token`, token);
  expectRefusalLine((await refusedStart(east)).err, "SECRET_MODE");
  renameSync(`${east.dataDir}/token`, token);
  rmSync(east.logFile);
  await fleet.start();
  expect(expectAnswer(await east.ask("identity", {}), "identity").key).toBe(key);
});

test("SV-1 T51 spoilt files: an identity from its copy, and what has no copy is refused and left alone", async () => {
  fleet = await TrialFleet.prepare({ names: ["east"], multicast: "off" });
  await fleet.start();
  const east = fleet.server("east");
  const { key } = expectAnswer(await east.ask("identity", {}), "identity");
  await east.end();
  writeFileSync(join(east.dataDir, "bolt", "identity.wrapped"), "garbage");
  await fleet.start();
  expect(expectAnswer(await east.ask("identity", {}), "identity").key).toBe(key);
  await east.end();
  const spoilt = { "db/vigo.db": "DATABASE_DAMAGED", "secrets/.master.key": "MASTER_KEY_CORRUPT" };
  for (const [name, code] of Object.entries(spoilt)) {
    const path = join(east.dataDir, name);
    const good = readFileSync(path);
    writeFileSync(path, "garbage");
    const { err } = await refusedStart(east);
    expectRefusalLine(err, code);
    expect(readFileSync(path, "utf8")).toBe("garbage");
    writeFileSync(path, good);
  }
  rmSync(join(east.dataDir, "secrets", ".master.key"));
  expectRefusalLine((await refusedStart(east)).err, "MASTER_KEY_MISSING");
});
