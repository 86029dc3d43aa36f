/**
 * Asks every other member at once and answers when the last has answered or run out of patience. A bolt that does not
 * answer is named, never waited for twice.
 *
 *   asking --each reply--> asking --last--> answered                         (all-views)
 *   asking --last--> comparing: rows from each bolt that differs --last--> answered     (verify)
 */
import { absurd } from "../kernel/assert.ts";
import { clonePlain } from "../kernel/clone.ts";
import type { BoltId } from "../kernel/id.ts";
import { ofMs } from "../kernel/time.ts";
import { vectorOf } from "../roster/vector.ts";
import type { AdminAnswer, ViewOf } from "../turn/admin.ts";
import type { StatusReport } from "../turn/status.ts";
import type { CallId, CallOutcome, Turn } from "../turn/turn.ts";
import { firstDifference } from "./difference.ts";
import type { Differing } from "./difference.ts";

const patience = ofMs(3_000);
/** Operators asking at once; further ones are told to come back. */
const inquiriesMax = 64;

export type FanOutPurpose =
  | { readonly for: "view"; readonly inquiry: number; readonly bolt: BoltId }
  | { readonly for: "rows"; readonly inquiry: number; readonly bolt: BoltId };

interface Inquiry {
  readonly call: CallId;
  readonly wants: "all-views" | "verify";
  readonly views: ViewOf[];
  readonly differing: Differing[];
  open: number;
}

export interface FanOutState {
  readonly next: number;
  readonly inquiries: ReadonlyMap<number, Inquiry>;
}

type AskingTurn = Turn<FanOutPurpose | { readonly for: "evidence"; readonly call: CallId }>;

export class FanOut {
  #next: number;
  readonly #inquiries: Map<number, Inquiry>;

  constructor(state: FanOutState) {
    this.#next = state.next;
    this.#inquiries = new Map(clonePlain(state.inquiries));
  }

  static initial(): FanOutState {
    return { next: 1, inquiries: new Map() };
  }

  image(): FanOutState {
    return { next: this.#next, inquiries: clonePlain(this.#inquiries) };
  }

  ask(call: CallId, wants: Inquiry["wants"], own: StatusReport, turn: AskingTurn): void {
    if (this.#inquiries.size >= inquiriesMax) {
      const refusal = { code: "BUSY", message: "Too many fan-outs are under way here.", retryAfterS: 5 };
      return turn.respond(call, { answer: "refused", refusal, row: null });
    }
    const others = turn.world.roster.view().members.filter((member) => member.id !== turn.world.self);
    const self = turn.world.self;
    const first: ViewOf[] = self === null ? [] : [{ bolt: self, name: own.name, status: own, missing: null }];
    const inquiry: Inquiry = { call, wants, views: first, differing: [], open: others.length };
    const number = this.#next++;
    this.#inquiries.set(number, inquiry);
    for (const member of others) {
      turn.call({ bolt: member.id }, { ask: "status" }, patience, { for: "view", inquiry: number, bolt: member.id });
    }
    if (inquiry.open === 0) this.#viewsComplete(number, inquiry, turn);
  }

  onReply(outcome: CallOutcome, purpose: FanOutPurpose, turn: AskingTurn): void {
    const inquiry = this.#inquiries.get(purpose.inquiry);
    if (inquiry === undefined) return;
    inquiry.open--;
    switch (purpose.for) {
      case "view":
        inquiry.views.push(viewOf(outcome, purpose.bolt, turn));
        if (inquiry.open === 0) this.#viewsComplete(purpose.inquiry, inquiry, turn);
        return;
      case "rows":
        if (outcome.ok && outcome.reply.reply === "reconcile") {
          inquiry.differing.push({ bolt: purpose.bolt, reply: outcome.reply });
        }
        if (inquiry.open === 0) this.#answer(purpose.inquiry, inquiry, turn);
        return;
      default:
        return absurd(purpose);
    }
  }

  #viewsComplete(number: number, inquiry: Inquiry, turn: AskingTurn): void {
    const own = turn.world.roster.digest().slice(0, 32);
    const differ = inquiry.views.filter((view) => view.status !== null && view.status.digest !== own);
    if (inquiry.wants === "all-views" || differ.length === 0) return this.#answer(number, inquiry, turn);
    inquiry.open = differ.length;
    const vector = vectorOf(turn.world.roster);
    for (const view of differ) {
      const request = { ask: "reconcile", vector, digest: turn.world.roster.digest() } as const;
      turn.call({ bolt: view.bolt }, request, patience, { for: "rows", inquiry: number, bolt: view.bolt });
    }
  }

  #answer(number: number, inquiry: Inquiry, turn: AskingTurn): void {
    this.#inquiries.delete(number);
    const complete = inquiry.views.every((view) => view.missing === null);
    turn.respond(inquiry.call, this.#answerOf(inquiry, complete, turn));
  }

  #answerOf(inquiry: Inquiry, complete: boolean, turn: AskingTurn): AdminAnswer {
    if (inquiry.wants === "all-views") return { answer: "all-views", views: inquiry.views, complete };
    const digests = inquiry.views.map(({ bolt, name, status, missing }) => {
      return { bolt, name, digest: status?.digest ?? null, missing };
    });
    const known = digests.filter(({ digest }) => digest !== null);
    const equal = known.every(({ digest }) => digest === known[0]?.digest);
    const difference = firstDifference(turn.world, inquiry.differing, inquiry.views);
    return { answer: "verify", equal, complete, digests, firstDifference: difference };
  }
}

function viewOf(outcome: CallOutcome, bolt: BoltId, turn: AskingTurn): ViewOf {
  const name = turn.world.roster.view().byId.get(bolt)?.name ?? bolt.slice(0, 12);
  if (outcome.ok && outcome.reply.reply === "status") {
    return { bolt, name, status: outcome.reply.status, missing: null };
  }
  return { bolt, name, status: null, missing: outcome.ok ? "refused" : outcome.why };
}
