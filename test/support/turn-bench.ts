/**
 * A bench for the room admissions: real rosters, rows signed with a toy seal, a disk per bolt, and every effect as a
 * pending happening that a test performs in order (`settle`), picks, loses, repeats, or cuts short with a crash.
 * Nothing is mocked: the room sees the same `Turn` as in a bolt.
 */
import { must } from "../../src/kernel/assert.ts";
import { inDomain } from "../../src/kernel/digest.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { Random } from "../../src/kernel/random.ts";
import { micros, ofMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import { Admissions } from "../../src/admissions/admissions.ts";
import type { AdmissionsPurpose } from "../../src/admissions/state.ts";
import type { Draft, Signed, StoreFailure, Write } from "../../src/roster/durable.ts";
import type { Profile, SignedProfile } from "../../src/roster/profile.ts";
import { answerFetch } from "../../src/roster/exchange.ts";
import { Roster } from "../../src/roster/roster.ts";
import type { RowDraft, SignedRow } from "../../src/roster/row.ts";
import type { AdminAnswer, AdminRequest } from "../../src/turn/admin.ts";
import type { PeerReply, PeerRequest } from "../../src/turn/peer.ts";
import type { PeerCaller } from "../../src/turn/room.ts";
import type { BoltConfig, CallOutcome, CallTarget, Fact, JoinOrder, Note, Turn, World } from "../../src/turn/turn.ts";
import type { Phase } from "../../src/turn/status.ts";
import { signJoin } from "../../src/wire/join.ts";
import { signProfile, signRow } from "../../src/wire/rows.ts";
import { successionBytes, successionDomain } from "../../src/roster/row-codec.ts";

import { keyOf, secretOf, signerOf, signerOfSecret, toyVerifier } from "./toy-keys.ts";

/** Something that has been asked for and has not happened yet. */
export type Happening =
  | { readonly is: "store"; readonly bolt: BenchBolt; readonly epoch: number; readonly job: StoreJob }
  | {
      readonly is: "stored";
      readonly bolt: BenchBolt;
      readonly epoch: number;
      readonly job: StoreJob;
      readonly signed: Signed[];
    }
  | { readonly is: "draw"; readonly bolt: BenchBolt; readonly epoch: number; readonly purpose: AdmissionsPurpose }
  | { readonly is: "request"; readonly call: BenchCall }
  | { readonly is: "reply"; readonly call: BenchCall; readonly reply: PeerReply };

export interface StoreJob {
  readonly writes: readonly Write[];
  readonly drafts: readonly Draft[];
  readonly taken: { readonly rows: readonly SignedRow[]; readonly profiles: readonly SignedProfile[] } | null;
  readonly purpose: AdmissionsPurpose | null;
}

/** A call of one bolt to another, until its caller has an outcome. */
export interface BenchCall {
  readonly caller: BenchBolt;
  readonly epoch: number;
  readonly to: CallTarget;
  readonly request: PeerRequest;
  readonly patience: Micros;
  readonly purpose: AdmissionsPurpose;
  isOver: boolean;
  wasSent: boolean;
}

/** The little world all bolts of a bench live in. */
export class Bench {
  readonly bolts: Map<BoltId, BenchBolt> = new Map();
  readonly urls: Map<string, BoltId> = new Map();
  /** What a test wants to see of calls to URLs it answers itself. */
  readonly impostors: Map<string, (request: PeerRequest, to: CallTarget) => CallOutcome> = new Map();
  /** Ordered pairs `from>to` that cannot be reached. */
  readonly cuts: Set<string> = new Set();
  pending: Happening[] = [];
  now: Micros = micros(1_000_000);
  wallMs: number = 1_800_000_000_000;
  nextCall: number = 1;
  nextToken: number = 1;

  bolt(name: string, config: Partial<BoltConfig> = {}): BenchBolt {
    const bolt = new BenchBolt(this, name, config);
    this.bolts.set(bolt.id, bolt);
    for (const url of bolt.config.addresses.api) this.urls.set(url, bolt.id);
    return bolt;
  }

  /** Everyone hears everyone's rows and profiles. */
  gossip(...among: readonly BenchBolt[]): void {
    const bolts = among.length > 0 ? among : [...this.bolts.values()];
    const rows = bolts.flatMap((bolt) => bolt.rows());
    for (const bolt of bolts) {
      if (bolt.isUnadmitted()) continue;
      bolt.learn(rows);
    }
  }

  /** Streams between all members. */
  link(): void {
    for (const bolt of this.bolts.values()) {
      bolt.links.clear();
      for (const other of this.bolts.keys()) if (other !== bolt.id) bolt.links.add(other);
    }
  }

  cut(from: BenchBolt, to: BenchBolt): void {
    this.cuts.add(`${from.name}>${to.name}`);
  }

  /** Performs everything in order until nothing is pending. */
  settle(): void {
    for (let steps = 0; this.pending.length > 0; steps++) {
      if (steps > 10_000) throw new Error("the bench does not come to rest");
      const [next] = this.pending.splice(0, 1);
      this.perform(must(next, "a pending happening"));
    }
  }

  perform(happening: Happening): void {
    switch (happening.is) {
      case "store":
        return happening.bolt.performStore(happening.job, happening.epoch);
      case "stored":
        return happening.bolt.deliverStored(happening.job, happening.signed, happening.epoch);
      case "draw":
        return happening.bolt.performDraw(happening.purpose, happening.epoch);
      case "request":
        return this.#deliver(happening.call);
      case "reply":
        return this.end(happening.call, { ok: true, reply: happening.reply });
    }
  }

  /** Gives a call its outcome; later ones are dropped, and so are those of a caller that has restarted. */
  end(call: BenchCall, outcome: CallOutcome): void {
    if (call.isOver) return;
    call.isOver = true;
    if (call.caller.epoch === call.epoch && call.caller.isUp) call.caller.deliverReply(outcome, call.purpose);
  }

  #deliver(call: BenchCall): void {
    const { to, request } = call;
    const impostor = "url" in to ? this.impostors.get(to.url) : undefined;
    if (impostor !== undefined) return this.end(call, impostor(request, to));
    const id = "bolt" in to ? to.bolt : this.urls.get(to.url);
    const target = id === undefined ? undefined : this.bolts.get(id);
    const isCut = target !== undefined && this.cuts.has(`${call.caller.name}>${target.name}`);
    if (target === undefined || !target.isUp || isCut) {
      return this.end(call, { ok: false, why: "unreachable", perhapsDone: false });
    }
    if ("url" in to && to.pin !== null && to.pin !== target.config.tlsPin) {
      return this.end(call, { ok: false, why: "wrong-identity", perhapsDone: false });
    }
    call.wasSent = true;
    const from: PeerCaller =
      "bolt" in to ? { is: "bolt", bolt: call.caller.id } : { is: "stranger", source: call.caller.source };
    target.serve(from, request, call.patience, (reply) => this.pending.push({ is: "reply", call, reply }));
  }

  tokenKey(): BoltId {
    return keyOf(`token ${this.nextToken++}`);
  }
}

