/**
 * The door of the room that decides who is in: founding, invites, redemption, joining, leaving, removal, and what this
 * bolt says of itself (patterns as CLAIM, addresses as PROFILE). Every refusal is typed (AD-1).
 *
 * Here each question and outcome finds its file; after every turn the pen starts the next row (writing.ts) and the
 * standing is read from the roster again (standing.ts). Rules: docs/rules/ADMISSIONS.md.
 */
import { absurd, Bug } from "../kernel/assert.ts";
import { clonePlain } from "../kernel/clone.ts";
import type { Deadline } from "../kernel/deadline.ts";
import type { BoltId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Signed, StoreFailure } from "../roster/durable.ts";
import type { AdminRequest } from "../turn/admin.ts";
import type { JoinProof, PeerRequest } from "../turn/peer.ts";
import type { PeerCaller, Room } from "../turn/room.ts";
import type { Phase } from "../turn/status.ts";
import type { CallId, CallOutcome, Fact, World } from "../turn/turn.ts";
import { takeAttempt } from "./attempts.ts";
import { claimConfigured, onReconfigure } from "./claim.ts";
import { onFoundingFailed, onInit, onRecoveryKey } from "./found.ts";
import { onHeads, onHeadsNotTaken, onHeadsOf, onHeadsTaken } from "./gather.ts";
import { onInviteList, onInviteShow } from "./invites-report.ts";
import { onJoin, onJoinNotStored, onJoinReply, onJoined } from "./join.ts";
import { onConsent, onConsented, onLeave } from "./leave.ts";
import { onInvite, onRevoke, onTokenKey } from "./mint.ts";
import { redeem } from "./redeem.ts";
import * as say from "./refusals.ts";
import { onProfileWritten, registerProfile } from "./register.ts";
import { onRelayNotStored, onRelayReply, onRelayed } from "./relay.ts";
import { onElderReply, onPeerRemove, onRemove } from "./remove.ts";
import { phaseOf, standingOf } from "./standing.ts";
import type { Standing } from "./standing.ts";
import { emptyAdmissions } from "./state.ts";
import type { AdmissionsPurpose, AdmissionsState, AdmissionsTurn, Neighbours, Office } from "./state.ts";
import { onRowFailed, onRowStored, writeNext } from "./writing.ts";

/** Hears nobody: for bolts without gossip. */
const deaf: Neighbours = { hasHeard: () => true, incarnationOf: () => null };

const adminRequests: ReadonlySet<AdminRequest["do"]> = new Set([
  "identity",
  "init",
  "invite",
  "invite-list",
  "invite-show",
  "invite-revoke",
  "join",
  "leave",
  "consent",
  "remove",
  "reconfigure",
]);
const peerRequests: ReadonlySet<PeerRequest["ask"]> = new Set(["join", "redeem", "remove", "heads-of"]);

export class Admissions implements Room<AdmissionsPurpose, AdmissionsState> {
  readonly #office: Office;

  constructor(state: AdmissionsState = emptyAdmissions(), neighbours: Neighbours = deaf) {
    this.#office = { state: clonePlain(state), neighbours };
  }

  /** The state of a room that has not started. */
  static initial(): AdmissionsState {
    return emptyAdmissions();
  }

  /** What the roster from disk makes of this server; to be asked before any room starts. */
  resume(world: World): Phase {
    this.#office.state.standing = standingOf(world);
    return this.phase().phase;
  }

