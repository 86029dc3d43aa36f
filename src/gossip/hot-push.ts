/**
 * New rows go out at once, before anyone asks (GS-18). An own row that fits a datagram is multicast three times, and
 * told over streams to linked bolts that do not hear us; the LEAVE of this bolt goes out once, for it may not speak
 * after it. A row that came over a stream is passed on to the group after a random wait, unless someone else does so
 * first, so a group hears it from one bolt, not from all.
 *
 *   own row on disk --> copy now --50 ms--> copy --100 ms--> copy
 *   other's row on disk --up to 300 ms, unless heard meanwhile--> copy --50 ms--> copy --100 ms--> copy
 */
import { after, earliest, micros, ofMs } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import type { SignedRow } from "../roster/row.ts";
import { speaks } from "./seats.ts";
import { gossipLimits, gossipSpans } from "./state.ts";
import type { Circle, GossipTurn, Push } from "./state.ts";
import { toldOnStream } from "./voice.ts";

/** The longest row that fits a datagram of 1,200 bytes beside its head. */
export const pushedRowBytesMax = 1_115;

const copies = 3;
/** Before the copy after which so many are left. */
const gaps = [ofMs(100), ofMs(50)] as const;

/** A row of ours is on disk. */
export function pushOwn(circle: Circle, row: SignedRow, turn: GossipTurn): void {
  for (const id of toldOnStream(circle, turn.world)) turn.tell(id, { say: "row", row });
  if (!mayPush(row, turn)) return;
  if (!speaks(turn.world)) return turn.multicast({ say: "row", row });
  enqueue(circle, { row, isOwn: true, copiesLeft: copies, at: turn.world.now });
  onPushesDue(circle, turn);
}

/** Rows of others are on disk. Many at once are old ones that this bolt lacked; nobody waits for those. */
export function passOn(circle: Circle, rows: readonly SignedRow[], turn: GossipTurn): void {
  if (rows.length > gossipLimits.relayedRows || !speaks(turn.world)) return;
  for (const row of rows) {
    const { id, origin } = row.message;
    if (origin === turn.world.self || circle.state.pushes.recent.includes(id) || !mayPush(row, turn)) continue;
    const at = after(turn.world.now, micros(turn.random.below(gossipSpans.mismatchWait)));
    enqueue(circle, { row, isOwn: false, copiesLeft: copies, at });
  }
}

/** A row was said to us: taken when it is news, and not passed on when the group has heard it. */
export function onRow(circle: Circle, row: SignedRow, via: "multicast" | "stream", turn: GossipTurn): void {
  const { pushes } = circle.state;
  const { id, genesis } = row.message;
  if (via === "multicast") {
    pushes.queue = pushes.queue.filter((push) => push.isOwn || push.row.message.id !== id);
    if (!pushes.recent.includes(id)) pushes.recent.push(id);
    if (pushes.recent.length > gossipLimits.recentRows) pushes.recent.shift();
  }
  if (turn.world.roster.get(id) !== undefined || genesis !== turn.world.roster.view().genesis) return;
  turn.take([row], [], null);
}

/** Sends the copies that are due. */
export function onPushesDue({ state }: Circle, turn: GossipTurn): void {
  const { pushes } = state;
  const { now } = turn.world;
  if (!speaks(turn.world)) pushes.queue = [];
  for (const push of pushes.queue) {
    if (push.at > now) continue;
    turn.multicast({ say: "row", row: push.row });
    push.copiesLeft--;
    push.at = after(now, gaps[push.copiesLeft - 1] ?? ofMs(0));
  }
  pushes.queue = pushes.queue.filter(({ copiesLeft }) => copiesLeft > 0);
}

/** When the next copy goes out. */
export function nextPush({ state }: Circle): Micros | undefined {
  let soonest: Micros | undefined;
  for (const { at } of state.pushes.queue) soonest = earliest(soonest, at);
  return soonest;
}

/** Kinds this version does not know are passed on by exchange only: a newer one may have its reasons. */
function mayPush(row: SignedRow, turn: GossipTurn): boolean {
  const fits = row.bytes.length <= pushedRowBytesMax;
  return turn.world.config.multicast && fits && row.message.body.kind !== "inert";
}

function enqueue({ state }: Circle, push: Push): void {
  const { queue } = state.pushes;
  queue.push(push);
  if (queue.length > gossipLimits.pushes) queue.shift();
}
