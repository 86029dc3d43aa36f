/**
 * The machine a licence is bound to, as text that is safe to mail: each part as a digest of its own, so that a licence
 * on another machine can be told which part differs, and no hardware address is in it.
 *
 *   vigo-machine-1:<machine id>:<primary network interface>:<TLS CA>      16 bytes of SHA-256 each, in hex
 */
import { inDomain, sha256 } from "../kernel/digest.ts";
import { toHex } from "../kernel/hex.ts";
import { encodeUtf8 } from "../kernel/utf8.ts";

/** What identifies a machine, as the host gathers it. */
export interface MachineParts {
  readonly machineId: string;
  /** Hardware address of the primary network interface. */
  readonly mac: string;
  /** SHA-256 of the TLS CA's public key, in hex. */
  readonly caSpki: string;
}

declare const fingerprintBrand: unique symbol;

/** The text form. */
export type MachineFingerprint = string & { readonly [fingerprintBrand]: true };

/** The parts of a fingerprint in their order, as people call them. */
export const machinePartNames: readonly string[] = ["machine id", "network interface", "TLS CA"];

const form = /^vigo-machine-1(?::[0-9a-f]{32}){3}$/;

/** The fingerprint of a machine: the same parts give the same text. */
export function machineFingerprint(parts: MachineParts): MachineFingerprint {
  const digests = [parts.machineId, parts.mac, parts.caSpki].map((part, at) =>
    toHex(sha256(inDomain(`vigo.machine.1 ${machinePartNames[at] ?? ""}`, encodeUtf8(part))).slice(0, 16)),
  );
  return `vigo-machine-1:${digests.join(":")}` as MachineFingerprint;
}

/** The text as a fingerprint, or undefined when it is none. */
export function parseMachineFingerprint(text: string): MachineFingerprint | undefined {
  return form.test(text) ? (text as MachineFingerprint) : undefined;
}

/** Whether two fingerprints agree, part by part, in the order of `machinePartNames`. */
export function compareMachines(a: MachineFingerprint, b: MachineFingerprint): readonly boolean[] {
  const other = b.split(":");
  return a
    .split(":")
    .map((part, at) => part === other[at])
    .slice(1);
}