  /** After boot: a member claims what its configuration says and registers its profile. */
  start(turn: AdmissionsTurn): void {
    this.#office.state.standing = standingOf(turn.world);
    this.#introduce(turn);
    writeNext(this.#office, turn);
  }

  /** What this server is to its spanner, and one sentence for people. */
  phase(): Standing {
    const { standing, ceremony } = this.#office.state;
    return phaseOf(standing, ceremony);
  }

  handlesAdmin(request: AdminRequest): boolean {
    return adminRequests.has(request.do);
  }

  onAdmin(call: CallId, request: AdminRequest, turn: AdmissionsTurn): void {
    const { config, self } = turn.world;
    if (request.do === "identity") {
      const { name, patterns, tlsPin } = config;
      return turn.respond(call, { answer: "identity", key: self, name, patterns, tlsPin });
    }
    const isStandalone = config.mode === "standalone" || self === null;
    if (isStandalone && request.do !== "reconfigure") {
      return turn.respond(call, { answer: "refused", refusal: say.notInSpannerMode, row: null });
    }
    this.#routeAdmin(call, request, turn);
    this.#conclude(turn);
  }

  #routeAdmin(call: CallId, request: AdminRequest, turn: AdmissionsTurn): void {
    const office = this.#office;
    switch (request.do) {
      case "init":
        return onInit(call, request, office, turn);
      case "invite":
        return onInvite(call, request, office, turn);
      case "invite-list":
        return onInviteList(call, office, turn);
      case "invite-show":
        return onInviteShow(call, request, office, turn);
      case "invite-revoke":
        return onRevoke(call, request, office, turn);
      case "join":
        return onJoin(call, request, office, turn);
      case "leave":
        return onLeave(call, request, office, turn);
      case "consent":
        return onConsent(call, request, office, turn);
      case "remove":
        return onRemove(call, request, office, turn);
      case "reconfigure":
        return onReconfigure(call, request, office, turn);
      default:
        throw new Bug(`admissions do not handle ${request.do}`);
    }
  }

  handlesPeer(request: PeerRequest): boolean {
    return peerRequests.has(request.ask);
  }

  onPeer(call: CallId, from: PeerCaller, request: PeerRequest, patience: Micros, turn: AdmissionsTurn): void {
    const office = this.#office;
    switch (request.ask) {
      case "join":
      case "redeem":
        this.#onProof(call, from, request, patience, turn);
        break;
      case "remove":
        onPeerRemove(call, from, request, office, turn);
        break;
      case "heads-of":
        onHeadsOf(call, from, request, turn);
        break;
      default:
        throw new Bug(`admissions do not handle ${request.ask}`);
    }
    this.#conclude(turn);
  }

