/** What a pin is: SHA-256 of a certificate's public key (SPKI), so that it outlives re-issued certificates. */
import { X509Certificate, createHash } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** The pin of a certificate in PEM or DER: 64 hex digits. Throws what node throws on bytes that are none. */
export function pinOf(certificate: string | Uint8Array): string {
  return pinOfKey(new X509Certificate(certificate).publicKey);
}

/** The pin of a public key. */
export function pinOfKey(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest("hex");
}
