/**
 * Two rosters exchange as two bolts would, over calls that always arrive, with every message counted. What a message
 * takes here is an upper bound of its form on the wire.
 */
import { Bug } from "../../src/kernel/assert.ts";
import {
  answerFetch,
  answerReconcile,
  exchangeLimits,
  planAfterReconcile,
  profileBytes,
  rowBytes,
} from "../../src/roster/exchange.ts";
import type { Fetch, OfferPage, Reconcile, ReconcileReply } from "../../src/roster/exchange.ts";
import type { SignedProfile } from "../../src/roster/profile.ts";
import type { Roster } from "../../src/roster/roster.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import { headsBytes, vectorOf } from "../../src/roster/vector.ts";

/** What one exchange took. */
export interface Moved {
  /** Vectors, heads, locators and ids. */
  naming: number;
  /** Rows and profiles, repeats included. */
  content: number;
  rows: number;
  largest: number;
}

const idBytes = 34;

/** One exchange, from the first `reconcile` to the last `offer`. Throws when it does not end. */
export function exchange(asker: Roster, responder: Roster, limitBytes: number = exchangeLimits.pageBytes): Moved {
  const moved: Moved = { naming: 0, content: 0, rows: 0, largest: 0 };
  let request: Reconcile | undefined = { vector: vectorOf(asker), digest: asker.digest() };
  for (let rounds = 0; request !== undefined; rounds++) {
    if (rounds > 1_000) throw new Bug("an exchange does not end");
    note(moved, { naming: vectorSize(request) });
    const reply = answerReconcile(responder, request, limitBytes);
    note(moved, {
      naming: sum([...reply.theirs, ...reply.newer], headsBytes) + reply.lacks.length * idBytes,
      ...reply,
    });
    take(asker, reply);
    request = finish(asker, responder, reply, limitBytes, moved);
  }
  return moved;
}

function finish(
  asker: Roster,
  responder: Roster,
  reply: ReconcileReply,
  limitBytes: number,
  moved: Moved,
): Reconcile | undefined {
  let plan = planAfterReconcile(asker, reply);
  for (let size = -1; plan.fetch !== undefined && size !== asker.size(); plan = planAfterReconcile(asker, reply)) {
    size = asker.size();
    note(moved, { naming: fetchSize(plan.fetch) });
    const fetched = answerFetch(responder, plan.fetch, limitBytes);
    note(moved, { rows: fetched.rows });
    asker.merge(fetched.rows);
  }
  for (const page of plan.offer) {
    note(moved, page);
    take(responder, page);
  }
  return plan.next;
}

function take(roster: Roster, { rows, profiles }: OfferPage): void {
  roster.merge(rows);
  for (const profile of profiles) roster.mergeProfile(profile);
}

function note(
  moved: Moved,
  message: { naming?: number; rows?: readonly SignedRow[]; profiles?: readonly SignedProfile[] },
): void {
  const content = sum(message.rows ?? [], rowBytes) + sum(message.profiles ?? [], profileBytes);
  moved.naming += message.naming ?? 0;
  moved.content += content;
  moved.rows += message.rows?.length ?? 0;
  moved.largest = Math.max(moved.largest, content + (message.naming ?? 0));
}

function vectorSize({ vector }: Reconcile): number {
  return sum(vector.heads, headsBytes) + vector.profiles.length * 46;
}

function fetchSize({ ids, locator }: Fetch): number {
  return ids.length * idBytes + sum(locator, (each) => headsBytes({ author: each.author, heads: each.ids }));
}

function sum<T>(items: readonly T[], size: (item: T) => number): number {
  return items.reduce((total, item) => total + size(item), 0);
}