  /** A stranger's attempts are counted by source; a bolt relays and is not. */
  #onProof(
    call: CallId,
    from: PeerCaller,
    request: { readonly ask: "join" | "redeem"; readonly proof: JoinProof; readonly page: number },
    patience: Micros,
    turn: AdmissionsTurn,
  ): void {
    const source = from.is === "stranger" ? from.source : null;
    const refusal = source === null ? null : takeAttempt(this.#office.state.attempts, source, turn.world.now);
    if (refusal !== null) {
      turn.note({ what: "join-refused", detail: refusal.code });
      return turn.respond(call, { reply: "refused", refusal, row: null });
    }
    const via = from.is === "stranger" ? "join" : request.ask;
    redeem({ call, via, source, proof: request.proof, page: request.page, patience }, this.#office, turn);
  }

  onStored(signed: readonly Signed[], purpose: AdmissionsPurpose, turn: AdmissionsTurn): void {
    this.#routeStored(signed, purpose, turn);
    this.#conclude(turn);
  }

  #routeStored(signed: readonly Signed[], purpose: AdmissionsPurpose, turn: AdmissionsTurn): void {
    const office = this.#office;
    switch (purpose.for) {
      case "row":
        return onRowStored(signed, office, turn);
      case "profile":
        return onProfileWritten(office, turn);
      case "consent":
        return onConsented(purpose.call, signed, turn);
      case "relayed":
        return onRelayed(purpose.asker, purpose.reply, office, turn);
      case "joined":
        return onJoined(purpose, office, turn);
      case "heads-taken":
        return onHeadsTaken(purpose, office, turn);
      case "recovery-key":
      case "token-key":
      case "relay":
      case "join-page":
      case "heads":
      case "elder":
        throw new Bug(`nothing was stored for ${purpose.for}`);
      default:
        return absurd(purpose);
    }
  }

  onStoreFailed(why: StoreFailure, purpose: AdmissionsPurpose, turn: AdmissionsTurn): void {
    this.#routeFailed(why, purpose, turn);
    this.#conclude(turn);
  }

  #routeFailed(why: StoreFailure, purpose: AdmissionsPurpose, turn: AdmissionsTurn): void {
    const office = this.#office;
    switch (purpose.for) {
      case "row":
        return onRowFailed(why, office, turn);
      case "profile":
        office.state.profileIsBeingWritten = false;
        return;
      case "consent":
      case "token-key":
        return turn.respond(purpose.call, { answer: "refused", refusal: say.failedWrite(why), row: null });
      case "recovery-key":
        return onFoundingFailed(purpose.call, why, office, turn);
      case "relayed":
        return onRelayNotStored(purpose.asker, why, office, turn);
      case "joined":
        return onJoinNotStored(purpose.attempt, why, office, turn);
      case "heads-taken":
        return onHeadsNotTaken(purpose, office, turn);
      case "relay":
      case "join-page":
      case "heads":
      case "elder":
        throw new Bug(`nothing was to be stored for ${purpose.for}`);
      default:
        return absurd(purpose);
    }
  }

  onDrawn(publicKey: BoltId, secret: Secret, purpose: AdmissionsPurpose, turn: AdmissionsTurn): void {
    if (purpose.for === "recovery-key") onRecoveryKey(purpose.call, publicKey, secret, this.#office);
    else if (purpose.for === "token-key") onTokenKey(purpose, publicKey, secret, this.#office, turn);
    else throw new Bug(`nothing was drawn for ${purpose.for}`);
    this.#conclude(turn);
  }

  onLoaded(): void {
    throw new Bug("admissions load nothing");
  }

  onReply(outcome: CallOutcome, purpose: AdmissionsPurpose, turn: AdmissionsTurn): void {
    const office = this.#office;
    switch (purpose.for) {
      case "relay":
        onRelayReply(outcome, purpose.asker, purpose.minter, office, turn);
        break;
      case "join-page":
        onJoinReply(outcome, purpose.attempt, office, turn);
        break;
      case "heads":
        onHeads(outcome, purpose, office, turn);
        break;
      case "elder":
        onElderReply(outcome, purpose, turn);
        break;
      case "row":
      case "profile":
      case "consent":
      case "recovery-key":
      case "token-key":
      case "relayed":
      case "joined":
      case "heads-taken":
        throw new Bug(`nobody was called for ${purpose.for}`);
      default:
        absurd(purpose);
    }
    this.#conclude(turn);
  }

  onFact(fact: Fact, turn: AdmissionsTurn): void {
    switch (fact.fact) {
      case "merged":
      case "settings":
      case "jump":
        registerProfile(this.#office, turn);
        return this.#conclude(turn);
      case "phase":
      case "own-row":
      case "roster-behind":
      case "wanted":
        return;
      default:
        return absurd(fact);
    }
  }

  onDue(): void {
    return;
  }

  /** Nothing here waits for a clock: calls come back by their own patience, stores in their order. */
  deadline(): Deadline | undefined {
    return undefined;
  }

  image(): AdmissionsState {
    return clonePlain(this.#office.state);
  }

  /** The end of every turn: the standing follows the roster, a new member introduces itself, the pen goes on. */
  #conclude(turn: AdmissionsTurn): void {
    const { state } = this.#office;
    const before = state.standing.phase;
    state.standing = standingOf(turn.world);
    if (before !== "member" && state.standing.phase === "member") this.#introduce(turn);
    writeNext(this.#office, turn);
  }

  #introduce(turn: AdmissionsTurn): void {
    claimConfigured(this.#office, turn);
    registerProfile(this.#office, turn);
  }
}
