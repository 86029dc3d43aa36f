/**
 * server.yaml as it is written: one schema that judges it, fills in what is left out, and gives editors their JSON
 * Schema. The order of the keys is the order of the documentation.
 */
import { z } from "zod";
import { duration } from "../reading/amounts.ts";
import { rowLimits } from "../roster/row.ts";
import { filePath, formed, boltNameForm, hostAddress, listenAddress } from "./words.ts";
import { multicastGroup, networkInterface, pattern } from "./words.ts";

const interval = (max: string): ReturnType<typeof duration> => duration({ min: "200ms", max });

const tls = z.strictObject({
  cert_file: filePath().default("tls/cert").describe("The server's certificate, PEM."),
  key_file: filePath().default("tls/key").describe("The certificate's private key, PEM, mode 0600."),
  ca_file: filePath().default("tls/ca").describe("The CA that issues certificates of this server and its agents."),
  ca_key_file: filePath().default("tls/ca_key").describe("The CA's private key, PEM, mode 0600."),
});

const server = z.strictObject({
  grpc_listen: listenAddress().prefault(":1530").describe("Agents (mTLS) and peer bolts."),
  api_listen: listenAddress().prefault(":8443").describe("REST, pages, metrics, bootstrap and join, over TLS."),
  hostname: hostAddress().prefault("auto").describe("The address told to agents and peers; auto: this machine's."),
  data_dir: filePath().default("/srv/vigo").describe("Where everything is kept; other paths are relative to it."),
  tls: tls.prefault({}).describe("TLS files, made on first boot when absent."),
  tls_sans: z.array(hostAddress()).max(64).default([]).describe("More names and addresses for the certificate."),
});

const transport = z.strictObject({
  multicast_group: multicastGroup().prefault("224.0.0.45").describe("The group that beacons are sent to."),
  multicast_port: z.number().int().min(1).max(65_535).default(1534).describe("The UDP port of beacons."),
  multicast: z.enum(["auto", "on", "off"]).default("auto").describe("off: beacons go over peer streams only."),
  interface: networkInterface().prefault("auto").describe("The network interface of beacons: auto, name or address."),
});

const spanner = z.strictObject({
  mode: z.enum(["standalone", "spanner"]).default("standalone").describe("One server, or one bolt among equals."),
  spanner_id: formed(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/,
    "A spanner_id has 1 to 64 letters, digits, dots, hyphens or underscores, and a letter or digit at its ends.",
  )
    .optional()
    .describe("The spanner's name, equal on all its bolts; required in spanner mode."),
  name: formed(boltNameForm, "A bolt's name has 1 to 63 of a-z, 0-9 and -, and no - at its ends.")
    .optional()
    .describe("This bolt's short name; the first label of the hostname unless given."),
  patterns: z
    .array(pattern())
    .max(rowLimits.patterns)
    .default([])
    .describe("Hostnames of envoys that belong to this bolt."),
  snapshot: z
    .strictObject({
      tier1_interval: interval("1h").prefault("30s").describe("How often counters are sent to all bolts."),
      tier2_interval: interval("24h").prefault("5m").describe("How often rows are compared with one peer."),
    })
    .prefault({}),
  transport: transport.prefault({}),
  freshness: z
    .strictObject({
      stale_after: interval("30d").optional().describe("When a silent bolt shows as stale; 3 intervals unless given."),
    })
    .prefault({}),
  fallback_admin: z.enum(["local", "fanout"]).default("local").describe("Answer from the cache, or ask every bolt."),
});

/** The whole file. */
export const serverFile = z.strictObject({
  server: server.prefault({}),
  spanner: spanner.prefault({}),
  policy: z
    .strictObject({
      accept: z
        .union([z.literal("all"), z.array(z.string().min(1).max(64)).max(1_024)])
        .default("all")
        .describe("Bolts (name or key) whose published policy this one applies."),
    })
    .prefault({}),
  license: z
    .strictObject({
      mode: z.enum(["local", "aggregate"]).default("local").describe("Count own envoys, or the whole fleet's."),
    })
    .prefault({}),
  peers: z.strictObject({}).prefault({}).describe("Standby servers of this bolt."),
  checkin: z
    .strictObject({ interval: interval("24h").prefault("5m").describe("How often agents check in.") })
    .prefault({}),
  database: z
    .strictObject({
      driver: z.enum(["sqlite"]).default("sqlite"),
      retention: duration({ min: "1m", max: "3650d" }).prefault("720h").describe("How long runs are kept."),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
      format: z.enum(["pretty", "json"]).default("pretty"),
    })
    .prefault({}),
});

/** server.yaml with everything that was left out filled in. */
export type ServerFile = z.output<typeof serverFile>;

/** The JSON Schema of server.yaml (draft 2020-12), for editors; what may be left out is optional in it. */
export function serverJsonSchema(): object {
  const schema = z.toJSONSchema(serverFile, { io: "input" });
  return { ...schema, title: "server.yaml of Vigo Spanner" };
}
