/** Peer streams after the hello: which of two stays, who is gone, what strangers may, calls, slow peers, rubbish. */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { once } from "node:events";
import { expect, test } from "vitest";
import { ofMs } from "../../src/kernel/time.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import { frameBytesMax } from "../../src/wire/frame.ts";
import { decodeFrame } from "../../src/wire/frames.ts";
import { meet } from "../../transports/grpc/meeting.ts";
import {
  PeerEnd,
  asking,
  bytesOf,
  newSigner,
  newTls,
  presenting,
  seal,
  textOf,
  twoSigners,
  unknownTls,
} from "../support/peer-ends.ts";
import type { EndOrder } from "../support/peer-ends.ts";
import { Wire, dialRaw } from "../support/raw-peer.ts";
import type { RawPeer } from "../support/raw-peer.ts";

const patience = ofMs(10_000);

async function pair(a: EndOrder = {}, b: EndOrder = {}): Promise<[PeerEnd, PeerEnd]> {
  const [east, west] = [await PeerEnd.open(a), await PeerEnd.open(b)];
  east.keep([west.address()]);
  west.keep([east.address()]);
  await Promise.all([east.linked(west.id), west.linked(east.id)]);
  return [east, west];
}

function call(from: PeerEnd, to: BoltId, text: string, waits = patience): Promise<CarrierOutcome> {
  return new Promise((resolve) => from.peers.call(to, bytesOf(text), waits, resolve));
}

function textOfReply(outcome: CarrierOutcome): string {
  return outcome.ok && "bytes" in outcome.reply ? textOf(outcome.reply.bytes) : JSON.stringify(outcome);
}

/** A raw peer whose key is on the roster of that bolt. */
async function rawMember(end: PeerEnd): Promise<{ raw: RawPeer; id: BoltId }> {
  const self = newSigner();
  end.keep([{ bolt: self.id, grpc: [], tlsPin: null, caCertificate: new Uint8Array(0) }]);
  const raw = await dialRaw(end.port);
  await raw.greet(self);
  await raw.wait("proof");
  await end.linked(self.id);
  return { raw, id: self.id };
}

test("TR-4 both sides decide alike about two streams, in whatever order they learn of them", () => {
  const [small, large] = twoSigners().map(({ id }) => id) as [BoltId, BoltId];
  const bySmall = {
    small: { peer: large, process: "L", dialledByUs: true },
    large: { peer: small, process: "S", dialledByUs: false },
  };
  const byLarge = {
    small: { peer: large, process: "L", dialledByUs: false },
    large: { peer: small, process: "S", dialledByUs: true },
  };
  expect(meet(small, bySmall.small, byLarge.small)).toBe("older-stays");
  expect(meet(small, byLarge.small, bySmall.small)).toBe("newer-stays");
  expect(meet(large, bySmall.large, byLarge.large)).toBe("older-stays");
  expect(meet(large, byLarge.large, bySmall.large)).toBe("newer-stays");
  expect(meet(large, byLarge.large, { ...byLarge.large })).toBe("repeated");
  expect(meet(small, bySmall.small, { ...bySmall.small, process: "new" })).toBe("restarted");
});

test("TR-4 bolts that dial each other at once keep one stream each, and no link goes down", async () => {
  const ends = await Promise.all(Array.from({ length: 6 }, () => PeerEnd.open()));
  const others = (end: PeerEnd): PeerEnd[] => ends.filter((one) => one !== end);
  for (const end of ends) end.keep(others(end).map((one) => one.address()));
  await Promise.all(ends.flatMap((end) => others(end).map((one) => end.linked(one.id))));
  const calls = ends.flatMap((end) => others(end).map((one) => call(end, one.id, "ping").then(textOfReply)));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["ping"]));
  for (const end of ends) {
    expect(end.peers.stats()).toMatchObject({ open: 5, strangers: 0 });
    for (const one of others(end)) expect(end.links(one.id)).toEqual(["up"]);
  }
});

test("TR-4 a restarted peer takes the place of its dead predecessor, at once", async () => {
  const self = newSigner();
  const [east, west] = await pair({}, { self, times: { silence: 60_000 } });
  const wire = await Wire.to(east.port);
  // The predecessor's way is swallowed, so that nobody learns of its death but by the successor's hello.
  await west.close();
  await east.unlinked(west.id);
  const second = await PeerEnd.open({ self });
  second.keep([{ ...east.address(), grpc: [`127.0.0.1:${wire.port}`] }]);
  await second.linked(east.id);
  await east.linked(self.id);
  wire.swallow();
  const third = await PeerEnd.open({ self });
  third.keep([east.address()]);
  await third.linked(east.id);
  await east.seen.until(() => east.links(self.id).includes("the peer was restarted"), "restarted");
  expect(east.links(self.id).at(-1)).toBe("up");
});

