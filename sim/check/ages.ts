/**
 * I11: the age a bolt shows is never younger than the true age less the time on the way. Knows when each beacon was
 * signed and when it came, from the inputs and effects of all bolts, not from what they remember.
 */
import type { Effect, Input } from "../../src/bolt/seam.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import type { SignedBeacon } from "../../src/turn/beacon.ts";
import type { SimProcess } from "../world/process.ts";
import type { Finding } from "./roster-checks.ts";

/** Signing times are kept for so many beacons of each author. */
const keptPerAuthor = 4_096;
/** What rounding to whole milliseconds may take away, ms. */
const roundingMs = 3;

interface Signed {
  readonly atUs: number;
}

export class Ages {
  readonly #signed = new Map<BoltId, Map<string, Signed>>();
  /** Time on the way of each beacon that came, by receiver and beacon, µs. */
  readonly #transit = new Map<SimProcess, Map<string, number>>();

  watch(process: SimProcess, nowUs: number, input: Input, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === "beacon") this.#sign(effect.beacon.author, nameOf(effect.beacon), nowUs);
      else if (effect.do === "respond" && "reply" in effect.answer && effect.answer.reply === "beacon") {
        const { fresh } = effect.answer;
        if (fresh !== null) this.#sign(fresh.author, nameOf(fresh), nowUs);
      }
    }
    if (input.in === "heard" && (input.message.say === "beacon" || input.message.say === "newest")) {
      this.#came(process, nowUs, input.message.beacon, input.heldMs);
    } else if (input.in === "reply" && input.outcome.ok && input.outcome.reply.reply === "beacon") {
      const { beacon, heldMs } = input.outcome.reply;
      if (beacon !== null) this.#came(process, nowUs, beacon, heldMs);
    }
  }

  /** Compares what a bolt shows with when those beacons were signed. */
  findings(process: SimProcess, nowUs: number): Finding[] {
    const status = process.status();
    const keyring = process.keyring();
    if (status === null || keyring === null) return [];
    return status.bolts.flatMap((report): Finding[] => {
      const held = keyring.authors.get(report.id);
      if (held === undefined || report.ageMs === null || report.id === process.id) return [];
      const name = nameOf(held);
      const signedUs = this.#signed.get(report.id)?.get(name)?.atUs;
      const transitUs = this.#transit.get(process)?.get(`${report.id} ${name}`);
      if (signedUs === undefined || transitUs === undefined) return [];
      const trueMs = (nowUs - signedUs - transitUs) / 1_000;
      const driftMs = trueMs * 0.11;
      if (report.ageMs + roundingMs + driftMs >= trueMs) return [];
      return [["I11", `shows ${report.name} ${report.ageMs.toFixed(0)} ms old, but it is ${trueMs.toFixed(0)} ms`]];
    });
  }

  forget(process: SimProcess): void {
    this.#transit.delete(process);
  }

  #sign(author: BoltId, name: string, atUs: number): void {
    const held = this.#signed.get(author) ?? new Map<string, Signed>();
    this.#signed.set(author, held);
    if (held.size >= keptPerAuthor)
      for (const oldest of [...held.keys()].slice(0, keptPerAuthor / 2)) held.delete(oldest);
    held.set(name, { atUs });
  }

  #came(process: SimProcess, nowUs: number, { message }: SignedBeacon, heldMs: number): void {
    const name = nameOf(message);
    const signedUs = this.#signed.get(message.author)?.get(name)?.atUs;
    if (signedUs === undefined) return;
    const held = this.#transit.get(process) ?? new Map<string, number>();
    this.#transit.set(process, held);
    const key = `${message.author} ${name}`;
    const wayUs = nowUs - signedUs - heldMs * 1_000;
    if (!held.has(key)) held.set(key, Math.max(0, wayUs));
    if (held.size > keptPerAuthor)
      for (const oldest of [...held.keys()].slice(0, keptPerAuthor / 2)) held.delete(oldest);
  }
}

function nameOf({ incarnation, number }: { readonly incarnation: number; readonly number: number }): string {
  return `${incarnation}:${number}`;
}
