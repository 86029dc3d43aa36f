/**
 * The door of the room in which bolts know of each other: beacons out and in, how fresh everyone is, exchanges that
 * make rosters equal, new rows pushed hot. Here each input finds its file; nothing is decided here.
 *
 *   created --start--> running --stop--> stopping        (stopping answers, and begins nothing)
 *
 * Rules: docs/rules/GOSSIP.md.
 */
import { absurd, Bug } from "../kernel/assert.ts";
import { clonePlain } from "../kernel/clone.ts";
import type { Deadline } from "../kernel/deadline.ts";
import type { BoltId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import type { Saved, Signed, StoreFailure } from "../roster/durable.ts";
import type { AdminRequest } from "../turn/admin.ts";
import type { PeerRequest, Say } from "../turn/peer.ts";
import type { PeerCaller, Room } from "../turn/room.ts";
import type { BoltReport, StatusReport } from "../turn/status.ts";
import type { CallId, CallOutcome, Fact, World } from "../turn/turn.ts";
import { onOwnBeacon } from "./duplicates.ts";
import { onExchangeNotStored, onExchangeReply, onExchangeStored, onWishesDue } from "./exchange-driver.ts";
import { onAuditDue, onWanted, ownDigest, planAudit, wishAsked } from "./exchange-wishes.ts";
import { onLookDue, onPulled, pulledBeacon } from "./freshness.ts";
import { heldUs, onBeacon } from "./hearing.ts";
import { nextPush, onPushesDue, onRow, passOn, pushOwn } from "./hot-push.ts";
import { followFarewell, onFarewell, onLinkWhileLeaving } from "./farewell.ts";
import { onHearing, onLink } from "./links.ts";
import { markOf, writeMarks } from "./marks.ts";
import { followRoster } from "./peers.ts";
import { onNotRepointed, onRepoint, onRepointed } from "./repoint.ts";
import { isIsolated, multicastWorks, reportsOf } from "./report.ts";
import { onNotTaken, onOffered, onPeerRequest, peerRequests } from "./serving.ts";
import { speaks } from "./seats.ts";
import { emptyGossip, gossipLimits } from "./state.ts";
import type { Circle, GossipPurpose, GossipState, GossipTurn, Mark } from "./state.ts";
import { followVoice, onIntervalChanged, onReserved, onVoiceDue, speakLast, speakSoon } from "./voice.ts";

/** A message as the bolt hears it; `from` is the bolt at the other end of a stream. */
export interface Heard {
  readonly via: "multicast" | "stream";
  readonly from: BoltId | null;
  readonly heldMs: number;
  readonly message: Say;
}

export class Gossip implements Room<GossipPurpose, GossipState> {
  readonly #circle: Circle;
  #deadline: Deadline | undefined;

  constructor(image: GossipState) {
    const state = clonePlain(image);
    const authors = new Map<BoltId, Mark>();
    for (const [id, peer] of state.peers) authors.set(id, peer.mark);
    if (state.voice.self !== null) authors.set(state.voice.self, state.voice.mark);
    this.#circle = { state, authors };
  }

  /** The state of a room that has not started: the marks and settings of its disk. */
  static initial(highWater: Saved["highWater"], settings: ReadonlyMap<string, string>): GossipState {
    return emptyGossip(highWater, settings);
  }

  start(turn: GossipTurn): void {
    const { state } = this.#circle;
    state.phase = "running";
    state.voice.startedWallMs = turn.world.wallMs;
    this.#followRoster(turn);
  }

  /** Says that it stops and writes what it must not forget. */
  stop(turn: GossipTurn): void {
    const { state } = this.#circle;
    if (state.phase !== "running") return;
    state.phase = "stopping";
    speakLast(this.#circle, turn);
    writeMarks(this.#circle, turn);
    state.pushes.queue = [];
    state.exchanges.wishes.clear();
  }

  onHeard(heard: Heard, turn: GossipTurn): void {
    const circle = this.#circle;
    if (circle.state.phase !== "running") return;
    const { message, from, via } = heard;
    switch (message.say) {
      case "beacon": {
        const { author } = message.beacon.message;
        if (author === turn.world.self) return onOwnBeacon(circle, message.beacon.message, turn);
        const way = via === "multicast" ? "multicast" : from === author ? "stream" : "relay";
        onBeacon(circle, message.beacon, way, heldUs(heard.heldMs), turn);
        return;
      }
      case "newest":
        if (message.beacon.message.author === turn.world.self) onOwnBeacon(circle, message.beacon.message, turn);
        return;
      case "row":
        return onRow(circle, message.row, via, turn);
      case "hearing":
        if (from !== null) onHearing(circle, from, message.multicast, turn);
        return;
      default:
        return absurd(message);
    }
  }

  /** A spanner of the same name under another genesis is about; the last few are remembered. */
  onForeign(tag: string, from: string, turn: GossipTurn): void {
    const { state } = this.#circle;
    if (state.foreign.some((seen) => seen.tag === tag && seen.from === from)) return;
    state.foreign = [...state.foreign, { tag, from }].slice(-gossipLimits.foreign);
    turn.note({ what: "foreign-spanner", detail: `${tag} from ${from}` });
  }

  onLink(peer: BoltId, up: boolean, _why: string, turn: GossipTurn): void {
    if (this.#circle.state.phase !== "running") return;
    onLink(this.#circle, peer, up, turn);
    if (up) onLinkWhileLeaving(this.#circle, peer, turn);
  }

  reports(world: World): readonly BoltReport[] {
    return reportsOf(this.#circle, world);
  }

  isolated(world: World): boolean {
    return isIsolated(this.#circle, world);
  }

  multicastWorks(world: World): boolean | null {
    return multicastWorks(this.#circle, world);
  }

  foreign(): StatusReport["foreign"] {
    return [...this.#circle.state.foreign];
  }

  /** Live: the same map for ever, its marks rise in place. */
  highWater(): ReadonlyMap<BoltId, { readonly incarnation: number; readonly number: number }> {
    return this.#circle.authors;
  }

  /** Another map whenever an address changed. */
  repointed(): ReadonlyMap<BoltId, string> {
    return this.#circle.state.repointed;
  }

  /** Whether streams are still wanted though this bolt has left: nobody has its LEAVE yet. */
  lingers(): boolean {
    return this.#circle.state.lingers;
  }

  /** Whether any beacon of this bolt ever came, in this life or one before. */
  hasHeard(bolt: BoltId): boolean {
    return markOf(this.#circle, bolt) !== undefined;
  }

  /** The highest incarnation a beacon of it showed; null when none came. */
  incarnationOf(bolt: BoltId): number | null {
    return markOf(this.#circle, bolt)?.incarnation ?? null;
  }

  handlesAdmin(request: AdminRequest): boolean {
    return request.do === "repoint";
  }

  onAdmin(call: CallId, request: AdminRequest, turn: GossipTurn): void {
    if (request.do !== "repoint") throw new Bug(`gossip does not handle ${request.do}`);
    onRepoint(call, request, turn);
  }

  handlesPeer(request: PeerRequest): boolean {
    return peerRequests.has(request.ask);
  }

  onPeer(call: CallId, from: PeerCaller, request: PeerRequest, _patience: Micros, turn: GossipTurn): void {
    onPeerRequest(this.#circle, call, from, request, turn);
  }

  onStored(_signed: readonly Signed[], purpose: GossipPurpose, turn: GossipTurn): void {
    const circle = this.#circle;
    switch (purpose.for) {
      case "marks":
      case "evidence":
        return;
      case "reserve":
        return onReserved(circle, purpose.incarnation, turn);
      case "exchange":
        return onExchangeStored(circle, purpose, turn);
      case "offered":
        return onOffered(purpose, turn);
      case "presented":
        return turn.respond(purpose.call, { reply: "took" });
      case "repoint":
        return onRepointed(circle, purpose, turn);
      case "pull":
      case "farewell":
        throw new Bug(`${purpose.for} stores nothing`);
      default:
        return absurd(purpose);
    }
  }

  onStoreFailed(why: StoreFailure, purpose: GossipPurpose, turn: GossipTurn): void {
    const circle = this.#circle;
    switch (purpose.for) {
      case "marks":
      case "evidence":
        return;
      case "reserve":
        return onReserved(circle, purpose.incarnation, turn);
      case "exchange":
        return onExchangeNotStored(circle, purpose, turn);
      case "offered":
      case "presented":
        return onNotTaken(purpose.call, why, turn);
      case "repoint":
        return onNotRepointed(purpose.call, why, turn);
      case "pull":
      case "farewell":
        throw new Bug(`${purpose.for} stores nothing`);
      default:
        return absurd(purpose);
    }
  }

  onDrawn(): void {
    throw new Bug("gossip draws nothing");
  }

  onLoaded(): void {
    throw new Bug("gossip loads nothing");
  }

  onReply(outcome: CallOutcome, purpose: GossipPurpose, turn: GossipTurn): void {
    const circle = this.#circle;
    if (purpose.for === "exchange") return onExchangeReply(circle, outcome, purpose, turn);
    if (purpose.for === "farewell") return onFarewell(circle, outcome);
    if (purpose.for !== "pull") throw new Bug(`nobody was called for ${purpose.for}`);
    const pulled = pulledBeacon(outcome, purpose.author);
    const way = purpose.from === purpose.author ? "stream" : "relay";
    const beacon = pulled?.beacon ?? null;
    const isNews = beacon !== null && onBeacon(circle, beacon, way, heldUs(pulled?.heldMs ?? 0), turn);
    onPulled(circle, purpose, isNews, turn);
  }

  onFact(fact: Fact, turn: GossipTurn): void {
    const circle = this.#circle;
    const { exchanges } = circle.state;
    if (circle.state.phase === "created") return;
    switch (fact.fact) {
      case "merged":
        return this.#onMerged(fact, turn);
      case "own-row":
        pushOwn(circle, fact.row, turn);
        return speakSoon(circle, turn);
      case "phase":
      case "jump":
        this.#followRoster(turn);
        return speakSoon(circle, turn);
      case "settings":
        onIntervalChanged(circle, turn);
        if (exchanges.auditAt !== null) planAudit(circle, turn);
        return speakSoon(circle, turn);
      case "roster-behind":
        return wishAsked(circle, fact.peer, 0 as Micros, turn);
      case "wanted":
        return onWanted(circle, turn);
      default:
        return absurd(fact);
    }
  }

  /** Who is listened to, whether this bolt speaks, and whether it has left follow from the roster. */
  #followRoster(turn: GossipTurn): void {
    const circle = this.#circle;
    const { exchanges } = circle.state;
    followRoster(circle, turn);
    ownDigest(exchanges, turn.world);
    followVoice(circle, turn);
    followFarewell(circle, turn);
    if (!speaks(turn.world)) fallSilent(circle.state);
    else if (exchanges.auditAt === null) {
      planAudit(circle, turn);
      circle.state.lookAt = turn.world.now;
    }
  }

  #onMerged(fact: Extract<Fact, { fact: "merged" }>, turn: GossipTurn): void {
    const circle = this.#circle;
    const { self } = turn.world;
    ownDigest(circle.state.exchanges, turn.world);
    if (fact.rows.length > 0) {
      this.#followRoster(turn);
      passOn(circle, fact.rows, turn);
    }
    if (fact.profiles.some(({ message }) => message.origin === self)) speakSoon(circle, turn);
  }

  onDue(turn: GossipTurn): void {
    const circle = this.#circle;
    if (circle.state.phase !== "running") return;
    onVoiceDue(circle, turn);
    onPushesDue(circle, turn);
    onLookDue(circle, turn);
    onAuditDue(circle, turn);
    onWishesDue(circle, turn);
    const { writeMarksAt } = circle.state;
    if (writeMarksAt !== null && writeMarksAt <= turn.world.now) writeMarks(circle, turn);
  }

  /** The soonest of a handful of moments; the same object until it changes. */
  deadline(): Deadline | undefined {
    const { state } = this.#circle;
    if (state.phase !== "running") return undefined;
    const { voice, exchanges } = state;
    let at = Infinity;
    let why = "";
    const consider = (moment: Micros | null | undefined, what: string): void => {
      if (moment === null || moment === undefined || moment >= at) return;
      at = moment;
      why = what;
    };
    consider(voice.dueAt, "beacon");
    consider(voice.soonAt, "beacon of a change");
    consider(nextPush(this.#circle), "copy of a row");
    consider(state.lookAt, "look for stale peers");
    consider(exchanges.auditAt, "audit");
    consider(exchanges.soonest, "exchange");
    consider(state.writeMarksAt, "write marks");
    if (at === Infinity) this.#deadline = undefined;
    else if (this.#deadline?.at !== at || this.#deadline.why !== why) this.#deadline = { at: at as Micros, why };
    return this.#deadline;
  }

  image(): GossipState {
    return clonePlain(this.#circle.state);
  }
}

/** Without a seat nobody would answer: nothing is begun until there is one. */
function fallSilent(state: GossipState): void {
  state.lookAt = null;
  state.exchanges.auditAt = null;
  state.exchanges.soonest = null;
  state.exchanges.wishes.clear();
}
