/** What a real vigosrv refuses to start on, and what it answers to whom. */
import { afterEach, expect, test } from "vitest";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { X509Certificate, createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import { AdminClient } from "../../src/admin/client.ts";
import { eventually, expectAnswer } from "../../src/server/trial.ts";
import type { TrialServer } from "../../src/server/trial.ts";
import { TrialFleet } from "../support/trial-fleet.ts";

let fleet: TrialFleet | null = null;
afterEach(async () => {
  await fleet?.end();
  fleet = null;
});

const program = join(import.meta.dirname, "..", "..", ".build", "src", "server", "main.js");

async function prepared(): Promise<TrialServer> {
  fleet = await TrialFleet.prepare({ names: ["east"] });
  return fleet.server("east");
}

/** Starts it and waits for its end; the exit code, and the log. */
async function refusalOf(server: TrialServer): Promise<{ readonly code: number | string; readonly log: string }> {
  server.start([], program);
  const code = await new Promise<number | string>((resolve) => {
    const look = setInterval(() => {
      if (server.exitCode === null) return;
      clearInterval(look);
      resolve(server.exitCode);
    }, 20);
  });
  await eventually(
    () => Promise.resolve(server.log() !== ""),
    5_000,
    () => "it said nothing",
  );
  return { code, log: server.log() };
}

test("SV-1 T43 a bad server.yaml: every problem with line and column, exit code 2", async () => {
  const server = await prepared();
  writeFileSync(server.configFile, "server:\n  grpc_listn: 5\nspanner: {mode: hub}\n");
  const { code, log } = await refusalOf(server);
  expect(code).toBe(2);
  expect(log).toContain("server.yaml:2:3 CONFIG_INVALID");
  expect(log).toContain("Did you mean grpc_listen?");
  expect(log.split("\n").length).toBeGreaterThan(2);
});

test("SV-1 secrets with wide file modes: the chmod to run", async () => {
  const server = await prepared();
  server.start([], program);
  await server.ready(30_000);
  await server.end();
  chmodSync(join(server.dataDir, "secrets", "admin.token"), 0o644);
  rmSync(server.logFile);
  const { code, log } = await refusalOf(server);
  expect(code).toBe(1);
  expect(log).toMatch(/SECRET_MODE: .*chmod/u);
});

test("SV-2 spanner mode without a licence, and with one for another machine", async () => {
  const server = await prepared();
  rmSync(join(server.dataDir, "license"), { recursive: true });
  const { code, log } = await refusalOf(server);
  expect(code).toBe(4);
  expect(log).toContain("LICENSE_REFUSED");
});

test("SV-1 a port in use, and a data directory in use", async () => {
  fleet = await TrialFleet.prepare({ names: ["east", "west"] });
  const [east, west] = [fleet.server("east"), fleet.server("west")];
  await fleet.start("east");
  const text = readFileSync(west.configFile, "utf8");
  writeFileSync(west.configFile, text.replace(`:${west.grpcPort}"`, `:${east.grpcPort}"`));
  expect((await refusalOf(west)).log).toContain("PORT_IN_USE");
  rmSync(west.logFile);
  writeFileSync(west.configFile, text.replace("data_dir: data", `data_dir: ${east.dataDir}`));
  expect((await refusalOf(west)).log).toContain("DATA_DIR_BUSY");
  expect(expectAnswer(await east.ask("identity", {}), "identity").name).toBe("east");
});

test("SV-10 health for all; the token for everything else; a wrong pin is told before the token is sent", async () => {
  const server = await prepared();
  server.start([], program);
  await server.ready(30_000);
  const good = server.client();
  expect(await good.get("/metrics")).toContain("vigo_roster_rows");
  expect(await good.get("/api/v1/openapi.json")).toContain("/api/v1/spanner/status");
  const pin = server.pin();
  const stranger = new AdminClient({ server: server.url, trust: { pin }, token: "wrong", timeoutMs: 5_000 });
  expect(await stranger.get("/healthz")).toContain("true");
  expect(await stranger.get("/metrics")).toContain("UNAUTHORISED");
  expect(await stranger.ask("status", {})).toMatchObject({ refusal: { code: "UNAUTHORISED" } });
  expect(await stranger.ask("init", {})).toMatchObject({ refusal: { code: "UNAUTHORISED" } });
  const fooled = new AdminClient({ server: server.url, trust: { pin: "0".repeat(64) }, token: "x", timeoutMs: 5_000 });
  await expect(fooled.ask("status", {})).rejects.toMatchObject({ refusal: { code: "PIN_MISMATCH" } });
});

test("SV-5 SIGHUP: new patterns become a CLAIM, a broken file changes nothing", async () => {
  const server = await prepared();
  server.start([], program);
  await server.ready(30_000);
  expectAnswer(await server.ask("init", {}), "founded");
  const text = readFileSync(server.configFile, "utf8");
  const patterns = async (): Promise<readonly string[]> => {
    const { status } = expectAnswer(await server.ask("status", {}), "status");
    return status.bolts[0]?.patterns ?? [];
  };
  writeFileSync(server.configFile, text.replace("*.east.example.com", "*.orient.example.com"));
  server.signal("SIGHUP");
  await eventually(
    async () => (await patterns()).includes("*.orient.example.com"),
    10_000,
    () => server.log(),
  );
  writeFileSync(server.configFile, text.replace("mode: spanner", "mode: joiner"));
  server.signal("SIGHUP");
  await eventually(
    () => Promise.resolve(server.log().includes("nothing was changed")),
    10_000,
    () => server.log(),
  );
  expect(await patterns()).toEqual(["*.orient.example.com"]);
});

test("SV-5 SIGHUP: a new certificate is shown at both ports, in identity and in invites", async () => {
  const server = await prepared();
  server.start([], program);
  await server.ready(30_000);
  expectAnswer(await server.ask("init", {}), "founded");
  const { grpcPort } = server;
  const before = expectAnswer(await server.ask("identity", {}), "identity").tlsPin;
  expect(await pinAt(grpcPort)).toBe(before);
  const folder = join(server.dataDir, "tls");
  for (const name of ["cert", "key"]) rmSync(join(folder, name));
  server.signal("SIGHUP");
  await eventually(
    async () => (await pinAt(grpcPort)) !== before,
    10_000,
    () => server.log(),
  );
  const after = expectAnswer(await server.ask("identity", {}), "identity").tlsPin;
  expect(after).toBe(await pinAt(grpcPort));
  const { bundle } = expectAnswer(await server.ask("invite", { ttl: "1h" }), "invited");
  expect(bundle?.pin).toBe(after);
});

test("SV-1 an interface that is not there: the server says so and ends", async () => {
  const server = await prepared();
  const text = readFileSync(server.configFile, "utf8");
  writeFileSync(server.configFile, text.replace(/interface: [^\s,}]+/u, "interface: no-such-0"));
  const { code, log } = await refusalOf(server);
  expect(code).not.toBe(0);
  expect(log).toContain("INTERFACE_UNKNOWN");
});

/** SHA-256 of the public key shown at a port, hex. */
async function pinAt(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  try {
    await once(socket, "secureConnect");
    const raw = socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0);
    const key = new X509Certificate(raw).publicKey.export({ format: "der", type: "spki" });
    return createHash("sha256").update(key).digest("hex");
  } finally {
    socket.destroy();
  }
}
