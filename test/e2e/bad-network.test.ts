/** What strangers send to real servers, at every port they have: nothing of it works, and everything else goes on. */
import { afterEach, expect, onTestFinished, test } from "vitest";
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { RowId } from "../../src/kernel/id.ts";
import type { TrialServer } from "../../src/server/trial.ts";
import { eventually, expectAnswer, freePort, seeEachOther } from "../../src/server/trial.ts";
import { datagramKeys, frameDatagram, unframeDatagram } from "../../src/wire/datagram.ts";
import type { DatagramKeys } from "../../src/wire/datagram.ts";
import { decodeFrame, encodeFrame } from "../../src/wire/frames.ts";
import { drawProcess, makeHello } from "../../transports/grpc/hello.ts";
import { asking, newSigner, seal } from "../support/peer-ends.ts";
import { dialRaw } from "../support/raw-peer.ts";
import { expectRefusalLine, programFile } from "../support/run-program.ts";
import { GroupStranger, ask, bytesAt, linger, metric, sender } from "../support/strangers.ts";
import { TrialFleet } from "../support/trial-fleet.ts";

let fleet: TrialFleet | null = null;
afterEach(async () => {
  await fleet?.end();
  fleet = null;
});

const rejected = "vigo_datagrams_rejected_total";

/** The same bytes each time, like noise. */
function noise(length: number, salt: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at * 32 < length; at++) pieces.push(createHash("sha256").update(`${salt} ${at}`).digest());
  return new Uint8Array(Buffer.concat(pieces)).slice(0, length);
}

async function foundedPair(multicastPort: number): Promise<readonly [TrialServer, TrialServer]> {
  fleet = await TrialFleet.founded({ names: ["east", "west"], multicastPort });
  const [east, west] = [fleet.server("east"), fleet.server("west")];
  await allFresh([east, west]);
  // Profiles are part of the digest and take a moment.
  await eventually(
    async () => {
      const { equal, complete } = expectAnswer(await east.ask("verify", {}), "verify");
      return equal && complete;
    },
    20_000,
    () => "the rosters differ",
  );
  return [east, west];
}

async function allFresh(servers: readonly TrialServer[]): Promise<void> {
  await eventually(
    () => seeEachOther(servers),
    30_000,
    () => servers.map((server) => server.log()).join("\n"),
  );
}

async function keysOf(server: TrialServer): Promise<DatagramKeys> {
  const { status } = expectAnswer(await server.ask("status", {}), "status");
  return datagramKeys(status.genesis as RowId, "trial");
}

/** What the roster and the alarms of a server are; strangers change none of it. */
async function stateOf(server: TrialServer): Promise<unknown> {
  const { status } = expectAnswer(await server.ask("status", {}), "status");
  const { digest, rows, phase, alarms, contested } = status;
  return { digest, rows, phase, alarms, contested, bolts: status.bolts.map(({ id, marks }) => [id, marks]) };
}

/** Says it until every reason counts more than before. */
async function countsRise(server: TrialServer, reasons: readonly string[], say: () => Promise<void>): Promise<void> {
  const before = await metric(server, rejected);
  let now = before;
  const rose = (reason: string): boolean => (now.get(reason) ?? 0) > (before.get(reason) ?? 0);
  await eventually(
    async () => {
      await say();
      now = await metric(server, rejected);
      return reasons.every(rose);
    },
    20_000,
    () => `not counted: ${reasons.filter((reason) => !rose(reason)).join(", ")}; ${JSON.stringify([...now])}`,
  );
}

test("SV-14 T15 T23 datagrams of noise and of every wrong length are dropped and counted by reason", async () => {
  const port = await freePort();
  const [east, west] = await foundedPair(port);
  const keys = await keysOf(east);
  const stranger = await GroupStranger.at(port);
  const before = await stateOf(east);
  const [real] = [await stranger.heard.first((bytes) => bytes.length > 85, "a beacon")];
  const tagged = (at: number): Uint8Array => real.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const strange = frameDatagram("beacon", { signature: noise(64, 1), payload: noise(80, 2) }, keys);
  await countsRise(east, ["truncated", "magic", "oversize", "foreign", "foreign-spanner", "malformed"], async () => {
    for (const length of [0, 1, 4, 84, 85, 86, 500, 1_199, 1_200]) await stranger.say(noise(length, length));
    for (const length of [1_201, 1_500, 9_000]) await stranger.say(noise(length, length));
    for (let cut = 1; cut <= real.length; cut += 16) await stranger.say(real.slice(0, -cut));
    for (const at of [4, 5, 9]) await stranger.say(tagged(at));
    await stranger.say(strange);
  });
  expect(await stateOf(east)).toEqual(before);
  await allFresh([east, west]);
});

