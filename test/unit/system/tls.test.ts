/** TLS files: made, continued, re-issued and left alone; and a real handshake over them. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:tls";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTlsKey, issueCa, issueLeaf, keyPem } from "../../../src/system/certificate.ts";
import { pinOf } from "../../../src/system/pin.ts";
import { openTls } from "../../../src/system/tls.ts";
import type { TlsPaths } from "../../../src/system/tls.ts";
import { refusalOfAsync } from "../../support/refusal-of.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const nowMs = Date.UTC(2026, 10, 23);
const dayMs = 86_400_000;
const order = { hostname: "east-1.example.com", sans: ["10.0.0.7", "*.east.example.com", "fe80::1"], nowMs };

function newPaths(): TlsPaths {
  const folder = join(tempFolder(), "tls");
  const path = (name: string): string => join(folder, name);
  return { certFile: path("cert"), keyFile: path("key"), caFile: path("ca"), caKeyFile: path("ca_key") };
}

test("SY-8 the first boot makes a CA and a certificate for all names, the second changes nothing", async () => {
  const paths = newPaths();
  const made = await openTls(paths, order);
  expect(made.notes).toHaveLength(2);
  const [leaf, ca] = [new X509Certificate(made.certPem), new X509Certificate(made.caPem)];
  expect(ca.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
  for (const host of ["east-1.example.com", "localhost", "a.east.example.com"])
    expect(leaf.checkHost(host)).toBeDefined();
  for (const address of ["127.0.0.1", "::1", "10.0.0.7", "fe80::1"]) expect(leaf.checkIP(address)).toBeDefined();
  expect(leaf.checkHost("other.example.com")).toBeUndefined();
  expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBeLessThanOrEqual(825 * dayMs);
  expect(made.pin).toBe(pinOf(made.certPem));
  expect(made.caPin).toBe(pinOf(made.caPem));
  expect(made.pin).toMatch(/^[0-9a-f]{64}$/);
  expect(await openTls(paths, order)).toEqual({ ...made, notes: [] });
});

test("SY-8 T50 keys are 0600 and certificates readable, and no file has an empty line", async () => {
  const paths = newPaths();
  await openTls(paths, order);
  const modes = Object.values(paths).map((path: string) => statSync(path).mode & 0o777);
  expect(modes).toEqual([0o644, 0o600, 0o644, 0o600]);
  for (const path of [paths.certFile, paths.keyFile, paths.caFile, paths.caKeyFile]) {
    const text = readFileSync(path, "utf8");
    expect(text.endsWith("-----\n")).toBe(true);
    expect(text.slice(0, -1).split("\n")).not.toContain("");
  }
});

test("SY-8 changed names re-issue the certificate under the same key and CA, so pins hold", async () => {
  const paths = newPaths();
  const before = await openTls(paths, order);
  const after = await openTls(paths, { ...order, sans: ["new.example.com"] });
  expect(after.notes.join()).toContain("names");
  expect(after.certPem).not.toBe(before.certPem);
  expect([after.pin, after.caPin, after.caPem]).toEqual([before.pin, before.caPin, before.caPem]);
  const leaf = new X509Certificate(after.certPem);
  expect(leaf.checkHost("new.example.com")).toBeDefined();
  expect(leaf.checkIP("10.0.0.7")).toBeUndefined();
});

test("SY-8 a certificate is re-issued within 30 days of its end, and when a clock ran ahead", async () => {
  const paths = newPaths();
  const made = await openTls(paths, order);
  const endsMs = Date.parse(new X509Certificate(made.certPem).validTo);
  expect((await openTls(paths, { ...order, nowMs: endsMs - 31 * dayMs })).certPem).toBe(made.certPem);
  const renewed = await openTls(paths, { ...order, nowMs: endsMs - 29 * dayMs });
  expect(renewed.certPem).not.toBe(made.certPem);
  expect(renewed.pin).toBe(made.pin);
  const back = await openTls(paths, { ...order, nowMs: nowMs + 10 * dayMs });
  expect(Date.parse(new X509Certificate(back.certPem).validFrom)).toBeLessThan(nowMs + 10 * dayMs);
});

test("SY-8 T51 a crash between any two of the four files is continued at the next boot", async () => {
  const full = newPaths();
  await openTls(full, order);
  const inOrder: (keyof TlsPaths)[] = ["caKeyFile", "caFile", "keyFile", "certFile"];
  for (let written = 0; written < inOrder.length; written++) {
    const paths = newPaths();
    mkdirSync(join(paths.certFile, ".."), { mode: 0o700 });
    for (const name of inOrder.slice(0, written)) {
      writeFileSync(paths[name], readFileSync(full[name]), { mode: statSync(full[name]).mode & 0o777 });
    }
    const continued = await openTls(paths, order);
    const leaf = new X509Certificate(continued.certPem);
    expect(leaf.checkPrivateKey(createPrivateKey(continued.keyPem))).toBe(true);
    expect(leaf.verify(new X509Certificate(continued.caPem).publicKey)).toBe(true);
    for (const name of inOrder.slice(0, written)) expect(readFileSync(paths[name])).toEqual(readFileSync(full[name]));
  }
});

test("SY-8 a certificate the operator laid there is used and never overwritten, with a remark", async () => {
  const [paths, foreignKey, foreignCaKey] = [newPaths(), createTlsKey(), createTlsKey()];
  const foreignCa = await issueCa("someone else", foreignKey, nowMs);
  const own = await issueLeaf({
    names: ["www.example.com"],
    key: foreignKey,
    caPem: await issueCa("someone else", foreignCaKey, nowMs),
    caKey: foreignCaKey,
    nowMs,
  });
  mkdirSync(join(paths.certFile, ".."), { mode: 0o700 });
  writeFileSync(paths.certFile, own);
  writeFileSync(paths.keyFile, keyPem(foreignKey), { mode: 0o600 });
  writeFileSync(paths.caFile, foreignCa);
  const opened = await openTls(paths, order);
  expect(opened.certPem).toBe(own);
  expect(opened.notes.join()).toContain("left alone");
  expect(readFileSync(paths.certFile, "utf8")).toBe(own);
});

test("SY-8 missing, foreign and spoilt files are refused with what to do", async () => {
  const cases: [keyof TlsPaths, string | null, string][] = [
    ["keyFile", null, "TLS_INCOMPLETE"],
    ["keyFile", keyPem(createTlsKey()), "TLS_MISMATCH"],
    ["caKeyFile", keyPem(createTlsKey()), "TLS_MISMATCH"],
    ["certFile", "nonsense", "TLS_CORRUPT"],
    ["keyFile", "nonsense", "TLS_CORRUPT"],
    ["caFile", "", "TLS_CORRUPT"],
  ];
  for (const [name, content, code] of cases) {
    const paths = newPaths();
    await openTls(paths, order);
    if (content === null) rmSync(paths[name]);
    else writeFileSync(paths[name], content);
    const refusal = await refusalOfAsync(() => openTls(paths, order));
    expect(refusal.code, name).toBe(code);
    expect(refusal.next).toBeTruthy();
  }
});

test("SY-8 without the CA key a certificate is served as long as it needs no successor", async () => {
  const paths = newPaths();
  const made = await openTls(paths, order);
  rmSync(paths.caKeyFile);
  expect((await openTls(paths, order)).certPem).toBe(made.certPem);
  rmSync(paths.certFile);
  expect((await refusalOfAsync(() => openTls(paths, order))).code).toBe("TLS_INCOMPLETE");
});

test("SY-8 T50 a TLS key that others may read is refused", async () => {
  const paths = newPaths();
  await openTls(paths, order);
  chmodSync(paths.keyFile, 0o644);
  expect(await refusalOfAsync(() => openTls(paths, order))).toMatchObject({
    code: "SECRET_MODE",
    next: `chmod 0600 ${paths.keyFile}`,
  });
});

test("SY-8 a name that is none is refused before anything is written", async () => {
  const paths = newPaths();
  const refusal = await refusalOfAsync(() => openTls(paths, { ...order, sans: ["bad name, DNS:evil"] }));
  expect(refusal).toMatchObject({ code: "TLS_NAME_INVALID", value: "bad name, dns:evil" });
  expect(statSync(join(paths.certFile, ".."), { throwIfNoEntry: false })).toBeUndefined();
});

test("SY-8 a client that trusts the CA connects and sees the pinned key, others are refused", async () => {
  const made = await openTls(newPaths(), { ...order, nowMs: Date.now() });
  const server = createServer({ cert: made.certPem, key: made.keyPem }, (socket) => socket.end());
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = connect({ port, host: "127.0.0.1", servername: "localhost", ca: made.caPem });
  await once(client, "secureConnect");
  expect([client.authorized, client.getProtocol()]).toEqual([true, "TLSv1.3"]);
  expect(pinOf(client.getPeerCertificate().raw)).toBe(made.pin);
  client.destroy();
  const stranger = connect({ port, host: "127.0.0.1", servername: "localhost" });
  const [failure] = (await once(stranger, "error")) as [Error];
  expect(failure.message).toContain("unable to verify");
  server.close();
});
