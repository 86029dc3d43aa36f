/**
 * Trial servers on this machine's loopback: real processes with data directories, licences and ports of their own. For
 * `npm start` and for end-to-end tests.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { AdminClient } from "../admin/client.ts";
import type { AnswerJson } from "../admin/answer-json.ts";
import type { VerbInput, VerbName } from "../admin/verbs.ts";
import { loadServerConfig } from "../config/find-config.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { createEd25519Seal } from "../seal/ed25519.ts";
import { wallMs } from "../system/clock.ts";
import { loadText, makeFolder, openFileMode, saveFile, secretFolderMode } from "../system/files.ts";
import { installLicence } from "../system/licence-files.ts";
import { pinOf } from "../system/pin.ts";
import { issueLicence, makeAuthority } from "./license-work.ts";
import { fingerprintOf, openConfiguredTls } from "./opened.ts";

/** How trial servers are made. */
export interface TrialOrder {
  readonly folder: string;
  /** Their names; each owns `*.NAME.example.com`. */
  readonly names: readonly string[];
  readonly interval: string;
  readonly multicast: "on" | "off";
  /** A port for the group of these servers alone. */
  readonly multicastPort: number;
  readonly spannerId?: string;
}

const configBytes = 65_536;
const mainFile = join(dirname(fileURLToPath(import.meta.url)), "main.js");

/** One server: its files, and its process while it runs. */
export class TrialServer {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  readonly apiPort: number;
  readonly grpcPort: number;
  #process: ChildProcess | null = null;

  constructor(name: string, folder: string, ports: { readonly api: number; readonly grpc: number }) {
    this.name = name;
    this.folder = folder;
    this.configFile = join(folder, "server.yaml");
    this.apiPort = ports.api;
    this.grpcPort = ports.grpc;
  }

  get url(): string {
    return `https://127.0.0.1:${this.apiPort}`;
  }

  get dataDir(): string {
    return join(this.folder, "data");
  }

