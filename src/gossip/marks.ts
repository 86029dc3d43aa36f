/**
 * High-water marks: the newest beacon believed of each author, so that none older is ever believed again, also not
 * after a restart (GS-4, T16). They rise in memory with each beacon and reach the disk in batches; the first of a new
 * incarnation is written at once, because that is what a replay after a restart could undo.
 */
import type { BoltId } from "../kernel/id.ts";
import { after } from "../kernel/time.ts";
import type { Write } from "../roster/durable.ts";
import type { Circle, GossipTurn, Mark } from "./state.ts";

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`. */
export function compareMarks(
  a: { readonly incarnation: number; readonly number: number },
  b: { readonly incarnation: number; readonly number: number },
): number {
  return a.incarnation - b.incarnation || a.number - b.number;
}

/** The mark of a key, seated or not; undefined when none was ever heard. */
export function markOf({ state }: Circle, author: BoltId): Mark | undefined {
  const mark = state.peers.get(author)?.mark ?? state.marks.get(author);
  return mark === undefined || mark.incarnation === 0 ? undefined : mark;
}

/** The author's mark has risen: written with the next batch, at the latest after a tier-2 interval. */
export function writeMarkLater({ state }: Circle, author: BoltId, turn: GossipTurn): void {
  state.unwritten.add(author);
  state.writeMarksAt ??= after(turn.world.now, turn.world.config.tier2Us);
}

/** Writes what has risen. */
export function writeMarks(circle: Circle, turn: GossipTurn): void {
  const { state } = circle;
  state.writeMarksAt = null;
  const writes = [...state.unwritten].flatMap((author) => writeOf(circle, author));
  state.unwritten.clear();
  if (writes.length > 0 && turn.world.storeFailed === null) turn.store(writes, [], { for: "marks" });
}

/** Writes one mark now. */
export function writeMarkNow(circle: Circle, author: BoltId, turn: GossipTurn): void {
  circle.state.unwritten.delete(author);
  const writes = writeOf(circle, author);
  if (writes.length > 0 && turn.world.storeFailed === null) turn.store(writes, [], { for: "marks" });
}

function writeOf(circle: Circle, author: BoltId): Write[] {
  const mark = markOf(circle, author);
  return mark === undefined ? [] : [{ put: "high-water", author, incarnation: mark.incarnation, number: mark.number }];
}
