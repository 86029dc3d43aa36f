/** Calls to a join port over real TLS: nothing is sent to the wrong server, and what may be done is said. */
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTls } from "node:tls";
import { createServer as createTcp } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { ofMs } from "../../src/kernel/time.ts";
import { frameBytesMax } from "../../src/wire/frame.ts";
import { callJoinPort } from "../../transports/join/join-call.ts";
import { Happenings, bytesOf, newTls } from "../support/peer-ends.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

interface Port {
  readonly url: string;
  readonly pin: string;
  /** Requests that arrived. */
  readonly got: Happenings<string>;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function joinPort(answer: Answer): Promise<Port> {
  const tls = await newTls();
  const got = new Happenings<string>();
  const server = createServer({ key: tls.keyPem, cert: tls.certPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      got.add(`${request.method} ${request.url} ${request.headers["content-type"]}`);
      answer(request, response, Buffer.concat(chunks));
    });
  });
  const port = await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://127.0.0.1:${port}`, pin: tls.pin, got };
}

const frame = bytesOf("a join");
const patience = ofMs(5_000);

test("TR-11 the frame goes to the pinned server and its reply comes back", async () => {
  const port = await joinPort((_request, response, body) => response.end(Buffer.concat([Buffer.from("re: "), body])));
  for (const pin of [port.pin, null]) {
    const outcome = await callJoinPort({ url: port.url, pin, linkLocal: false, frame, patience });
    expect(outcome).toEqual({ ok: true, reply: { bytes: bytesOf("re: a join") } });
  }
  expect(port.got.all[0]).toBe("POST /api/v1/join application/octet-stream");
});

test("TR-11 T8 with a wrong pin the server gets no byte of the request", async () => {
  const tls = await newTls();
  const bytes: number[] = [];
  const closed = new Happenings<number>();
  const server = createTls({ key: tls.keyPem, cert: tls.certPem }, (socket) => {
    socket.on("data", (chunk: Buffer) => bytes.push(chunk.length));
    socket.on("error", () => undefined);
  });
  server.on("connection", (socket: Socket) => socket.on("close", () => closed.add(1)));
  const port = await listening(server);
  onTestFinished(() => void server.close());
  const pin = (await newTls()).pin;
  const outcome = await callJoinPort({ url: `https://127.0.0.1:${port}`, pin, linkLocal: false, frame, patience });
  expect(outcome).toEqual({ ok: false, why: "wrong-identity", perhapsDone: false });
  await closed.first(() => true, "closed");
  expect(bytes).toEqual([]);
});

test("TR-12 T9 only https without credentials, and no link-local address, is called", async () => {
  const urls = [
    "http://127.0.0.1:1",
    "https://user:secret@127.0.0.1:1",
    "file:///etc/passwd",
    "unix:/run/x",
    "no url",
    "https://169.254.169.254",
    "https://[fe80::1]:8443",
    "https://[::ffff:169.254.169.254]",
  ];
  for (const url of urls) {
    const outcome = await callJoinPort({ url, pin: null, linkLocal: false, frame, patience });
    expect([url, outcome]).toEqual([url, { ok: false, why: "unreachable", perhapsDone: false }]);
  }
});

test("TR-12 T9 a redirect is not followed", async () => {
  const other = await joinPort((_request, response) => response.end("secret"));
  const port = await joinPort((_request, response) => {
    response.writeHead(307, { location: `${other.url}/api/v1/join` }).end();
  });
  const outcome = await callJoinPort({ url: port.url, pin: port.pin, linkLocal: false, frame, patience });
  expect(outcome).toEqual({ ok: false, why: "refused", perhapsDone: true });
  expect(other.got.all).toEqual([]);
});

test("TR-12 a busy server did nothing; any other status leaves it open", async () => {
  for (const [status, perhapsDone] of [
    [503, false],
    [429, false],
    [500, true],
    [404, true],
  ] as const) {
    const port = await joinPort((_request, response) => response.writeHead(status).end("x"));
    const outcome = await callJoinPort({ url: port.url, pin: port.pin, linkLocal: false, frame, patience });
    expect([status, outcome]).toEqual([status, { ok: false, why: "refused", perhapsDone }]);
  }
});

test("TR-12 an answer that is too large, or that breaks off, is no reply", async () => {
  const large = await joinPort((_request, response) => response.end(Buffer.alloc(frameBytesMax + 1)));
  const first = await callJoinPort({ url: large.url, pin: large.pin, linkLocal: false, frame, patience });
  expect(first).toEqual({ ok: false, why: "refused", perhapsDone: true });
  const broken = await joinPort((_request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half", () => response.destroy());
  });
  const second = await callJoinPort({ url: broken.url, pin: broken.pin, linkLocal: false, frame, patience });
  expect(second).toEqual({ ok: false, why: "unreachable", perhapsDone: true });
});

test("TR-12 patience ends: before anything was sent it was not done, after it perhaps was", async () => {
  const silent = createTcp((socket) => void socket.on("error", () => undefined));
  const port = await listening(silent);
  onTestFinished(() => void silent.close());
  const short = { pin: null, linkLocal: false, frame, patience: ofMs(50) };
  const first = await callJoinPort({ url: `https://127.0.0.1:${port}`, ...short });
  expect(first).toEqual({ ok: false, why: "late", perhapsDone: false });
  const slow = await joinPort(() => undefined);
  const second = await callJoinPort({ ...short, url: slow.url, patience: ofMs(1_000) });
  expect(second).toEqual({ ok: false, why: "late", perhapsDone: true });
  expect(slow.got.all).toHaveLength(1);
});

test("TR-12 a name that nobody can look up fails that call and nothing else", async () => {
  const url = "https://no-such-host.invalid:1530";
  const outcome = await callJoinPort({ url, pin: null, linkLocal: false, frame, patience: ofMs(20_000) });
  expect(outcome).toEqual({ ok: false, why: "unreachable", perhapsDone: false });
});

test("TR-12 nobody there: nothing was done", async () => {
  const server = createTcp();
  const port = await listening(server);
  server.close();
  await once(server, "close");
  const outcome = await callJoinPort({
    url: `https://127.0.0.1:${port}`,
    pin: null,
    linkLocal: false,
    frame,
    patience,
  });
  expect(outcome).toEqual({ ok: false, why: "unreachable", perhapsDone: false });
});
