/**
 * What vigolicense does, apart from its command line: makes an authority, issues licences, shows what a file says.
 * Throws `Refused` for everything that a user can get wrong; returns what belongs on stdout. Carries LI-10 and LI-11.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, lstatSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { fromHex, toHex } from "../kernel/hex.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { parseWallText, wallText } from "../kernel/wall-text.ts";
import { toMs } from "../kernel/time.ts";
import { nearWord } from "../kernel/near-word.ts";
import type { Seal } from "../host/seal-port.ts";
import { authoritySecretText, authorityText, parseAuthority, parseAuthoritySecret } from "../license/authority.ts";
import { judgeLicence } from "../license/judge.ts";
import type { LicenceVerdict } from "../license/judge.ts";
import type { Licence, LicenceTerms, Tier } from "../license/licence.ts";
import { licenceBytes, licenceFile, licenceLimitBytes, parseLicence, termsFault, tiers } from "../license/licence.ts";
import type { MachineFingerprint } from "../license/machine.ts";
import { parseMachineFingerprint } from "../license/machine.ts";
import { parseDuration } from "../reading/amounts.ts";
import { loadFile, loadText, openFileMode, secretFileMode, syncFolder } from "../system/files.ts";
import { Refused, quoted, storageRefusal, systemCode } from "../system/refused.ts";
import { guardSecret } from "../system/secrets.ts";

/** What the work needs of its process. */
export interface LicenceTools {
  readonly seal: Seal;
  readonly nowMs: number;
}

/** The options of `issue`, as typed. */
export interface IssueOrder {
  readonly authority: string;
  readonly customer: string;
  readonly tier: string;
  readonly nodes: string;
  readonly expires: string;
  /** A fingerprint, a file that holds one, or `any`. */
  readonly fingerprint: string;
  readonly id?: string | undefined;
  readonly out?: string | undefined;
}

