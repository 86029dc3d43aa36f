/**
 * Makes the X.509 certificates of one bolt: its own CA, and the server certificate under it, both P-256 (every client
 * and browser takes that). Nothing here touches the disk.
 */
import "reflect-metadata"; // @peculiar/x509 needs it loaded before itself
import { createPublicKey, generateKeyPairSync, webcrypto } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  cryptoProvider,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto);

export const dayMs = 86_400_000;
/** The longest that browsers take for a server certificate. */
export const leafDaysMax = 825;
const caDays = 7_300;
// Clocks of clients that are a little behind must not find the certificate from the future.
const backdatedMs = dayMs;

/** A fresh P-256 private key. */
export function createTlsKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** A private key in PKCS#8 PEM. */
export function keyPem(key: KeyObject): string {
  return tidyPem(String(key.export({ format: "pem", type: "pkcs8" })));
}

/** True when certificates can be signed with the key here: P-256 only. */
export function canIssue(key: KeyObject): boolean {
  return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
}

/** A self-signed CA certificate in PEM, valid for twenty years, that may sign server and client certificates only. */
export async function issueCa(name: string, key: KeyObject, nowMs: number): Promise<string> {
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [name] }],
    issuer: [{ CN: [name] }],
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(nowMs + caDays * dayMs),
    publicKey: spkiOf(key),
    signingKey: await importSigner(key),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(spkiOf(key)),
    ],
  });
  return tidyPem(certificate.toString("pem"));
}

/** What a server certificate is made from. The names' first one is the subject. */
export interface LeafOrder {
  readonly names: readonly string[];
  readonly key: KeyObject;
  readonly caPem: string;
  readonly caKey: KeyObject;
  readonly nowMs: number;
}

/** A server certificate in PEM for host names and addresses, for 825 days but never past its CA. */
export async function issueLeaf(order: LeafOrder): Promise<string> {
  const ca = new X509Certificate(order.caPem);
  const endsMs = Math.min(order.nowMs + (leafDaysMax - 1) * dayMs, ca.notAfter.getTime());
  const names = order.names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [(order.names[0] ?? "localhost").slice(0, 64)] }],
    issuer: ca.subject,
    notBefore: new Date(Math.max(order.nowMs - backdatedMs, ca.notBefore.getTime())),
    notAfter: new Date(endsMs),
    publicKey: spkiOf(order.key),
    signingKey: await importSigner(order.caKey),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      // A bolt also dials its peers with this certificate.
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(names),
      await SubjectKeyIdentifierExtension.create(spkiOf(order.key)),
      await AuthorityKeyIdentifierExtension.create(ca),
    ],
  });
  return tidyPem(certificate.toString("pem"));
}

function importSigner(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ format: "der", type: "pkcs8" });
  return webcrypto.subtle.importKey("pkcs8", der, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: "der", type: "spki" });
}

/** One newline at the end and no empty line, which OpenSSL would answer with "DECODER unsupported". */
function tidyPem(pem: string): string {
  return `${pem
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n")}\n`;
}
