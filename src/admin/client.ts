/**
 * Asks a bolt over its REST API. The certificate is held against a pin or a CA before a byte of the request is sent, so
 * a token never reaches the wrong server (AM-5).
 */
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { X509Certificate, createHash } from "node:crypto";
import { connect as connectTls } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { Refusal } from "../kernel/refusal.ts";
import type { AnswerJson } from "./answer-json.ts";
import type { VerbInput, VerbName } from "./verbs.ts";
import { verbs } from "./verbs.ts";

/** Whom to trust: a pin (SHA-256 of the public key, hex), or a CA in PEM. */
export type Trust = { readonly pin: string } | { readonly caPem: string };

export interface ClientOptions {
  /** https://host:port */
  readonly server: string;
  readonly trust: Trust;
  readonly token: string;
  readonly timeoutMs: number;
}

/** The server could not be asked, or is not the one that is trusted. */
export class ClientRefused extends Error {
  override readonly name: string = "ClientRefused";
  readonly refusal: Refusal;
  readonly isTimeout: boolean;

  constructor(refusal: Refusal, isTimeout = false) {
    super(`${refusal.code}: ${refusal.message}`);
    this.refusal = refusal;
    this.isTimeout = isTimeout;
  }
}

const answerBytesMax = 64 * 1_024 * 1_024;

export class AdminClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** The answer, also when it is a refusal. Rejects with `ClientRefused`: UNREACHABLE, PIN_MISMATCH, TIMEOUT. */
  async ask<Name extends VerbName>(name: Name, input: VerbInput<Name>): Promise<AnswerJson> {
    const { method, path, rest } = routeOf(name, input as Readonly<Record<string, unknown>>);
    const query = method === "GET" ? queryOf(rest) : "";
    const body = method === "GET" ? null : JSON.stringify(rest);
    const text = await this.#send(method, `/api/v1${path}${query}`, body);
    try {
      return JSON.parse(text) as AnswerJson;
    } catch {
      throw new ClientRefused({ code: "ANSWER_INVALID", message: "The server answered no JSON.", value: text });
    }
  }

  /** A plain page, such as /healthz. */
  get(path: string): Promise<string> {
    return this.#send("GET", path, null);
  }

  async #send(method: string, path: string, body: string | null): Promise<string> {
    const { server, timeoutMs, token } = this.#options;
    const url = new URL(path, server);
    const deadline = AbortSignal.timeout(timeoutMs);
    const socket = await this.#connect(url, deadline);
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        connection: "close",
        ...(body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      };
      const sent = request(url, { method, headers, createConnection: () => socket, signal: deadline }, (response) => {
        read(response).then(resolve, reject);
      });
      sent.on("error", (error) => reject(unreachable(server, error, deadline.aborted)));
      sent.end(body ?? undefined);
    });
  }

  /** A connection whose certificate is the trusted one. */
  #connect(url: URL, deadline: AbortSignal): Promise<TLSSocket> {
    const { trust, server } = this.#options;
    const host = url.hostname.replace(/^\[|\]$/gu, "");
    const ca = "caPem" in trust ? { ca: trust.caPem } : {};
    return new Promise((resolve, reject) => {
      const isName = !/^[\d.]+$|:/u.test(host);
      const socket = connectTls({
        host,
        port: Number(url.port === "" ? "443" : url.port),
        rejectUnauthorized: "caPem" in trust,
        ...(isName ? { servername: host } : {}),
        ...ca,
      });
      const fail = (error: Error): void => {
        socket.destroy();
        reject(error instanceof ClientRefused ? error : unreachable(server, error, deadline.aborted));
      };
      deadline.addEventListener("abort", () => fail(new Error("timed out")), { once: true });
      socket.once("error", fail);
      socket.once("secureConnect", () => {
        if ("pin" in trust && pinOf(socket) !== trust.pin) return fail(wrongPin(server, trust.pin, pinOf(socket)));
        resolve(socket);
      });
    });
  }
}

/** SHA-256 of the public key of the certificate at the other end, hex. */
function pinOf(socket: TLSSocket): string {
  const { raw } = socket.getPeerCertificate();
  const key = new X509Certificate(raw).publicKey.export({ format: "der", type: "spki" });
  return createHash("sha256").update(key).digest("hex");
}

function routeOf(
  name: VerbName,
  input: Readonly<Record<string, unknown>>,
): { readonly method: string; readonly path: string; readonly rest: Readonly<Record<string, unknown>> } {
  const { method, path } = verbs[name];
  const rest = { ...input };
  const filled = path.replace(/\{(\w+)\}/gu, (_whole, part: string) => {
    const value = rest[part];
    delete rest[part];
    return encodeURIComponent(String(value));
  });
  return { method, path: filled, rest };
}

function queryOf(rest: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)])).toString();
  return query === "" ? "" : `?${query}`;
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax)
      throw new ClientRefused({ code: "ANSWER_INVALID", message: "The answer is too large." });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function wrongPin(server: string, wanted: string, found: string): ClientRefused {
  return new ClientRefused({
    code: "PIN_MISMATCH",
    message: `The server shows another key (${found}) than the pinned one (${wanted}); nothing was sent to it.`,
    value: server,
    next: "compare with vigocli spanner identity on that server",
  });
}

function unreachable(server: string, error: Error, isTimeout: boolean): ClientRefused {
  if (error instanceof ClientRefused) return error;
  if (isTimeout) {
    return new ClientRefused({ code: "TIMEOUT", message: "The server did not answer in time.", value: server }, true);
  }
  const message = `The server cannot be asked: ${error.message.replace(/\.$/u, "")}.`;
  return new ClientRefused({ code: "UNREACHABLE", message, value: server, next: "is vigosrv running there?" });
}
