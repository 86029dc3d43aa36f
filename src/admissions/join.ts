/**
 * Joining, seen from the server that wants in.
 *
 *   idle --join--> asking(url, page) --page--> asking(same url, next page)
 *                        |  |--conclusive refusal--> idle, refused
 *                        |  |--no proof from this url--> asking(next url, page 0); after the last: idle, refused with
 *                        |  |                            the most telling failure
 *                        |  `--last page, believed--> taking --rows on disk--> idle, a member
 *                        |                            `--disk failed--> idle, refused; the same key may ask again
 *
 * Carries AD-11. The joiner's clock plays no part (T6). A request whose answer was lost leaves the pair of token and
 * key uncertain until an ADMIT or a refusal that settles it.
 */
import { must } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { ofMs } from "../kernel/time.ts";
import type { StoreFailure } from "../roster/durable.ts";
import type { SignedRow } from "../roster/row.ts";
import type { AdminRequest, Bundle } from "../turn/admin.ts";
import type { PeerReply } from "../turn/peer.ts";
import type { CallId, CallOutcome, World } from "../turn/turn.ts";
import { believe } from "./believe.ts";
import { claimRefusal } from "./claim-form.ts";
import * as say from "./refusals.ts";
import { decidesToken, rememberUncertain } from "./relay.ts";
import { standingOf } from "./standing.ts";
import { admissionsLimits } from "./state.ts";
import type { AdmissionsTurn, Asking, JoinFailure, Office } from "./state.ts";

const joinPatience = ofMs(10_000);
/** Refusals that another member may not repeat, besides those that say nothing about the token. */
const local: ReadonlySet<string> = new Set(["WRONG_SPANNER"]);

const forgotten = "the bolt that minted it does not know it any more, as after a restore from a backup";

/** Which failure to tell when every URL failed: the heavier; a lost answer comes just before disbelief. */
const weights = { unreachable: 1, undecided: 2, wrongPin: 3, disbelieved: 4 } as const;

type JoinRequest = Extract<AdminRequest, { do: "join" }>;
type Admitted = Extract<PeerReply, { reply: "admitted" }>;

/** `spanner bolt join`. */
export function onJoin(call: CallId, request: JoinRequest, office: Office, turn: AdmissionsTurn): void {
  const { bundle, dryRun } = request;
  const { world } = turn;
  const again = ownAdmission(bundle, world);
  if (again !== null) return turn.respond(call, { answer: "joined", ...again, dryRun });
  const from = (request.from.length > 0 ? request.from : bundle.addresses).slice(0, admissionsLimits.joinUrls);
  const refusal = joinRefusal(bundle, from, office, world);
  if (refusal !== null) return turn.respond(call, { answer: "refused", refusal, row: null });
  const self = must(world.self, "a server in spanner mode has a key");
  if (dryRun) return turn.respond(call, { answer: "joined", bolt: self, sponsor: null, admit: null, dryRun: true });
  const beginning = { at: 0, page: 0, announced: null, rows: [], worst: null } as const;
  const { tokenSeed, linkLocal } = request;
  const attempt = ++office.state.attempt;
  ask({ phase: "asking", call, attempt, bundle, tokenSeed, from, linkLocal, ...beginning }, office, turn);
}

/** This very invite brought this server in already: its operator asks again because the answer was lost. */
function ownAdmission(bundle: Bundle, world: World): { bolt: BoltId; sponsor: BoltId; admit: RowId } | null {
  const { self } = world;
  const member = self === null ? undefined : world.roster.view().byId.get(self);
  if (self === null || member?.standing.is !== "member") return null;
  const body = world.roster.get(member.admittedBy)?.message.body;
  if (body?.kind !== "admit" || body.mint !== bundle.mint) return null;
  return { bolt: self, sponsor: member.sponsor, admit: member.admittedBy };
}

