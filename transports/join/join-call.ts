/**
 * A call to a join port: connect, hold the certificate's key against the pin, and only then send the frame. Whether
 * anything was sent decides whether the request may have been done.
 */
import { request } from "node:https";
import { X509Certificate, createHash } from "node:crypto";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import { toMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import { frameBytesMax } from "../../src/wire/frame.ts";

export interface JoinCall {
  readonly url: string;
  /** SHA-256 of the public key, hex; null asks whoever answers there. */
  readonly pin: string | null;
  readonly frame: Uint8Array;
  readonly patience: Micros;
}

/** How it ended; never rejects. */
export async function callJoinPort(call: JoinCall): Promise<CarrierOutcome> {
  const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(toMs(call.patience))));
  const url = urlOf(call.url);
  if (url === undefined) return { ok: false, why: "unreachable", perhapsDone: false };
  const socket = await connected(url, deadline);
  if (socket === null) return { ok: false, why: deadline.aborted ? "late" : "unreachable", perhapsDone: false };
  if (call.pin !== null && pinOf(socket) !== call.pin) {
    socket.destroy();
    return { ok: false, why: "wrong-identity", perhapsDone: false };
  }
  return exchange(url, socket, call.frame, deadline);
}

function urlOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" ? url : undefined;
}

function connected(url: URL, deadline: AbortSignal): Promise<TLSSocket | null> {
  const host = url.hostname.replace(/^\[|\]$/gu, "");
  const isName = !/^[\d.]+$|:/u.test(host);
  return new Promise((resolve) => {
    const port = Number(url.port === "" ? "443" : url.port);
    // Nobody vouches for a stranger's certificate: the pin does, or the signatures in the answer.
    const socket = connect({ host, port, rejectUnauthorized: false, ...(isName ? { servername: host } : {}) });
    const fail = (): void => {
      socket.destroy();
      resolve(null);
    };
    deadline.addEventListener("abort", fail, { once: true });
    socket.once("error", fail);
    socket.once("secureConnect", () => resolve(socket));
  });
}

function exchange(url: URL, socket: TLSSocket, frame: Uint8Array, deadline: AbortSignal): Promise<CarrierOutcome> {
  return new Promise((resolve) => {
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": frame.length,
      connection: "close",
    };
    const lost = (): void => resolve({ ok: false, why: deadline.aborted ? "late" : "unreachable", perhapsDone: true });
    const target = new URL("/api/v1/join", url);
    const sent = request(target, { method: "POST", headers, createConnection: () => socket, signal: deadline });
    sent.on("error", lost);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > frameBytesMax) sent.destroy();
        else chunks.push(chunk);
      });
      response.on("error", lost);
      response.on("end", () => {
        if (response.statusCode === 200) resolve({ ok: true, reply: { bytes: new Uint8Array(Buffer.concat(chunks)) } });
        else resolve({ ok: false, why: "refused", perhapsDone: false });
      });
    });
    sent.end(frame);
  });
}

/** SHA-256 of the public key at the other end, hex. */
function pinOf(socket: TLSSocket): string {
  const { raw } = socket.getPeerCertificate();
  const key = new X509Certificate(raw).publicKey.export({ format: "der", type: "spki" });
  return createHash("sha256").update(key).digest("hex");
}
