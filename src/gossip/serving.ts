/**
 * Answers to other bolts: exchanges, rows, newest beacons, to those on the roster alone; a bolt that is not may only
 * show its admission (GS-15, GS-16). What is offered is on disk before it is acknowledged.
 */
import { Bug } from "../kernel/assert.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { ofMs } from "../kernel/time.ts";
import type { StoreFailure } from "../roster/durable.ts";
import { answerFetch, answerReconcile, exchangeLimits } from "../roster/exchange.ts";
import { Roster } from "../roster/roster.ts";
import type { SignedRow } from "../roster/row.ts";
import type { PeerRequest } from "../turn/peer.ts";
import type { PeerCaller } from "../turn/room.ts";
import type { CallId, World } from "../turn/turn.ts";
import { answerBeaconOf } from "./freshness.ts";
import { isSeated } from "./seats.ts";
import { gossipLimits } from "./state.ts";
import type { Circle, GossipPurpose, GossipTurn } from "./state.ts";

type Present = Extract<PeerRequest, { ask: "present" }>;

/** A presentation that stops half-way is forgotten after this. */
const presentingFor = ofMs(30_000);
/** Judging one walks the whole roster. */
const judgeGap = ofMs(100);

export const peerRequests: ReadonlySet<PeerRequest["ask"]> = new Set([
  "reconcile",
  "fetch",
  "offer",
  "beacon-of",
  "present",
]);

/** A call of another bolt. */
export function onPeerRequest(
  circle: Circle,
  call: CallId,
  from: PeerCaller,
  request: PeerRequest,
  turn: GossipTurn,
): void {
  const { world } = turn;
  if (from.is !== "bolt") return refuse(call, notAMember, null, turn);
  if (!isSeated(world.roster.view(), from.bolt)) return onStranger(circle, call, from.bolt, request, turn);
  switch (request.ask) {
    case "reconcile":
      return turn.respond(call, {
        reply: "reconcile",
        ...answerReconcile(world.roster, request, exchangeLimits.pageBytes),
      });
    case "fetch":
      return turn.respond(call, { reply: "fetch", ...answerFetch(world.roster, request, exchangeLimits.pageBytes) });
    case "offer":
      return turn.take(request.rows, request.profiles, { for: "offered", call, rows: request.rows.map(idOf) });
    case "beacon-of":
      return turn.respond(call, answerBeaconOf(circle, request.author, world));
    case "present":
      return turn.respond(call, { reply: "took" });
    default:
      throw new Bug(`gossip does not handle ${request.ask}`);
  }
}

/** What can be taken is on disk. Rows that wait for others are in memory only, and whoever offered them is told. */
export function onOffered({ call, rows }: Extract<GossipPurpose, { for: "offered" }>, turn: GossipTurn): void {
  const isHeld = rows.every((id) => turn.world.roster.get(id) !== undefined);
  if (isHeld) turn.respond(call, { reply: "took" });
  else refuse(call, rowsWait, null, turn);
}

/** The rows a call brought could not be stored. */
export function onNotTaken(call: CallId, why: StoreFailure, turn: GossipTurn): void {
  const message = `Nothing was taken over: the disk takes no writes (${why}).`;
  refuse(call, { code: "STORAGE_READONLY", message }, null, turn);
}

function onStranger(circle: Circle, call: CallId, from: BoltId, request: PeerRequest, turn: GossipTurn): void {
  const removal = removalOf(from, turn.world);
  if (removal !== null) return refuse(call, removed(from), removal, turn);
  if (request.ask !== "present") return refuse(call, notAMember, null, turn);
  onPresent(circle, call, from, request, turn);
}

/** Pages are kept until the last one; then they are judged together with what is held, and taken or forgotten. */
function onPresent({ state }: Circle, call: CallId, from: BoltId, request: Present, turn: GossipTurn): void {
  const { now } = turn.world;
  const { presenters } = state;
  for (const [id, { since }] of [...presenters]) if (now - since > presentingFor) presenters.delete(id);
  const held = presenters.get(from) ?? { since: now, rows: [] };
  const isFull = !presenters.has(from) && presenters.size >= gossipLimits.presenters;
  if (isFull || held.rows.length + request.rows.length > gossipLimits.presentedRows) {
    presenters.delete(from);
    return refuse(call, busy, null, turn);
  }
  held.rows.push(...request.rows);
  presenters.set(from, held);
  if (request.more) return turn.respond(call, { reply: "took" });
  presenters.delete(from);
  if (state.judgedAt !== null && now - state.judgedAt < judgeGap) return refuse(call, busy, null, turn);
  state.judgedAt = now;
  if (!admits(held.rows, from, turn.world)) return refuse(call, notAMember, null, turn);
  turn.take(held.rows, [], { for: "presented", call });
}

/** Whether these rows, with what is held, give the key a seat. */
function admits(rows: readonly SignedRow[], key: BoltId, world: World): boolean {
  const news = rows.filter(({ message }) => world.roster.get(message.id) === undefined);
  if (news.length === 0 || world.roster.view().genesis === null) return false;
  const { rows: held } = world.roster.image();
  const scratch = Roster.restore({ rows: [...held, ...news], waiting: [], profiles: [] });
  return isSeated(scratch.view(), key);
}

/** The REMOVE that counts against the key. */
function removalOf(key: BoltId, world: World): SignedRow | null {
  const standing = world.roster.view().byId.get(key)?.standing;
  return standing?.is === "removed" ? (world.roster.get(standing.row) ?? null) : null;
}

function refuse(call: CallId, refusal: Refusal, row: SignedRow | null, turn: GossipTurn): void {
  turn.respond(call, { reply: "refused", refusal, row });
}

function idOf({ message }: SignedRow): RowId {
  return message.id;
}

/** No failure of an exchange: what is missing is asked for. */
export const rowsWait: Refusal = {
  code: "ROWS_WAIT",
  message: "Some of these rows name others that the bolt that was asked does not hold yet.",
};
const notAMember: Refusal = {
  code: "NOT_A_MEMBER",
  message: "This key is not on the roster of the bolt that was asked.",
};
const busy: Refusal = { code: "BUSY", message: "Too many bolts show their admission at once.", retryAfterS: 1 };

function removed(key: BoltId): Refusal {
  return { code: "REMOVED", message: "This key was removed from the spanner and cannot come back.", value: key };
}
