/** Whoever else is on the network of a running server: datagrams to its group, bytes at its ports, its metrics. */
import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { request } from "node:https";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { onTestFinished } from "vitest";
import type { TrialServer } from "../../src/server/trial.ts";
import { Happenings } from "./peer-ends.ts";

const group = "224.0.0.45";
const waitMs = 30_000;

/** Sends to the group of these servers on loopback, and hears it. */
export class GroupStranger {
  readonly heard = new Happenings<Uint8Array>();
  readonly #port: number;
  readonly #says: UdpSocket;

  private constructor(port: number, says: UdpSocket) {
    this.#port = port;
    this.#says = says;
  }

  static async at(port: number): Promise<GroupStranger> {
    const hears = createSocket({ type: "udp4", reuseAddr: true });
    const stranger = new GroupStranger(port, await sender());
    hears.on("message", (bytes) => stranger.heard.add(new Uint8Array(bytes)));
    hears.bind({ address: group, port });
    await once(hears, "listening");
    hears.addMembership(group, "127.0.0.1");
    onTestFinished(() => void hears.close());
    return stranger;
  }

  /** Sends once; `from` is another source than usual. */
  say(bytes: Uint8Array, from: UdpSocket = this.#says): Promise<void> {
    return new Promise((resolve, reject) => {
      from.send(bytes, this.#port, group, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

/** A source of datagrams of its own. */
export async function sender(): Promise<UdpSocket> {
  const socket = createSocket({ type: "udp4" });
  socket.bind({ address: "127.0.0.1", port: 0 });
  await once(socket, "listening");
  socket.setMulticastInterface("127.0.0.1");
  onTestFinished(() => void socket.close());
  return socket;
}

/** The samples of one metric, by the value of its only label; "" without one. */
export async function metric(server: TrialServer, name: string): Promise<ReadonlyMap<string, number>> {
  const text = await server.client().get("/metrics");
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, label = "", value] = new RegExp(`^${name}(?:\\{\\w+="([^"]*)"\\})? (\\S+)$`, "u").exec(line) ?? [];
    if (value !== undefined) samples.set(label, Number(value));
  }
  return samples;
}

/** Opens a connection, sends bytes and no more, and resolves with what came back by the time the server closed it. */
export function bytesAt(port: number, bytes: Uint8Array | string, overTls = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const target = { host: "127.0.0.1", port };
    const socket: Socket = overTls ? connectTls({ ...target, rejectUnauthorized: false }) : connect(target);
    let came = "";
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stayed open; so far: ${came.slice(0, 200)}`));
    }, waitMs);
    socket.setEncoding("latin1").on("data", (text: string) => (came += text));
    // Being cut off is what we are here for.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(deadline);
      resolve(came);
    });
    socket.once(overTls ? "secureConnect" : "connect", () => socket.end(bytes));
  });
}

/** Opens a connection, sends the beginning of something, and leaves it at that until the test ends. */
export function linger(port: number, bytes: Uint8Array | string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => undefined);
    socket.once("connect", () => socket.write(bytes, () => resolve(socket)));
  });
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** One request to the API port; the certificate is not looked at. */
export function ask(
  server: TrialServer,
  path: string,
  {
    method = "POST",
    headers = {},
    body = "",
  }: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: Uint8Array | string;
  } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, rejectUnauthorized: false, agent: false };
    const sent = request(`${server.url}${path}`, options, (response) => {
      let text = "";
      response.setEncoding("latin1").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
