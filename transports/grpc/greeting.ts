/**
 * The first messages of a stream, from the side that dialled and from the side that accepted (TR-1, TR-3).
 *
 *   dialler                    acceptor
 *   hello               -->    of our spanner?
 *                       <--    hello
 *   it is whom we want?
 *   proof               -->    does it hold? removed?
 *   does it hold?       <--    proof                      now the stream is open
 *
 * Instead of its hello or proof the acceptor may send a refusal, with the row that explains it. Only who has proven a
 * key is told that it was removed. No proof says anything beyond its own connection.
 */
import { create } from "@bufbuild/protobuf";
import { absurd } from "../../src/kernel/assert.ts";
import { Malformed } from "../../src/kernel/bytes.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import type { Keyring } from "../../src/bolt/seam.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import type { Hello, PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { HelloProofSchema, PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";
import type { Signer, Verifier } from "../../src/wire/genuine.ts";
import { refusal as packRefusal } from "../../src/wire/pack-reply.ts";
import { refusal as unpackRefusal } from "../../src/wire/unpack-reply.ts";
import { boltOf, genesisOf, helloVersionMin, isHelloProven, makeHello, signHello, spannersOf } from "./hello.ts";
import type { HelloPair } from "./hello.ts";
import type { Pipe } from "./pipe.ts";

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
  | {
      readonly ok: false;
      readonly why: string;
      /** Explains a removal. */
      readonly row: SignedRow | null;
      /** Genesis of another spanner of our name that was met, hex. */
      readonly foreign: string | null;
    };

type Told = (greeted: Greeted) => void;
type Takes = (message: PeerMessage) => void;

/** Greets as the side that dialled `peer` and saw `tlsPin`. Returns what takes the messages. */
export function greetAsDialler(side: Side, peer: BoltId, pipe: Pipe, tlsPin: string, told: Told): Takes {
  const { genesis } = side.keyring();
  if (genesis === null) {
    told(failed("this bolt is in no spanner"));
    return () => undefined;
  }
  const own = makeHello(side.self.id, genesis, side.spannerId, side.process);
  let pair: HelloPair | null = null;
  pipe.write(create(PeerMessageSchema, { message: { case: "hello", value: own } }));
  return ({ message }) => {
    switch (message.case) {
      case "hello": {
        if (pair !== null) return told(failed("the hello came twice"));
        const whose = boltOf(message.value);
        if (whose === undefined) return told(failed("its hello cannot be read"));
        if (spannersOf(own, message.value) !== "same") return told(failed("it is of another spanner"));
        if (whose !== peer) return told(failed("another bolt answers there"));
        pair = { dialler: own, acceptor: message.value, tlsPin };
        return sendProof(pipe, signHello(pair, "dialler", side.self));
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
        return told(failed("what it says is no hello"));
      default:
        return absurd(message);
    }
  };
}

/** Greets as the side that accepted. `tlsPins` are those of our certificates that it may have begun with. */
export function greetAsAcceptor(side: Side, pipe: Pipe, tlsPins: readonly string[], told: Told): Takes {
  let hellos: Omit<HelloPair, "tlsPin"> | null = null;
  return ({ message }) => {
    switch (message.case) {
      case "hello": {
        if (hellos !== null) return told(failed("the hello came twice"));
        const answer = answerHello(side, pipe, message.value);
        if (!("acceptor" in answer)) return told(answer);
        hellos = answer;
        pipe.write(create(PeerMessageSchema, { message: { case: "hello", value: answer.acceptor } }));
        return;
      }
      case "proof":
        if (hellos === null) return told(failed("a proof came before the hello"));
        return told(answerProof(side, pipe, hellos, tlsPins, message.value.signature));
      case "refused":
      case "carried":
      case undefined:
        return told(failed("what it says is no hello"));
      default:
        return absurd(message);
    }
  };
}

/** Both hellos, or how it ended. */
function answerHello(side: Side, pipe: Pipe, theirs: Hello): Omit<HelloPair, "tlsPin"> | Greeted {
  const { genesis } = side.keyring();
  if (theirs.version < helloVersionMin) {
    return refuse(pipe, "VERSION_UNSUPPORTED", `This bolt speaks version ${helloVersionMin} of the hello or newer.`);
  }
  const peer = boltOf(theirs);
  if (peer === undefined) return refuse(pipe, "REQUEST_INVALID", "This hello cannot be read.");
  if (peer === side.self.id) return refuse(pipe, "REQUEST_INVALID", "This bolt was called under its own key.");
  if (genesis === null) return refuse(pipe, "NOT_A_MEMBER", "This server is in no spanner.");
  const own = makeHello(side.self.id, genesis, side.spannerId, side.process);
  const relation = spannersOf(own, theirs);
  switch (relation) {
    case "same":
      return { dialler: theirs, acceptor: own };
    case "foreign": {
      const message = "This bolt belongs to another spanner of the same name.";
      return { ...refuse(pipe, "FOREIGN_SPANNER", message, genesis), foreign: genesisOf(theirs) };
    }
    case "other":
      return refuse(pipe, "WRONG_SPANNER", "This bolt belongs to another spanner.");
    default:
      return absurd(relation);
  }
}

function answerProof(
  side: Side,
  pipe: Pipe,
  hellos: Omit<HelloPair, "tlsPin">,
  tlsPins: readonly string[],
  signature: Uint8Array,
): Greeted {
  const proven = tlsPins
    .map((tlsPin) => ({ ...hellos, tlsPin }))
    .find((pair) => isHelloProven(pair, "dialler", signature, side.verifier));
  const peer = boltOf(hellos.dialler);
  if (proven === undefined || peer === undefined) {
    return refuse(pipe, "KEY_REJECTED", "The signature of this hello does not hold for this connection.");
  }
  const row = side.keyring().removed.get(peer);
  if (row !== undefined) return refuseRemoved(pipe, row);
  sendProof(pipe, signHello(proven, "acceptor", side.self));
  return { ok: true, peer, process: toHex(hellos.dialler.process) };
}

/** Says no to a key that was removed, with the row. */
function refuseRemoved(pipe: Pipe, row: SignedRow): Greeted {
  pipe.write(removedMessage(row));
  return failed("it was removed from the spanner");
}

/** The last word to a bolt that was removed. */
export function removedMessage(row: SignedRow): PeerMessage {
  const value = packRefusal({ code: "REMOVED", message: "This key was removed from the spanner." }, row);
  return create(PeerMessageSchema, { message: { case: "refused", value } });
}

function refuse(pipe: Pipe, code: string, message: string, value?: string): Extract<Greeted, { ok: false }> {
  const packed = packRefusal({ code, message, ...(value === undefined ? {} : { value }) }, null);
  pipe.write(create(PeerMessageSchema, { message: { case: "refused", value: packed } }));
  return failed(`${code}: ${message}`);
}

function sendProof(pipe: Pipe, signature: Uint8Array): void {
  const value = create(HelloProofSchema, { signature });
  pipe.write(create(PeerMessageSchema, { message: { case: "proof", value } }));
}

/** What a refusal says; its row was checked. */
export function refused(
  value: Parameters<typeof unpackRefusal>[0],
  verifier: Verifier,
): Extract<Greeted, { ok: false }> {
  try {
    const { refusal, row } = unpackRefusal(value, verifier);
    const isForeign = refusal.code === "FOREIGN_SPANNER" && /^[0-9a-f]{64}$/u.test(refusal.value ?? "");
    const foreign = isForeign ? (refusal.value ?? null) : null;
    return { ok: false, why: `${refusal.code}: ${refusal.message}`, row, foreign };
  } catch (error) {
    if (error instanceof Malformed) return failed("it refused without a reason");
    throw error;
  }
}

export function failed(why: string): Extract<Greeted, { ok: false }> {
  return { ok: false, why, row: null, foreign: null };
}
