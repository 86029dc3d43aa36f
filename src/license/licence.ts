/**
 * The licence file: eight lines that people can read, and the authority's signature over exactly these bytes. There is
 * one way to write a licence, so what is shown is what was signed. Carries LI-1 to LI-3.
 *
 *   vigo-licence-1
 *   id: 5f0c1a...                            customer: Example Ltd
 *   tier: commercial                         nodes: 5000
 *   issued: 2026-03-01T00:00:00Z             expires: 2027-03-01T00:00:00Z
 *   machine: vigo-machine-1:...              or "any"
 *   authority: <public key, hex>             signature: <hex>
 */
import { inDomain } from "../kernel/digest.ts";
import { harmlessText, isHarmless } from "../kernel/harmless-text.ts";
import { fromHex, toHex } from "../kernel/hex.ts";
import type { Outcome } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { decodeUtf8, encodeUtf8 } from "../kernel/utf8.ts";
import { parseWallText, wallText } from "../kernel/wall-text.ts";
import type { MachineFingerprint } from "./machine.ts";
import { parseMachineFingerprint } from "./machine.ts";

/** What a licence may allow: `free` is also built in. Only `commercial` allows spanner mode. */
export type Tier = "free" | "commercial";
export const tiers: readonly Tier[] = ["free", "commercial"];

/** What an authority says. Times are whole seconds, in milliseconds since 1970. */
export interface LicenceTerms {
  /** 1 to 64 of a-z, 0-9 and -. */
  readonly id: string;
  /** 1 to 200 characters that are safe to show. */
  readonly customer: string;
  readonly tier: Tier;
  /** Envoys allowed. */
  readonly nodes: number;
  readonly issuedMs: number;
  /** From here on it is expired. */
  readonly expiresMs: number;
  /** null: any machine. */
  readonly machine: MachineFingerprint | null;
}

/** A licence as read; nothing in it is believed before `judgeLicence`. */
export interface Licence extends LicenceTerms {
  /** The public key that it says signed it, 64 hex digits. */
  readonly authority: string;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** What the signature covers. */
  readonly signedBytes: Uint8Array;
  /** The whole file. */
  readonly file: Uint8Array;
}

/** A licence travels in every bolt's PROFILE, which allows this much. */
export const licenceLimitBytes = 8_192;
export const nodesMax = 10_000_000;

const magic = "vigo-licence-1";
const domain = "vigo.licence.1";
const fields = ["id", "customer", "tier", "nodes", "issued", "expires", "machine", "authority"];

/** What is wrong with terms, as one sentence; undefined when an authority may sign them. */
export function termsFault(terms: LicenceTerms): string | undefined {
  const { id, customer, tier, nodes, issuedMs, expiresMs } = terms;
  if (!/^[a-z0-9-]{1,64}$/.test(id)) return "The id of a licence has 1 to 64 of a-z, 0-9 and -.";
  if (customer.length < 1 || customer.length > 200 || customer.trim() !== customer || !isHarmless(customer)) {
    return "A customer has 1 to 200 characters that can be shown, and no blanks at its ends.";
  }
  if (!tiers.includes(tier)) return `A tier is one of ${tiers.join(", ")}.`;
  if (!Number.isSafeInteger(nodes) || nodes < 1 || nodes > nodesMax) return `A licence has 1 to ${nodesMax} nodes.`;
  if (!isMoment(issuedMs) || !isMoment(expiresMs)) return "The times of a licence are whole seconds since 1970.";
  return expiresMs > issuedMs ? undefined : "A licence expires after it is issued.";
}

/** The bytes that an authority signs. The terms must be without fault. */
export function licenceBytes(terms: LicenceTerms, authority: Uint8Array): Uint8Array {
  return inDomain(domain, encodeUtf8(headText(terms, toHex(authority))));
}

/** The licence file of terms and the signature over their `licenceBytes`. */
export function licenceFile(terms: LicenceTerms, authority: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeUtf8(`${headText(terms, toHex(authority))}signature: ${toHex(signature)}\n`);
}

/** Reads a licence file, strictly: what `licenceFile` would not have written is `LICENSE_CORRUPT`. Never throws. */
export function parseLicence(file: Uint8Array): Outcome<Licence> {
  if (file.length > licenceLimitBytes)
    return corrupt(`it has ${file.length} bytes, at most ${licenceLimitBytes} belong`);
  const text = decodeUtf8(file);
  if (text === undefined) return corrupt("it is no text");
  const [first, ...lines] = text.split("\n");
  if (first !== magic) return corrupt(`its first line is not ${magic}`, first);
  const values: string[] = [];
  for (const [at, name] of [...fields, "signature"].entries()) {
    const line = lines[at];
    if (line?.startsWith(`${name}: `) !== true) return corrupt(`line ${at + 2} does not begin with "${name}: "`, line);
    values.push(line.slice(name.length + 2));
  }
  if (lines.length !== fields.length + 2 || lines.at(-1) !== "") {
    return corrupt("something follows the signature, or its line does not end");
  }
  return parseValues(values, file, text);
}

function parseValues(values: readonly string[], file: Uint8Array, text: string): Outcome<Licence> {
  const [id = "", customer = "", tier = "", nodes = "", issued = "", expires = "", machine = ""] = values;
  const [authority = "", signature = ""] = values.slice(7);
  const known = tiers.find((one) => one === tier);
  if (known === undefined) return corrupt("its tier is not known to this version", tier);
  const bound = machine === "any" ? null : parseMachineFingerprint(machine);
  if (bound === undefined) return corrupt("its machine is no fingerprint", machine);
  if (!/^[0-9a-f]{64}$/.test(authority)) return corrupt("its authority is no public key", authority);
  if (!/^[0-9a-f]{128}$/.test(signature)) return corrupt("its signature has not 64 bytes", signature);
  const terms: LicenceTerms = {
    id,
    customer,
    tier: known,
    nodes: Number(nodes),
    issuedMs: parseWallText(issued) ?? -1,
    expiresMs: parseWallText(expires) ?? -1,
    machine: bound,
  };
  const fault = termsFault(terms);
  if (fault !== undefined) return corrupt(fault);
  const head = headText(terms, authority);
  if (`${head}signature: ${signature}\n` !== text) return corrupt("it is not in the form that licences are written in");
  const signedBytes = inDomain(domain, encodeUtf8(head));
  return done({ ...terms, authority, signature: fromHex(signature), signedBytes, file: file.slice() });
}

function headText(terms: LicenceTerms, authority: string): string {
  const { id, customer, tier, nodes, issuedMs, expiresMs, machine } = terms;
  const values = [
    id,
    customer,
    tier,
    String(nodes),
    wallText(issuedMs),
    wallText(expiresMs),
    machine ?? "any",
    authority,
  ];
  return [magic, ...fields.map((name, at) => `${name}: ${values[at] ?? ""}`), ""].join("\n");
}

function isMoment(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms % 1_000 === 0 && parseWallText(wallText(ms)) === ms;
}

function corrupt(why: string, value?: string): ReturnType<typeof refused> {
  const message = `The licence file is damaged or none: ${why.replace(/\.$/, "")}.`;
  const next = "Copy the file again, byte for byte, as the authority made it.";
  const shown = value === undefined ? {} : { value: harmlessText(value, 100) };
  return refused({ code: "LICENSE_CORRUPT", message, next, ...shown });
}
