/** server.yaml as a whole: defaults, contradictions, paths, retired words. */
import { expect, test } from "vitest";
import { keysNeedingRestart } from "../../../src/config/reload.ts";
import type { ServerConfig } from "../../../src/config/server-config.ts";
import { readServerConfig } from "../../../src/config/server-config.ts";
import { problemText } from "../../../src/reading/problem.ts";

const machine = { hostname: "East-1.example.com", folder: "/etc/vigo" };

function configOf(text: string, facts = machine): ServerConfig {
  const answer = readServerConfig(text, "server.yaml", facts);
  if (!answer.ok) throw new Error(answer.problems.map(problemText).join("\n"));
  return answer.config;
}

function problemsOf(text: string, facts = machine): string[] {
  const answer = readServerConfig(text, "server.yaml", facts);
  return answer.ok ? [] : answer.problems.map(problemText);
}

/** The file of the documentation, word for word. */
const documented = `
server:
  grpc_listen: ":1530"          # agents (mTLS) and peer bolts
  api_listen: ":8443"           # REST, pages, metrics, bootstrap, join; TLS
  hostname: auto                # address told to agents and peers
  data_dir: /srv/vigo           # everything below is relative to it
  tls: {cert_file: tls/cert, key_file: tls/key, ca_file: tls/ca, ca_key_file: tls/ca_key}
  tls_sans: []
spanner:
  mode: standalone              # standalone | spanner
  spanner_id: alexander4-prod   # required in spanner mode, equal on all bolts
  name: east-1                  # optional short name of this bolt, default: first label of hostname
  patterns: ["*.east.example.com"]
  snapshot: {tier1_interval: 30s, tier2_interval: 5m}
  transport: {multicast_group: "224.0.0.45", multicast_port: 1534, multicast: auto, interface: auto}
  freshness: {stale_after: 90s} # default: 3 x the interval each author states
  fallback_admin: local         # local | fanout
policy: {accept: all}           # or a list of bolts whose published policy this one applies
license: {mode: local}          # local | aggregate; files are license/*.lic
peers: {}                       # standby replication
checkin: {interval: 5m}
database: {driver: sqlite, retention: 720h}
log: {level: info, format: pretty}
`;

test("CO-1 the file of the documentation says the defaults, but for what has none", () => {
  const { spannerId, patterns, staleAfterUs, ...rest } = configOf(documented);
  expect({ spannerId, patterns, staleAfterUs }).toEqual({
    spannerId: "alexander4-prod",
    patterns: ["*.east.example.com"],
    staleAfterUs: 90_000_000,
  });
  const { spannerId: _id, patterns: _patterns, staleAfterUs: _stale, ...defaults } = configOf("");
  expect(rest).toEqual(defaults);
  expect(rest).toMatchObject({ mode: "standalone", tier1Us: 30_000_000, checkinUs: 300_000_000 });
});

test("CO-1 spanner mode needs a spanner_id, standalone mode does not", () => {
  expect(problemsOf("spanner: {mode: spanner}")).toEqual([
    expect.stringContaining("spanner.spanner_id: This key is missing; spanner mode needs it"),
  ]);
  expect(configOf("spanner: {mode: spanner, spanner_id: x}")).toMatchObject({ mode: "spanner", spannerId: "x" });
});

test.each([
  ["spanner: {role: bolt}", "1:11", "spanner.role", "spanner.mode"],
  ["role: hub", "1:1", "role", "spanner.mode"],
  ["spanner: {hub: {address: x}}", "1:11", "spanner.hub", "spanner bolt join"],
  ["spanner:\n  hub_addr: 10.0.0.1:1530", "2:3", "spanner.hub_addr", "spanner bolt join"],
  ["spanner:\n  hubAddr: 10.0.0.1:1530", "2:3", "spanner.hubAddr", "spanner bolt join"],
  ["spoke: true", "1:1", "spoke", "spanner.mode"],
  ["spanner: {mode: founder}", "1:17", "spanner.mode", "spanner init"],
  ["spanner: {mode: founder mode}", "1:17", "spanner.mode", "spanner init"],
  ["spanner: {mode: joiner}", "1:17", "spanner.mode", "spanner bolt join"],
  ["spanner: {mode: hub}", "1:17", "spanner.mode", "spanner.mode to spanner"],
  ["spanner: {mode: spoke}", "1:17", "spanner.mode", "spanner.mode to spanner"],
])("CO-3 %j is retired and points to the word of today", (text, place, path, pointer) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`server.yaml:${place} CONFIG_INVALID ${path}: The `);
  expect(problems[0]).toContain("was retired");
  expect(problems[0]).toContain(pointer);
});

test("CO-3 a retired word hides no other problem", () => {
  expect(problemsOf("role: hub\nspanner: {moode: x}\nlog: {level: loud}\n")).toHaveLength(3);
});

test("CO-4 intervals go down to 200 ms", () => {
  const text = "spanner: {snapshot: {tier1_interval: 200ms, tier2_interval: 200ms}}\ncheckin: {interval: 200ms}";
  expect(configOf(text)).toMatchObject({ tier1Us: 200_000, tier2Us: 200_000, checkinUs: 200_000 });
  expect(problemsOf("spanner: {snapshot: {tier1_interval: 199ms}}")).toEqual([
    expect.stringContaining('This duration is too short. Value: "199ms". Allowed: 200ms to 1h.'),
  ]);
});

