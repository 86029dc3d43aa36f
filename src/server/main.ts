/**
 * vigosrv: a server, alone or as one bolt of a spanner. Exit codes: 0 stopped in order, 1 failed, 2 a bad config or
 * command line, 4 refused by licence.
 */
import { hostname } from "node:os";
import { Command, CommanderError } from "commander";
import { loadServerConfig } from "../config/find-config.ts";
import type { ConfigSources } from "../config/find-config.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { harmlessText } from "../kernel/harmless-text.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { problemText } from "../reading/problem.ts";
import { createEd25519Seal } from "../seal/ed25519.ts";
import { StoreRefused } from "../store/sqlite/store.ts";
import { loadText } from "../system/files.ts";
import { createLogBook } from "../system/log.ts";
import type { LogBook } from "../system/log.ts";
import { Refused } from "../system/refused.ts";
import { Metrics } from "./metrics.ts";
import { openServer } from "./opened.ts";
import { reload } from "./reload.ts";
import { RunningServer } from "./running.ts";
import type { RunOrder } from "./running.ts";

interface Options {
  readonly config?: string;
  readonly record?: string;
}

const configBytes = 1_048_576;

const program = new Command("vigosrv")
  .description("Keeps a fleet of machines in a desired state; in spanner mode as one of several equal bolts.")
  .option("--config <file>", "server.yaml; else VIGO_CONFIG_FILE, else ./server.yaml")
  .option("--record <folder>", "record every input of the bolt there, without secrets, for vigosim replay")
  .showHelpAfterError("(vigosrv --help shows all options)")
  .exitOverride()
  .addHelpText(
    "after",
    `
Signals: TERM and INT stop in order, HUP reads server.yaml, TLS and licences again.
Next:    vigocli doctor, vigocli spanner status`,
  )
  .action((options: Options) => main(options));

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

async function main(options: Options): Promise<void> {
  const config = readConfig(options);
  if (config === null) {
    process.exitCode = 2;
    return;
  }
  const logs = createLogBook({ level: config.logLevel, format: config.logFormat });
  try {
    await serve(config, options, logs);
  } catch (caught) {
    const refusal = caught instanceof Refused || caught instanceof StoreRefused ? caught.refusal : null;
    if (refusal === null) throw caught;
    sayRefused(refusal);
    process.exitCode = refusal.code === "LICENSE_REFUSED" ? 4 : 1;
  }
}

async function serve(config: ServerConfig, options: Options, logs: LogBook): Promise<void> {
  const log = logs.of("server");
  const seal = createEd25519Seal();
  const metrics = new Metrics();
  const onCommitted = (tookMs: number, failure: string | null): void => metrics.committed(tookMs, failure !== null);
  const opened = await openServer({ config, seal, log, onCommitted });
  const recordTo = options.record ?? null;
  const running = await startOrClose({ opened, seal, log: logs.of("bolt"), metrics, recordTo });
  const again = (): ServerConfig | null => readConfig(options);
  process.on("SIGHUP", () => void reload({ running, opened, logs, again, seal }));
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  log.info("stopping");
  await running.stop();
  await opened.close();
  log.info("stopped");
}

async function startOrClose(order: RunOrder): Promise<RunningServer> {
  try {
    return await RunningServer.start(order);
  } catch (caught) {
    await order.opened.close();
    throw caught;
  }
}

/** The config, or null after its problems were told. */
function readConfig(options: Options): ServerConfig | null {
  const sources: ConfigSources = {
    option: options.config,
    environment: process.env,
    workingFolder: process.cwd(),
    hostname: hostname(),
    readText: (path) => loadText(path, configBytes),
  };
  try {
    const read = loadServerConfig(sources);
    if (read.ok) return read.config;
    for (const problem of read.problems) process.stderr.write(`${problemText(problem)}\n`);
  } catch (caught) {
    if (!(caught instanceof Refused)) throw caught;
    sayRefused(caught.refusal);
  }
  return null;
}

function sayRefused({ code, message, value, next }: Refusal): void {
  const shown = value === undefined ? "" : ` Value: "${harmlessText(value, 300)}".`;
  const advice = next === undefined ? "" : ` Next: ${harmlessText(next, 600)}`;
  process.stderr.write(`${code}: ${harmlessText(message, 1_000)}${shown}${advice}\n`);
}