function joinRefusal(bundle: Bundle, from: readonly string[], office: Office, world: World): Refusal | null {
  const { ceremony } = office.state;
  if (ceremony.phase !== "idle") return say.ceremonyUnderWay(ceremony.phase);
  const { phase } = standingOf(world);
  if (phase === "removed") return say.removedKey(must(world.self, "a removed bolt has a key"));
  if (phase !== "unadmitted" && phase !== "orphaned") return say.alreadyMember(`This server is ${phase} of a spanner.`);
  if (bundle.spannerId !== world.config.spannerId) {
    return say.wrongSpanner(
      `The bundle is for spanner "${bundle.spannerId}", this server for another.`,
      world.config.spannerId,
    );
  }
  const { genesis } = world.roster.view();
  if (genesis !== null && genesis !== bundle.genesis) {
    return say.wrongSpanner("The bundle is for a spanner of the same name but another founding.", bundle.genesis);
  }
  if (from.length === 0) {
    return {
      code: "NO_ADDRESS",
      message: "The bundle names no address to ask.",
      next: "vigocli spanner bolt join --from URL",
    };
  }
  return claimRefusal(world.config) ?? (world.storeFailed === null ? null : say.storageRefusal(world.storeFailed));
}

function ask(asking: Asking, office: Office, turn: AdmissionsTurn): void {
  office.state.ceremony = asking;
  const { config, self } = turn.world;
  const { bundle, tokenSeed, page } = asking;
  const url = must(asking.from[asking.at], "an asking joiner has a url");
  const claim = {
    genesis: bundle.genesis,
    mint: bundle.mint,
    tokenKey: bundle.tokenKey,
    key: must(self, "a server in spanner mode has a key"),
    name: config.name,
    patterns: config.patterns,
    addresses: config.addresses,
  };
  const pin = bundle.addresses.includes(url) ? bundle.pin : null;
  const order = { ask: "join-order", claim, tokenSeed, page } as const;
  turn.call({ url, pin, linkLocal: asking.linkLocal }, order, joinPatience, {
    for: "join-page",
    attempt: asking.attempt,
  });
}

/** One URL answered a page, refused, or did not answer. */
export function onJoinReply(outcome: CallOutcome, attempt: number, office: Office, turn: AdmissionsTurn): void {
  const asking = office.state.ceremony;
  if (asking.phase !== "asking" || asking.attempt !== attempt) return;
  if (!outcome.ok) return onLost(outcome, asking, office, turn);
  const { reply } = outcome;
  if (reply.reply === "admitted") return onPage(reply, asking, office, turn);
  if (reply.reply === "refused") return onRefused(reply, asking, office, turn);
  onUnproven(asking, office, turn);
}

function onLost(
  failure: Extract<CallOutcome, { ok: false }>,
  asking: Asking,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const url = must(asking.from[asking.at], "an asking joiner has a url");
  if (failure.why === "wrong-identity")
    return next({ weight: weights.wrongPin, refusal: say.pinMismatch(url) }, asking, office, turn);
  if (failure.perhapsDone || asking.announced !== null) rememberUncertain(office.state, pairOf(asking, turn));
  const why = "None of the addresses asked could be reached; nothing was spent.";
  const refusal = say.tokenUnverifiable(
    asking.bundle.mint,
    why,
    "vigocli spanner bolt join --from URL-OF-ANOTHER-MEMBER",
  );
  next({ weight: weights.unreachable, refusal }, asking, office, turn);
}

function onRefused(
  reply: Extract<PeerReply, { reply: "refused" }>,
  asking: Asking,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const url = must(asking.from[asking.at], "an asking joiner has a url");
  const isForgotten = reply.refusal.code === "TOKEN_UNVERIFIABLE" && asking.bundle.addresses.includes(url);
  // The minter itself, by its pin: it wrote the MINT before it gave the bundle out, and now does not hold it.
  const refusal = isForgotten ? say.tokenVoid(asking.bundle.mint, forgotten) : reply.refusal;
  if (refusal.code === "TOKEN_UNCERTAIN") rememberUncertain(office.state, pairOf(asking, turn));
  if (isForgotten || !decidesToken(refusal) || local.has(refusal.code))
    return next({ weight: weights.undecided, refusal }, asking, office, turn);
  office.state.uncertain.delete(pairOf(asking, turn));
  end(refusal, reply.row, asking, office, turn);
}