test.each([
  ["server: {grpc_listen: '1530'}", "The colon before the port is missing."],
  ["server: {grpc_listen: ':70000'}", "A port is at most 65535."],
  ["server: {hostname: a_b}", "a hostname holds letters, digits, hyphens and dots only"],
  ["spanner: {name: East}", "A bolt's name has 1 to 63 of a-z, 0-9 and -"],
  ["spanner: {spanner_id: 'a b'}", "A spanner_id has 1 to 64"],
  ["spanner: {patterns: ['a..b']}", "No valid hostname matches the pattern"],
  ["spanner: {transport: {multicast_group: 10.0.0.1}}", "Allowed: 224.0.0.0 to 239.255.255.255."],
  ["spanner: {transport: {interface: 'eth 0'}}", "neither the name of a network interface"],
  ["spanner: {transport: {multicast_port: 0}}", "This must be at least 1."],
  ["spanner: {transport: {multicast: yes}}", "Allowed: auto, on, off."],
  ["database: {driver: postgres}", "Allowed: sqlite."],
  ["peers: {primary: x}", "This key is not known here."],
])("CO-4 %j is refused and says what is allowed", (text, sentence) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining(sentence)]);
});

test("CO-4 T47 broken YAML is refused with its place", () => {
  expect(problemsOf("server: {a: &x 1, b: *x}")[0]).toMatch(/^server\.yaml:1:\d+ CONFIG_INVALID /);
  expect(problemsOf(`a: ${"[".repeat(10_000)}`)).toEqual([
    expect.stringMatching(/^server\.yaml:1:\d+ CONFIG_INVALID /),
  ]);
});

test("CO-5 contradicting keys are refused, all of them", () => {
  const text = [
    "server: {grpc_listen: ':1530', api_listen: '127.0.0.1:1530'}",
    "spanner:",
    "  patterns: ['*.a.com', '*.A.com']",
    "  freshness: {stale_after: 30s}",
  ].join("\n");
  expect(problemsOf(text)).toEqual([
    expect.stringContaining("1:44 CONFIG_INVALID server.api_listen: grpc_listen and api_listen cannot share"),
    expect.stringContaining("3:25 CONFIG_INVALID spanner.patterns[1]: This pattern stands here twice."),
    expect.stringContaining("4:28 CONFIG_INVALID spanner.freshness.stale_after: Every bolt would always be stale"),
  ]);
});

test("CO-5 patterns of one bolt may overlap, and come in normal form", () => {
  expect(configOf("spanner: {patterns: ['*.a.com', 'WEB**.a.com']}").patterns).toEqual(["*.a.com", "web*.a.com"]);
});

test("CO-6 name and hostname come from the machine", () => {
  expect(configOf("")).toMatchObject({ hostname: "east-1.example.com", name: "east-1" });
  expect(configOf("server: {hostname: west.example.com}")).toMatchObject({
    hostname: "west.example.com",
    name: "west",
  });
  expect(configOf("spanner: {name: other}")).toMatchObject({ hostname: "east-1.example.com", name: "other" });
});

test("CO-6 where no hostname or name can be found it must be given", () => {
  expect(problemsOf("server:\n  tls_sans: []", { ...machine, hostname: "my_host" })).toEqual([
    expect.stringContaining("server.hostname: This machine's own hostname is no valid host name"),
  ]);
  const text = "server: {hostname: 10.0.0.1}\nspanner: {mode: spanner, spanner_id: x}";
  expect(problemsOf(text)).toEqual([expect.stringContaining("no name can be made from an IP address")]);
  expect(configOf("server: {hostname: '::1'}\nspanner: {mode: spanner, spanner_id: x, name: a}").hostname).toBe("::1");
});

test("CO-7 paths are absolute", () => {
  const config = configOf("server: {data_dir: data, tls: {cert_file: /etc/ssl/vigo.pem}}");
  expect(config.dataDir).toBe("/etc/vigo/data");
  expect(config.tls).toEqual({
    certFile: "/etc/ssl/vigo.pem",
    keyFile: "/etc/vigo/data/tls/key",
    caFile: "/etc/vigo/data/tls/ca",
    caKeyFile: "/etc/vigo/data/tls/ca_key",
  });
  expect(Object.isFrozen(config) && Object.isFrozen(config.tls) && Object.isFrozen(config.patterns)).toBe(true);
});

test("CO-9 a reload names the keys that need a restart, and only those", () => {
  const before = configOf(documented);
  const live = documented
    .replace("level: info", "level: debug")
    .replace("tier1_interval: 30s", "tier1_interval: 10s")
    .replace("*.east.example.com", "*.west.example.com")
    .replace("tls_sans: []", "tls_sans: [other.example.com]");
  expect(keysNeedingRestart(before, configOf(live))).toEqual([]);
  const boot = documented.replace(":1530", ":1531").replace("alexander4-prod", "other").replace("1534", "1535");
  expect(keysNeedingRestart(before, configOf(boot))).toEqual([
    "spanner.spanner_id",
    "server.grpc_listen",
    "spanner.transport",
  ]);
});
