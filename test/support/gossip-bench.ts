/**
 * A bench for the room gossip: bolts with real rosters and a disk each, on a group and on streams that take a
 * millisecond. Time moves only by `run`; a test may cut bolts off, drop what goes to the group, hand a bolt any
 * message, and count what was sent. Nothing is mocked: the room sees the same `Turn` as in a bolt.
 */
import { must } from "../../src/kernel/assert.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { micros, ofMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import type { BoltConfig } from "../../src/turn/turn.ts";
import { GossipBolt } from "./gossip-bolt.ts";
import type { GossipGround } from "./gossip-bolt.ts";
import { RosterScript } from "./roster-builder.ts";

interface Happening {
  readonly at: Micros;
  readonly run: () => void;
}

/** The world of one test: a spanner of the named bolts, the first one its founder. */
export class GossipBench implements GossipGround {
  readonly script: RosterScript = new RosterScript();
  readonly bolts: Map<BoltId, GossipBolt> = new Map();
  /** Drops a datagram. */
  loses: (from: GossipBolt, to: GossipBolt) => boolean = () => false;
  now: Micros = micros(5_000_000);
  readonly #queue: Happening[] = [];

  constructor(...names: readonly string[]) {
    const [founder, ...others] = names;
    this.script.found(must(founder, "a founder"));
    for (const name of others) this.script.join(must(founder, "a founder"), name);
  }

  /** Boots every bolt that was named, with all rows; none is linked. */
  boot(names: readonly string[], config: Partial<BoltConfig> = {}): GossipBolt[] {
    return names.map((name) => this.bolt(name, config));
  }

  bolt(name: string, config: Partial<BoltConfig> = {}, rows: readonly SignedRow[] = this.script.rows): GossipBolt {
    const bolt = new GossipBolt(this, name, config, rows);
    this.bolts.set(bolt.id, bolt);
    bolt.start();
    return bolt;
  }

  /** Opens a stream between each two of these. */
  link(...among: readonly GossipBolt[]): void {
    for (const [at, one] of among.entries()) for (const other of among.slice(at + 1)) this.join(one, other);
  }

  join(one: GossipBolt, other: GossipBolt): void {
    one.linked(other.id, true);
    other.linked(one.id, true);
  }

  unlink(one: GossipBolt, other: GossipBolt): void {
    one.linked(other.id, false);
    other.linked(one.id, false);
  }

  later(delayUs: number, run: () => void): void {
    this.#queue.push({ at: micros(this.now + delayUs), run });
  }

  /** Lets so many milliseconds pass. */
  run(ms: number): void {
    const until = micros(this.now + ofMs(ms));
    for (let steps = 0; ; steps++) {
      if (steps > 2_000_000) throw new Error("the bench does not come to rest");
      const next = this.#soonest();
      if (next === undefined || next.at > until) break;
      this.now = micros(Math.max(this.now, next.at));
      next.run();
    }
    this.now = until;
  }

  #soonest(): Happening | undefined {
    let soonest: Happening | undefined;
    for (const happening of this.#queue) if (soonest === undefined || happening.at < soonest.at) soonest = happening;
    const queued = soonest;
    for (const bolt of this.bolts.values()) {
      const at = bolt.isUp ? bolt.room.deadline()?.at : undefined;
      if (at !== undefined && (soonest === undefined || at < soonest.at)) soonest = { at, run: () => bolt.due() };
    }
    if (queued === undefined || soonest !== queued) return soonest;
    const run = (): void => {
      this.#queue.splice(this.#queue.indexOf(queued), 1);
      queued.run();
    };
    return { at: queued.at, run };
  }
}
