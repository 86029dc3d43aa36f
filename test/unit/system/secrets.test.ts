/** Secrets at rest: how they are made, what is refused, and what the operator is told. */
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  guardSecret,
  guardSecrets,
  inspectSecrets,
  openMasterKey,
  openSecretFile,
  unwrap,
  wrap,
} from "../../../src/system/secrets.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("\n*** SKIPPED: not root, owners of secrets were NOT tested ***\n\n");

test("SY-5 T50 the master key is made once, 0600 in a 0700 folder", () => {
  const dataDir = tempFolder();
  const made = openMasterKey(dataDir);
  expect(made.wasMade).toBe(true);
  expect(made.bytes).toHaveLength(32);
  expect(statSync(join(dataDir, "secrets")).mode & 0o777).toBe(0o700);
  expect(statSync(join(dataDir, "secrets", ".master.key")).mode & 0o777).toBe(0o600);
  expect(openMasterKey(dataDir)).toEqual({ bytes: made.bytes, wasMade: false });
  expect(openMasterKey(tempFolder()).bytes).not.toEqual(made.bytes);
});

test("SY-5 T50 wider modes are refused with the chmod to run, and are not repaired", () => {
  const dataDir = tempFolder();
  openMasterKey(dataDir);
  const path = join(dataDir, "secrets", ".master.key");
  for (const mode of [0o640, 0o604, 0o620, 0o644, 0o666, 0o601]) {
    chmodSync(path, mode);
    expect(refusalOf(() => openMasterKey(dataDir))).toMatchObject({
      code: "SECRET_MODE",
      value: path,
      next: `chmod 0600 ${path}`,
    });
    expect(statSync(path).mode & 0o777).toBe(mode);
  }
  chmodSync(path, 0o400);
  expect(openMasterKey(dataDir).wasMade).toBe(false);
  chmodSync(join(dataDir, "secrets"), 0o755);
  expect(refusalOf(() => openMasterKey(dataDir)).next).toBe(`chmod 0700 ${join(dataDir, "secrets")}`);
});

test.skipIf(!isRoot)("SY-5 T50 a secret of another user is refused", () => {
  const dataDir = tempFolder();
  openMasterKey(dataDir);
  const path = join(dataDir, "secrets", ".master.key");
  chownSync(path, 12_345, 12_345);
  const refusal = refusalOf(() => openMasterKey(dataDir));
  expect(refusal.code).toBe("SECRET_MODE");
  expect(refusal.message).toContain("12345");
  expect(refusal.next).toBe(`chown 0 ${path} && chmod 0600 ${path}`);
});

test("SY-5 a secret that is a link is refused, wherever it points", () => {
  const dataDir = tempFolder();
  openMasterKey(dataDir);
  const path = join(dataDir, "secrets", ".master.key");
  rmSync(path);
  writeFileSync(join(dataDir, "elsewhere"), new Uint8Array(32), { mode: 0o600 });
  symlinkSync(join(dataDir, "elsewhere"), path);
  expect(refusalOf(() => openMasterKey(dataDir)).code).toBe("SECRET_MODE");
});

test("SY-5 a path with a space or a quote is printed so that the shell takes it as one word", () => {
  const path = join(tempFolder(), "it's mine");
  writeFileSync(path, "x", { mode: 0o644 });
  expect(refusalOf(() => guardSecret(path)).next).toMatch(/^chmod 0600 '.*it'\\''s mine'$/);
});

test("SY-5 all wrong secrets of a data directory are found at once, and one line puts them right", () => {
  const dataDir = tempFolder();
  openMasterKey(dataDir);
  for (const folder of ["bolt", "tls"]) mkdirSync(join(dataDir, folder), { mode: 0o700 });
  writeFileSync(join(dataDir, "bolt", "identity.wrapped"), "x", { mode: 0o600 });
  writeFileSync(join(dataDir, "tls", "key"), "x", { mode: 0o600 });
  writeFileSync(join(dataDir, "tls", "cert"), "x", { mode: 0o644 });
  guardSecrets(dataDir);
  expect(inspectSecrets(dataDir)).toEqual([]);
  const wrong = [join(dataDir, "tls", "key"), join(dataDir, "bolt", "identity.wrapped")];
  for (const path of wrong) chmodSync(path, 0o644);
  expect(inspectSecrets(dataDir).map(({ value }) => value)).toEqual(wrong);
  expect(refusalOf(() => guardSecrets(dataDir)).next).toBe(wrong.map((path) => `chmod 0600 ${path}`).join(" && "));
  expect(inspectSecrets(tempFolder())).toEqual([]);
});

test("SY-4 a lost master key is not replaced while an identity needs it", () => {
  const dataDir = tempFolder();
  openMasterKey(dataDir);
  mkdirSync(join(dataDir, "bolt"), { mode: 0o700 });
  writeFileSync(join(dataDir, "bolt", "identity.wrapped"), "x", { mode: 0o600 });
  rmSync(join(dataDir, "secrets", ".master.key"));
  expect(refusalOf(() => openMasterKey(dataDir)).code).toBe("MASTER_KEY_MISSING");
});

test("SY-5 a master key of the wrong length is refused", () => {
  const dataDir = tempFolder();
  openSecretFile(join(dataDir, "secrets", ".master.key"), () => new Uint8Array(16));
  expect(refusalOf(() => openMasterKey(dataDir)).code).toBe("MASTER_KEY_CORRUPT");
});

test("SY-6 what is wrapped opens with its key and purpose only", () => {
  const [key, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const secret = new TextEncoder().encode("seed");
  const wrapped = wrap(key, "identity", secret);
  expect(unwrap(key, "identity", wrapped)).toEqual(secret);
  expect(wrap(key, "identity", secret)).not.toEqual(wrapped);
  expect(unwrap(other, "identity", wrapped)).toBeUndefined();
  expect(unwrap(key, "recovery", wrapped)).toBeUndefined();
  expect(Buffer.from(wrapped).includes("seed")).toBe(false);
});

test("SY-6 any changed byte and any cut of what is wrapped is noticed", () => {
  const key = new Uint8Array(32).fill(1);
  const wrapped = wrap(key, "identity", new Uint8Array(32));
  for (let at = 0; at < wrapped.length; at++) {
    const changed = wrapped.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(unwrap(key, "identity", changed), `byte ${at}`).toBeUndefined();
    expect(unwrap(key, "identity", wrapped.slice(0, at)), `cut at ${at}`).toBeUndefined();
  }
});
