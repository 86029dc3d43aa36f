/** Real vigosrv processes for one test, ended and removed afterwards. Runs the compiled program. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TrialOrder, TrialServer } from "../../src/server/trial.ts";
import { foundTrial, freePort, prepareTrial } from "../../src/server/trial.ts";
import { tempFolder } from "./temp-folder.ts";

const program = join(import.meta.dirname, "..", "..", ".build", "src", "server", "main.js");
const startMs = 30_000;

export class TrialFleet {
  readonly servers: readonly TrialServer[];

  private constructor(servers: readonly TrialServer[]) {
    this.servers = servers;
  }

  /** Prepares servers of these names; nothing runs yet. */
  static async prepare(order: Partial<TrialOrder> & { readonly names: readonly string[] }): Promise<TrialFleet> {
    if (!existsSync(program)) throw new Error("the programs are not compiled; run node .ci/ready.mjs");
    const servers = await prepareTrial({
      folder: tempFolder(),
      interval: "300ms",
      multicast: "on",
      multicastPort: await freePort(),
      ...order,
    });
    return new TrialFleet(servers);
  }

  /** A spanner of all of them, running. */
  static async founded(order: Partial<TrialOrder> & { readonly names: readonly string[] }): Promise<TrialFleet> {
    const fleet = await TrialFleet.prepare(order);
    await fleet.start();
    await foundTrial(fleet.servers);
    return fleet;
  }

  server(name: string): TrialServer {
    const found = this.servers.find((server) => server.name === name);
    if (found === undefined) throw new Error(`there is no server ${name}`);
    return found;
  }

  async start(...names: string[]): Promise<void> {
    const chosen = names.length === 0 ? this.servers : names.map((name) => this.server(name));
    for (const server of chosen) server.start([], program);
    await Promise.all(chosen.map((server) => server.ready(startMs)));
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end("SIGKILL")));
  }
}