type Answering = (answer: PeerReply | AdminAnswer) => void;

/** One bolt on the bench: a world, a room, a disk. */
export class BenchBolt implements World {
  readonly id: BoltId;
  readonly name: string;
  readonly bench: Bench;
  readonly links: Set<BoltId> = new Set();
  readonly notes: Note[] = [];
  readonly facts: Fact[] = [];
  /** What survives a crash, in the order written. */
  readonly disk: { rows: SignedRow[]; profiles: SignedProfile[] } = { rows: [], profiles: [] };
  heardOf: Set<BoltId> | null = null;
  source: string;
  config: BoltConfig;
  room: Admissions;
  roster: Roster = Roster.create();
  lived: Set<number> = new Set([100]);
  phase: Phase = "unadmitted";
  storeFailed: StoreFailure | null = null;
  /** Fails the next stores of this bolt. */
  breaks: StoreFailure | null = null;
  epoch: number = 0;
  isUp: boolean = true;
  readonly #random: Random = new Random({ seed: 7, counter: 0 });
  #answering: Map<number, Answering> = new Map();
  #storing: number = 0;

  constructor(bench: Bench, name: string, config: Partial<BoltConfig>) {
    this.bench = bench;
    this.name = name;
    this.id = keyOf(name);
    this.source = `host of ${name}`;
    this.config = {
      mode: "spanner",
      spannerId: "bench",
      name,
      patterns: [`*.${name}.example`],
      addresses: { grpc: [`${name}.example:1530`], api: [`https://${name}.example`] },
      tier1Us: ofMs(1_000),
      tier2Us: ofMs(5_000),
      staleAfterUs: null,
      multicast: true,
      tlsPin: `pin of ${name}`,
      caCertificate: new Uint8Array(0),
      softwareVersion: "1.0.0",
      licence: new Uint8Array(0),
      ...config,
    };
    this.room = this.#newRoom();
    this.boot();
  }