test("TR-4 a peer that lost its end and dials again replaces the old stream", async () => {
  const east = await PeerEnd.open();
  const self = newSigner();
  east.keep([{ bolt: self.id, grpc: [], tlsPin: null, caCertificate: new Uint8Array(0) }]);
  const first = await dialRaw(east.port);
  const { process } = await greetKeeping(first, self);
  await east.linked(self.id);
  const second = await dialRaw(east.port);
  await second.greet(self, { hello: { process } });
  await first.wait("ended");
  await east.seen.until(() => east.links(self.id).length === 3, "replaced");
  expect(east.links(self.id)).toEqual(["up", "replaced", "up"]);
});

async function greetKeeping(raw: RawPeer, self: ReturnType<typeof newSigner>): Promise<{ process: Uint8Array }> {
  const process = new Uint8Array(16).fill(7);
  await raw.greet(self, { hello: { process } });
  await raw.wait("proof");
  return { process };
}

test("TR-5 T22 a stranger may present itself and ask nothing else, and is not heard", async () => {
  const east = await PeerEnd.open();
  const self = newSigner();
  east.keep([]);
  const raw = await dialRaw(east.port);
  await raw.greet(self);
  await raw.wait("proof");
  raw.carry(0n, bytesOf("gossip"));
  raw.carry(1n, asking);
  raw.carry(2n, bytesOf("rubbish"));
  raw.carry(3n, presenting);
  await raw.heard.until(() => raw.heard.all.filter(({ case: kind }) => kind === "carried").length === 3, "replies");
  const replies = raw.heard.all.flatMap((one) => (one.case === "carried" ? [one.value] : []));
  expect(replies.map(({ call: id, isReply }) => [id, isReply])).toEqual([
    [1n, true],
    [2n, true],
    [3n, true],
  ]);
  const refusal = decodeFrame(replies[0]?.frame ?? new Uint8Array(0), seal);
  expect(refusal).toMatchObject({ reply: { reply: "refused", refusal: { code: "NOT_A_MEMBER" } } });
  expect(east.seen.all).toEqual([expect.objectContaining({ is: "request", peer: self.id, frame: textOf(presenting) })]);
});

test("TR-5 a stranger that comes onto the roster has a link on the stream it holds", async () => {
  const east = await PeerEnd.open();
  const self = newSigner();
  east.keep([]);
  const raw = await dialRaw(east.port);
  await raw.greet(self);
  await raw.wait("proof");
  expect(east.links(self.id)).toEqual([]);
  east.keep([{ bolt: self.id, grpc: [], tlsPin: null, caCertificate: new Uint8Array(0) }]);
  expect(east.links(self.id)).toEqual(["up"]);
  raw.carry(0n, bytesOf("gossip"));
  await east.seen.first((one) => one.is === "say" && one.frame === "gossip", "say");
});

test("TR-5 strangers are few: the oldest makes room", async () => {
  const east = await PeerEnd.open();
  east.keep([]);
  const all: RawPeer[] = [];
  for (let at = 0; at < 65; at++) {
    const raw = await dialRaw(east.port);
    await raw.greet(newSigner());
    await raw.wait("proof");
    all.push(raw);
  }
  await all[0]?.wait("ended");
  expect(east.peers.stats()).toMatchObject({ open: 64, strangers: 64 });
});

test("TR-6 a killed peer's link is down as soon as its connection is", async () => {
  const [east, west] = await pair({ times: { silence: 60_000 } }, { times: { silence: 60_000 } });
  await west.close();
  expect(await east.unlinked(west.id)).not.toBe("no answer to keepalive");
  expect(textOfReply(await call(east, west.id, "x"))).toContain("unreachable");
});

test("TR-6 a peer that falls silent is noticed though its connection stands", async () => {
  const [east, west] = [await PeerEnd.open({ times: { silence: 600 } }), await PeerEnd.open()];
  const wire = await Wire.to(west.port);
  west.keep([unknownTls({ ...east.address(), grpc: [] })]);
  east.keep([{ ...west.address(), grpc: [`127.0.0.1:${wire.port}`] }]);
  await east.linked(west.id);
  const asked = call(east, west.id, "before");
  expect(textOfReply(await asked)).toBe("before");
  wire.swallow();
  const lost = call(east, west.id, "lost");
  expect(await east.unlinked(west.id)).toBe("no answer to keepalive");
  expect(await lost).toEqual({ ok: false, why: "unreachable", perhapsDone: true });
});