/** The options of `inspect`, as typed. */
export interface InspectOrder {
  readonly file: string;
  readonly authority?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** A licence that was looked at; `verdict` is null when no authority was given to judge it by. */
export interface Inspected {
  readonly licence: Licence;
  /** Whether the key that it names signed it: undamaged, but perhaps anyone's. */
  readonly isIntact: boolean;
  readonly verdict: LicenceVerdict | null;
}

/** Makes an authority: the private key into a new file of mode 0600; returns the text of `authority.pub`. */
export function makeAuthority(out: string, { seal }: LicenceTools): string {
  const key = seal.generate(new Uint8Array(randomBytes(32)));
  writeNewFile(out, Buffer.from(authoritySecretText(key.seed)), secretFileMode);
  return authorityText(key.publicKey);
}

/** Issues a licence: into a new file, or returned when no `out` is given (then the text is for stdout). */
export function issueLicence(order: IssueOrder, { seal, nowMs }: LicenceTools): { text: string; licence: Licence } {
  const key = seal.generate(readSecret(order.authority));
  const terms = termsOf(order, nowMs);
  const fault = termsFault(terms);
  if (fault !== undefined)
    throw new Refused({ code: "LICENSE_TERMS", message: fault, next: "vigolicense issue --help" });
  const file = licenceFile(terms, key.publicKey, seal.sign(key, licenceBytes(terms, key.publicKey)));
  const licence = valueOf(parseLicence(file));
  if (order.out !== undefined) writeNewFile(order.out, file, openFileMode);
  return { text: Buffer.from(file).toString("utf8"), licence };
}

/** Reads a licence and judges it as far as what is given allows, as a server in spanner mode would. */
export function inspectLicence(order: InspectOrder, { seal, nowMs }: LicenceTools): Inspected {
  const bytes = loadFile(order.file, licenceLimitBytes);
  if (bytes === undefined) throw noFile(order.file);
  const licence = valueOf(parseLicence(bytes));
  const named = fromHex(licence.authority);
  const isIntact = seal.verify(named, licence.signedBytes, licence.signature);
  if (order.authority === undefined) return { licence, isIntact, verdict: null };
  const authority = readAuthority(order.authority, seal);
  const machine = order.fingerprint === undefined ? licence.machine : readFingerprint(order.fingerprint);
  const mode = licence.tier === "commercial" && licence.machine !== null ? "spanner" : "standalone";
  const verify: Seal["verify"] = (publicKey, signed, signature) => seal.verify(publicKey, signed, signature);
  const verdict = judgeLicence(licence, { authority, verify, machine, nowMs, mode });
  if (order.fingerprint !== undefined || licence.machine === null) return { licence, isIntact, verdict };
  const says = "It is bound to a machine; give --fingerprint to know whether it is the right one.";
  const checks = verdict.checks.map((one) => (one.check === "machine" ? { ...one, says } : one));
  return { licence, isIntact, verdict: { ...verdict, checks } };
}

function termsOf(order: IssueOrder, nowMs: number): LicenceTerms {
  const issuedMs = Math.floor(nowMs / 1_000) * 1_000;
  return {
    id: order.id ?? toHex(new Uint8Array(randomBytes(8))),
    customer: order.customer,
    tier: readTier(order.tier),
    nodes: readNodes(order.nodes),
    issuedMs,
    expiresMs: readExpiry(order.expires, issuedMs),
    machine: readFingerprint(order.fingerprint),
  };
}

function readTier(text: string): Tier {
  const tier = tiers.find((known) => known === text);
  if (tier !== undefined) return tier;
  const meant = nearWord(text, tiers);
  const message = `There is no such tier; there are ${tiers.join(" and ")}.`;
  throw new Refused({ code: "LICENSE_TERMS", message, value: text, next: `--tier ${meant ?? "commercial"}` });
}

function readNodes(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  const message = "The number of nodes is a whole number above 0.";
  throw new Refused({ code: "LICENSE_TERMS", message, value: text, next: "--nodes 5000" });
}

/** A date, a moment, or a span from now. */
function readExpiry(text: string, issuedMs: number): number {
  const span = parseDuration(text);
  const moment = span === undefined ? parseWallText(text) : issuedMs + Math.floor(toMs(span) / 1_000) * 1_000;
  const next = `--expires ${wallText(issuedMs + 365 * 86_400_000).slice(0, 10)}, or --expires 365d`;
  if (moment === undefined) {
    const message = "The end of a licence is a date, a moment in UTC, or a span from now.";
    throw new Refused({ code: "LICENSE_TERMS", message, value: text, next });
  }
  if (moment > issuedMs) return moment;
  throw new Refused({ code: "LICENSE_TERMS", message: "The licence would be expired already.", value: text, next });
}

function readFingerprint(text: string): MachineFingerprint | null {
  if (text === "any") return null;
  const direct = parseMachineFingerprint(text.trim());
  if (direct !== undefined) return direct;
  const next = "vigocli license fingerprint, run on the server that the licence is for, prints it";
  if (text.startsWith("vigo-machine-")) {
    const message = "This is no machine fingerprint; a part of it is missing or was changed.";
    throw new Refused({ code: "FINGERPRINT_INVALID", message, value: text, next });
  }
  const held = loadText(text, 4_096);
  if (held === undefined) {
    const message = "This is neither a machine fingerprint nor a file that holds one.";
    throw new Refused({ code: "FINGERPRINT_INVALID", message, value: text, next });
  }
  const parsed = parseMachineFingerprint(held.trim());
  if (parsed !== undefined) return parsed;
  throw new Refused({
    code: "FINGERPRINT_INVALID",
    message: "The file holds no machine fingerprint.",
    value: text,
    next,
  });
}

function readSecret(path: string): Uint8Array {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw noFile(path, "vigolicense keygen --out FILE");
  guardSecret(path);
  return valueOf(parseAuthoritySecret(loadText(path, 1_024) ?? ""), path);
}

function readAuthority(path: string, seal: Seal): string {
  const text = loadText(path, 1_024);
  if (text === undefined) throw noFile(path);
  return valueOf(
    parseAuthority(text, (key) => seal.acceptsKey(key)),
    path,
  );
}

/** A file that is not there yet, whole and on disk, or none at all. */
function writeNewFile(path: string, bytes: Uint8Array, mode: number): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, "wx", mode);
  } catch (caught) {
    if (systemCode(caught) !== "EEXIST") throw unwritable(path, caught);
    const message = "There is such a file already; it is left as it is.";
    throw new Refused({ code: "FILE_EXISTS", message, value: path, next: `ls -l ${quoted(path)}` });
  }
  try {
    let at = 0;
    while (at < bytes.length) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
    syncFolder(dirname(path));
  } catch (caught) {
    rmSync(path, { force: true });
    throw storageRefusal(path, caught);
  } finally {
    closeSync(descriptor);
  }
}

function unwritable(path: string, caught: unknown): Refused {
  if (systemCode(caught) !== "ENOENT") return storageRefusal(path, caught);
  const next = `mkdir -p ${quoted(dirname(path))}`;
  return new Refused({ code: "FILE_MISSING", message: "The folder of this file does not exist.", value: path, next });
}

function noFile(path: string, next = `ls -l ${quoted(dirname(path))}`): Refused {
  return new Refused({ code: "FILE_MISSING", message: "There is no such file.", value: path, next });
}

function valueOf<T>(outcome: Outcome<T>, path?: string): T {
  if (outcome.ok) return outcome.value;
  const refusal: Refusal = path === undefined ? outcome.refusal : { value: path, ...outcome.refusal };
  throw new Refused(refusal);
}
