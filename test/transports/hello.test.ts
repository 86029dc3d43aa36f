/** The hello of peer streams over real TLS: who gets in, and how those who should not are kept out. */
import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { boltIdOf } from "../../src/kernel/id.ts";
import { toHex } from "../../src/kernel/hex.ts";
import { sha256 } from "../../src/kernel/digest.ts";
import { drawProcess, makeHello, signHello } from "../../transports/grpc/hello.ts";
import {
  PeerEnd,
  bytesOf,
  genesis,
  newSigner,
  newTls,
  removal,
  spannerId,
  twoSigners,
  unknownTls,
} from "../support/peer-ends.ts";
import { dialRaw, listenRaw } from "../support/raw-peer.ts";
import type { RawPeer } from "../support/raw-peer.ts";

const otherGenesis = toHex(sha256(bytesOf("another genesis")));

test("TR-1 two bolts greet each other and talk both ways", async () => {
  const [east, west] = [await PeerEnd.open(), await PeerEnd.open()];
  east.keep([west.address()]);
  west.keep([east.address()]);
  await Promise.all([east.linked(west.id), west.linked(east.id)]);
  east.peers.tell(west.id, bytesOf("to the west"));
  west.peers.tell(east.id, bytesOf("to the east"));
  await west.seen.first((one) => one.is === "say" && one.frame === "to the west", "say");
  await east.seen.first((one) => one.is === "say" && one.frame === "to the east", "say");
});

test("TR-1 a proof by another key than the one claimed is refused", async () => {
  const [east, member] = [await PeerEnd.open(), newSigner()];
  east.keep([]);
  const raw = await dialRaw(east.port);
  await raw.greet(member, { signer: newSigner() });
  expect((await raw.wait("refused")).value.code).toBe("KEY_REJECTED");
  await raw.wait("ended");
  expect(east.peers.stats().open).toBe(0);
});

test("TR-1 a recorded proof does not serve again: the nonce of the other side is new", async () => {
  const [east, member] = [await PeerEnd.open(), newSigner()];
  east.keep([]);
  const first = await dialRaw(east.port);
  const own = makeHello(member.id, genesis, spannerId, drawProcess());
  first.send({ case: "hello", value: own });
  const { value: acceptor } = await first.wait("hello");
  const proof = signHello({ dialler: own, acceptor, tlsPin: first.tlsPin }, "dialler", member);
  first.prove(proof);
  await first.wait("proof");
  const second = await dialRaw(east.port);
  second.send({ case: "hello", value: own });
  await second.wait("hello");
  second.prove(proof);
  expect((await second.wait("refused")).value.code).toBe("KEY_REJECTED");
});

test("TR-1 a signature made for the other role, or reflected, opens nothing", async () => {
  const [east, member] = [await PeerEnd.open(), newSigner()];
  east.keep([]);
  const raw = await dialRaw(east.port);
  const own = makeHello(member.id, genesis, spannerId, drawProcess());
  raw.send({ case: "hello", value: own });
  const { value: acceptor } = await raw.wait("hello");
  raw.prove(signHello({ dialler: own, acceptor, tlsPin: raw.tlsPin }, "acceptor", member));
  expect((await raw.wait("refused")).value.code).toBe("KEY_REJECTED");
});

test("TR-1 T8 a machine in the middle that passes the hellos on gets no stream on either side", async () => {
  const [east, west] = [await PeerEnd.open(), await PeerEnd.open()];
  const mallory = await listenRaw(await newTls(), (near) => void relay(near, west.port));
  west.keep([]);
  // East holds no PROFILE of west yet, so only the hello can tell.
  east.keep([unknownTls({ ...west.address(), grpc: [`127.0.0.1:${mallory.port}`] })]);
  const trouble = await east.seen.first((one) => one.is === "trouble", "trouble");
  expect(JSON.stringify(trouble)).toContain("KEY_REJECTED");
  expect(east.links(west.id)).toEqual([]);
  expect(west.peers.stats().open).toBe(0);
});

async function relay(near: RawPeer, port: number): Promise<void> {
  const far = await dialRaw(port);
  let [nearAt, farAt] = [0, 0];
  const pass = (): void => {
    for (const one of near.heard.all.slice(nearAt)) if (one.case !== "ended") far.send(one);
    nearAt = near.heard.all.length;
    for (const one of far.heard.all.slice(farAt)) if (one.case !== "ended") near.send(one);
    farAt = far.heard.all.length;
  };
  const turn = setInterval(pass, 1);
  onTestFinished(() => clearInterval(turn));
}

test("TR-1 another bolt at a peer's address is not taken for it", async () => {
  const [east, west, north] = [await PeerEnd.open(), await PeerEnd.open(), await PeerEnd.open()];
  north.keep([]);
  east.keep([unknownTls({ ...west.address(), grpc: [`127.0.0.1:${north.port}`] })]);
  const trouble = await east.seen.first((one) => one.is === "trouble", "trouble");
  expect(JSON.stringify(trouble)).toContain("another bolt answers there");
  expect(east.links(west.id)).toEqual([]);
});

