/**
 * The hello of a peer stream: each side signs, with its bolt key, everything that both said and the TLS key of this
 * connection's server, so that no one in the middle can pass a signature on, and no old one serves again (TR-1).
 */
import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Writer, equalBytes } from "../../src/kernel/bytes.ts";
import { inDomain } from "../../src/kernel/digest.ts";
import { fromHex, toHex } from "../../src/kernel/hex.ts";
import { boltIdOf, idBytes } from "../../src/kernel/id.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { rowLimits } from "../../src/roster/row.ts";
import type { Signer, Verifier } from "../../src/wire/genuine.ts";
import { HelloSchema } from "../../src/wire/gen/spanner_pb.ts";
import type { Hello } from "../../src/wire/gen/spanner_pb.ts";

/** What this build speaks, and the oldest that it still understands. */
export const helloVersion = 1;
export const helloVersionMin = 1;
const domain = "vigo.hello.1";
const nonceBytes = 32;
const processBytes = 16;

export type Role = "dialler" | "acceptor";

/** Drawn once a process: peers tell a restarted bolt from the stream of its dead predecessor. */
export function drawProcess(): Uint8Array {
  return new Uint8Array(randomBytes(processBytes));
}

/** Who we are, of which spanner, with a fresh nonce. */
export function makeHello(self: BoltId, genesis: string, spannerId: string, process: Uint8Array): Hello {
  return create(HelloSchema, {
    version: helloVersion,
    genesis: fromHex(genesis),
    bolt: idBytes(self),
    nonce: new Uint8Array(randomBytes(nonceBytes)),
    spannerId,
    process,
  });
}

/** What both sides of a connection know when they sign. */
export interface HelloPair {
  readonly dialler: Hello;
  readonly acceptor: Hello;
  /** SHA-256 of the public key of the acceptor's TLS certificate, hex. */
  readonly tlsPin: string;
}

export function signHello(pair: HelloPair, role: Role, signer: Signer): Uint8Array {
  return signer.sign(signedBytes(pair, role));
}

/** Whether the other side holds the key it claims, on this very connection. */
export function isHelloProven(pair: HelloPair, role: Role, signature: Uint8Array, verifier: Verifier): boolean {
  const key = pair[role].bolt;
  return (
    signature.length === 64 && verifier.acceptsKey(key) && verifier.verify(key, signedBytes(pair, role), signature)
  );
}

/** The key a hello claims, or undefined when it cannot be read or is of a version no longer spoken (T27). */
export function boltOf({ bolt, nonce, genesis, process, version, spannerId }: Hello): BoltId | undefined {
  const fits =
    bolt.length === 32 && nonce.length === nonceBytes && genesis.length === 32 && process.length === processBytes;
  const isShort = spannerId.length <= rowLimits.spannerIdBytes;
  return fits && isShort && version >= helloVersionMin ? boltIdOf(bolt) : undefined;
}

/** How the spanners of two hellos relate; `foreign`: of one name, but founded apart. */
export function spannersOf(a: Hello, b: Hello): "same" | "foreign" | "other" {
  if (equalBytes(a.genesis, b.genesis)) return "same";
  return a.spannerId === b.spannerId ? "foreign" : "other";
}

export function genesisOf(hello: Hello): string {
  return toHex(hello.genesis);
}

function signedBytes({ dialler, acceptor, tlsPin }: HelloPair, role: Role): Uint8Array {
  const writer = new Writer().text(role).fixed(fromHex(tlsPin));
  for (const { version, genesis, bolt, nonce, spannerId, process } of [dialler, acceptor]) {
    writer.varint(version).blob(genesis).blob(bolt).blob(nonce).text(spannerId).blob(process);
  }
  return inDomain(domain, writer.finish());
}
