/**
 * A bolt: the machine that routes each input to its rooms and offers them every new fact in a fixed order until quiet.
 * Rooms never call each other; what they share is the world, which only this file changes.
 *
 *   input -> room's turn -> effects, facts, rows to take -> facts to all rooms -> ... -> quiet -> effects out
 *
 * Carries BO-1 to BO-9 (docs/rules/BOLT.md).
 */
import { absurd, invariant, must } from "../kernel/assert.ts";
import type { Deadline } from "../kernel/deadline.ts";
import { sooner } from "../kernel/deadline.ts";
import type { BoltId } from "../kernel/id.ts";
import { Random } from "../kernel/random.ts";
import type { RandomState } from "../kernel/random.ts";
import { after } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import { Admissions } from "../admissions/admissions.ts";
import type { AdmissionsState } from "../admissions/state.ts";
import { inviteReport } from "../admissions/invites-report.ts";
import { Gossip } from "../gossip/gossip.ts";
import type { GossipState } from "../gossip/state.ts";
import type { Signed, StoreFailure } from "../roster/durable.ts";
import type { Roster } from "../roster/roster.ts";
import type { Room } from "../turn/room.ts";
import type { InviteReport } from "../turn/admin.ts";
import type { StatusReport } from "../turn/status.ts";
import type { Fact } from "../turn/turn.ts";
import { bootWorld, drawIncarnation } from "./boot.ts";
import { Desk, emptyDesk } from "./desk.ts";
import type { DeskImage, Errand, RoomName, Waiting } from "./desk.ts";
import { Intake } from "./intake.ts";
import { KeyringKeeper } from "./keyring.ts";
import { Outbox } from "./outbox.ts";
import type { Taking } from "./outbox.ts";
import { Reporter } from "./reporter.ts";
import type { ReporterState } from "./reporter.ts";
import { RoomTurn } from "./room-turn.ts";
import type { Boot, Effect, Input, Keyring, Machine } from "./seam.ts";
import { SharedWorld } from "./world.ts";
import type { WorldImage } from "./world.ts";

/** Plain state of a whole bolt. */
export interface BoltImage {
  readonly world: WorldImage;
  readonly desk: DeskImage;
  readonly admissions: AdmissionsState;
  readonly gossip: GossipState;
  readonly reporter: ReporterState;
  readonly random: Readonly<Record<RoomName, RandomState>>;
  readonly stoppingBy: Micros | null;
  readonly stopped: boolean;
}

type AnyRoom = Room<unknown, unknown>;

export class Bolt implements Machine<BoltImage> {
  #world: SharedWorld;
  #desk: Desk;
  #admissions: Admissions;
  #gossip: Gossip;
  #reporter: Reporter;
  #random: Record<RoomName, Random>;
  #keyring: KeyringKeeper;
  #stoppingBy: Micros | null;
  #stopped: boolean;
  readonly #outbox: Outbox = new Outbox();
  readonly #intake: Intake;
  #turns: Record<RoomName, RoomTurn>;

