/**
 * A call to a join port: look the name up, connect, hold the certificate's key against the pin, and only then send the
 * frame. Whether anything was sent decides whether the request may have been done (TR-11, TR-12).
 *
 *   name --> address allowed? --> TLS --> pin right? --> POST --> 200 and a frame
 *               | no                        | no                   | anything else
 *               unreachable                 wrong-identity         refused
 */
import { X509Certificate, createHash } from "node:crypto";
import { lookup } from "node:dns";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { CarrierOutcome } from "../../src/host/ports.ts";
import { isLinkLocal } from "../../src/kernel/link-local.ts";
import { toMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { JoinAddress } from "../../src/turn/turn.ts";
import { frameBytesMax } from "../../src/wire/frame.ts";

/** The pin is the SHA-256 of the public key, hex; null asks whoever answers there. */
export interface JoinCall extends JoinAddress {
  readonly frame: Uint8Array;
  readonly patience: Micros;
}

const headerBytesMax = 16_384;
const patienceMsMax = 300_000;

/** How it ended; never rejects. */
export async function callJoinPort(call: JoinCall): Promise<CarrierOutcome> {
  const url = urlOf(call.url);
  if (url === undefined) return notSent("unreachable");
  const deadline = new AbortController();
  const patienceMs = Math.min(patienceMsMax, Math.max(1, Math.ceil(toMs(call.patience))));
  const timer = setTimeout(() => deadline.abort(), patienceMs);
  try {
    const socket = await connected(url, call.linkLocal, deadline.signal);
    if (socket === null) return notSent(deadline.signal.aborted ? "late" : "unreachable");
    if (call.pin !== null && pinOf(socket) !== call.pin) {
      socket.destroy();
      return notSent("wrong-identity");
    }
    return await exchange(url, socket, call.frame, deadline.signal);
  } finally {
    clearTimeout(timer);
  }
}

function notSent(why: "late" | "unreachable" | "wrong-identity"): CarrierOutcome {
  return { ok: false, why, perhapsDone: false };
}

/** Https without user and password; the path is ours to choose (T9). */
function urlOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" && url.username === "" && url.password === "" ? url : undefined;
}

/** A connection after its TLS handshake, or null. The name is looked up once, and what was judged is connected to. */
function connected(url: URL, allowsLinkLocal: boolean, deadline: AbortSignal): Promise<TLSSocket | null> {
  const host = url.hostname.replace(/^\[|\]$/gu, "");
  if (isIP(host) !== 0 && isLinkLocal(host) && !allowsLinkLocal) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(url.port === "" ? "443" : url.port),
      lookup: guardedLookup(allowsLinkLocal),
      // Nobody vouches for a stranger's certificate: the pin does, or the signatures in the answer.
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const fail = (): void => {
      socket.destroy();
      resolve(null);
    };
    deadline.addEventListener("abort", fail, { once: true });
    socket.on("error", fail);
    socket.once("close", () => resolve(null));
    socket.once("secureConnect", () => {
      deadline.removeEventListener("abort", fail);
      resolve(socket);
    });
  });
}

/** Looks a name up and leaves link-local addresses out. */
function guardedLookup(allowsLinkLocal: boolean): LookupFunction {
  return (hostname, options, told) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      // With an error there is no list at all, whatever the types say.
      if (error !== null) return told(error, []);
      const [first, ...others] = found.filter(({ address }) => allowsLinkLocal || !isLinkLocal(address));
      if (first === undefined) return told(new Error("no address that may be called"), []);
      if (options.all === true) told(null, [first, ...others]);
      else told(null, first.address, first.family);
    });
  };
}

function exchange(url: URL, socket: TLSSocket, frame: Uint8Array, deadline: AbortSignal): Promise<CarrierOutcome> {
  return new Promise((resolve) => {
    const finish = (outcome: CarrierOutcome): void => {
      resolve(outcome);
      socket.destroy();
    };
    const lost = (): void => finish({ ok: false, why: deadline.aborted ? "late" : "unreachable", perhapsDone: true });
    const sent = request(new URL("/api/v1/join", url), {
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        "content-length": frame.length,
        connection: "close",
      },
      createConnection: () => socket,
      maxHeaderSize: headerBytesMax,
      signal: deadline,
    });
    sent.on("error", lost);
    sent.on("close", lost);
    sent.on("response", (response) => readReply(response, finish, lost));
    sent.end(frame);
  });
}

/** A frame with status 200 is the reply. What is larger, or something else, tells nothing about what was done. */
function readReply(response: IncomingMessage, finish: (outcome: CarrierOutcome) => void, lost: () => void): void {
  const isReply = response.statusCode === 200;
  const isBusy = response.statusCode === 429 || response.statusCode === 503;
  if (!isReply) return finish({ ok: false, why: "refused", perhapsDone: !isBusy });
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("error", lost);
  response.on("aborted", lost);
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > frameBytesMax) return finish({ ok: false, why: "refused", perhapsDone: true });
    chunks.push(chunk);
  });
  response.on("end", () => {
    if (response.complete) finish({ ok: true, reply: { bytes: new Uint8Array(Buffer.concat(chunks)) } });
    else lost();
  });
}

/** SHA-256 of the public key at the other end, hex; empty when it shows none. */
function pinOf(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return "";
  const key = new X509Certificate(certificate.raw).publicKey.export({ format: "der", type: "spki" });
  return createHash("sha256").update(key).digest("hex");
}