test("SV-14 T15 T16 forged and replayed beacons of a member are dropped and counted by reason", async () => {
  const port = await freePort();
  const [east, west] = await foundedPair(port);
  const keys = await keysOf(east);
  const stranger = await GroupStranger.at(port);
  const old = await stranger.heard.first(() => true, "a beacon");
  const nobody = newSigner();
  await countsRise(west, ["mac", "signature", "replayed", "unknown-author"], async () => {
    // The newest one there is, so that its number has not been seen too often.
    const count = stranger.heard.all.length;
    await stranger.heard.until(() => stranger.heard.all.length > count, "another beacon");
    const framed = unframeDatagram(stranger.heard.all.at(-1) ?? old, keys);
    if (typeof framed === "string") return;
    const { kind, payload, signature } = framed;
    const flipped = signature.map((byte, at) => (at === 7 ? byte ^ 1 : byte));
    const forged = frameDatagram(kind, { payload, signature: flipped }, keys);
    await stranger.say(forged);
    await stranger.say(forged.map((byte, at) => (at === 13 ? byte ^ 1 : byte)));
    await stranger.say(old);
    const stolen = new Uint8Array(payload);
    stolen.set(Buffer.from(nobody.id, "hex"), 1);
    await stranger.say(frameDatagram(kind, { payload: stolen, signature: nobody.sign(stolen) }, keys));
  });
  await allFresh([east, west]);
  const { status } = expectAnswer(await west.ask("status", {}), "status");
  expect(status.bolts.map(({ name }) => name).sort()).toEqual(["east", "west"]);
  expect(status.alarms).toEqual([]);
});

test("SV-14 T21 T22 a flood is cut and counted, never answered, and answers keep coming meanwhile", async () => {
  const port = await freePort();
  const [east, west] = await foundedPair(port);
  const stranger = await GroupStranger.at(port);
  const [one, two] = [await sender(), await sender()];
  let answered = 0;
  for (const socket of [one, two]) socket.on("message", () => answered++);
  await countsRise(east, ["over-budget"], async () => {
    for (let sent = 0; sent < 2_000; sent++) await stranger.say(noise(200, sent % 7), sent % 2 === 0 ? one : two);
  });
  expect((await east.client(5_000).ask("status", {})).answer).toBe("status");
  expect(answered).toBe(0);
  await allFresh([east, west]);
});