  private constructor(image: BoltImage) {
    this.#world = new SharedWorld(image.world);
    this.#desk = new Desk(image.desk);
    this.#gossip = new Gossip(image.gossip);
    this.#admissions = new Admissions(image.admissions, this.#gossip);
    this.#reporter = new Reporter(image.reporter, () => this.view(this.#world.now));
    this.#random = {
      admissions: new Random(image.random.admissions),
      gossip: new Random(image.random.gossip),
      reporter: new Random(image.random.reporter),
    };
    this.#stoppingBy = image.stoppingBy;
    this.#stopped = image.stopped;
    this.#keyring = new KeyringKeeper();
    this.#intake = new Intake(this.#world, this.#desk, this.#outbox);
    this.#turns = this.#grantTurns();
  }

  /** A bolt that waits for its `start`. */
  static create(boot: Boot, now: Micros): Bolt {
    const root = new Random({ seed: boot.seed, counter: 0 });
    const world = bootWorld(boot, now, root.fork("incarnation"));
    return new Bolt({
      world,
      desk: emptyDesk,
      admissions: Admissions.initial(),
      gossip: Gossip.initial(boot.saved.highWater, boot.saved.settings),
      reporter: Reporter.initial(),
      random: {
        admissions: root.fork("admissions").state(),
        gossip: root.fork("gossip").state(),
        reporter: root.fork("reporter").state(),
      },
      stoppingBy: null,
      stopped: false,
    });
  }

  static restore(image: BoltImage): Bolt {
    return new Bolt(image);
  }

  step(input: Input, now: Micros): readonly Effect[] {
    invariant(now >= this.#world.now, `time went from ${this.#world.now} back to ${now}`);
    this.#world.now = now;
    if (this.#stopped) return [];
    this.#route(input);
    this.#settle();
    return this.#outbox.drain();
  }

  deadline(): Deadline | undefined {
    if (this.#stopped) return undefined;
    const rooms = sooner(this.#admissions.deadline(), this.#gossip.deadline());
    return this.#stoppingBy === null ? rooms : sooner(rooms, { at: this.#stoppingBy, why: "end of grace" });
  }

  view(now: Micros): StatusReport {
    // Only ages read it, and the next step comes no earlier.
    this.#world.now = now;
    return this.#reporter.status(this.#world, this.#admissions.phase(), this.#gossip);
  }

  keyring(): Keyring {
    return this.#keyring.read(this.#world, this.#gossip);
  }

  image(): BoltImage {
    return {
      world: this.#world.image(),
      desk: this.#desk.image(),
      admissions: this.#admissions.image(),
      gossip: this.#gossip.image(),
      reporter: this.#reporter.image(),
      random: {
        admissions: this.#random.admissions.state(),
        gossip: this.#random.gossip.state(),
        reporter: this.#random.reporter.state(),
      },
      stoppingBy: this.#stoppingBy,
      stopped: this.#stopped,
    };
  }

  /** What it knows of its spanner, for checkers and metrics; to be read only. */
  get roster(): Roster {
    return this.#world.roster;
  }

  /** Every invite it knows of, for checkers and the live feed. */
  invites(): readonly InviteReport[] {
    const tokens = [...this.#world.roster.view().tokens.values()];
    return tokens.map((token) => inviteReport(token, this.#world, this.#gossip));
  }

  /** How much is under way, for bounds checked from outside (oracle I9). */
  load(): ReturnType<Desk["load"]> {
    return this.#desk.load();
  }

  #grantTurns(): Record<RoomName, RoomTurn> {
    const grant = (room: RoomName): RoomTurn =>
      new RoomTurn(room, this.#world, this.#random[room], this.#desk, this.#outbox);
    return { admissions: grant("admissions"), gossip: grant("gossip"), reporter: grant("reporter") };
  }

  #room(name: RoomName): AnyRoom {
    switch (name) {
      case "admissions":
        return this.#admissions as AnyRoom;
      case "gossip":
        return this.#gossip as AnyRoom;
      case "reporter":
        return this.#reporter as AnyRoom;
      default:
        return absurd(name);
    }
  }

  #route(input: Input): void {
    switch (input.in) {
      case "start":
        return this.#start();
      case "stop":
        return this.#stop(input.grace);
      case "wall":
        return this.#wall(input.wallMs);
      case "due":
        return this.#due();
      case "link":
        return this.#link(input.peer, input.up, input.why);
      case "heard":
        return this.#gossip.onHeard(input, this.#turns.gossip);
      case "foreign":
        return this.#gossip.onForeign(input.tag, input.from, this.#turns.gossip);
      case "request":
        return this.#request(input);
      case "reply":
        return this.#deliverReply(input);
      case "stored":
        return this.#stored(this.#desk.endTicket(input.ticket), input.signed);
      case "store-failed":
        return this.#storeFailed(this.#desk.endTicket(input.ticket), input.why);
      case "loaded": {
        const errand = errandOf(this.#desk.endTicket(input.ticket));
        return this.#room(errand.room).onLoaded(input.page, errand.purpose, this.#turns[errand.room]);
      }
      case "drawn": {
        const errand = errandOf(this.#desk.endTicket(input.ticket));
        const turn = this.#turns[errand.room];
        return this.#room(errand.room).onDrawn(input.publicKey, input.secret, errand.purpose, turn);
      }
      default:
        return absurd(input);
    }
  }

  #start(): void {
    if (this.#world.config.mode === "standalone") return;
    this.#world.phase = this.#admissions.resume(this.#world);
    this.#gossip.start(this.#turns.gossip);
    this.#admissions.start(this.#turns.admissions);
    this.#writeFloor();
  }

  #stop(grace: Micros): void {
    this.#stoppingBy = after(this.#world.now, grace);
    if (this.#world.config.mode === "spanner") this.#gossip.stop(this.#turns.gossip);
  }

  #wall(wallMs: number): void {
    this.#world.setWall(wallMs);
    this.#writeFloor();
  }

  #writeFloor(): void {
    const floorMs = this.#world.takeFloor();
    if (floorMs === undefined) return;
    const ticket = this.#desk.ticket({ waits: "store", errand: null });
    const writes = [{ put: "setting", name: "wall-floor", value: String(floorMs) }] as const;
    this.#outbox.effect({ do: "store", ticket, writes, drafts: [] });
  }

  #due(): void {
    const { gossip } = this.#turns;
    const now = this.#world.now;
    if (isDue(this.#admissions.deadline(), now)) this.#admissions.onDue();
    if (isDue(this.#gossip.deadline(), now)) this.#gossip.onDue(gossip);
  }

  #link(peer: BoltId, up: boolean, why: string): void {
    if (up) this.#world.links.add(peer);
    else this.#world.links.delete(peer);
    this.#gossip.onLink(peer, up, why, this.#turns.gossip);
  }

  #request(input: Extract<Input, { in: "request" }>): void {
    if (!this.#desk.open(input.call) || this.#stoppingBy !== null) {
      const refusal = {
        code: "BUSY",
        message: this.#stoppingBy === null ? "Too much is under way here." : "This server is stopping.",
        retryAfterS: 5,
      };
      this.#desk.answered(input.call);
      this.#outbox.effect({ do: "respond", call: input.call, answer: refusedAnswer(input.asked, refusal) });
      return;
    }
    for (const name of ["admissions", "gossip", "reporter"] as const) {
      if (this.#offered(name, input)) return;
    }
    const refusal = { code: "NOT_SUPPORTED", message: "This server does not know that request." };
    this.#turns.reporter.respond(input.call, refusedAnswer(input.asked, refusal));
  }

  #offered(name: RoomName, input: Extract<Input, { in: "request" }>): boolean {
    const room = this.#room(name);
    const turn = this.#turns[name];
    const { call, asked, from, patience } = input;
    if ("admin" in asked) {
      if (from.is !== "admin" || !room.handlesAdmin(asked.admin)) return false;
      room.onAdmin(call, asked.admin, turn);
      return true;
    }
    if (from.is === "admin" || !room.handlesPeer(asked.peer)) return false;
    room.onPeer(call, from, asked.peer, patience, turn);
    return true;
  }

  #deliverReply(input: Extract<Input, { in: "reply" }>): void {
    const errand = this.#desk.endCall(input.call);
    this.#room(errand.room).onReply(input.outcome, errand.purpose, this.#turns[errand.room]);
  }

  /** Own rows join the roster the moment they are on disk; then whoever asked hears of it (BO-2). */
  #stored(waiting: Waiting, signed: readonly Signed[]): void {
    switch (waiting.waits) {
      case "store":
        this.#intake.ownStored(signed);
        return this.#tellStored(waiting.errand, signed);
      case "take":
        this.#intake.stored(waiting.rows, waiting.profiles);
        return this.#tellStored(waiting.errand, []);
      case "released":
        return this.#outbox.fact({ fact: "merged", rows: waiting.rows, profiles: [] });
      case "draw":
      case "load":
        throw new TypeError("a draw or a load was answered as a store");
      default:
        return absurd(waiting);
    }
  }

  #tellStored(errand: Errand | null, signed: readonly Signed[]): void {
    if (errand === null) return;
    this.#room(errand.room).onStored(signed, errand.purpose, this.#turns[errand.room]);
  }

  #storeFailed(waiting: Waiting, why: StoreFailure): void {
    this.#world.storeFailed = why;
    this.#outbox.effect({ do: "note", note: { what: "store-failed", detail: why } });
    const errand = "errand" in waiting ? waiting.errand : null;
    if (errand !== null) this.#room(errand.room).onStoreFailed(why, errand.purpose, this.#turns[errand.room]);
  }

  #take(taking: Taking): void {
    if (!this.#intake.take(taking)) this.#tellStored(taking.errand, []);
  }

  /** Works off facts and takings until no room has anything left to say. */
  #settle(): void {
    for (let chore = this.#outbox.nextChore(); chore !== undefined; chore = this.#outbox.nextChore()) {
      if (chore.chore === "take") this.#take(chore.taking);
      else this.#offerFact(chore.fact);
      this.#followPhase();
    }
    this.#followPhase();
    if (this.#stoppingBy !== null && (this.#desk.isIdle() || this.#world.now >= this.#stoppingBy)) {
      this.#stopped = true;
      this.#outbox.effect({ do: "stopped" });
    }
  }

  #offerFact(fact: Fact): void {
    if (fact.fact === "jump") this.#world.lived.add(drawIncarnation(fact.above, this.#random.reporter));
    if (fact.fact === "settings") this.#world.applySettings(fact.settings);
    if (fact.fact === "merged" || fact.fact === "phase") this.#keyring.forget();
    this.#admissions.onFact(fact, this.#turns.admissions);
    this.#gossip.onFact(fact, this.#turns.gossip);
  }

  #followPhase(): void {
    if (this.#world.config.mode === "standalone") return;
    const { phase, why } = this.#admissions.phase();
    if (phase === this.#world.phase) return;
    this.#world.phase = phase;
    this.#outbox.fact({ fact: "phase", phase, why });
  }
}

function isDue(deadline: Deadline | undefined, now: Micros): boolean {
  return deadline !== undefined && deadline.at <= now;
}

function errandOf(waiting: Waiting): Errand {
  return must("errand" in waiting ? waiting.errand : null, "nobody asked for this outcome");
}

type Refused = Extract<Effect, { do: "respond" }>["answer"];

function refusedAnswer(
  asked: Extract<Input, { in: "request" }>["asked"],
  refusal: { code: string; message: string; retryAfterS?: number },
): Refused {
  return "admin" in asked ? { answer: "refused", refusal, row: null } : { reply: "refused", refusal, row: null };
}