  get now(): Micros {
    return this.bench.now;
  }
  get wallMs(): number {
    return this.bench.wallMs;
  }
  get self(): BoltId {
    return this.id;
  }
  get incarnation(): number {
    return Math.max(...this.lived);
  }

  /** Loses everything but the disk, and what waited to be written. */
  crash(): void {
    this.isUp = false;
    this.epoch++;
    this.#answering = new Map();
    this.#storing = 0;
  }

  /** Starts again with a new incarnation. */
  boot(): void {
    this.isUp = true;
    this.lived = new Set([this.incarnation + 100]);
    this.roster = Roster.create();
    this.roster.merge(this.disk.rows);
    for (const profile of this.disk.profiles) this.roster.mergeProfile(profile);
    this.storeFailed = null;
    this.room = this.#newRoom();
    this.phase = this.room.resume(this);
    this.room.start(this.#turn());
    this.#follow();
  }

  restart(): void {
    this.crash();
    this.boot();
  }

  rows(): SignedRow[] {
    return [...this.disk.rows];
  }

  isUnadmitted(): boolean {
    return this.roster.view().genesis === null;
  }

  /** Rows from gossip, straight to disk and roster. */
  learn(rows: readonly SignedRow[]): void {
    const news = rows.filter((row) => this.roster.get(row.message.id) === undefined);
    const { merged } = this.roster.merge(news);
    this.disk.rows.push(...merged);
    if (merged.length > 0) this.#fact({ fact: "merged", rows: merged, profiles: [] });
    this.#follow();
  }

  /** A profile of this bolt that a peer still holds. */
  mergeProfileFromElsewhere(profile: Profile): void {
    const signed = signProfile(profile, signerOf(profile.origin));
    this.roster.mergeProfile(signed);
    this.#fact({ fact: "merged", rows: [], profiles: [signed] });
    this.#follow();
  }

  /** Asks as an operator; the answer when it comes. */
  ask(request: AdminRequest): { answer: AdminAnswer | null } {
    const box: { answer: AdminAnswer | null } = { answer: null };
    const call = this.bench.nextCall++;
    this.#answering.set(call, (answer) => {
      if (box.answer !== null) throw new Error("answered twice");
      box.answer = answer as AdminAnswer;
    });
    this.room.onAdmin(call, request, this.#turn());
    this.#follow();
    return box;
  }

  /** Asks as an operator and lets everything happen. */
  do(request: AdminRequest): AdminAnswer {
    const box = this.ask(request);
    this.bench.settle();
    return must(box.answer, `no answer to ${request.do}`);
  }