  get logFile(): string {
    return join(this.folder, "vigosrv.log");
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the process; its log goes into the folder. `program` is the compiled vigosrv. */
  start(args: readonly string[] = [], program: string = mainFile): void {
    const child = spawn(process.execPath, [program, "--config", this.configFile, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(this.logFile, { flags: "a" });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#process = child;
  }

  /** The log so far. */
  log(): string {
    return loadText(this.logFile, 16 * 1_024 * 1_024) ?? "";
  }

  /** Waits until it serves; throws with its log when it ends instead. */
  async ready(timeoutMs: number): Promise<void> {
    const isUp = async (): Promise<boolean> => {
      if (this.#process === null || this.#process.exitCode !== null)
        throw new Error(`${this.name} ended:\n${this.log()}`);
      try {
        return (await this.client(2_000).get("/readyz")).includes('"ready":true');
      } catch {
        return false;
      }
    };
    await eventually(isUp, timeoutMs, () => `${this.name} does not serve:\n${this.log()}`);
  }

  /** The exit code, the signal that ended it, or null while it runs. */
  get exitCode(): number | string | null {
    return this.#process?.exitCode ?? this.#process?.signalCode ?? null;
  }

  /** The pin of its certificate. */
  pin(): string {
    return pinOf(readFileSync(join(this.dataDir, "tls", "cert"), "utf8"));
  }

  client(timeoutMs = 30_000): AdminClient {
    const pin = this.pin();
    const token = readFileSync(join(this.dataDir, "secrets", "admin.token"), "utf8").trim();
    return new AdminClient({ server: this.url, trust: { pin }, token, timeoutMs });
  }

  ask<Name extends VerbName>(name: Name, input: VerbInput<Name>): Promise<AnswerJson> {
    return this.client().ask(name, input);
  }

  /** Ends the process; resolves with its exit code, or the signal that ended it. */
  end(signal: "SIGTERM" | "SIGKILL" | "SIGINT" = "SIGTERM"): Promise<number | string> {
    const child = this.#process;
    if (child === null) return Promise.resolve(0);
    if (child.exitCode !== null || child.signalCode !== null) {
      return Promise.resolve(child.exitCode ?? child.signalCode ?? 0);
    }
    return new Promise((resolve) => {
      child.once("exit", (code, by) => resolve(code ?? by ?? 0));
      child.kill(signal);
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }
}

/** Makes folders, configs, TLS and licences; starts nothing. */
export async function prepareTrial(order: TrialOrder): Promise<TrialServer[]> {
  makeFolder(order.folder, secretFolderMode);
  const seal = createEd25519Seal();
  const tools = { seal, nowMs: wallMs() };
  const authorityFile = join(order.folder, "authority.key");
  const authorityText = makeAuthority(authorityFile, tools);
  const servers: TrialServer[] = [];
  for (const name of order.names) {
    const folder = join(order.folder, name);
    makeFolder(folder, secretFolderMode);
    const server = new TrialServer(name, folder, { api: await freePort(), grpc: await freePort() });
    writeFileSync(server.configFile, configText(server, order));
    const config = readConfig(server.configFile);
    const { caPem } = await openConfiguredTls(config);
    const fingerprint = fingerprintOf(caPem) ?? "any";
    const terms = { customer: "trial", tier: "commercial", nodes: "1000", expires: "30d", fingerprint };
    const { licence } = issueLicence({ authority: authorityFile, ...terms }, tools);
    installLicence(config.dataDir, licence);
    saveFile(join(config.dataDir, "license", "authority.pub"), Buffer.from(authorityText), openFileMode);
    servers.push(server);
  }
  return servers;
}

function configText(server: TrialServer, order: TrialOrder): string {
  const multicast = `multicast: ${order.multicast === "on" ? "on" : "off"}, multicast_port: ${order.multicastPort}`;
  return `server:
  grpc_listen: "127.0.0.1:${server.grpcPort}"
  api_listen: "127.0.0.1:${server.apiPort}"
  hostname: 127.0.0.1
  data_dir: data
spanner:
  mode: spanner
  spanner_id: ${order.spannerId ?? "trial"}
  name: ${server.name}
  patterns: ["*.${server.name}.example.com"]
  snapshot: {tier1_interval: ${order.interval}, tier2_interval: 10s}
  transport: {${multicast}, interface: 127.0.0.1}
log: {level: info, format: json}
`;
}

function readConfig(file: string): ServerConfig {
  const readText = (path: string): string | undefined => loadText(path, configBytes);
  const sources = { option: file, environment: {}, workingFolder: dirname(file), hostname: hostname(), readText };
  const read = loadServerConfig(sources);
  if (!read.ok) throw new Error(`the trial's own config is wrong: ${read.problems[0]?.message ?? ""}`);
  return read.config;
}

/** Founds on the first and lets the others join one after the other. */
export async function foundTrial(servers: readonly TrialServer[]): Promise<void> {
  const [founder, ...others] = servers;
  if (founder === undefined) return;
  expectAnswer(await founder.ask("init", {}), "founded");
  for (const server of others) {
    const invited = expectAnswer(await founder.ask("invite", {}), "invited");
    expectAnswer(await server.ask("join", { code: invited.code ?? "" }), "joined");
  }
}

/** Whether every server sees every other fresh. */
export async function seeEachOther(servers: readonly TrialServer[]): Promise<boolean> {
  for (const server of servers) {
    const { status } = expectAnswer(await server.ask("status", {}), "status");
    const others = status.bolts.filter(({ id }) => id !== status.self);
    const isWhole = others.length === servers.length - 1;
    if (!isWhole || others.some(({ marks }) => marks.includes("stale") || marks.includes("never heard"))) return false;
  }
  return true;
}

/** The answer of the kind wanted; throws with what came instead. */
export function expectAnswer<Kind extends AnswerJson["answer"]>(
  answer: AnswerJson,
  kind: Kind,
): Extract<AnswerJson, { readonly answer: Kind }> {
  if (answer.answer !== kind) throw new Error(`${kind} was expected, but: ${JSON.stringify(answer)}`);
  return answer as Extract<AnswerJson, { readonly answer: Kind }>;
}

/** Asks again until it holds; throws after the time. */
export async function eventually(
  holds: () => Promise<boolean>,
  timeoutMs: number,
  why: () => string,
  everyMs = 100,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(why());
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** A TCP port of loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
