/**
 * The server of api_listen: the REST verbs for operators, the join port for strangers, health and metrics. TLS only;
 * everything but join and health needs the token (AM-1 to AM-4).
 */
import { timingSafeEqual, createHash } from "node:crypto";
import Fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { judgeValue } from "../reading/complaints.ts";
import type { PathComplaint } from "../reading/complaints.ts";
import type { AdminAnswer, AdminRequest } from "../turn/admin.ts";
import { frameBytesMax } from "../wire/frame.ts";
import { answerJson } from "./answer-json.ts";
import { openApi } from "./open-api.ts";
import { httpStatusOf } from "./http-status.ts";
import { requestOf } from "./request-of.ts";
import type { RequestTools } from "./request-of.ts";
import type { VerbName } from "./verbs.ts";
import { inputs, verbs } from "./verbs.ts";

/** What the server serves. */
export interface AdminOrder extends RequestTools {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly token: string;
  readonly ask: (user: string, request: AdminRequest) => Promise<AdminAnswer>;
  /** A frame of a stranger; rejects when the server is stopping. */
  readonly join: (frame: Uint8Array, source: string) => Promise<Uint8Array>;
  readonly ready: () => { readonly ready: boolean; readonly why: string };
  readonly metrics: () => Promise<string>;
  /** More verbs that the process itself answers, such as licence status. */
  readonly version: string;
}

export interface AdminServer {
  readonly port: number;
  /** Serves another certificate from now on. */
  setTls(tls: AdminOrder["tls"]): void;
  close(): Promise<void>;
}

/** Requests of strangers that may be under way at once. */
const joinsMax = 64;
const bodyBytesMax = 262_144;
const requestMs = 35_000;
/** Whoever connects and says nothing is let go (T45). */
const handshakeMs = 5_000;
const describedIn = "every request is described at /api/v1/openapi.json";

/** Starts it. Rejects with the system's error when the port is taken. */
export async function openAdminServer(order: AdminOrder): Promise<AdminServer> {
  const app = Fastify({
    https: { cert: order.tls.cert, key: order.tls.key, minVersion: "TLSv1.2", handshakeTimeout: handshakeMs },
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMs,
    forceCloseConnections: true,
    logger: false,
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    const message = status < 500 ? "The request cannot be read." : "The server failed to answer.";
    const code = status < 500 ? "REQUEST_INVALID" : "INTERNAL";
    void reply.status(status).send(refusedJson({ code, message, next: status < 500 ? describedIn : "see its log" }));
  });
  app.setNotFoundHandler((_request, reply) => {
    const message = "There is nothing at this address.";
    void reply.status(404).send(refusedJson({ code: "NOT_FOUND", message, next: describedIn }));
  });
  addOpen(app, order);
  addJoin(app, order);
  for (const name of Object.keys(verbs) as VerbName[]) addVerb(app, name, order);
  await app.listen({ host: order.host, port: order.port });
  const address = app.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : order.port,
    setTls: (tls) => (app.server as unknown as { setSecureContext(tls: object): void }).setSecureContext(tls),
    close: () => app.close(),
  };
}

/** Health for everyone; metrics and the API's description for those who may. */
function addOpen(app: FastifyInstance, order: AdminOrder): void {
  app.get("/healthz", () => ({ ok: true }));
  app.get("/readyz", (_request, reply) => {
    const { ready, why } = order.ready();
    return reply.status(ready ? 200 : 503).send({ ready, why });
  });
  app.get("/metrics", { onRequest: guard(order) }, async (_request, reply) => {
    return reply.type("text/plain; version=0.0.4").send(await order.metrics());
  });
  app.get("/api/v1/openapi.json", { onRequest: guard(order) }, () => openApi(order.version));
}

/** The join port: a frame in, a frame out. */
function addJoin(app: FastifyInstance, order: AdminOrder): void {
  let open = 0;
  app.addContentTypeParser(
    "application/octet-stream",
    { parseAs: "buffer", bodyLimit: frameBytesMax },
    (_, body, done) => done(null, body),
  );
  app.post("/api/v1/join", async (request, reply) => {
    if (!(request.body instanceof Uint8Array)) {
      const message = "A join is a frame of bytes, sent as application/octet-stream.";
      return reply
        .status(415)
        .send(refusedJson({ code: "REQUEST_INVALID", message, next: "vigocli spanner bolt join" }));
    }
    if (open >= joinsMax) {
      const busy = { code: "BUSY", message: "Too many joins are under way here.", retryAfterS: 5 };
      return reply.status(503).header("retry-after", "5").send(refusedJson(busy));
    }
    open++;
    try {
      const answer = await order.join(new Uint8Array(request.body), request.ip);
      return await reply.type("application/octet-stream").send(Buffer.from(answer));
    } finally {
      open--;
    }
  });
}

function addVerb(app: FastifyInstance, name: VerbName, order: AdminOrder): void {
  const { method, path } = verbs[name];
  const url = `/api/v1${path.replace(/\{(\w+)\}/gu, ":$1")}`;
  app.route({
    method,
    url,
    onRequest: guard(order),
    handler: async (request, reply) => {
      const judged = judgeInput(name, request);
      if (!judged.ok) return reply.status(400).send(refusedJson(judged.refusal));
      const asked = requestOf(name, judged.value, order);
      if (!asked.ok) return reply.status(httpStatusOf(asked.refusal.code)).send(refusedJson(asked.refusal));
      const answer = await order.ask("local admin", asked.value);
      return send(reply, answer);
    },
  });
}

function send(reply: FastifyReply, answer: AdminAnswer): FastifyReply {
  if (answer.answer !== "refused") return reply.send(answerJson(answer));
  const { code, retryAfterS } = answer.refusal;
  if (retryAfterS !== undefined) void reply.header("retry-after", String(retryAfterS));
  return reply.status(httpStatusOf(code)).send(answerJson(answer));
}

function judgeInput(name: VerbName, request: FastifyRequest): Outcome<unknown> {
  const given = verbs[name].method === "GET" ? request.query : (request.body ?? {});
  const input = { ...(given as object), ...(request.params as object) };
  const judged = judgeValue(inputs[name] as z.ZodType<unknown>, input);
  if (judged.ok) return { ok: true, value: judged.value };
  return { ok: false, refusal: inputRefusal(judged.complaints[0]) };
}

/** The first complaint, with the field it is about and what was given there. */
function inputRefusal(complaint: PathComplaint | undefined): Refusal {
  const { path, message, value } = complaint ?? { path: [], message: "It does not fit.", value: undefined };
  const field = path.length === 0 ? "The input" : `The field ${path.join(".")}`;
  const shown = value === undefined ? {} : { value: typeof value === "string" ? value : JSON.stringify(value) };
  return { code: "REQUEST_INVALID", message: `${field} is not right. ${message}`, ...shown, next: describedIn };
}

/** Refuses whoever does not hold the token; the comparison takes the same time whatever was sent. */
function guard(order: AdminOrder): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const wanted = digest(`Bearer ${order.token}`);
  return async (request, reply) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ""), wanted)) return;
    const refusal = {
      code: "UNAUTHORISED",
      message: "This needs the token of an admin.",
      next: "run vigocli on the server's host, or vigocli login",
    };
    await reply.status(401).send(refusedJson(refusal));
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function refusedJson(refusal: Refusal): object {
  return { answer: "refused", refusal, row: null };
}