  /** Asks as a peer or a stranger. */
  serve(from: PeerCaller, request: PeerRequest, patience: Micros, answer: (reply: PeerReply) => void): void {
    if (request.ask === "fetch") return answer({ reply: "fetch", ...answerFetch(this.roster, request, 60_000) });
    const call = this.bench.nextCall++;
    this.#answering.set(call, (reply) => answer(reply as PeerReply));
    this.room.onPeer(call, from, request, patience, this.#turn());
    this.#follow();
  }

  performStore(job: StoreJob, epoch: number): void {
    if (epoch !== this.epoch) return;
    const broken = this.breaks ?? this.storeFailed;
    if (broken !== null) {
      this.#storing--;
      this.storeFailed = broken;
      if (broken === "fsync") this.#signAll(job);
      if (job.purpose !== null) this.room.onStoreFailed(broken, job.purpose, this.#turn());
      return this.#follow();
    }
    const signed = this.#signAll(job);
    this.bench.pending.push({ is: "stored", bolt: this, epoch, job, signed });
  }

  #signAll(job: StoreJob): Signed[] {
    const signed = job.drafts.map((draft) => this.#sign(draft));
    for (const item of signed) {
      if (item.signed === "row") this.disk.rows.push(item.row);
      if (item.signed === "profile") this.disk.profiles.push(item.profile);
    }
    this.disk.rows.push(...(job.taken?.rows ?? []));
    return signed;
  }

  deliverStored(job: StoreJob, signed: Signed[], epoch: number): void {
    if (epoch !== this.epoch) return;
    this.#storing--;
    const own = signed.flatMap((item) => (item.signed === "row" ? [item.row] : []));
    const profiles = signed.flatMap((item) => (item.signed === "profile" ? [item.profile] : []));
    const { merged, refused } = this.roster.merge([...own, ...(job.taken?.rows ?? [])]);
    if (own.length > 0 && refused.length > 0) throw new Error(`own row refused: ${refused[0]?.why ?? ""}`);
    for (const profile of profiles) this.roster.mergeProfile(profile);
    if (job.purpose !== null) this.room.onStored(signed, job.purpose, this.#turn());
    if (merged.length + profiles.length > 0) this.#fact({ fact: "merged", rows: merged, profiles });
    this.#follow();
  }

  performDraw(purpose: AdmissionsPurpose, epoch: number): void {
    if (epoch !== this.epoch) return;
    const key = purpose.for === "recovery-key" ? keyOf("recovery") : this.bench.tokenKey();
    this.room.onDrawn(key, secretOf(key), purpose, this.#turn());
    this.#follow();
  }

  deliverReply(outcome: CallOutcome, purpose: AdmissionsPurpose): void {
    this.room.onReply(outcome, purpose, this.#turn());
    this.#follow();
  }

  /** A row by this bolt (or another key) outside the room: what an attacker or an old process would write. */
  forge(body: RowDraft["body"], as: BoltId = this.id, over: Partial<RowDraft["head"]> = {}): SignedRow {
    const head = { ...this.roster.nextHead(as, this.incarnation, this.wallMs), ...over };
    return signRow({ head, body }, signerOf(as), toyVerifier);
  }

  #sign(draft: Draft): Signed {
    switch (draft.sign) {
      case "row": {
        const signer = draft.as === null ? signerOf(this.id) : signerOfSecret(draft.as);
        return { signed: "row", row: signRow(draft.draft, signer, toyVerifier) };
      }
      case "profile":
        return { signed: "profile", profile: signProfile(draft.profile, signerOf(this.id)) };
      case "consent": {
        const bytes = successionBytes(draft.genesis, draft.leaver, this.id);
        return { signed: "consent", signature: signerOf(this.id).sign(inDomain(successionDomain, bytes)) };
      }
    }
  }

  #newRoom(): Admissions {
    return new Admissions(undefined, {
      hasHeard: (bolt) => this.heardOf?.has(bolt) ?? true,
      incarnationOf: () => null,
    });
  }

  #fact(fact: Fact): void {
    this.facts.push(fact);
    if (fact.fact === "jump") this.lived.add(fact.above + 1);
    if (fact.fact === "settings") {
      const { patterns, tlsPin, caCertificate, licence } = fact.settings;
      this.config = { ...this.config, patterns, tlsPin, caCertificate, licence };
    }
    this.room.onFact(fact, this.#turn());
  }

  #follow(): void {
    const { phase, why } = this.room.phase();
    if (phase === this.phase) return;
    this.phase = phase;
    this.#fact({ fact: "phase", phase, why });
  }

  #store(job: StoreJob): void {
    this.#storing++;
    this.bench.pending.push({ is: "store", bolt: this, epoch: this.epoch, job });
  }

  /** Whether anything of this bolt is on its way to disk. */
  isStoring(): boolean {
    return this.#storing > 0;
  }

  #turn(): Turn<AdmissionsPurpose> {
    const { bench } = this;
    return {
      world: this,
      random: this.#random,
      store: (writes, drafts, purpose) => this.#store({ writes, drafts, taken: null, purpose }),
      draw: (_what, purpose) => bench.pending.push({ is: "draw", bolt: this, epoch: this.epoch, purpose }),
      load: () => {
        throw new Error("admissions load nothing");
      },
      call: (to, request, patience, purpose) => {
        const asked = request.ask === "join-order" ? this.#join(request) : request;
        const call = {
          caller: this,
          epoch: this.epoch,
          to,
          request: asked,
          patience,
          purpose,
          isOver: false,
          wasSent: false,
        };
        bench.pending.push({ is: "request", call });
      },
      respond: (call, answer) => {
        const answering = this.#answering.get(call);
        this.#answering.delete(call);
        answering?.(answer);
      },
      tell: () => undefined,
      multicast: () => undefined,
      beacon: () => undefined,
      take: (rows, profiles, purpose) => {
        const news = rows.filter((row) => this.roster.get(row.message.id) === undefined);
        this.#store({ writes: [], drafts: [], taken: { rows: news, profiles }, purpose });
      },
      offer: (fact) => this.#fact(fact),
      note: (note) => {
        this.notes.push(note);
      },
    };
  }

  #join(order: JoinOrder): PeerRequest {
    const proof = signJoin(order.claim, signerOf(this.id), signerOfSecret(order.tokenSeed));
    return { ask: "join", proof, page: order.page };
  }
}