test("TR-1 T27 a hello of a version that is not spoken any more is refused and named", async () => {
  const east = await PeerEnd.open();
  east.keep([]);
  const raw = await dialRaw(east.port);
  raw.send({ case: "hello", value: { ...makeHello(newSigner().id, genesis, spannerId, drawProcess()), version: 0 } });
  expect((await raw.wait("refused")).value.code).toBe("VERSION_UNSUPPORTED");
});

test("TR-2 a server with a foreign certificate gets no byte inside TLS", async () => {
  const [east, west, imposter] = [await PeerEnd.open(), await PeerEnd.open(), await newTls()];
  let bytes = 0;
  let connections = 0;
  const options = { key: imposter.keyPem, cert: imposter.certPem, ALPNProtocols: ["h2"] };
  const server = createServer(options, (socket) => {
    socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
    socket.on("error", () => undefined);
  });
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  east.keep([{ ...west.address(), grpc: [`127.0.0.1:${(server.address() as AddressInfo).port}`] }]);
  const trouble = await east.seen.first((one) => one.is === "trouble", "trouble");
  expect(JSON.stringify(trouble)).toContain("certificate");
  expect(connections).toBeGreaterThan(0);
  expect(bytes).toBe(0);
});

test("TR-2 the pin alone and the CA alone are each enough, neither is needed before a PROFILE is held", async () => {
  const [east, west] = [await PeerEnd.open(), await PeerEnd.open()];
  west.keep([]);
  const other = await newTls();
  const shown = [
    west.address({ caCertificate: new Uint8Array(0) }),
    west.address({ tlsPin: other.pin }),
    unknownTls(west.address()),
    west.address({ tlsPin: null, caCertificate: Uint8Array.of(1, 2, 3) }),
  ];
  for (const [at, address] of shown.entries()) {
    east.keep([address]);
    await east.seen.until(() => east.links(west.id).filter((one) => one === "up").length === at + 1, "link up");
    east.keep([]);
    await east.unlinked(west.id);
  }
});

test("TR-3 a removed key is shown the row, once it has proven itself", async () => {
  const [east, west] = [await PeerEnd.open(), await PeerEnd.open()];
  const row = removal(west.id, east.self);
  east.keep([], { removed: new Map([[west.id, row]]) });
  west.keep([east.address()]);
  const shown = await west.seen.first((one) => one.is === "shown", "row");
  expect(shown).toEqual({ is: "shown", peer: east.id, row: row.message.id });
  expect(west.links(east.id)).toEqual([]);

  const stranger = await dialRaw(east.port);
  await stranger.greet(west.self, { signer: newSigner() });
  const { value: refusal } = await stranger.wait("refused");
  expect([refusal.code, refusal.row]).toEqual(["KEY_REJECTED", undefined]);
});

test("TR-3 a bolt that is removed while its stream is open is shown the row and loses the stream", async () => {
  const [east, west] = [await PeerEnd.open(), await PeerEnd.open()];
  east.keep([west.address()]);
  west.keep([east.address()]);
  await Promise.all([east.linked(west.id), west.linked(east.id)]);
  const row = removal(west.id, east.self);
  east.keep([], { removed: new Map([[west.id, row]]) });
  await west.seen.first((one) => one.is === "shown" && one.row === row.message.id, "row");
  expect(await east.unlinked(west.id)).toBe("removed");
  await west.unlinked(east.id);
});

test("TR-3 a bolt of another spanner is refused; of the same name, both sides are told", async () => {
  const [east, west, north] = [await PeerEnd.open(), await PeerEnd.open(), await PeerEnd.open({ spannerId: "other" })];
  east.keep([]);
  west.keep([east.address()], { genesis: otherGenesis });
  await west.seen.first((one) => one.is === "foreign" && one.genesis === genesis, "told");
  await east.seen.first((one) => one.is === "foreign" && one.genesis === otherGenesis, "told");
  north.keep([east.address()], { genesis: otherGenesis });
  await north.seen.first((one) => one.is === "trouble" && one.why.includes("WRONG_SPANNER"), "refused");
});

test("TR-3 a server in no spanner refuses, and does not call", async () => {
  const [east, west] = [await PeerEnd.open(), await PeerEnd.open()];
  west.keep([east.address()]);
  await west.seen.first((one) => one.is === "trouble" && one.why.includes("NOT_A_MEMBER"), "refused");
  expect(east.peers.stats()).toMatchObject({ open: 0, greetings: 0 });
});

test("TR-1 any first message that is no hello ends the stream, and only that one", async () => {
  const [small, large] = twoSigners();
  const [east, west] = [await PeerEnd.open({ self: small }), await PeerEnd.open({ self: large })];
  east.keep([west.address()]);
  west.keep([east.address()]);
  await Promise.all([east.linked(west.id), west.linked(east.id)]);
  for (const message of ["proof", "carried", "nothing", "short"] as const) {
    const raw = await dialRaw(east.port);
    if (message === "proof") raw.prove(new Uint8Array(64));
    else if (message === "carried") raw.carry(1n, bytesOf("x"));
    else if (message === "nothing") raw.send({ case: undefined });
    else {
      const hello = makeHello(boltIdOf(new Uint8Array(32)), genesis, spannerId, drawProcess());
      raw.send({ case: "hello", value: { ...hello, nonce: Uint8Array.of(1) } });
    }
    await raw.wait("ended");
  }
  expect(east.links(west.id)).toEqual(["up"]);
});
