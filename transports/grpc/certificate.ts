/**
 * What a peer's TLS certificate is worth (TR-2). The hello proves the bolt's key over the certificate that was seen; a
 * certificate that is neither of the pin nor of the authority in the peer's PROFILE is refused before even that.
 */
import { X509Certificate, createHash } from "node:crypto";
import type { PeerAddress } from "../../src/bolt/seam.ts";

/** The pin of a certificate: SHA-256 of its public key (SPKI), hex. */
export function pinOf(certificate: X509Certificate): string {
  const key = certificate.publicKey.export({ format: "der", type: "spki" });
  return createHash("sha256").update(key).digest("hex");
}

/** Why the certificate cannot be that peer's, or undefined. A peer of which no PROFILE is held may show any. */
export function faultOf(
  certificate: X509Certificate,
  { tlsPin, caCertificate }: Pick<PeerAddress, "tlsPin" | "caCertificate">,
): string | undefined {
  if (tlsPin !== null && pinOf(certificate) === tlsPin) return undefined;
  const authority = certificateOf(caCertificate);
  if (authority !== undefined && isIssuedBy(certificate, authority)) return undefined;
  if (tlsPin === null && authority === undefined) return undefined;
  return "its certificate is neither the pinned one nor of the authority that its PROFILE names";
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** A peer writes its PROFILE itself: what is no certificate there is as good as none. */
function certificateOf(der: Uint8Array): X509Certificate | undefined {
  if (der.length === 0) return undefined;
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