test("TR-6 idle ends tell each other that they are there, and stay linked", async () => {
  const east = await PeerEnd.open({ times: { silence: 900 } });
  const { raw, id } = await rawMember(east);
  const beats = (): number => raw.heard.all.filter(({ case: kind }) => kind === "carried").length;
  for (let beat = 1; beat <= 4; beat++) {
    await raw.heard.until(() => beats() >= beat, `beat ${beat}`);
    raw.carry(0n, new Uint8Array(0), 0, true);
  }
  expect(raw.heard.all.at(-1)).toMatchObject({ case: "carried", value: { call: 0n, isReply: true } });
  expect(east.links(id)).toEqual(["up"]);
});

test("TR-7 calls are answered both ways, many at once, each with its own answer", async () => {
  const [east, west] = await pair();
  const asked = Array.from({ length: 60 }, (_, at) => [call(east, west.id, `e${at}`), call(west, east.id, `w${at}`)]);
  const replies = await Promise.all(asked.flat().map((one) => one.then(textOfReply)));
  expect(replies).toEqual(Array.from({ length: 60 }, (_, at) => [`e${at}`, `w${at}`]).flat());
  const request = west.seen.all.find((one) => one.is === "request");
  expect(request).toMatchObject({ patienceMs: 10_000 });
});

test("TR-7 an answer that does not come in time: late, and perhaps done", async () => {
  const [east, west] = await pair({}, { answer: () => null });
  expect(await call(east, west.id, "x", ofMs(50))).toEqual({ ok: false, why: "late", perhapsDone: true });
});

test("TR-7 without a stream nothing was done, and that is told after the call has returned", async () => {
  const east = await PeerEnd.open();
  east.keep([]);
  let isTold = false;
  const outcome = new Promise<CarrierOutcome>((resolve) => {
    east.peers.call(newSigner().id, bytesOf("x"), patience, (one) => {
      isTold = true;
      resolve(one);
    });
  });
  expect(isTold).toBe(false);
  expect(await outcome).toEqual({ ok: false, why: "unreachable", perhapsDone: false });
});

test("TR-7 a stream that ends takes its calls with it, each told once", async () => {
  const [east, west] = await pair({}, { answer: () => null });
  const told: CarrierOutcome[] = [];
  const asked = [1, 2, 3].map(
    (at) =>
      new Promise<void>((resolve) => {
        east.peers.call(west.id, bytesOf(String(at)), patience, (one) => {
          told.push(one);
          resolve();
        });
      }),
  );
  await west.seen.until(() => west.seen.all.filter(({ is }) => is === "request").length === 3, "asked");
  await west.close();
  await Promise.all(asked);
  expect(told).toEqual(Array.from({ length: 3 }, () => ({ ok: false, why: "unreachable", perhapsDone: true })));
});

test("TR-7 a reply to a call that nobody made, or twice, is nothing", async () => {
  const east = await PeerEnd.open();
  const { raw, id } = await rawMember(east);
  const asked = call(east, id, "question");
  await raw.heard.first((one) => one.case === "carried" && one.value.call === 1n, "question");
  raw.carry(99n, bytesOf("nobody asked"), 0, true);
  raw.carry(1n, bytesOf("first"), 0, true);
  raw.carry(1n, bytesOf("second"), 0, true);
  raw.carry(0n, bytesOf("still here"));
  expect(textOfReply(await asked)).toBe("first");
  await east.seen.first((one) => one.is === "say" && one.frame === "still here", "say");
  expect(east.links(id)).toEqual(["up"]);
});

