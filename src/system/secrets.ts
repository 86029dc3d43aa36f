/**
 * Secrets at rest (T50): files of mode 0600 in folders of mode 0700, owned by whoever runs the server, created that
 * way. Wider ones are refused, not repaired: someone may have read them already. Other secrets are wrapped with the
 * machine's master key by AES-256-GCM, each bound to a domain.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import type { Stats } from "node:fs";
import { join } from "node:path";
import type { Refusal } from "../kernel/refusal.ts";
import { invariant } from "../kernel/assert.ts";
import { Refused, quoted, storageRefusal, systemCode } from "./refused.ts";
import { loadFile, makeFolder, saveFile, secretFileMode, secretFolderMode } from "./files.ts";

const secretLimitBytes = 64 * 1_024;
const nonceBytes = 12;
const tagBytes = 16;

/** The folders that hold secrets, and the secret files elsewhere, relative to the data directory. */
const secretFolders = ["secrets", "bolt"];
const secretFiles = ["tls/key", "tls/ca_key"];

/** The master key of a data directory; `wasMade` when it did not exist before. */
export interface MasterKey {
  readonly bytes: Uint8Array;
  readonly wasMade: boolean;
}

/**
 * Loads `secrets/.master.key`, or makes it at first boot. Throws `Refused`: SECRET_MODE; MASTER_KEY_CORRUPT; and
 * MASTER_KEY_MISSING when something wrapped lies in the data directory, because a new key could never open it.
 */
export function openMasterKey(dataDir: string): MasterKey {
  const path = join(dataDir, "secrets", ".master.key");
  const isThere = exists(path);
  if (!isThere) refuseOrphans(dataDir, path);
  const bytes = openSecretFile(path, () => new Uint8Array(randomBytes(32)));
  if (bytes.length === 32) return { bytes, wasMade: !isThere };
  const message = `The master key has ${bytes.length} bytes where 32 belong.`;
  throw new Refused({ code: "MASTER_KEY_CORRUPT", message, value: path, next: "restore the file from a backup" });
}

/**
 * The content of a secret file; made by `make` and stored when it is not there yet. Throws `Refused`: SECRET_MODE and
 * the codes of storage.
 */
export function openSecretFile(path: string, make: () => Uint8Array): Uint8Array {
  const folder = join(path, "..");
  if (!exists(folder)) makeFolder(folder, secretFolderMode);
  guardSecret(folder);
  if (exists(path)) {
    guardSecret(path);
    const held = loadFile(path, secretLimitBytes);
    if (held !== undefined) return held;
  }
  const made = make();
  saveFile(path, made, secretFileMode);
  return made;
}

/** Throws `Refused` SECRET_MODE when the file or folder is open to others, not ours, or not what it should be. */
export function guardSecret(path: string): void {
  const refusal = inspectSecret(path);
  if (refusal !== undefined) throw new Refused(refusal);
}

/** All that is wrong with the modes and owners of secrets under the data directory; empty when nothing is. */
export function inspectSecrets(dataDir: string): Refusal[] {
  const paths = secretFiles.map((path) => join(dataDir, path));
  for (const folder of secretFolders) {
    const path = join(dataDir, folder);
    if (!exists(path)) continue;
    paths.push(path);
    if (statusOf(path)?.isDirectory() !== true) continue;
    for (const entry of readdirSync(path).sort()) paths.push(join(path, entry));
  }
  return paths.filter(exists).flatMap((path) => inspectSecret(path) ?? []);
}

/** Throws `Refused` SECRET_MODE naming the first wrong secret, with the commands that put all of them right. */
export function guardSecrets(dataDir: string): void {
  const [first, ...others] = inspectSecrets(dataDir);
  if (first === undefined) return;
  const next = [first, ...others].flatMap((refusal) => refusal.next ?? []).join(" && ");
  throw new Refused({ ...first, next });
}

/** The secret, readable only with the same key and for the same purpose. Every call gives other bytes. */
export function wrap(key: Uint8Array, purpose: string, secret: Uint8Array): Uint8Array {
  invariant(key.length === 32, "a wrapping key has 32 bytes");
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(purpose, "utf8"));
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
  return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), sealed]));
}

/** What `wrap` was given, or undefined: changed, cut, wrapped by another key or for another purpose. */
export function unwrap(key: Uint8Array, purpose: string, wrapped: Uint8Array): Uint8Array | undefined {
  invariant(key.length === 32, "a wrapping key has 32 bytes");
  if (wrapped.length < nonceBytes + tagBytes) return undefined;
  const nonce = wrapped.subarray(0, nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(purpose, "utf8"));
  decipher.setAuthTag(wrapped.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    const secret = Buffer.concat([decipher.update(wrapped.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return new Uint8Array(secret);
  } catch {
    return undefined; // node throws one plain error for every reason
  }
}

function inspectSecret(path: string): Refusal | undefined {
  const status = statusOf(path);
  if (status === undefined) return undefined;
  const code = "SECRET_MODE";
  if (!status.isFile() && !status.isDirectory()) {
    const message = "A secret must be a plain file, not a link or a device.";
    return { code, message, value: path, next: `ls -l ${quoted(path)}` };
  }
  const mine = process.getuid?.() ?? status.uid;
  const mode = status.mode & 0o777;
  const right = status.isDirectory() ? "0700" : "0600";
  const repair = `chmod ${right} ${quoted(path)}`;
  if (status.uid !== mine) {
    const message = `This secret belongs to user ${status.uid}, but the server runs as user ${mine}.`;
    return { code, message, value: path, next: `chown ${mine} ${quoted(path)} && ${repair}` };
  }
  if ((mode & 0o077) === 0) return undefined;
  const message = `This secret has mode ${octal(mode)}, so others could read or change it; it must have ${right}.`;
  return { code, message, value: path, next: repair };
}

function refuseOrphans(dataDir: string, keyPath: string): void {
  const folder = join(dataDir, "bolt");
  const wrapped = exists(folder) ? readdirSync(folder).filter((name) => name.startsWith("identity.wrapped")) : [];
  if (wrapped.length === 0) return;
  const message = "The master key is gone, but an identity wrapped with it is still there.";
  const next = `restore ${quoted(keyPath)} from a backup, or remove ${quoted(folder)} to start as a new bolt`;
  throw new Refused({ code: "MASTER_KEY_MISSING", message, value: keyPath, next });
}

function exists(path: string): boolean {
  return statusOf(path) !== undefined;
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (caught) {
    const code = systemCode(caught);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw storageRefusal(path, caught);
  }
}

function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}
