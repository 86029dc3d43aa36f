/**
 * The hello of a peer stream: each side signs, with its bolt key, both keys, both nonces, the genesis and the TLS key of
 * this connection's server, so that no one in the middle can pass a signature on (TR-1, TR-2).
 */
import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { concat, equalBytes } from "../../src/kernel/bytes.ts";
import { inDomain } from "../../src/kernel/digest.ts";
import { fromHex } from "../../src/kernel/hex.ts";
import { boltIdOf, idBytes } from "../../src/kernel/id.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { encodeUtf8 } from "../../src/kernel/utf8.ts";
import type { Signer, Verifier } from "../../src/wire/genuine.ts";
import { HelloSchema } from "../../src/wire/gen/spanner_pb.ts";
import type { Hello } from "../../src/wire/gen/spanner_pb.ts";

export const helloVersion = 1;
const domain = "vigo.hello.1";
const nonceBytes = 32;
const processBytes = 16;

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

export function signHello(pair: HelloPair, role: "dialler" | "acceptor", signer: Signer): Uint8Array {
  return signer.sign(signedBytes(pair, role));
}

/** Whether the other side holds the key it claims, on this very connection. */
export function isHelloProven(
  pair: HelloPair,
  role: "dialler" | "acceptor",
  signature: Uint8Array,
  verifier: Verifier,
): boolean {
  const key = pair[role].bolt;
  return (
    signature.length === 64 && verifier.acceptsKey(key) && verifier.verify(key, signedBytes(pair, role), signature)
  );
}

/** The key a hello claims, or undefined when it cannot be read. */
export function boltOf(hello: Hello): BoltId | undefined {
  const { bolt, nonce, genesis, process, version } = hello;
  const fits =
    bolt.length === 32 && nonce.length === nonceBytes && genesis.length === 32 && process.length === processBytes;
  return fits && version === helloVersion ? boltIdOf(bolt) : undefined;
}

export function isSameSpanner(a: Hello, b: Hello): boolean {
  return equalBytes(a.genesis, b.genesis);
}

function signedBytes({ dialler, acceptor, tlsPin }: HelloPair, role: string): Uint8Array {
  return inDomain(
    domain,
    concat(
      encodeUtf8(`${role}\n`),
      dialler.bolt,
      acceptor.bolt,
      dialler.genesis,
      dialler.nonce,
      acceptor.nonce,
      dialler.process,
      acceptor.process,
      fromHex(tlsPin),
    ),
  );
}