function onPage(reply: Admitted, asking: Asking, office: Office, turn: AdmissionsTurn): void {
  const { admit, page, pages, rows } = reply;
  const announced = asking.announced ?? { admit, pages };
  const fits = page === asking.page && pages > page && pages <= admissionsLimits.joinPages;
  if (!fits || announced.admit !== admit || announced.pages !== pages) return onUnproven(asking, office, turn);
  const all = [...asking.rows, ...rows];
  if (page + 1 < pages) return ask({ ...asking, page: page + 1, announced, rows: all }, office, turn);
  const self = must(turn.world.self, "a server in spanner mode has a key");
  const believed = believe(all, admit, self, asking.bundle, turn.world);
  if (!believed.ok) return onDisbelieved(believed.refusal, asking, office, turn);
  const { call, attempt, bundle } = asking;
  office.state.ceremony = { phase: "taking", call, attempt, bundle };
  turn.take(all, [], { for: "joined", attempt, admit, sponsor: believed.value });
}

function onUnproven(asking: Asking, office: Office, turn: AdmissionsTurn): void {
  const why = "The server that was asked did not prove the admission it claims";
  onDisbelieved(say.tokenUncertain(asking.bundle.mint, why), asking, office, turn);
}

/** Whoever answered so had the proof in hand and may have passed it on: the pair is uncertain. */
function onDisbelieved(refusal: Refusal, asking: Asking, office: Office, turn: AdmissionsTurn): void {
  rememberUncertain(office.state, pairOf(asking, turn));
  turn.note({ what: "join-answer-disbelieved", detail: refusal.code });
  // A removal is proven by the very rows that were shown: no other member will say otherwise.
  if (refusal.code === "REMOVED") return end(refusal, null, asking, office, turn);
  next({ weight: weights.disbelieved, refusal }, asking, office, turn);
}

/** On to the next URL; after the last, the most telling failure is the answer. */
function next(failure: JoinFailure, asking: Asking, office: Office, turn: AdmissionsTurn): void {
  const worst = asking.worst !== null && asking.worst.weight >= failure.weight ? asking.worst : failure;
  if (asking.at + 1 < asking.from.length) {
    return ask({ ...asking, at: asking.at + 1, page: 0, announced: null, rows: [], worst }, office, turn);
  }
  const isUncertain = worst.weight < weights.disbelieved && office.state.uncertain.has(pairOf(asking, turn));
  const refusal = isUncertain ? say.tokenUncertain(asking.bundle.mint, "An answer was lost on its way") : worst.refusal;
  end(refusal, null, asking, office, turn);
}

function end(refusal: Refusal, row: SignedRow | null, asking: Asking, office: Office, turn: AdmissionsTurn): void {
  office.state.ceremony = { phase: "idle" };
  turn.note({ what: "join-failed", detail: refusal.code });
  turn.respond(asking.call, { answer: "refused", refusal, row });
}

function pairOf(asking: Asking, turn: AdmissionsTurn): string {
  return `${asking.bundle.mint}:${turn.world.self ?? ""}`;
}

/** The rows that admit this server are on its own disk. */
export function onJoined(
  purpose: { readonly attempt: number; readonly admit: RowId; readonly sponsor: BoltId },
  office: Office,
  turn: AdmissionsTurn,
): void {
  const taking = office.state.ceremony;
  if (taking.phase !== "taking" || taking.attempt !== purpose.attempt) return;
  office.state.ceremony = { phase: "idle" };
  const bolt = must(turn.world.self, "a server in spanner mode has a key");
  office.state.uncertain.delete(`${taking.bundle.mint}:${bolt}`);
  turn.note({ what: "joined", about: purpose.sponsor, detail: purpose.admit });
  turn.respond(taking.call, { answer: "joined", bolt, sponsor: purpose.sponsor, admit: purpose.admit, dryRun: false });
}

/** Admitted by the spanner, but this server's own disk failed: the same key is given the same row again. */
export function onJoinNotStored(attempt: number, why: StoreFailure, office: Office, turn: AdmissionsTurn): void {
  const taking = office.state.ceremony;
  if (taking.phase !== "taking" || taking.attempt !== attempt) return;
  office.state.ceremony = { phase: "idle" };
  const refusal = {
    ...say.failedWrite(why),
    message: `The spanner admitted this server, but its own disk failed (${why}).`,
    next: "mend the disk, then run the same join again",
  };
  turn.respond(taking.call, { answer: "refused", refusal, row: null });
}
