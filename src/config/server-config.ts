/**
 * What a server runs with: server.yaml judged as a whole, with every default, path and name worked out. Plain and
 * frozen; a reload makes a new one.
 */
import { posix } from "node:path";
import type { Micros } from "../kernel/time.ts";
import { parseHostname } from "../pattern/hostname.ts";
import type { Problem } from "../reading/problem.ts";
import type { YamlRead } from "../reading/read-yaml.ts";
import { readYaml } from "../reading/read-yaml.ts";
import type { ListenAddress } from "./listen.ts";
import { collide, isIpv4, isIpv6, listenText } from "./listen.ts";
import { retiredComplaints } from "./retired.ts";
import type { ServerFile } from "./schema.ts";
import { serverFile } from "./schema.ts";
import { boltNameForm } from "./words.ts";

/** All paths are absolute, all spans in microseconds. */
export interface ServerConfig {
  /** The file it came from; null when there was none and all are defaults. */
  readonly file: string | null;
  readonly mode: "standalone" | "spanner";
  /** Empty in standalone mode when none is given. */
  readonly spannerId: string;
  readonly name: string;
  /** In the order of the file, in normal form, each once. */
  readonly patterns: readonly string[];
  readonly grpcListen: ListenAddress;
  readonly apiListen: ListenAddress;
  /** Told to agents and peers: a host name or an IP address without brackets. */
  readonly hostname: string;
  readonly dataDir: string;
  readonly tls: {
    readonly certFile: string;
    readonly keyFile: string;
    readonly caFile: string;
    readonly caKeyFile: string;
  };
  readonly tlsSans: readonly string[];
  readonly tier1Us: Micros;
  readonly tier2Us: Micros;
  /** null: three intervals of each author. */
  readonly staleAfterUs: Micros | null;
  readonly multicast: {
    readonly use: "auto" | "on" | "off";
    readonly group: string;
    readonly port: number;
    /** `auto`, a name or an IPv4 address. */
    readonly interface: string;
  };
  readonly fallbackAdmin: "local" | "fanout";
  readonly acceptPolicyOf: "all" | readonly string[];
  readonly licenseMode: "local" | "aggregate";
  readonly checkinUs: Micros;
  readonly databaseDriver: "sqlite";
  readonly retentionUs: Micros;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  readonly logFormat: "pretty" | "json";
}

/** What a config needs to know of its machine. */
export interface MachineFacts {
  /** As the operating system gives it. */
  readonly hostname: string;
  /** Where relative data directories begin: the folder of the file, absolute. */
  readonly folder: string;
}

export type ConfigAnswer =
  { readonly ok: true; readonly config: ServerConfig } | { readonly ok: false; readonly problems: readonly Problem[] };

/** server.yaml is small; what is larger is something else. */
const limits = { characters: 262_144, depth: 12, nodes: 10_000 };

/** Reads server.yaml: a config, or every problem in it. `file` is the name shown; null stands for no file at all. */
export function readServerConfig(text: string, file: string | null, machine: MachineFacts): ConfigAnswer {
  const before = retiredComplaints;
  const read = readYaml(text, { file: file ?? "(no server.yaml)", schema: serverFile, limits, before });
  if (!read.ok) return read;
  const hostname = resolveHostname(read.value, machine);
  const problems = [...wholeProblems(read), ...hostProblems(read, hostname)];
  if (problems.length > 0 || hostname === undefined)
    return { ok: false, problems: problems.sort((a, b) => a.line - b.line) };
  return { ok: true, config: deepFreeze(resolve(read.value, file, hostname, machine.folder)) };
}

/** What only shows when several keys are looked at together. */
function wholeProblems(read: YamlRead<ServerFile>): Problem[] {
  const { value, problemAt } = read;
  const { server, spanner } = value;
  const problems: Problem[] = [];
  if (spanner.mode === "spanner" && spanner.spanner_id === undefined) {
    const message = "This key is missing; spanner mode needs it, equal on all bolts.";
    problems.push(problemAt(["spanner", "spanner_id"], { message, allowed: "for example alexander4-prod" }));
  }
  if (collide(server.grpc_listen, server.api_listen)) {
    const message = "grpc_listen and api_listen cannot share an address and port.";
    problems.push(problemAt(["server", "api_listen"], { message, value: listenText(server.api_listen) }));
  }
  const stale = spanner.freshness.stale_after;
  if (stale !== undefined && stale <= spanner.snapshot.tier1_interval) {
    const message = "Every bolt would always be stale: stale_after must be longer than snapshot.tier1_interval.";
    problems.push(problemAt(["spanner", "freshness", "stale_after"], { message }));
  }
  const seen = new Set<string>();
  for (const [at, pattern] of spanner.patterns.entries()) {
    if (seen.has(pattern)) {
      problems.push(
        problemAt(["spanner", "patterns", at], { message: "This pattern stands here twice.", value: pattern }),
      );
    }
    seen.add(pattern);
  }
  return problems;
}

/** The hostname, or undefined when `auto` finds none that can be told to others. */
function resolveHostname(file: ServerFile, machine: MachineFacts): string | undefined {
  if (file.server.hostname !== "auto") return file.server.hostname;
  const parsed = parseHostname(machine.hostname.toLowerCase());
  return parsed.ok ? parsed.value : undefined;
}

function hostProblems(read: YamlRead<ServerFile>, hostname: string | undefined): Problem[] {
  if (hostname === undefined) {
    const message = "This machine's own hostname is no valid host name, so it must be given here.";
    return [read.problemAt(["server", "hostname"], { message })];
  }
  if (read.value.spanner.name !== undefined || read.value.spanner.mode === "standalone") return [];
  if (boltNameForm.test(defaultName(hostname)) && !isIpv4(hostname) && !isIpv6(hostname)) return [];
  const message = "This key is missing, and no name can be made from an IP address.";
  return [read.problemAt(["spanner", "name"], { message, allowed: "for example east-1" })];
}

function defaultName(hostname: string): string {
  return hostname.split(/[.:]/)[0] ?? "";
}

function resolve(file: ServerFile, path: string | null, hostname: string, folder: string): ServerConfig {
  const { server, spanner } = file;
  const dataDir = posix.resolve(folder, server.data_dir);
  const inData = (name: string): string => posix.resolve(dataDir, name);
  return {
    file: path,
    mode: spanner.mode,
    spannerId: spanner.spanner_id ?? "",
    name: spanner.name ?? defaultName(hostname),
    patterns: spanner.patterns,
    grpcListen: server.grpc_listen,
    apiListen: server.api_listen,
    hostname,
    dataDir,
    tls: {
      certFile: inData(server.tls.cert_file),
      keyFile: inData(server.tls.key_file),
      caFile: inData(server.tls.ca_file),
      caKeyFile: inData(server.tls.ca_key_file),
    },
    tlsSans: server.tls_sans,
    tier1Us: spanner.snapshot.tier1_interval,
    tier2Us: spanner.snapshot.tier2_interval,
    staleAfterUs: spanner.freshness.stale_after ?? null,
    multicast: {
      use: spanner.transport.multicast,
      group: spanner.transport.multicast_group,
      port: spanner.transport.multicast_port,
      interface: spanner.transport.interface,
    },
    fallbackAdmin: spanner.fallback_admin,
    acceptPolicyOf: file.policy.accept,
    licenseMode: file.license.mode,
    checkinUs: file.checkin.interval,
    databaseDriver: file.database.driver,
    retentionUs: file.database.retention,
    logLevel: file.log.level,
    logFormat: file.log.format,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
