/**
 * The room that answers questions and changes nothing: status, one bolt, routes, evidence, and the fan-outs of
 * `--all-views` and `--verify`. It is the only room that may see what the others report.
 */
import { absurd, Bug } from "../kernel/assert.ts";
import { clonePlain } from "../kernel/clone.ts";
import type { Deadline } from "../kernel/deadline.ts";
import type { BoltId } from "../kernel/id.ts";
import { done } from "../kernel/refusal.ts";
import type { Outcome } from "../kernel/refusal.ts";
import type { Micros } from "../kernel/time.ts";
import type { LoadPage } from "../roster/durable.ts";
import { findBolt } from "../roster/find-bolt.ts";
import { countOpenInvites } from "../admissions/invites-report.ts";
import type { Neighbours } from "../admissions/state.ts";
import type { AdminAnswer, AdminRequest } from "../turn/admin.ts";
import type { PeerRequest } from "../turn/peer.ts";
import type { PeerCaller, Room } from "../turn/room.ts";
import type { BoltReport, Phase, StatusReport } from "../turn/status.ts";
import type { CallId, CallOutcome, Turn, World } from "../turn/turn.ts";
import { FanOut } from "./fan-out.ts";
import type { FanOutPurpose, FanOutState } from "./fan-out.ts";
import { routeReport } from "./route-report.ts";

export type ReporterPurpose = FanOutPurpose | { readonly for: "evidence"; readonly call: CallId };

export interface ReporterState {
  readonly fanOut: FanOutState;
}

/** What the reporter may read of gossip. */
export interface Observed extends Neighbours {
  reports(world: World): readonly BoltReport[];
  isolated(world: World): boolean;
  multicastWorks(world: World): boolean | null;
  foreign(): StatusReport["foreign"];
}

const answered: ReadonlySet<AdminRequest["do"]> = new Set([
  "status",
  "all-views",
  "verify",
  "bolt-show",
  "route-explain",
  "evidence",
]);

export class Reporter implements Room<ReporterPurpose, ReporterState> {
  readonly #fanOut: FanOut;
  readonly #view: () => StatusReport;

  constructor(state: ReporterState, view: () => StatusReport) {
    this.#fanOut = new FanOut(state.fanOut);
    this.#view = view;
  }

  static initial(): ReporterState {
    return { fanOut: FanOut.initial() };
  }

  /** The account of itself that everything else is a projection of. */
  status(world: World, phase: { readonly phase: Phase; readonly why: string }, observed: Observed): StatusReport {
    const view = world.roster.view();
    const isSpanner = world.config.mode === "spanner";
    return {
      mode: world.config.mode,
      phase: isSpanner ? phase.phase : "standalone",
      phaseWhy: isSpanner ? phase.why : "This server shares its fleet with nobody.",
      self: world.self,
      name: world.config.name,
      spannerId: world.config.spannerId,
      genesis: view.genesis,
      digest: view.genesis === null ? null : world.roster.digest().slice(0, 32),
      rows: world.roster.size(),
      isolated: isSpanner && observed.isolated(world),
      multicastWorks: observed.multicastWorks(world),
      bolts: observed.reports(world),
      contested: world.roster.routing().contests(),
      alarms: view.alarms,
      undone: view.undone,
      openInvites: countOpenInvites(world, observed),
      foreign: observed.foreign(),
    };
  }

  handlesAdmin(request: AdminRequest): boolean {
    return answered.has(request.do);
  }

  onAdmin(call: CallId, request: AdminRequest, turn: Turn<ReporterPurpose>): void {
    switch (request.do) {
      case "status":
        return turn.respond(call, { answer: "status", status: this.#view() });
      case "bolt-show":
        return turn.respond(call, answerOf(this.#bolt(request.bolt, turn.world)));
      case "route-explain":
        return turn.respond(call, answerOf(routeReport(turn.world, request.hostname)));
      case "evidence":
        return this.#evidence(call, request, turn);
      case "all-views":
      case "verify":
        return this.#fanOut.ask(call, request.do, this.#view(), turn);
      default:
        throw new Bug(`the reporter does not handle ${request.do}`);
    }
  }

  handlesPeer(request: PeerRequest): boolean {
    return request.ask === "status";
  }

  onPeer(call: CallId, from: PeerCaller, _request: PeerRequest, _patience: Micros, turn: Turn<ReporterPurpose>): void {
    if (from.is === "bolt" && isMember(turn.world, from.bolt)) {
      return turn.respond(call, { reply: "status", status: this.#view() });
    }
    const refusal = { code: "NOT_A_MEMBER", message: "Only members of this spanner are told its status here." };
    turn.respond(call, { reply: "refused", refusal, row: null });
  }

  onReply(outcome: CallOutcome, purpose: ReporterPurpose, turn: Turn<ReporterPurpose>): void {
    if (purpose.for === "evidence") throw new Bug("evidence is loaded, not asked for");
    this.#fanOut.onReply(outcome, purpose, turn);
  }

  onLoaded(page: LoadPage, purpose: ReporterPurpose, turn: Turn<ReporterPurpose>): void {
    switch (purpose.for) {
      case "evidence":
        return turn.respond(purpose.call, { answer: "evidence", evidence: page.evidence });
      case "view":
      case "rows":
        throw new Bug("a fan-out loads nothing");
      default:
        return absurd(purpose);
    }
  }

  onStored(): void {
    throw new Bug("the reporter stores nothing");
  }

  onStoreFailed(): void {
    throw new Bug("the reporter stores nothing");
  }

  onDrawn(): void {
    throw new Bug("the reporter draws nothing");
  }

  onFact(): void {
    return;
  }

  onDue(): void {
    return;
  }

  deadline(): Deadline | undefined {
    return undefined;
  }

  image(): ReporterState {
    return clonePlain({ fanOut: this.#fanOut.image() });
  }

  #bolt(text: string, world: World): Outcome<AdminAnswer> {
    const found = findBolt(world.roster.view(), text);
    return found.ok ? done({ answer: "bolt", status: this.#view(), bolt: found.value.id }) : found;
  }

  #evidence(call: CallId, request: Extract<AdminRequest, { do: "evidence" }>, turn: Turn<ReporterPurpose>): void {
    const about = request.bolt === null ? done(null) : findBolt(turn.world.roster.view(), request.bolt);
    if (!about.ok) return turn.respond(call, { answer: "refused", refusal: about.refusal, row: null });
    const query = { load: "evidence", about: about.value?.id ?? null, limit: request.limit } as const;
    turn.load(query, { for: "evidence", call });
  }
}

function answerOf(outcome: Outcome<AdminAnswer>): AdminAnswer {
  return outcome.ok ? outcome.value : { answer: "refused", refusal: outcome.refusal, row: null };
}

function isMember(world: World, bolt: BoltId): boolean {
  return world.roster.view().byId.get(bolt)?.standing.is === "member";
}