test("SV-14 T22 T45 noise, half requests and strangers at the gRPC port; nobody else notices", async () => {
  const [east, west] = await foundedPair(await freePort());
  const before = await stateOf(east);
  for (let size = 1; size <= 65_536; size *= 16) await bytesAt(east.grpcPort, noise(size, size));
  await bytesAt(east.grpcPort, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await bytesAt(east.grpcPort, noise(5_000, 1), true);
  await bytesAt(east.grpcPort, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0".repeat(4_000), true);
  await Promise.all(Array.from({ length: 100 }, (_, at) => linger(east.grpcPort, noise(at % 9, at))));
  const genesis = expectAnswer(await east.ask("status", {}), "status").status.genesis ?? "";
  const stranger = newSigner();
  const hello = makeHello(stranger.id, genesis, "trial", drawProcess());
  // A key that nobody admitted may say hello and present itself; nothing else that it asks is looked at.
  const peer = await dialRaw(east.grpcPort);
  await peer.greet(stranger, { hello });
  await peer.wait("proof");
  peer.carry(0n, asking);
  peer.carry(1n, asking);
  peer.carry(2n, noise(300, 1));
  await peer.heard.until(() => peer.heard.all.filter(({ case: kind }) => kind === "carried").length === 2, "replies");
  const replies = peer.heard.all.flatMap((one) => (one.case === "carried" ? [decodeFrame(one.value.frame, seal)] : []));
  const refused = { frame: "reply", reply: { reply: "refused", refusal: { code: "NOT_A_MEMBER" } } };
  expect(replies).toMatchObject([refused, refused]);
  // A hello without the key it claims, one of another spanner, and one of a version nobody speaks.
  const { key } = expectAnswer(await west.ask("identity", {}), "identity");
  const impostor = await dialRaw(east.grpcPort);
  await impostor.greet(stranger, { hello: makeHello((key ?? "") as never, genesis, "trial", drawProcess()) });
  await impostor.wait("ended");
  for (const odd of [{ genesis: noise(32, 3) }, { version: 0 }, { nonce: noise(5, 1) }]) {
    const other = await dialRaw(east.grpcPort);
    other.send({ case: "hello", value: { ...hello, ...odd } });
    await other.heard.until(
      () => other.heard.all.some(({ case: kind }) => kind === "ended" || kind === "refused"),
      "the end of an odd hello",
    );
  }
  expect(await stateOf(east)).toEqual(before);
  await allFresh([east, west]);
});

test("SV-14 T45 T47 noise and bad requests at the API port: each is told its code, the next is served", async () => {
  fleet = await TrialFleet.founded({ names: ["east"], multicast: "off" });
  const east = fleet.server("east");
  const before = await stateOf(east);
  for (let size = 1; size <= 65_536; size *= 16) await bytesAt(east.apiPort, noise(size, size));
  await bytesAt(east.apiPort, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await bytesAt(east.apiPort, noise(5_000, 1), true);
  await bytesAt(east.apiPort, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(100_000)}\r\n\r\n`, true);
  const slow = await Promise.all(Array.from({ length: 200 }, (_, at) => linger(east.apiPort, noise(at % 4, at))));
  const authorization = `Bearer ${readFileSync(join(east.dataDir, "secrets", "admin.token"), "utf8").trim()}`;
  const json = { authorization, "content-type": "application/json" };
  const path = "/api/v1/spanner/invites";
  const bad: Record<string, Parameters<typeof ask>[2]> = {
    "not JSON": { headers: json, body: "{ttl: 1h" },
    "a prototype": { headers: json, body: '{"__proto__": {"dryRun": true}}' },
    "deep nesting": { headers: json, body: "[".repeat(100_000) },
    "a number too large": { headers: json, body: '{"ttl": 1e400}' },
    "an unknown field": { headers: json, body: '{"tttl": "1h"}' },
    "a hostile value": { headers: json, body: JSON.stringify({ ttl: "\u001b[2J\u202e" }) },
    "too long": { headers: json, body: `"${"x".repeat(300_000)}"` },
    "of no known type": { headers: { ...json, "content-type": "text/xml" }, body: "<x/>" },
  };
  for (const [what, options] of Object.entries(bad)) {
    const { status, body } = await ask(east, path, options);
    expect([what, status >= 400 && status < 500, body]).toEqual([what, true, expect.stringContaining('"next"')]);
    expect([what, JSON.parse(body)]).toMatchObject([what, { answer: "refused", refusal: { code: "REQUEST_INVALID" } }]);
  }
  expect((await ask(east, "/api/v1/nothing", { headers: json, method: "GET" })).body).toContain("NOT_FOUND");
  for (const size of [0, 1, 100, 10_000]) {
    const headers = { "content-type": "application/octet-stream" };
    const { status, body } = await ask(east, "/api/v1/join", { headers, body: noise(size, size) });
    expect([size, body]).toEqual([size, expect.stringContaining("REQUEST_INVALID")]);
    expect(status).toBeLessThan(500);
  }
  // A stranger's frame that can be read, but is not for strangers.
  const frame = encodeFrame({ frame: "request", request: { ask: "status" } });
  const { body } = await ask(east, "/api/v1/join", {
    headers: { "content-type": "application/octet-stream" },
    body: frame,
  });
  expect(body).toContain("NOT_A_MEMBER");
  // Whoever only begins a connection loses it.
  await eventually(
    () => Promise.resolve(slow.every(({ closed }) => closed)),
    30_000,
    () => `${slow.filter(({ closed }) => !closed).length} are still open`,
  );
  expect(await stateOf(east)).toEqual(before);
});

test("SV-1 each port in use: the server ends, names the key to change, and starts once it is free", async () => {
  fleet = await TrialFleet.prepare({ names: ["east"], multicast: "off" });
  const east = fleet.server("east");
  for (const [key, port] of [
    ["grpc_listen", east.grpcPort],
    ["api_listen", east.apiPort],
  ] as const) {
    const holder = createServer().listen(port, "127.0.0.1");
    await once(holder, "listening");
    rmSync(east.logFile, { force: true });
    east.start([], programFile("vigosrv"));
    await eventually(
      () => Promise.resolve(east.exitCode !== null && east.log() !== ""),
      30_000,
      () => `it neither ended nor spoke:\n${east.log()}`,
    );
    expect(east.exitCode).toBe(1);
    const said = east
      .log()
      .split("\n")
      .filter((line) => !line.startsWith("{"));
    expectRefusalLine(said.join("\n"), "PORT_IN_USE");
    expect(said.join("\n")).toMatch(new RegExp(`Value: "127.0.0.1:${port}"\\..*server\\.${key} in server\\.yaml`, "u"));
    holder.close();
    await once(holder, "close");
  }
  rmSync(east.logFile);
  await fleet.start();
  expectAnswer(await east.ask("init", {}), "founded");
});

test("SV-9 T29 a multicast port that another program does not share: it is said, and streams carry all", async () => {
  const port = await freePort();
  const holder = createSocket({ type: "udp4", reuseAddr: false });
  holder.bind({ address: "224.0.0.45", port });
  await once(holder, "listening");
  onTestFinished(() => void holder.close());
  fleet = await TrialFleet.founded({ names: ["east", "west"], multicastPort: port });
  await allFresh(fleet.servers);
  expect(fleet.server("east").log()).toContain("multicast does not work; beacons go over streams");
});
