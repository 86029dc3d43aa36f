/** The admin API over real TLS on loopback, with a hand-written bolt behind its port. */
import { afterEach, expect, test } from "vitest";
import { request } from "node:https";
import { join } from "node:path";
import { AdminClient } from "../../../src/admin/client.ts";
import { openAdminServer } from "../../../src/admin/server.ts";
import type { AdminServer } from "../../../src/admin/server.ts";
import { verbs } from "../../../src/admin/verbs.ts";
import type { VerbName } from "../../../src/admin/verbs.ts";
import { boxSecret } from "../../../src/host/secret.ts";
import { createStandInSeal } from "../../../src/seal/stand-in.ts";
import { openTls } from "../../../src/system/tls.ts";
import type { TlsMaterial } from "../../../src/system/tls.ts";
import type { AdminAnswer, AdminRequest } from "../../../src/turn/admin.ts";
import { decodeBundle } from "../../../src/wire/bundle.ts";
import { keyOf } from "../../support/roster-builder.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const token = "a-token";
const genesis = "1".repeat(64);
let open: AdminServer | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

interface Served {
  readonly url: string;
  readonly tls: TlsMaterial;
  readonly asked: AdminRequest[];
  readonly client: (given?: { readonly token?: string; readonly pin?: string }) => AdminClient;
}

async function serve(answer: (request: AdminRequest) => AdminAnswer): Promise<Served> {
  const folder = tempFolder();
  const path = (name: string): string => join(folder, "tls", name);
  const paths = { certFile: path("cert"), keyFile: path("key"), caFile: path("ca"), caKeyFile: path("ca_key") };
  const tls = await openTls(paths, { hostname: "127.0.0.1", sans: [], nowMs: Date.now() });
  const asked: AdminRequest[] = [];
  open = await openAdminServer({
    host: "127.0.0.1",
    port: 0,
    tls: { cert: tls.certPem, key: tls.keyPem },
    token,
    ask: (_user, given) => {
      asked.push(given);
      return Promise.resolve(answer(given));
    },
    join: (frame) => Promise.resolve(new Uint8Array([...frame].reverse())),
    ready: () => ({ ready: false, why: "the disk failed" }),
    metrics: () => Promise.resolve("vigo_test 1\n"),
    version: "test",
    seal: createStandInSeal(1),
  });
  const url = `https://127.0.0.1:${open.port}`;
  const client: Served["client"] = (given = {}) =>
    new AdminClient({
      server: url,
      trust: { pin: given.pin ?? tls.pin },
      token: given.token ?? token,
      timeoutMs: 5_000,
    });
  return { url, tls, asked, client };
}

const refusal = {
  code: "BOLT_UNKNOWN",
  message: "No bolt is called so.",
  value: "x",
  next: "vigocli spanner bolt list",
};
const refuseAll = (): AdminAnswer => ({ answer: "refused", refusal, row: null });

function raw(
  url: string,
  options: { readonly method: string; readonly headers?: Record<string, string>; readonly body?: Uint8Array | string },
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, rejectUnauthorized: false, agent: false }, (response) => {
      let body = "";
      response.setEncoding("latin1").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject);
    sent.end(options.body);
  });
}

test("AM-1 every route refuses the anonymous and the wrong token", async () => {
  const { url, asked } = await serve(refuseAll);
  const paths: (readonly [string, string])[] = Object.values(verbs).map(({ method, path }) => [
    method,
    `/api/v1${path}`,
  ]);
  paths.push(["GET", "/metrics"], ["GET", "/api/v1/openapi.json"]);
  for (const [method, path] of paths) {
    const target = `${url}${path.replace(/\{\w+\}/gu, "x")}`;
    for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: `Basic ${token}` }]) {
      const { status, body } = await raw(target, { method, headers });
      expect([path, status]).toEqual([path, 401]);
      expect(body).toContain("UNAUTHORISED");
    }
  }
  expect(asked).toEqual([]);
  expect((await raw(`${url}/healthz`, { method: "GET" })).status).toBe(200);
  expect(await raw(`${url}/readyz`, { method: "GET" })).toMatchObject({ status: 503 });
});

