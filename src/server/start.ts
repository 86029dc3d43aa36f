/**
 * `npm start`: three real servers on loopback found a spanner, and run until Ctrl-C. With `--once` it ends when every
 * bolt sees every other fresh, or with 1 when that never comes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TrialServer } from "./trial.ts";
import { eventually, foundTrial, freePort, prepareTrial, seeEachOther } from "./trial.ts";

const startMs = 60_000;
const freshMs = 60_000;
const cliFile = join(dirname(fileURLToPath(import.meta.url)), "..", "cli", "main.js");

const isOnce = process.argv.includes("--once");
const folder = mkdtempSync(join(tmpdir(), "vigo-trial-"));
let servers: TrialServer[] = [];
let isEnding = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
try {
  await main();
  if (isOnce) await end(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await end(1);
}

async function main(): Promise<void> {
  say(`Three servers in ${folder}`);
  servers = await prepareTrial({
    folder,
    names: ["east", "west", "north"],
    interval: "1s",
    multicast: "on",
    multicastPort: await freePort(),
  });
  for (const server of servers) server.start();
  await Promise.all(servers.map((server) => server.ready(startMs)));
  say("They serve. east founds a spanner and invites the others.");
  await foundTrial(servers);
  say("Joined. Waiting until every bolt sees every other fresh ...");
  await eventually(
    () => seeEachOther(servers),
    freshMs,
    () => "the bolts do not see each other",
  );
  const [first] = servers;
  if (first !== undefined) showStatus(first);
  if (!isOnce) tryNext();
}

function showStatus(server: TrialServer): void {
  const args = [cliFile, "--config", server.configFile, "spanner", "status"];
  spawnSync(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
}

function tryNext(): void {
  const config = (server: TrialServer | undefined): string => `--config ${server?.configFile ?? ""}`;
  const [east, west, north] = servers;
  say(`
Try next, in another terminal:
  npx vigocli ${config(east)} spanner status --all-views
  npx vigocli ${config(west)} spanner bolt show east
  npx vigocli ${config(west)} spanner route explain web1.north.example.com
  npx vigocli ${config(east)} spanner bolt invite --ttl 1h
  kill -9 ${north?.pid ?? ""}        then look at the status again: link down at once, stale by age
  npx vigosim list
  npx vigosim run scenarios/admission/token-race-across-a-split.yaml

Ctrl-C ends all three.`);
}

/** Ends all servers and this process; the folder goes with them. */
async function end(code: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await Promise.all(servers.map((server) => server.end()));
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
