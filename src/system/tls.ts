/**
 * The TLS files of a server: made at first boot when absent, re-issued when the names changed or the end is near. Keys
 * are kept when certificates are re-issued, so pins hold (SY-8). What an operator laid there is used as it is.
 *
 *   ca key -> ca -> key -> cert     in this order, so that a crash anywhere leaves something the next boot continues
 */
import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { dirname } from "node:path";
import { loadText, makeFolder, openFileMode, saveFile, secretFileMode, secretFolderMode } from "./files.ts";
import { canIssue, createTlsKey, dayMs, issueCa, issueLeaf, keyPem } from "./certificate.ts";
import { pinOf, pinOfKey } from "./pin.ts";
import { Refused } from "./refused.ts";
import { guardSecret } from "./secrets.ts";

const pemLimitBytes = 256 * 1_024;
const renewBeforeDays = 30;

/** Absolute paths. */
export interface TlsPaths {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly caKeyFile: string;
}

/** What to serve with. Pins are SHA-256 of SPKI in hex; `notes` are sentences to log. */
export interface TlsMaterial {
  readonly certPem: string;
  readonly keyPem: string;
  readonly caPem: string;
  readonly pin: string;
  readonly caPin: string;
  readonly notes: readonly string[];
}

/** Who the certificate speaks for, and when it is asked for. */
export interface TlsOrder {
  readonly hostname: string;
  /** More host names and addresses, from `tls_sans`. */
  readonly sans: readonly string[];
  readonly nowMs: number;
}

/**
 * Loads the TLS files, making or re-issuing what is needed. Throws `Refused`: TLS_CORRUPT, TLS_INCOMPLETE,
 * TLS_MISMATCH, TLS_NAME_INVALID, SECRET_MODE, and the codes of storage.
 */
export async function openTls(paths: TlsPaths, order: TlsOrder): Promise<TlsMaterial> {
  const names = wantedNames(order);
  const notes: string[] = [];
  for (const path of [paths.certFile, paths.keyFile, paths.caFile, paths.caKeyFile])
    makeFolder(dirname(path), secretFolderMode);
  for (const path of [paths.keyFile, paths.caKeyFile]) guardSecret(path);
  const ca = await openCa(paths, order, notes);
  const key = openLeafKey(paths);
  const held = loadCertificate(paths.certFile);
  const why = held === undefined ? "there was none" : reasonToIssue(held, ca, names, order.nowMs, notes);
  let certPem = loadText(paths.certFile, pemLimitBytes) ?? "";
  if (why !== undefined) {
    if (ca.key === undefined) throw cannotIssue(paths, why);
    certPem = await issueLeaf({ names, key, caPem: ca.pem, caKey: ca.key, nowMs: order.nowMs });
    saveFile(paths.certFile, Buffer.from(certPem), openFileMode);
    notes.push(`a server certificate was issued, because ${why}`);
  }
  const pin = pinOf(certPem);
  if (pin !== pinOfKey(createPublicKey(key))) throw mismatch(paths.certFile, paths.keyFile);
  return { certPem, keyPem: keyPem(key), caPem: ca.pem, pin, caPin: pinOf(ca.pem), notes };
}

interface Authority {
  readonly pem: string;
  readonly certificate: X509Certificate;
  /** Undefined when the operator keeps the CA's key elsewhere. */
  readonly key: KeyObject | undefined;
}

async function openCa(paths: TlsPaths, order: TlsOrder, notes: string[]): Promise<Authority> {
  const held = loadCertificate(paths.caFile);
  let key = loadKey(paths.caKeyFile);
  if (held !== undefined) {
    const pem = loadText(paths.caFile, pemLimitBytes) ?? "";
    if (key !== undefined && !held.checkPrivateKey(key)) throw mismatch(paths.caFile, paths.caKeyFile);
    if (key !== undefined && !canIssue(key)) {
      notes.push("the CA's key is not P-256, so certificates cannot be issued with it here");
      key = undefined;
    }
    return { pem, certificate: held, key };
  }
  if (key === undefined && loadCertificate(paths.certFile) !== undefined) {
    const message = "There is a server certificate, but the CA it was issued by is missing.";
    const next = "lay the CA certificate there, or remove the server certificate to have both made anew";
    throw new Refused({ code: "TLS_INCOMPLETE", message, value: paths.caFile, next });
  }
  if (key === undefined) {
    key = createTlsKey();
    saveFile(paths.caKeyFile, Buffer.from(keyPem(key)), secretFileMode);
  }
  const pin = pinOfKey(createPublicKey(key));
  const pem = await issueCa(`vigo CA ${order.hostname.slice(0, 40)} ${pin.slice(0, 8)}`, key, order.nowMs);
  saveFile(paths.caFile, Buffer.from(pem), openFileMode);
  notes.push("a certificate authority was made");
  return { pem, certificate: new X509Certificate(pem), key };
}

