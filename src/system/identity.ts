/**
 * The bolt's own key pair, made at first boot and kept wrapped in `bolt/identity.wrapped`; the seed is never on disk
 * in the clear (SY-4). Two equal copies lie side by side, so a spoilt one never brings back an older key (T51).
 *
 *   none -> current -- rotate --> current (new key), the old file kept as identity.wrapped.<n>
 *
 * File content: version byte, public key (32), then the seed wrapped by the master key for that public key.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { equalBytes } from "../kernel/bytes.ts";
import { toHex } from "../kernel/hex.ts";
import type { KeyPair, Seal } from "../host/seal-port.ts";
import { loadFile, makeFolder, saveFile, secretFileMode, secretFolderMode } from "./files.ts";
import { loadKept, previousOf, saveTwice } from "./kept-file.ts";
import { Refused } from "./refused.ts";
import { guardSecret, unwrap, wrap } from "./secrets.ts";

const version = 1;
const identityLimitBytes = 4_096;

/** An identity as loaded; `warning` is a sentence to log, `wasMade` true at first boot and after `rotate`. */
export interface Identity {
  readonly key: KeyPair;
  readonly wasMade: boolean;
  readonly warning: string | null;
}

type Generator = Pick<Seal, "generate">;

/** Loads the identity of a data directory, or makes one. Throws `Refused`: IDENTITY_CORRUPT, SECRET_MODE, storage. */
export function openIdentity(dataDir: string, masterKey: Uint8Array, seal: Generator): Identity {
  const path = identityPath(dataDir);
  makeFolder(join(dataDir, "bolt"), secretFolderMode);
  for (const secret of [join(dataDir, "bolt"), path, previousOf(path)]) guardSecret(secret);
  const kept = loadWrapped(path);
  if (kept === undefined) return { key: makeKey(path, masterKey, seal), wasMade: true, warning: null };
  const key = openWrapped(path, kept.bytes, masterKey, seal);
  // Puts a lost or older second copy right: a crash may have come between the two.
  if (kept.from === "previous" || !hasEqualCopy(path)) saveTwice(path, kept.bytes, secretFileMode);
  return { key, wasMade: false, warning: kept.warning };
}

/**
 * Gives the machine a new key, because the old one was removed from its spanner for good. The old file stays as
 * `identity.wrapped.<n>`, with the lowest n that is free. Throws as `openIdentity` does.
 */
export function rotateIdentity(dataDir: string, masterKey: Uint8Array, seal: Generator): Identity {
  const path = identityPath(dataDir);
  const kept = loadWrapped(path);
  if (kept !== undefined) {
    openWrapped(path, kept.bytes, masterKey, seal);
    const taken = retiredNumbers(dataDir);
    let free = 1;
    while (taken.includes(free)) free++;
    saveFile(`${path}.${free}`, kept.bytes, secretFileMode);
  }
  makeFolder(join(dataDir, "bolt"), secretFolderMode);
  return { key: makeKey(path, masterKey, seal), wasMade: true, warning: null };
}

/** The keys this machine had before, oldest first. Throws `Refused` IDENTITY_CORRUPT. */
export function retiredIdentities(dataDir: string, masterKey: Uint8Array, seal: Generator): KeyPair[] {
  return retiredNumbers(dataDir).flatMap((number) => {
    const path = `${identityPath(dataDir)}.${number}`;
    const content = loadFile(path, identityLimitBytes);
    return content === undefined ? [] : [openWrapped(path, content, masterKey, seal)];
  });
}

/** Where the identity of a data directory lies. */
export function identityPath(dataDir: string): string {
  return join(dataDir, "bolt", "identity.wrapped");
}

function makeKey(path: string, masterKey: Uint8Array, seal: Generator): KeyPair {
  const key = seal.generate(new Uint8Array(randomBytes(32)));
  const wrapped = wrap(masterKey, purposeOf(key.publicKey), key.seed);
  saveTwice(path, new Uint8Array(Buffer.concat([Uint8Array.of(version), key.publicKey, wrapped])), secretFileMode);
  return key;
}

function openWrapped(path: string, content: Uint8Array, masterKey: Uint8Array, seal: Generator): KeyPair {
  if (content[0] !== version) throw corrupt(path, `The identity has format ${content[0] ?? "none"}, not ${version}.`);
  const publicKey = content.slice(1, 33);
  const seed = unwrap(masterKey, purposeOf(publicKey), content.slice(33));
  if (seed?.length !== 32) throw corrupt(path, "The identity does not open with this machine's master key.");
  const key = seal.generate(seed);
  if (!equalBytes(key.publicKey, publicKey)) throw corrupt(path, "The identity's two halves do not belong together.");
  return key;
}

function loadWrapped(path: string): ReturnType<typeof loadKept> {
  try {
    return loadKept(path, identityLimitBytes);
  } catch (caught) {
    if (!(caught instanceof Refused) || caught.refusal.code !== "STATE_CORRUPT") throw caught;
    throw corrupt(path, "Both copies of the identity are damaged.");
  }
}

function hasEqualCopy(path: string): boolean {
  const [current, copy] = [path, previousOf(path)].map((file) => loadFile(file, 2 * identityLimitBytes));
  return current !== undefined && copy !== undefined && equalBytes(current, copy);
}

function corrupt(path: string, message: string): Refused {
  const next = "restore bolt/ and secrets/ from the same backup, or have this bolt removed and join as a new one";
  return new Refused({ code: "IDENTITY_CORRUPT", message, value: path, next });
}

function purposeOf(publicKey: Uint8Array): string {
  return `vigo bolt identity ${version} ${toHex(publicKey)}`;
}

function retiredNumbers(dataDir: string): number[] {
  const folder = join(dataDir, "bolt");
  const numbers = (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
    const match = /^identity\.wrapped\.([1-9]\d{0,5})$/.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return numbers.sort((a, b) => a - b);
}
