/**
 * Between carriers and the machine: reads what arrives, by reference or as bytes, and judges datagrams. One codec
 * belongs to one driver.
 */
import type { Malformed } from "../kernel/bytes.ts";
import { must } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import type { Keyring } from "../bolt/seam.ts";
import { datagramKeys, datagramOf, foreignTag } from "../wire/datagram.ts";
import type { DatagramKeys, DropReason } from "../wire/datagram.ts";
import { decodeFrame, encodeFrame } from "../wire/frames.ts";
import { DatagramGate } from "../wire/gate.ts";
import type { Verifier } from "../wire/genuine.ts";
import type { Say } from "../turn/peer.ts";
import type { Arrival } from "./frame.ts";
import type { Frame } from "../wire/frame.ts";
import type { DatagramMessage } from "./ports.ts";

export type Judgement =
  | { readonly ok: true; readonly say: Say }
  | { readonly ok: false; readonly foreign?: { readonly tag: string; readonly from: string } };

export class Codec {
  readonly #verifier: Verifier;
  readonly #spannerId: string;
  readonly #gate: DatagramGate = new DatagramGate();
  #keys: DatagramKeys | null = null;
  #spoiled = 0;

  constructor(verifier: Verifier, spannerId: string) {
    this.#verifier = verifier;
    this.#spannerId = spannerId;
  }

  /** A frame as bytes; bound, so that it can be handed on. */
  readonly encode = (frame: Frame): Uint8Array => encodeFrame(frame);

  /** A datagram as bytes. The sender's keyring names the genesis, so keys are there by then. */
  readonly datagram = (message: DatagramMessage): Uint8Array => {
    const keys = must(this.#keys, "datagrams are sent by members only");
    const fits = message.say === "row" || message.say === "beacon" ? datagramOf(message, keys) : undefined;
    return must(fits, `a ${message.say} does not go into a datagram`);
  };

  /** Follows the spanner the bolt is a member of. */
  follow(genesis: RowId | null): void {
    if (genesis === null) this.#keys = null;
    else if (this.#keys?.genesis !== genesis) this.#keys = datagramKeys(genesis, this.#spannerId);
  }

  /** A frame that arrived; anything can be in the bytes. */
  read(arrival: Arrival<Frame>): Frame | Malformed {
    return "carried" in arrival ? arrival.carried : decodeFrame(arrival.bytes, this.#verifier);
  }

  /** Judges a datagram; every drop is counted and silent. */
  judge(arrival: Arrival<DatagramMessage>, keyring: Keyring, now: Micros, source: string): Judgement {
    if (keyring.genesis === null) return this.#gate.drop("foreign");
    this.follow(keyring.genesis as RowId);
    const keys = must(this.#keys, "a genesis gives keys");
    if ("carried" in arrival) return this.#judgeCarried(arrival.carried, keys, keyring, now, source);
    const judged = this.#gate.judge(arrival.bytes, keys, keyring.authors, this.#verifier, now);
    if (judged.ok || judged.why !== "foreign-spanner") return judged;
    return { ok: false, foreign: { tag: foreignTag(arrival.bytes), from: source } };
  }

  /** Counts a message on a stream that could not be read. */
  spoiled(_peer: BoltId): void {
    this.#spoiled++;
  }

  /** Drops by reason, for metrics. */
  drops(): ReadonlyMap<DropReason | "spoiled", number> {
    return new Map<DropReason | "spoiled", number>([...this.#gate.drops(), ["spoiled", this.#spoiled]]);
  }

  #judgeCarried(say: DatagramMessage, keys: DatagramKeys, keyring: Keyring, now: Micros, source: string): Judgement {
    if (say.say === "row") {
      if (say.row.message.genesis === keys.genesis || say.row.message.id === keys.genesis) return { ok: true, say };
      return this.#gate.drop("foreign");
    }
    if (say.say !== "beacon") return this.#gate.drop("malformed");
    const { genesis } = say.beacon.message;
    if (genesis !== keys.genesis) return { ok: false, foreign: { tag: genesis.slice(0, 8), from: source } };
    const refused = this.#gate.judgeStamp(say.beacon.message, keyring.authors, now);
    return refused === undefined ? { ok: true, say } : this.#gate.drop(refused);
  }
}
