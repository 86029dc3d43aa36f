/** Three servers on three machines of their own network: cut off and healed, over real interfaces. */
import { expect, test } from "vitest";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import { issueLicence, makeAuthority } from "../../src/server/license-work.ts";
import { eventually } from "../../src/server/trial.ts";
import { installLicence } from "../../src/system/licence-files.ts";
import type { StatusReport } from "../../src/turn/status.ts";
import { Network } from "../support/namespaces.ts";
import type { Machine } from "../support/namespaces.ts";
import { tempFolder } from "../support/temp-folder.ts";

const build = join(import.meta.dirname, "..", "..", ".build", "src");
const waitMs = 40_000;

/** One server in its namespace, steered by vigocli in the same namespace. */
class Site {
  readonly name: string;
  readonly machine: Machine;
  readonly folder: string;
  #child: ChildProcess | null = null;

  constructor(name: string, machine: Machine, folder: string) {
    this.name = name;
    this.machine = machine;
    this.folder = join(folder, name);
    mkdirSync(this.folder, { mode: 0o700 });
    writeFileSync(this.config, this.#yaml());
  }

  get config(): string {
    return join(this.folder, "server.yaml");
  }

  cli(...args: string[]): string {
    const command = ["netns", "exec", this.machine.namespace, process.execPath, join(build, "cli", "main.js")];
    return execFileSync("ip", [...command, "--config", this.config, ...args], { encoding: "utf8", stdio: "pipe" });
  }

  status(): StatusReport {
    return JSON.parse(this.cli("spanner", "status", "-o", "json")) as StatusReport;
  }

  start(): void {
    const program = [process.execPath, join(build, "server", "main.js"), "--config", this.config];
    const child = spawn("ip", ["netns", "exec", this.machine.namespace, ...program], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(join(this.folder, "log"));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#child = child;
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  async ready(): Promise<void> {
    await eventually(
      () => Promise.resolve(this.#answers()),
      waitMs,
      () => this.log(),
      200,
    );
  }

  #answers(): boolean {
    if (this.#child?.exitCode !== null) throw new Error(this.log());
    try {
      this.cli("spanner", "identity");
      return true;
    } catch {
      return false;
    }
  }

  #yaml(): string {
    return `server:
  grpc_listen: "${this.machine.address}:1530"
  api_listen: "${this.machine.address}:8443"
  hostname: ${this.machine.address}
  data_dir: data
spanner:
  mode: spanner
  spanner_id: three-sites
  name: ${this.name}
  patterns: ["*.${this.name}.example.com"]
  snapshot: {tier1_interval: 500ms, tier2_interval: 5s}
  transport: {multicast: on, interface: eth0}
log: {format: json}
`;
  }
}

function sees(site: Site, name: string): readonly string[] {
  return site.status().bolts.find((report) => report.name === name)?.marks ?? ["unknown"];
}

test("SV-3 SV-9 three machines: multicast between them, one cut off, told so on both sides, healed", async () => {
  const network = new Network(3);
  const folder = tempFolder();
  const [east, west, north] = ["east", "west", "north"].map((name, at) => {
    const machine = network.machines[at];
    if (machine === undefined) throw new Error("a machine for each");
    return new Site(name, machine, folder);
  }) as [Site, Site, Site];
  const sites = [east, west, north];
  const tools = { seal: createEd25519Seal(), nowMs: Date.now() };
  const authority = join(folder, "authority.key");
  const publicText = makeAuthority(authority, tools);
  for (const site of sites) {
    const fingerprint = site.cli("license", "fingerprint").trim();
    const terms = { customer: "test", tier: "commercial", nodes: "10", expires: "1d", fingerprint };
    installLicence(join(site.folder, "data"), issueLicence({ authority, ...terms }, tools).licence);
    writeFileSync(join(site.folder, "data", "license", "authority.pub"), publicText);
    site.start();
  }
  await Promise.all(sites.map((site) => site.ready()));
  east.cli("spanner", "init", "--yes");
  for (const site of [west, north]) {
    const code = east.cli("spanner", "bolt", "invite").trim();
    site.cli("spanner", "bolt", "join", "--code", code, "--yes");
  }
  const isWhole = (): boolean =>
    sites.every((site) => {
      const others = site.status().bolts.filter(({ id, marks }) => id !== site.status().self && marks.length === 0);
      return others.length === 2 && others.every(({ heardBy }) => heardBy === "multicast");
    });
  await eventually(
    () => Promise.resolve(isWhole()),
    waitMs,
    () => sites.map((site) => site.log()).join("\n"),
    300,
  );

  network.plug(north.machine, false);
  await eventually(
    () => Promise.resolve(sees(east, "north").includes("stale")),
    waitMs,
    () => "never stale",
    300,
  );
  await eventually(
    () => Promise.resolve(sees(east, "north").includes("link down")),
    waitMs,
    () => "never link down",
    300,
  );
  expect(sees(east, "west")).toEqual([]);
  await eventually(
    () => Promise.resolve(north.status().isolated),
    waitMs,
    () => "never isolated",
    300,
  );

  network.plug(north.machine, true);
  await eventually(
    () => Promise.resolve(isWhole()),
    waitMs,
    () => sites.map((site) => site.log()).join("\n"),
    300,
  );
  expect(new Set(sites.map((site) => site.status().digest)).size).toBe(1);
}, 240_000);