function openLeafKey(paths: TlsPaths): KeyObject {
  const held = loadKey(paths.keyFile);
  if (held !== undefined) return held;
  if (loadCertificate(paths.certFile) !== undefined) {
    const message = "There is a server certificate, but its key is missing.";
    const next = "lay the key there, or remove the certificate to have both made anew";
    throw new Refused({ code: "TLS_INCOMPLETE", message, value: paths.keyFile, next });
  }
  const key = createTlsKey();
  saveFile(paths.keyFile, Buffer.from(keyPem(key)), secretFileMode);
  return key;
}

/** Why the certificate needs a successor, or undefined. One that is not from our CA is only remarked upon. */
function reasonToIssue(
  held: X509Certificate,
  ca: Authority,
  names: readonly string[],
  nowMs: number,
  notes: string[],
): string | undefined {
  const why = faultOf(held, names, nowMs);
  if (why === undefined) return undefined;
  const isOurs = ca.key !== undefined && held.checkIssued(ca.certificate) && held.verify(ca.certificate.publicKey);
  if (isOurs) return why;
  notes.push(`the server certificate was not issued here and is left alone, although ${why}`);
  return undefined;
}

function faultOf(held: X509Certificate, names: readonly string[], nowMs: number): string | undefined {
  if (!hasNames(held, names)) return `its names are not ${names.join(", ")}`;
  if (Date.parse(held.validTo) < nowMs + renewBeforeDays * dayMs) return `it ends on ${held.validTo}`;
  if (Date.parse(held.validFrom) > nowMs) return `it begins only on ${held.validFrom}`;
  return undefined;
}

function hasNames(held: X509Certificate, names: readonly string[]): boolean {
  const entries = (held.subjectAltName ?? "").split(", ").filter((entry) => entry !== "");
  const hosts = new Set(entries.filter((entry) => entry.startsWith("DNS:")).map((entry) => entry.slice(4)));
  if (entries.length !== names.length) return false;
  return names.every((name) => (isIP(name) === 0 ? hosts.has(name) : held.checkIP(name) !== undefined));
}

function wantedNames(order: TlsOrder): string[] {
  const names = [order.hostname, ...order.sans, "localhost", "127.0.0.1", "::1"].map((name) => name.toLowerCase());
  for (const name of names) {
    if (isIP(name) !== 0 || /^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name)) continue;
    const message = "A certificate takes host names, wildcards like *.example.com, and addresses.";
    throw new Refused({ code: "TLS_NAME_INVALID", message, value: name, next: "correct tls_sans in server.yaml" });
  }
  return [...new Set(names)];
}

function loadCertificate(path: string): X509Certificate | undefined {
  const pem = loadText(path, pemLimitBytes);
  return pem === undefined ? undefined : parsed(path, () => new X509Certificate(pem));
}

function loadKey(path: string): KeyObject | undefined {
  const pem = loadText(path, pemLimitBytes);
  return pem === undefined ? undefined : parsed(path, () => createPrivateKey(pem));
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (caught) {
    const message = "The file does not hold the PEM text that belongs there.";
    const next = "restore the file from a backup, or remove the TLS files to have them made anew (pins change)";
    throw new Refused({ code: "TLS_CORRUPT", message, value: path, next }, caught);
  }
}

function mismatch(certificatePath: string, keyPath: string): Refused {
  const message = "The certificate and the key do not belong together.";
  const next = "lay the two of one pair there, or remove both to have them made anew";
  return new Refused({ code: "TLS_MISMATCH", message, value: `${certificatePath} ${keyPath}`, next });
}

function cannotIssue(paths: TlsPaths, why: string): Refused {
  const message = `A server certificate is needed, because ${why}, but there is no CA key here to issue it with.`;
  const next = "lay a certificate there, or the CA's key beside its certificate";
  return new Refused({ code: "TLS_INCOMPLETE", message, value: paths.certFile, next });
}
