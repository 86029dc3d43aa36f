/** Names the first row, in row order, that one bolt holds and another lacks. */
import type { BoltId } from "../kernel/id.ts";
import type { ReconcileReply } from "../roster/exchange.ts";
import { compareRows } from "../roster/row.ts";
import type { SignedRow } from "../roster/row.ts";
import type { AdminAnswer, ViewOf } from "../turn/admin.ts";
import type { World } from "../turn/turn.ts";

/** What a bolt whose digest differs told of its roster. */
export interface Differing {
  readonly bolt: BoltId;
  readonly reply: ReconcileReply;
}

type Difference = Extract<AdminAnswer, { answer: "verify" }>["firstDifference"];

interface Found {
  readonly row: SignedRow;
  readonly here: boolean;
  readonly bolt: BoltId;
}

/** The earliest differing row with who holds it and who lacks it, or null when none was shown. */
export function firstDifference(world: World, differing: readonly Differing[], views: readonly ViewOf[]): Difference {
  const nameOf = (bolt: BoltId): string => views.find((view) => view.bolt === bolt)?.name ?? bolt.slice(0, 12);
  const found = differing.flatMap((one) => [...lackedHere(world, one), ...lackedThere(world, one)]);
  found.sort((a, b) => compareRows(a.row.message, b.row.message));
  const first = found[0];
  if (first === undefined) return null;
  const same = found.filter((one) => one.row.message.id === first.row.message.id);
  const others = same.map((one) => nameOf(one.bolt));
  const { body, origin, seq, id } = first.row.message;
  return {
    row: id,
    heldBy: first.here ? [world.config.name] : others,
    missingAt: first.here ? others : [world.config.name],
    says: `${body.kind} by ${nameOf(origin)} (seq ${seq})`,
  };
}

function lackedHere(world: World, { bolt, reply }: Differing): Found[] {
  const news = reply.rows.filter((row) => world.roster.get(row.message.id) === undefined);
  return news.map((row) => ({ row, here: false, bolt }));
}

/** Rows of ours after the newest of the author that the other bolt told it holds. */
function lackedThere(world: World, { bolt, reply }: Differing): Found[] {
  const found: Found[] = [];
  for (const { author, heads } of reply.theirs) {
    const held = Math.max(-1, ...heads.map((head) => world.roster.get(head)?.message.seq ?? -1));
    const lacked = world.roster
      .ofAuthor(author)
      .find((row) => row.message.seq > held && !heads.includes(row.message.id));
    if (lacked !== undefined) found.push({ row: lacked, here: true, bolt });
  }
  return found;
}
