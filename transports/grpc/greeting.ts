/**
 * The first messages of a stream, from the side that dialled and from the side that accepted.
 *
 *   dialler                acceptor
 *   hello           -->    in our spanner? removed?        refused with code and row, and the end
 *                   <--    hello
 *   proof           -->    does it hold?
 *   does it hold?   <--    proof
 */
import { create } from "@bufbuild/protobuf";
import { absurd } from "../../src/kernel/assert.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import type { Keyring } from "../../src/bolt/seam.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import type { Hello, PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { HelloProofSchema, PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";
import type { Signer, Verifier } from "../../src/wire/genuine.ts";
import { refusal as packRefusal } from "../../src/wire/pack-reply.ts";
import { refusal as unpackRefusal } from "../../src/wire/unpack-reply.ts";
import { Malformed } from "../../src/kernel/bytes.ts";
import { boltOf, isHelloProven, isSameSpanner, makeHello, signHello } from "./hello.ts";
import type { HelloPair } from "./hello.ts";
import type { Duplex } from "./peer-stream.ts";

/** What a greeting needs of its side. */
export interface Side {
  readonly self: Signer;
  readonly verifier: Verifier;
  readonly spannerId: string;
  readonly process: Uint8Array;
  keyring(): Keyring;
}

/** How a greeting ended. */
export type Greeted =
  | { readonly ok: true; readonly peer: BoltId; readonly process: string }
  /** `row` explains a removal. */
  | { readonly ok: false; readonly why: string; readonly row: SignedRow | null };

type Told = (greeted: Greeted) => void;

/** Greets as the side that dialled. `tlsPin` is asked once the connection stands. Returns what takes the messages. */
export function greetAsDialler(
  side: Side,
  peer: BoltId,
  duplex: Duplex,
  tlsPin: () => string | null,
  told: Told,
): (message: PeerMessage) => void {
  const genesis = side.keyring().genesis;
  if (genesis === null) {
    told(failed("not in a spanner"));
    return () => undefined;
  }
  const own = makeHello(side.self.id, genesis, side.spannerId, side.process);
  let pair: HelloPair | null = null;
  duplex.write(create(PeerMessageSchema, { message: { case: "hello", value: own } }));
  return ({ message }) => {
    switch (message.case) {
      case "hello": {
        const pin = tlsPin();
        if (pair !== null || pin === null) return told(failed("the hello came out of turn"));
        if (boltOf(message.value) !== peer) return told(failed("another bolt answers at this address"));
        if (!isSameSpanner(own, message.value)) return told(failed("it is of another spanner"));
        pair = { dialler: own, acceptor: message.value, tlsPin: pin };
        return sendProof(duplex, signHello(pair, "dialler", side.self));
      }
      case "proof": {
        if (pair === null || !isHelloProven(pair, "acceptor", message.value.signature, side.verifier)) {
          return told(failed("its signature does not hold for this connection"));
        }
        return told({ ok: true, peer, process: toHex(pair.acceptor.process) });
      }
      case "refused":
        return told(refused(message.value, side.verifier));
      case "carried":
      case undefined:
        return told(failed("the hello cannot be read"));
      default:
        return absurd(message);
    }
  };
}

/** Greets as the side that accepted. `tlsPin` is that of our own certificate. */
export function greetAsAcceptor(
  side: Side,
  duplex: Duplex,
  tlsPin: string,
  told: Told,
): (message: PeerMessage) => void {
  let pair: HelloPair | null = null;
  const refuse = (code: string, sentence: string, row: SignedRow | null): void => {
    const value = packRefusal({ code, message: sentence }, row);
    duplex.write(create(PeerMessageSchema, { message: { case: "refused", value } }));
    told({ ok: false, why: `${code}: ${sentence}`, row: null });
  };
  return ({ message }) => {
    switch (message.case) {
      case "hello": {
        if (pair !== null) return told(failed("the hello came twice"));
        const peer = boltOf(message.value);
        const { genesis, removed } = side.keyring();
        if (peer === undefined) return refuse("REQUEST_INVALID", "This hello cannot be read.", null);
        if (genesis === null) return refuse("NOT_A_MEMBER", "This server is in no spanner.", null);
        const own = makeHello(side.self.id, genesis, side.spannerId, side.process);
        if (!isSameSpanner(own, message.value)) {
          return refuse("FOREIGN_SPANNER", "This bolt belongs to another spanner.", null);
        }
        const row = removed.get(peer);
        if (row !== undefined) return refuse("REMOVED", "This key was removed from the spanner.", row);
        pair = { dialler: message.value, acceptor: own, tlsPin };
        duplex.write(create(PeerMessageSchema, { message: { case: "hello", value: own } }));
        return;
      }
      case "proof": {
        if (pair === null || !isHelloProven(pair, "dialler", message.value.signature, side.verifier)) {
          return refuse("KEY_REJECTED", "The signature of this hello does not hold.", null);
        }
        sendProof(duplex, signHello(pair, "acceptor", side.self));
        const peer = boltOf(pair.dialler);
        return told(peer === undefined ? failed("no key") : { ok: true, peer, process: processOf(pair.dialler) });
      }
      case "refused":
      case "carried":
      case undefined:
        return told(failed("the hello cannot be read"));
      default:
        return absurd(message);
    }
  };
}

function processOf(hello: Hello): string {
  return toHex(hello.process);
}

function sendProof(duplex: Duplex, signature: Uint8Array): void {
  const value = create(HelloProofSchema, { signature });
  duplex.write(create(PeerMessageSchema, { message: { case: "proof", value } }));
}

function refused(value: Parameters<typeof unpackRefusal>[0], verifier: Verifier): Greeted {
  try {
    const { refusal, row } = unpackRefusal(value, verifier);
    return { ok: false, why: `${refusal.code}: ${refusal.message}`, row };
  } catch (error) {
    if (error instanceof Malformed) return failed("it refused without a reason");
    throw error;
  }
}

function failed(why: string): Greeted {
  return { ok: false, why, row: null };
}
