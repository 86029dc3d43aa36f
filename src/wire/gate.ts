/**
 * The order in which a datagram is judged, cheapest first: frame, known author, unseen number, per-author bucket, MAC,
 * signature (WI-1, WI-10). Nothing is ever answered (T22); every drop has a reason and a counter (T15, T16, T21, T23).
 */
import { Malformed } from "../kernel/bytes.ts";
import { toHex } from "../kernel/hex.ts";
import type { BoltId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import { secondUs } from "../kernel/time.ts";
import type { Say } from "../turn/peer.ts";
import { checkBeacon, checkPushedRow, isMacRight, readStamp, unframeDatagram } from "./datagram.ts";
import type { DatagramKeys, DropReason, Framed, Stamp } from "./datagram.ts";
import type { Verifier } from "./genuine.ts";

/** The newest beacon number a bolt believes of each author it listens to. */
export type HighWater = ReadonlyMap<BoltId, { readonly incarnation: number; readonly number: number }>;

/** Beacons of one author, and rows of all, that may reach a signature check each second, with this burst. */
const perSecond = 20;
const burst = 40;

/** Rows are pushed in copies; so many of the newest are known again and cost nothing. */
const rowsRemembered = 256;

export type Judged = { readonly ok: true; readonly say: Say } | { readonly ok: false; readonly why: DropReason };

export class DatagramGate {
  readonly #buckets = new Map<string, { tokens: number; at: Micros }>();
  readonly #drops = new Map<DropReason, number>();
  /** MACs of the rows that passed last, oldest first. */
  readonly #passed = new Set<string>();

  /** Judges the bytes of a datagram. */
  judge(bytes: Uint8Array, keys: DatagramKeys, highWater: HighWater, verifier: Verifier, now: Micros): Judged {
    const framed = unframeDatagram(bytes, keys);
    if (typeof framed === "string") return this.drop(framed);
    if (framed.kind === "row") return this.#judgeRow(framed, keys, verifier, now);
    const stamp = readStamp(framed.payload);
    if (stamp instanceof Malformed) return this.drop("malformed");
    const refused = this.judgeStamp(stamp, highWater, now);
    if (refused !== undefined) return this.drop(refused);
    if (!isMacRight(framed, keys)) return this.drop("mac");
    const beacon = checkBeacon(framed, keys.genesis, verifier);
    if (beacon instanceof Malformed) return this.drop("signature");
    return { ok: true, say: { say: "beacon", beacon } };
  }

  /** The checks on a beacon's stamp alone; undefined passes. */
  judgeStamp(stamp: Stamp, highWater: HighWater, now: Micros): DropReason | undefined {
    const seen = highWater.get(stamp.author);
    if (seen === undefined) return "unknown-author";
    if (seen.incarnation === stamp.incarnation && stamp.number < seen.number) return "replayed";
    return this.#spend(stamp.author, now) ? undefined : "rate";
  }

  /** Counts a drop. */
  drop(why: DropReason): { readonly ok: false; readonly why: DropReason } {
    this.#drops.set(why, (this.#drops.get(why) ?? 0) + 1);
    return { ok: false, why };
  }

  /** Drops so far by reason. */
  drops(): ReadonlyMap<DropReason, number> {
    return this.#drops;
  }

  #judgeRow(framed: Framed, keys: DatagramKeys, verifier: Verifier, now: Micros): Judged {
    const mac = toHex(framed.mac);
    if (this.#passed.has(mac)) return this.drop("replayed");
    if (!this.#spend("rows", now)) return this.drop("rate");
    if (!isMacRight(framed, keys)) return this.drop("mac");
    const row = checkPushedRow(framed, verifier);
    if (row instanceof Malformed) return this.drop("signature");
    this.#passed.add(mac);
    for (const oldest of this.#passed) {
      if (this.#passed.size <= rowsRemembered) break;
      this.#passed.delete(oldest);
    }
    return { ok: true, say: { say: "row", row } };
  }

  #spend(name: string, now: Micros): boolean {
    const bucket = this.#buckets.get(name) ?? { tokens: burst, at: now };
    const refill = ((now - bucket.at) / secondUs) * perSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + refill);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
