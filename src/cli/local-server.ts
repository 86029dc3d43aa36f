/**
 * The server on this machine, found as vigosrv finds it: --config, VIGO_CONFIG_FILE, ./server.yaml, or --data-dir with
 * the default ports. Its root-only token works by itself; its certificate's pin is read from its file (CL-1).
 */
import { join, posix } from "node:path";
import { findServerConfig, loadServerConfig } from "../config/find-config.ts";
import type { ConfigSources } from "../config/find-config.ts";
import { readServerConfig } from "../config/server-config.ts";
import type { ConfigAnswer, ServerConfig } from "../config/server-config.ts";
import { refusalOfProblems } from "../reading/problem.ts";
import { loadText } from "../system/files.ts";
import { pinOf } from "../system/pin.ts";
import { Refused, quoted } from "../system/refused.ts";
import type { CliWorld, Target } from "./world.ts";

export interface LocalOrder {
  readonly config?: string | undefined;
  readonly dataDir?: string | undefined;
}

const configLimitBytes = 1_024 * 1_024;
const pemLimitBytes = 256 * 1_024;

/** What server.yaml is looked for with. */
export function configSources(order: LocalOrder, world: CliWorld): ConfigSources {
  return {
    option: order.config,
    environment: world.environment,
    workingFolder: world.workingFolder,
    hostname: world.hostname,
    readText: (path) => loadText(path, configLimitBytes),
  };
}

/** The local server's config, or `Refused` with what is wrong with it. */
export function localConfig(order: LocalOrder, world: CliWorld): ServerConfig {
  const answer = configAnswer(order, world);
  if (!answer.ok) throw new Refused({ ...refusalOfProblems(answer.problems), next: "vigocli config validate" });
  return answer.config;
}

/** With --data-dir its paths move there; with --data-dir alone nothing else is looked for. */
function configAnswer(order: LocalOrder, world: CliWorld): ConfigAnswer {
  const { dataDir } = order;
  const sources = configSources(order, world);
  if (dataDir === undefined) return loadServerConfig(sources);
  const isNamed = findServerConfig(sources).by !== "default";
  const machine = { hostname: world.hostname, folder: world.workingFolder };
  const answer = isNamed ? loadServerConfig(sources) : readServerConfig("", null, machine);
  return answer.ok ? { ok: true, config: moved(answer.config, posix.resolve(world.workingFolder, dataDir)) } : answer;
}

function moved(config: ServerConfig, dataDir: string): ServerConfig {
  const inside = `${config.dataDir}/`;
  const move = (path: string): string => (path.startsWith(inside) ? join(dataDir, path.slice(inside.length)) : path);
  const { certFile, keyFile, caFile, caKeyFile } = config.tls;
  const tls = {
    ...{ certFile: move(certFile), keyFile: move(keyFile) },
    ...{ caFile: move(caFile), caKeyFile: move(caKeyFile) },
  };
  return { ...config, dataDir, tls };
}

/** How to ask the local server. Throws `NO_LOCAL_SERVER` when none has ever run with this config. */
export function localTarget(order: LocalOrder, world: CliWorld): Target {
  const config = localConfig(order, world);
  return { server: localUrl(config), trust: { pin: localPin(config) }, token: localToken(config) };
}

/** https://host:port of the local API. */
export function localUrl({ apiListen: { host, port } }: ServerConfig): string {
  if (port === 0) {
    const message = "server.api_listen leaves the port to the system, so it cannot be told from the config.";
    throw new Refused({ code: "NO_LOCAL_SERVER", message, next: "vigocli --server https://127.0.0.1:PORT" });
  }
  if (host === null || host === "0.0.0.0") return `https://127.0.0.1:${port}`;
  if (host === "::") return `https://[::1]:${port}`;
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The pin of the local certificate. */
export function localPin({ tls: { certFile } }: ServerConfig): string {
  const pem = loadText(certFile, pemLimitBytes);
  if (pem === undefined) throw noServer(certFile, "certificate");
  try {
    return pinOf(pem);
  } catch (caught) {
    const message = "The file does not hold a certificate.";
    throw new Refused({ code: "TLS_CORRUPT", message, value: certFile, next: `ls -l ${quoted(certFile)}` }, caught);
  }
}

/** The token of local admins. */
export function localToken({ dataDir }: ServerConfig): string {
  const path = join(dataDir, "secrets", "admin.token");
  const token = loadText(path, 4_096)?.trim();
  if (token === undefined || token === "") throw noServer(path, "admin token");
  return token;
}

function noServer(path: string, what: string): Refused {
  const message = `No server has run here yet: there is no ${what} of it.`;
  const next = "start vigosrv, or name its --config, or vigocli login URL --pin SHA256 --token-file F and use --server";
  return new Refused({ code: "NO_LOCAL_SERVER", message, value: path, next });
}
