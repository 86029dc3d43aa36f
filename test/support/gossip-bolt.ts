/**
 * One bolt of the gossip bench: a world, a room, a disk. What it sends arrives a millisecond later, and what it stores
 * is on disk a millisecond later.
 */
import { must } from "../../src/kernel/assert.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { Random } from "../../src/kernel/random.ts";
import { ofMs, toMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import { sortTaken } from "../../src/bolt/taking.ts";
import { Gossip } from "../../src/gossip/gossip.ts";
import type { Heard } from "../../src/gossip/gossip.ts";
import type { GossipPurpose } from "../../src/gossip/state.ts";
import type { StoreFailure, Write } from "../../src/roster/durable.ts";
import type { SignedProfile } from "../../src/roster/profile.ts";
import { Roster } from "../../src/roster/roster.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import { Kept } from "../../src/store/kept.ts";
import type { AdminAnswer, AdminRequest } from "../../src/turn/admin.ts";
import type { Beacon, SignedBeacon } from "../../src/turn/beacon.ts";
import { noEnvoys } from "../../src/turn/beacon.ts";
import type { PeerReply, PeerRequest, Say } from "../../src/turn/peer.ts";
import type { PeerCaller } from "../../src/turn/room.ts";
import type { BoltReport, Phase } from "../../src/turn/status.ts";
import type { BoltConfig, CallOutcome, Fact, Note, Turn, World } from "../../src/turn/turn.ts";
import { signBeacon } from "../../src/wire/datagram.ts";
import type { RosterScript } from "./roster-builder.ts";
import { keyOf, signerOf } from "./toy-keys.ts";

const wayUs = 1_000;

/** Something a bolt sent; `to` is null for the group. */
export interface Sent {
  readonly at: Micros;
  readonly to: BoltId | null;
  readonly what: Say["say"] | PeerRequest["ask"];
  readonly say: Say | null;
}

/** What a bolt sees of the bench it stands on. */
export interface GossipGround {
  readonly now: Micros;
  readonly script: RosterScript;
  readonly bolts: ReadonlyMap<BoltId, GossipBolt>;
  readonly loses: (from: GossipBolt, to: GossipBolt) => boolean;
  later(delayUs: number, run: () => void): void;
  run(ms: number): void;
}

/** One bolt of a bench. */
export class GossipBolt implements World {
  readonly id: BoltId;
  readonly name: string;
  readonly bench: GossipGround;
  readonly links: Set<BoltId> = new Set();
  readonly sent: Sent[] = [];
  readonly facts: Fact[] = [];
  readonly notes: Note[] = [];
  readonly random: Random;
  disk: Kept = new Kept();
  config: BoltConfig;
  roster: Roster = Roster.create();
  room: Gossip;
  lived: Set<number> = new Set([1_000]);
  phase: Phase = "member";
  storeFailed: StoreFailure | null = null;
  /** Fails every write from now on. */
  breaks: StoreFailure | null = null;
  isUp = true;
  /** How far its wall clock is ahead, ms. */
  aheadMs = 0;
  epoch = 0;
  #nextCall = 1;
  readonly #answering = new Map<number, (answer: PeerReply | AdminAnswer) => void>();

  constructor(bench: GossipGround, name: string, config: Partial<BoltConfig>, rows: readonly SignedRow[]) {
    this.bench = bench;
    this.name = name;
    this.id = keyOf(name);
    this.random = new Random({ seed: 11, counter: 0 }).fork(name);
    this.config = {
      mode: "spanner",
      spannerId: "test.spanner",
      name,
      patterns: [`${name}-*`],
      addresses: { grpc: [`${name}.example:7443`], api: [`https://${name}.example`] },
      tier1Us: ofMs(1_000),
      tier2Us: ofMs(20_000),
      staleAfterUs: null,
      multicast: true,
      tlsPin: "",
      caCertificate: new Uint8Array(0),
      softwareVersion: "1.0.0",
      licence: new Uint8Array(0),
      ...config,
    };
    this.disk.apply(rows.map((row) => ({ put: "row", row }) as const));
    this.room = this.#load();
  }

  get now(): Micros {
    return this.bench.now;
  }
  get wallMs(): number {
    return Math.floor(toMs(this.bench.now)) + 1_800_000_000_000 + this.aheadMs;
  }
  get self(): BoltId {
    return this.id;
  }
  get incarnation(): number {
    return must([...this.lived].at(-1), "drawn at birth");
  }

  start(): void {
    this.#follow();
    this.room.start(this.turn());
  }

  /** Loses everything but the disk; every stream closes. */
  crash(): void {
    this.isUp = false;
    this.epoch++;
    for (const id of [...this.links]) this.bench.bolts.get(id)?.linked(this.id, false);
    this.links.clear();
  }

  /** Starts again from the disk with a new incarnation, as a bolt would draw it. */
  restart(incarnation?: number): void {
    if (this.isUp) this.crash();
    this.isUp = true;
    const own = this.disk.saved().highWater.find(({ author }) => author === this.id)?.incarnation ?? 0;
    this.lived = new Set([incarnation ?? own + 10]);
    this.storeFailed = null;
    this.roster = Roster.create();
    this.room = this.#load();
    this.start();
  }

  /** Goes on with a room made of the image of this one. */
  reincarnateRoom(): void {
    this.room = new Gossip(this.room.image());
  }

  linked(peer: BoltId, up: boolean): void {
    if (up) this.links.add(peer);
    else this.links.delete(peer);
    if (this.isUp) this.room.onLink(peer, up, "test", this.turn());
  }

  due(): void {
    this.room.onDue(this.turn());
  }

  hear(heard: Heard): void {
    if (this.isUp) this.room.onHeard(heard, this.turn());
  }

  /** Hears a beacon from the group. */
  hearBeacon(beacon: SignedBeacon): void {
    this.hear({ via: "multicast", from: null, heldMs: 0, message: { say: "beacon", beacon } });
  }

  /** What this bolt observes of that one. */
  sees(other: GossipBolt): BoltReport {
    const report = this.room.reports(this).find(({ id }) => id === other.id);
    return must(report, `${this.name} reports nothing of ${other.name}`);
  }

  /** Asks as an operator and lets a little time pass. */
  do(request: AdminRequest): AdminAnswer {
    let given: AdminAnswer | null = null;
    const call = this.#nextCall++;
    this.#answering.set(call, (answer) => (given = answer as AdminAnswer));
    this.room.onAdmin(call, request, this.turn());
    this.bench.run(10);
    return must<AdminAnswer>(given, `no answer to ${request.do}`);
  }

  /** Answers a call of another bolt or a stranger when it can. */
  serve(from: PeerCaller, request: PeerRequest, answer: (reply: PeerReply) => void): void {
    const call = this.#nextCall++;
    this.#answering.set(call, (reply) => answer(reply as PeerReply));
    this.room.onPeer(call, from, request, ofMs(5_000), this.turn());
  }

  /** Asks this bolt as that caller and lets a little time pass. */
  asked(from: PeerCaller, request: PeerRequest): PeerReply {
    let given: PeerReply | null = null;
    this.serve(from, request, (reply) => (given = reply));
    this.bench.run(10);
    return must<PeerReply>(given, `no answer to ${request.ask}`);
  }

  /** A row of its own is on disk and merged. */
  write(row: SignedRow): void {
    this.#merge([row], []);
    this.#fact({ fact: "own-row", row });
  }

  /** Rows and profiles of others are on disk and merged, by whatever way. */
  learn(rows: readonly SignedRow[], profiles: readonly SignedProfile[] = []): void {
    this.#merge(rows, profiles);
  }

  fact(fact: Fact): void {
    this.#fact(fact);
  }

  /** A beacon as this bolt would sign it, or another process with its key. */
  beacon(over: Partial<Beacon> = {}): SignedBeacon {
    const beacon: Beacon = {
      genesis: this.bench.script.genesis,
      author: this.id,
      incarnation: this.incarnation,
      number: 0,
      intervalMs: toMs(this.config.tier1Us),
      wallMs: this.wallMs,
      digest: this.roster.digest().slice(0, 32),
      head: null,
      rank: this.roster.headRank(),
      counters: noEnvoys,
      stopping: false,
      ...over,
    };
    return signBeacon(beacon, signerOf(this.id));
  }

  /** How often something was sent, to anyone or to one. */
  count(what: Sent["what"], to?: GossipBolt): number {
    return this.sent.filter((sent) => sent.what === what && (to === undefined || sent.to === to.id)).length;
  }

  turn(): Turn<GossipPurpose> {
    return {
      world: this,
      random: this.random,
      store: (writes, drafts, purpose) => {
        if (drafts.length > 0) throw new Error("gossip signs nothing");
        this.#commit(writes, () => this.room.onStored([], purpose, this.turn()), purpose);
      },
      draw: () => {
        throw new Error("gossip draws nothing");
      },
      load: () => {
        throw new Error("gossip loads nothing");
      },
      call: (to, request, _patience, purpose) => this.#call(to, request as PeerRequest, purpose),
      respond: (call, answer) => {
        const give = this.#answering.get(call);
        this.#answering.delete(call);
        give?.(answer);
      },
      tell: (to, say) => this.#tell(to, say),
      multicast: (say) => this.#multicast(say),
      beacon: (beacon, multicast, to) => {
        const say = { say: "beacon", beacon: signBeacon(beacon, signerOf(this.id)) } as const;
        if (multicast) this.#multicast(say);
        for (const id of to) this.#tell(id, say);
      },
      take: (rows, profiles, purpose) => this.#take(rows, profiles, purpose),
      offer: (fact) => this.#fact(fact),
      note: (note) => {
        this.notes.push(note);
      },
    };
  }

  #load(): Gossip {
    const saved = this.disk.saved();
    this.roster.merge(saved.rows);
    for (const profile of saved.profiles) this.roster.mergeProfile(profile);
    return new Gossip(Gossip.initial(saved.highWater, saved.settings));
  }

  /** The phase as the room admissions would read it. */
  #follow(): void {
    const standing = this.roster.view().byId.get(this.id)?.standing.is;
    const phase = standing === undefined ? "unadmitted" : standing;
    if (phase === this.phase) return;
    this.phase = phase;
    if (this.room.deadline() !== undefined) this.#fact({ fact: "phase", phase, why: "" });
  }

  #fact(fact: Fact): void {
    this.facts.push(fact);
    if (fact.fact === "jump") this.lived.add(fact.above + 5);
    this.room.onFact(fact, this.turn());
  }

  #merge(rows: readonly SignedRow[], profiles: readonly SignedProfile[]): void {
    const { merged } = this.roster.merge(rows);
    const news = profiles.filter((profile) => this.roster.mergeProfile(profile));
    this.disk.apply(merged.map((row) => ({ put: "row", row }) as const));
    this.disk.apply(news.map((profile) => ({ put: "profile", profile }) as const));
    if (merged.length + news.length > 0) this.#fact({ fact: "merged", rows: merged, profiles: news });
    this.#follow();
  }

  #take(rows: readonly SignedRow[], profiles: readonly SignedProfile[], purpose: GossipPurpose | null): void {
    const taken = sortTaken(this.roster, { rows, profiles });
    if (taken.early.length > 0) {
      this.roster.merge(taken.early);
      this.#fact({ fact: "wanted", rows: this.roster.wanted() });
    }
    const tell = (): void => {
      if (purpose !== null) this.room.onStored([], purpose, this.turn());
    };
    this.#commit(
      [],
      () => {
        this.#merge(taken.ready, taken.profiles);
        tell();
      },
      purpose,
    );
  }

  #commit(writes: readonly Write[], done: () => void, purpose: GossipPurpose | null): void {
    const { epoch } = this;
    this.bench.later(wayUs, () => {
      if (epoch !== this.epoch) return;
      this.storeFailed ??= this.breaks;
      if (this.storeFailed === null) {
        this.disk.apply(writes);
        done();
      } else if (purpose !== null) this.room.onStoreFailed(this.storeFailed, purpose, this.turn());
    });
  }

  #multicast(say: Say): void {
    if (!this.config.multicast) return;
    this.sent.push({ at: this.now, to: null, what: say.say, say });
    for (const other of this.bench.bolts.values()) {
      if (other === this || this.bench.loses(this, other)) continue;
      const { epoch } = other;
      this.bench.later(wayUs, () => {
        if (epoch === other.epoch) other.hear({ via: "multicast", from: null, heldMs: 0, message: say });
      });
    }
  }

  #tell(to: BoltId, say: Say): void {
    this.sent.push({ at: this.now, to, what: say.say, say });
    const other = this.bench.bolts.get(to);
    if (other === undefined || !this.links.has(to)) return;
    this.bench.later(wayUs, () => {
      if (other.links.has(this.id)) other.hear({ via: "stream", from: this.id, heldMs: 0, message: say });
    });
  }

  #call(to: { readonly bolt: BoltId } | { readonly url: string }, request: PeerRequest, purpose: GossipPurpose): void {
    const id = "bolt" in to ? to.bolt : undefined;
    const other = id === undefined ? undefined : this.bench.bolts.get(id);
    const { epoch } = this;
    this.sent.push({ at: this.now, to: id ?? null, what: request.ask, say: null });
    const end = (outcome: CallOutcome): void => {
      if (epoch === this.epoch && this.isUp) this.room.onReply(outcome, purpose, this.turn());
    };
    this.bench.later(wayUs, () => {
      if (other?.isUp !== true || !this.links.has(other.id)) {
        return end({ ok: false, why: "unreachable", perhapsDone: false });
      }
      other.serve({ is: "bolt", bolt: this.id }, request, (reply) => {
        this.bench.later(wayUs, () => end({ ok: true, reply: this.#sealed(reply, other) }));
      });
    });
  }

  #sealed(reply: PeerReply, other: GossipBolt): PeerReply {
    if (reply.reply !== "beacon" || reply.fresh === null) return reply;
    return { ...reply, beacon: signBeacon(reply.fresh, signerOf(other.id)), fresh: null };
  }
}
