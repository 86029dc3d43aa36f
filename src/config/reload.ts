/** What a reload (SIGHUP) may change, and what needs a restart. */
import type { ServerConfig } from "./server-config.ts";

/** The key of server.yaml behind each setting that is only read at boot. */
const bootOnly: readonly (readonly [keyof ServerConfig, string])[] = [
  ["mode", "spanner.mode"],
  ["spannerId", "spanner.spanner_id"],
  ["name", "spanner.name"],
  ["grpcListen", "server.grpc_listen"],
  ["apiListen", "server.api_listen"],
  ["hostname", "server.hostname"],
  ["dataDir", "server.data_dir"],
  ["tls", "server.tls"],
  ["multicast", "spanner.transport"],
  ["fallbackAdmin", "spanner.fallback_admin"],
  ["acceptPolicyOf", "policy.accept"],
  ["licenseMode", "license.mode"],
  ["checkinUs", "checkin.interval"],
  ["databaseDriver", "database.driver"],
  ["retentionUs", "database.retention"],
  ["logFormat", "log.format"],
];

/** Keys that differ and take effect only after a restart; licence, TLS, log level, intervals and patterns never do. */
export function keysNeedingRestart(before: ServerConfig, after: ServerConfig): string[] {
  return bootOnly
    .filter(([setting]) => JSON.stringify(before[setting]) !== JSON.stringify(after[setting]))
    .map(([, key]) => key);
}