test("TR-8 a peer that does not read costs little: old messages are dropped, calls end as not sent", async () => {
  const outbox = { handedBytesMax: 100_000, waitingBytesMax: 200_000, waitingMax: 16 };
  const east = await PeerEnd.open({ outbox });
  const { raw, id } = await rawMember(east);
  raw.pause();
  // What the connection and the other end's library take by themselves is not ours to bound; once they are full ...
  const large = new Uint8Array(50_000);
  let outcome: CarrierOutcome | null = null;
  for (let round = 0; round < 50 && (outcome === null || outcome.ok || outcome.perhapsDone); round++) {
    for (let at = 0; at < 100; at++) east.peers.tell(id, large);
    outcome = await call(east, id, "waits", ofMs(50));
  }
  expect(outcome).toEqual({ ok: false, why: "late", perhapsDone: false });
  const { dropped } = east.peers.stats();
  for (let at = 0; at < 100; at++) east.peers.tell(id, large);
  // The connection may still have taken a few.
  expect(east.peers.stats().dropped).toBeGreaterThan(dropped + 80);
  const others = Array.from({ length: 17 }, (_, at) => call(east, id, `call ${at}`, patience));
  expect(await others.at(-1)).toEqual({ ok: false, why: "unreachable", perhapsDone: false });
  east.keep([]);
  for (const one of await Promise.all(others)) expect(one).toMatchObject({ ok: false, perhapsDone: false });
});

test("TR-8 a peer that asks too much at once is told so, and its other calls go on", async () => {
  const east = await PeerEnd.open({ answer: () => null });
  const { raw, id } = await rawMember(east);
  for (let at = 1n; at <= 65n; at++) raw.carry(at, bytesOf(`call ${at}`));
  const { value } = await raw.wait("carried");
  expect(value.call).toBe(65n);
  expect(decodeFrame(value.frame, seal)).toMatchObject({ reply: { refusal: { code: "PEER_BUSY" } } });
  expect(east.links(id)).toEqual(["up"]);
});

test("TR-9 a frame that is too large ends its stream and no other", async () => {
  const [east, west] = await pair();
  const address = { ...unknownTls(west.address()) };
  const self = newSigner();
  east.keep([address, { bolt: self.id, grpc: [], tlsPin: null, caCertificate: new Uint8Array(0) }]);
  for (const bytes of [frameBytesMax + 1, 4_000_000]) {
    const raw = await dialRaw(east.port);
    await raw.greet(self);
    await east.linked(self.id);
    raw.carry(0n, new Uint8Array(bytes));
    await raw.wait("ended");
    await east.unlinked(self.id);
  }
  expect(east.links(west.id)).toEqual(["up"]);
  east.peers.tell(west.id, new Uint8Array(frameBytesMax + 1));
  expect(textOfReply(await call(east, west.id, "still"))).toBe("still");
});

test("TR-9 a message that says nothing, or says hello again, ends its stream", async () => {
  const east = await PeerEnd.open();
  for (const kind of ["nothing", "proof"] as const) {
    const { raw, id } = await rawMember(east);
    if (kind === "nothing") raw.send({ case: undefined });
    else raw.prove(new Uint8Array(64));
    await raw.wait("ended");
    expect(await east.unlinked(id)).toContain("the peer sent");
  }
});

test("TR-9 T45 rubbish on the port, before TLS and inside it, harms nobody", async () => {
  const [east, west] = await pair();
  const plain = connect(east.port, "127.0.0.1");
  plain.on("error", () => undefined).resume();
  plain.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  await once(plain, "close");
  const inside = connectTls({ port: east.port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  inside.on("error", () => undefined).resume();
  await once(inside, "secureConnect");
  inside.write(Buffer.alloc(1_000, 0x41));
  await once(inside, "close");
  expect(textOfReply(await call(west, east.id, "still"))).toBe("still");
  expect(east.links(west.id)).toEqual(["up"]);
});

test("TR-10 a swapped certificate is shown to new connections, and open streams go on", async () => {
  const [east, west] = await pair();
  const fresh = await newTls();
  const before = await dialRaw(east.port);
  east.peers.swapTls({ certChain: fresh.certPem, key: fresh.keyPem });
  const after = await dialRaw(east.port);
  expect([before.tlsPin, after.tlsPin]).toEqual([east.tls.pin, fresh.pin]);
  // A hello that began under the old certificate still holds.
  for (const raw of [before, after]) {
    await raw.greet(newSigner());
    await raw.wait("proof");
  }
  expect(textOfReply(await call(west, east.id, "still"))).toBe("still");
  expect(east.links(west.id)).toEqual(["up"]);
});

test("TR-10 an unusable certificate is refused and changes nothing", async () => {
  const [east, fresh] = [await PeerEnd.open(), await newTls()];
  east.keep([]);
  expect(() => east.peers.swapTls({ certChain: fresh.certPem, key: east.tls.keyPem })).toThrow();
  expect(() => east.peers.swapTls({ certChain: "rubbish", key: fresh.keyPem })).toThrow();
  const raw = await dialRaw(east.port);
  expect(raw.tlsPin).toBe(east.tls.pin);
});
