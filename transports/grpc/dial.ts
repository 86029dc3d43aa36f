/**
 * One connection to a peer's gRPC port. TLS is held against the peer's CA where its PROFILE told one; before that the
 * certificate it shows is taken as it is, for the hello proves the key over this very certificate. What grpc-js checks is
 * always one certificate authority and one leaf key, known before the channel is made (a check without
 * `rejectUnauthorized` would not be called at all).
 */
import { X509Certificate, createHash } from "node:crypto";
import { connect } from "node:tls";
import type { PeerCertificate } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import type { PeerAddress } from "../../src/bolt/seam.ts";
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { channelOptions, decode, encode, streamPath } from "./service.ts";
import type { Duplex } from "./peer-stream.ts";

/** A stream whose hello has not begun, and the pin of the certificate at its other end. */
export interface Dialled {
  readonly duplex: Duplex;
  readonly tlsPin: string;
  close(): void;
}

/** Resolves when the certificate is known; rejects with what went wrong. */
export async function dial(address: string, peer: PeerAddress, timeoutMs: number): Promise<Dialled> {
  const { host, port } = split(address);
  const shown = await shownCertificates(host, port, timeoutMs);
  if (peer.caCertificate.length > 0 && !isIssuedBy(shown.leaf, peer.caCertificate)) {
    throw new Error("its certificate is not of the authority that its PROFILE names");
  }
  const tlsPin = pinOf(shown.leaf);
  const checkServerIdentity = (_host: string, certificate: PeerCertificate): Error | undefined =>
    pinOf(certificate.raw) === tlsPin ? undefined : new Error("the certificate changed while connecting");
  const roots = Buffer.from(shown.chain.map((der) => new X509Certificate(der).toString()).join("\n"));
  const secure = credentials.createSsl(roots, null, null, { checkServerIdentity });
  const client = new Client(address, secure, channelOptions);
  const stream = client.makeBidiStreamRequest<PeerMessage, PeerMessage>(streamPath, encode, decode);
  return { duplex: stream as unknown as Duplex, tlsPin, close: () => client.close() };
}

/** `host:port`, the host perhaps in brackets. */
function split(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(":");
  return { host: address.slice(0, at).replace(/^\[|\]$/gu, ""), port: Number(address.slice(at + 1)) };
}

interface Shown {
  readonly leaf: Buffer;
  /** What to trust for this one connection: the leaf's issuer as the server sent it, and the leaf. */
  readonly chain: readonly Buffer[];
}

function shownCertificates(host: string, port: number, timeoutMs: number): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const isName = !/^[\d.]+$|:/u.test(host);
    const name = isName ? { servername: host } : {};
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["h2"], ...name });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(new Error("it does not answer")));
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      const chain: Buffer[] = [];
      let certificate: ReturnType<typeof socket.getPeerCertificate> | undefined = socket.getPeerCertificate(true);
      while (certificate?.raw !== undefined && !chain.some((der) => der.equals(certificate?.raw ?? Buffer.alloc(0)))) {
        chain.push(certificate.raw);
        certificate = (certificate as { issuerCertificate?: typeof certificate }).issuerCertificate;
      }
      socket.destroy();
      const [leaf] = chain;
      if (leaf === undefined) reject(new Error("it shows no certificate"));
      else resolve({ leaf, chain });
    });
  });
}

function isIssuedBy(leaf: Buffer, caDer: Uint8Array): boolean {
  try {
    return new X509Certificate(leaf).verify(new X509Certificate(Buffer.from(caDer)).publicKey);
  } catch {
    return false;
  }
}

/** SHA-256 of the public key, hex. */
function pinOf(der: Buffer): string {
  const key = new X509Certificate(der).publicKey.export({ format: "der", type: "spki" });
  return createHash("sha256").update(key).digest("hex");
}
