/**
 * The licences installed on this machine: `license/*.lic` and `license/authority.pub` under the data directory. Every
 * file is read and reported, also those that are worth nothing, so that `license status` can say why (T56). Links are
 * not followed (T42).
 */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compareText } from "../kernel/order.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import type { Seal } from "../host/seal-port.ts";
import { parseAuthority } from "../license/authority.ts";
import type { LicenceBench, LicenceInForce, LicenceVerdict } from "../license/judge.ts";
import { judgeLicence, licenceInForce } from "../license/judge.ts";
import type { Licence } from "../license/licence.ts";
import { licenceLimitBytes, parseLicence } from "../license/licence.ts";
import { loadFile, loadText, makeFolder, openFileMode, saveFile, secretFolderMode } from "./files.ts";
import { Refused, storageRefusal, systemCode } from "./refused.ts";

/** More files than this are not read: nobody has so many. */
const filesMax = 64;

/** What installed licences are judged by. */
export interface LicenceOrder {
  readonly dataDir: string;
  readonly seal: Pick<Seal, "verify" | "acceptsKey">;
  readonly machine: LicenceBench["machine"];
  readonly nowMs: number;
  readonly mode: LicenceBench["mode"];
}

/** One `*.lic` file, by its name without folder: judged, or why it could not be read. */
export interface LicenceEntry {
  readonly file: string;
  readonly verdict: Outcome<LicenceVerdict>;
}

/** All that is installed, and what is in force. */
export interface InstalledLicences {
  /** The authority's public key in hex; null without `authority.pub`, or with a bad one. */
  readonly authority: string | null;
  /** Why `authority.pub` is not used, when it is there but bad. */
  readonly authorityRefusal: Refusal | null;
  /** By name. */
  readonly entries: readonly LicenceEntry[];
  /** What the server runs on, or `LICENSE_REFUSED`. */
  readonly inForce: Outcome<LicenceInForce>;
}

/** Reads and judges what is installed. Throws `Refused` only when the folder itself cannot be read. */
export function openLicences(order: LicenceOrder): InstalledLicences {
  const { dataDir, seal, machine, nowMs, mode } = order;
  const folder = join(dataDir, "license");
  const key = readAuthority(join(folder, "authority.pub"), seal);
  const authority = key?.ok === true ? key.value : null;
  const verify: LicenceBench["verify"] = (publicKey, bytes, signature) => seal.verify(publicKey, bytes, signature);
  const bench: LicenceBench = { authority, verify, machine, nowMs, mode };
  const entries = licenceNames(folder).map((file): LicenceEntry => {
    const licence = readLicence(join(folder, file));
    return { file, verdict: licence.ok ? done(judgeLicence(licence.value, bench)) : licence };
  });
  const verdicts = entries.flatMap(({ verdict }) => (verdict.ok ? [verdict.value] : []));
  const authorityRefusal = key?.ok === false ? key.refusal : null;
  return { authority, authorityRefusal, entries, inForce: licenceInForce(verdicts, mode) };
}

/** Puts a licence file beside the others, under its id; one with the same id is replaced. Returns its name. */
export function installLicence(dataDir: string, licence: Licence): string {
  const folder = join(dataDir, "license");
  makeFolder(folder, secretFolderMode);
  const name = `${licence.id}.lic`;
  saveFile(join(folder, name), licence.file, openFileMode);
  return name;
}

function licenceNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".lic") && !name.startsWith("."))
      .sort(compareText)
      .slice(0, filesMax);
  } catch (caught) {
    if (systemCode(caught) === "ENOENT") return [];
    throw storageRefusal(folder, caught);
  }
}

function readLicence(path: string): Outcome<Licence> {
  const bytes = readPlain(path, (plain) => loadFile(plain, licenceLimitBytes));
  if (!bytes.ok) return bytes;
  return bytes.value === undefined ? refused(gone(path)) : parseLicence(bytes.value);
}

function readAuthority(path: string, seal: Pick<Seal, "acceptsKey">): Outcome<string> | undefined {
  const text = readPlain(path, (plain) => loadText(plain, 1_024));
  if (!text.ok) return text;
  return text.value === undefined ? undefined : parseAuthority(text.value, (key) => seal.acceptsKey(key));
}

/** A file that is no link; what the storage refuses comes back as a value, so that one bad file hides no other. */
function readPlain<T>(path: string, read: (path: string) => T | undefined): Outcome<T | undefined> {
  try {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) return done(undefined);
    if (status.isFile()) return done(read(path));
    const message = "A licence or authority must be a plain file, not a link or a folder.";
    return refused({ code: "LICENSE_CORRUPT", message, value: path, next: "copy the file itself to this place" });
  } catch (caught) {
    return refused((caught instanceof Refused ? caught : storageRefusal(path, caught)).refusal);
  }
}

function gone(path: string): Refusal {
  return { code: "LICENSE_CORRUPT", message: "The file went away while it was read.", value: path };
}
