/**
 * Before a removal without a cut of the operator's own: every linked member but the target shows what it holds of the
 * target's log, so that the cut loses as little as it can (AD-16). Who did not answer is named in the outcome.
 *
 *   gathering --heads from B--> rows on disk --ancestors missing--> fetched from B, a few rounds --> B done
 *             --B does not answer--> B named --> B done
 *   all done --> the REMOVE is queued
 */
import { must } from "../kernel/assert.ts";
import type { BoltId } from "../kernel/id.ts";
import { ofMs } from "../kernel/time.ts";
import { fetchWanted, rowBytes } from "../roster/exchange.ts";
import type { PeerReply, PeerRequest } from "../turn/peer.ts";
import type { PeerCaller } from "../turn/room.ts";
import type { CallId, CallOutcome } from "../turn/turn.ts";
import { orderRow } from "./pen.ts";
import * as say from "./refusals.ts";
import { isMemberKey, nameOf } from "./standing.ts";
import { admissionsLimits } from "./state.ts";
import type { AdmissionsTurn, Office, Removal } from "./state.ts";

const headsPatience = ofMs(3_000);
const fetchRoundsMax = 8;
const headsBytes = 60 * 1024;

/** Asks everyone; false when too many removals are under way. */
export function gatherHeads(
  wanted: Pick<Removal, "asked" | "target" | "recovery">,
  office: Office,
  turn: AdmissionsTurn,
): boolean {
  const { state } = office;
  if (state.removals.size >= admissionsLimits.removals) return false;
  const { world } = turn;
  const others = world.roster.view().members.filter(({ id }) => id !== world.self && id !== wanted.target);
  const linked = others.filter(({ id }) => world.links.has(id));
  const notAsked = others.filter(({ id }) => !world.links.has(id)).map(({ name }) => name);
  const number = state.nextRemoval++;
  state.removals.set(number, { ...wanted, open: linked.length, notAsked });
  for (const { id } of linked) {
    const purpose = { for: "heads", removal: number, bolt: id, rounds: 0 } as const;
    turn.call({ bolt: id }, { ask: "heads-of", author: wanted.target }, headsPatience, purpose);
  }
  if (linked.length === 0) finish(number, office, turn);
  return true;
}

interface Gathering {
  readonly removal: number;
  readonly bolt: BoltId;
  readonly rounds: number;
}

/** One bolt showed rows, or did not answer. */
export function onHeads(outcome: CallOutcome, of: Gathering, office: Office, turn: AdmissionsTurn): void {
  const { removal, bolt, rounds } = of;
  const rows = outcome.ok ? rowsOf(outcome.reply) : null;
  if (rows !== null) return turn.take(rows, [], { for: "heads-taken", removal, bolt, rounds });
  const current = office.state.removals.get(removal);
  if (current === undefined) return;
  const name = nameOf(turn.world.roster.view(), bolt);
  office.state.removals.set(removal, { ...current, notAsked: [...current.notAsked, name] });
  close(removal, office, turn);
}

function rowsOf(reply: PeerReply): Extract<PeerReply, { reply: "heads" | "fetch" }>["rows"] | null {
  return reply.reply === "heads" || reply.reply === "fetch" ? reply.rows : null;
}

/** Its rows are on disk; those that hang in the air have their ancestors fetched from the same bolt. */
export function onHeadsTaken(of: Gathering, office: Office, turn: AdmissionsTurn): void {
  const { removal, bolt, rounds } = of;
  const { roster, storeFailed } = turn.world;
  const fetch = fetchWanted(roster);
  if (fetch === undefined || rounds >= fetchRoundsMax || storeFailed !== null) return close(removal, office, turn);
  turn.call({ bolt }, { ask: "fetch", ...fetch }, headsPatience, { for: "heads", removal, bolt, rounds: rounds + 1 });
}

/** Its rows could not be stored: the REMOVE itself will say why. */
export function onHeadsNotTaken(of: Gathering, office: Office, turn: AdmissionsTurn): void {
  close(of.removal, office, turn);
}

function close(number: number, office: Office, turn: AdmissionsTurn): void {
  const removal = office.state.removals.get(number);
  if (removal === undefined) return;
  office.state.removals.set(number, { ...removal, open: removal.open - 1 });
  if (removal.open === 1) finish(number, office, turn);
}

function finish(number: number, office: Office, turn: AdmissionsTurn): void {
  const { asked, target, recovery, notAsked } = must(office.state.removals.get(number), "a removal finishes once");
  office.state.removals.delete(number);
  if (orderRow(office.state, { write: "remove", asked, target, cut: null, notAsked, recovery })) return;
  const refused = { refusal: say.busy, row: null } as const;
  turn.respond(asked.call, asked.by === "admin" ? { answer: "refused", ...refused } : { reply: "refused", ...refused });
}

/** Another bolt asks what this one holds of an author's log: the newest rows that fit, in row order. */
export function onHeadsOf(
  call: CallId,
  from: PeerCaller,
  request: Extract<PeerRequest, { ask: "heads-of" }>,
  turn: AdmissionsTurn,
): void {
  const { roster } = turn.world;
  if (from.is !== "bolt" || !isMemberKey(roster.view(), from.bolt)) {
    const refusal = { code: "NOT_A_MEMBER", message: "Only members are shown the roster." };
    return turn.respond(call, { reply: "refused", refusal, row: null });
  }
  const all = roster.ofAuthor(request.author);
  let bytes = 0;
  let first = all.length;
  for (const row of [...all].reverse()) {
    bytes += rowBytes(row);
    if (bytes > headsBytes) break;
    first--;
  }
  turn.respond(call, { reply: "heads", rows: all.slice(first), more: first > 0 });
}
