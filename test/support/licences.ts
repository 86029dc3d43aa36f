/** Licences for tests: an authority with a fixed seed, a machine, and a builder of signed files. */
import type { Seal } from "../../src/host/seal-port.ts";
import type { Licence, LicenceTerms } from "../../src/license/licence.ts";
import { licenceBytes, licenceFile, parseLicence } from "../../src/license/licence.ts";
import type { LicenceBench } from "../../src/license/judge.ts";
import { machineFingerprint } from "../../src/license/machine.ts";
import { toHex } from "../../src/kernel/hex.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";

export const licenceSeal: Seal = createEd25519Seal();
export const authorityKey = licenceSeal.generate(new Uint8Array(32).fill(7));
export const strangerKey = licenceSeal.generate(new Uint8Array(32).fill(8));

export const machineParts = { machineId: "0".repeat(32), mac: "02:00:00:00:00:01", caSpki: "ab".repeat(32) };
export const thisMachine = machineFingerprint(machineParts);

/** Noon of 1 March 2026. */
export const noonMs = Date.UTC(2026, 2, 1, 12);
export const dayMs = 86_400_000;

export const goodTerms: LicenceTerms = {
  id: "lic-1",
  customer: "Example Ltd",
  tier: "commercial",
  nodes: 5_000,
  issuedMs: noonMs,
  expiresMs: noonMs + 365 * dayMs,
  machine: thisMachine,
};

/** The bytes of a licence file that `key` signed. */
export function signedFile(changes: Partial<LicenceTerms> = {}, key = authorityKey): Uint8Array {
  const terms = { ...goodTerms, ...changes };
  return licenceFile(terms, key.publicKey, licenceSeal.sign(key, licenceBytes(terms, key.publicKey)));
}

/** As `signedFile`, read back. */
export function signedLicence(changes: Partial<LicenceTerms> = {}, key = authorityKey): Licence {
  const parsed = parseLicence(signedFile(changes, key));
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
}

/** A judge's bench in spanner mode on this machine, a day after `noonMs`. */
export function benchOf(changes: Partial<LicenceBench> = {}): LicenceBench {
  return {
    authority: toHex(authorityKey.publicKey),
    verify: (publicKey, bytes, signature) => licenceSeal.verify(publicKey, bytes, signature),
    machine: thisMachine,
    nowMs: noonMs + dayMs,
    mode: "spanner",
    ...changes,
  };
}