test("AM-2 AM-3 inputs are judged first; refusals keep code, sentence and next step", async () => {
  const { client, asked, url } = await serve(refuseAll);
  expect(await client().ask("invite", { ttl: "soon" })).toMatchObject({
    refusal: { code: "REQUEST_INVALID", message: expect.stringContaining("field ttl") as string, value: "soon" },
  });
  expect(await client().ask("join", { code: "vigo1-garbage" })).toMatchObject({ refusal: { code: "BUNDLE_CORRUPT" } });
  expect(asked).toEqual([]);
  expect(await client().ask("bolt-show", { bolt: "x/../y" })).toMatchObject({ answer: "refused", refusal });
  expect(asked).toEqual([{ do: "bolt-show", bolt: "x/../y" }]);
  const headers = { authorization: `Bearer ${token}` };
  expect((await raw(`${url}/api/v1/spanner/bolts/x`, { method: "GET", headers })).status).toBe(404);
  const body = "{not json";
  const json = { ...headers, "content-type": "application/json" };
  expect((await raw(`${url}/api/v1/spanner/init`, { method: "POST", headers: json, body })).status).toBe(400);
});

test("AM-4 the join port passes bounded frames on, unread", async () => {
  const { url } = await serve(refuseAll);
  const headers = { "content-type": "application/octet-stream" };
  const post = (body: Uint8Array | string, given: Record<string, string> = headers): ReturnType<typeof raw> =>
    raw(`${url}/api/v1/join`, { method: "POST", headers: given, body });
  expect(await post(Uint8Array.of(1, 2, 3))).toEqual({ status: 200, body: "\u0003\u0002\u0001" });
  expect((await post("{}", { "content-type": "application/json" })).status).toBe(415);
  expect((await post(new Uint8Array(70_000))).status).toBe(413);
});

test("AM-5 T4 a wrong pin is told and nothing is asked", async () => {
  const { client, asked } = await serve(refuseAll);
  const fooled = client({ pin: "f".repeat(64) });
  await expect(fooled.ask("init", {})).rejects.toMatchObject({ refusal: { code: "PIN_MISMATCH" } });
  expect(asked).toEqual([]);
});

test("AM-6 T60 the invite's text opens to its bundle; the recovery key is shown at init alone", async () => {
  const seed = new Uint8Array(32).fill(5);
  const bundle = {
    genesis: genesis as never,
    spannerId: "test",
    mint: "2".repeat(64) as never,
    minter: keyOf("east"),
    tokenKey: keyOf("token"),
    expiresMs: 5,
    pin: "3".repeat(64),
    addresses: ["https://east:8443"],
  };
  const { client } = await serve((given) => {
    if (given.do === "invite") {
      return { answer: "invited", invite: null, bundle, tokenSeed: boxSecret("token key", seed), dryRun: false };
    }
    const recoverySeed = given.do === "init" && !given.dryRun ? boxSecret("recovery key", seed) : null;
    return {
      answer: "founded",
      genesis: genesis as never,
      recoveryKey: keyOf("recovery"),
      recoverySeed,
      dryRun: false,
    };
  });
  const invited = await client().ask("invite", {});
  const code = invited.answer === "invited" ? (invited.code ?? "") : "";
  expect(decodeBundle(code)).toEqual({ ok: true, value: { bundle, tokenSeed: seed } });
  expect(await client().ask("init", {})).toMatchObject({ recoverySeed: "05".repeat(32) });
  expect(await client().ask("init", { dryRun: true })).toMatchObject({ recoverySeed: null });
});

test("AM-7 the OpenAPI document names every verb", async () => {
  const { client } = await serve(refuseAll);
  const document = JSON.parse(await client().get("/api/v1/openapi.json")) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const named = Object.values(document.paths).flatMap((route) => Object.values(route).map((one) => one.operationId));
  expect(named.sort()).toEqual((Object.keys(verbs) as VerbName[]).sort());
});
