/**
 * What happens when a second stream to the same bolt has said its hello (TR-4). Both sides see the same two streams and
 * decide alike, in whatever order they learn of them, so a pair never flaps.
 */
import type { BoltId } from "../../src/kernel/id.ts";
import type { StreamIdentity } from "./peer-stream.ts";

/**
 * `restarted`: the old one leads to a process that is gone; `repeated`: the same side dialled again, having lost the
 * old one; `newer-stays` and `older-stays`: both sides dialled at once, and the other stream may end in peace.
 */
export type Meeting = "restarted" | "repeated" | "newer-stays" | "older-stays";

export function meet(self: BoltId, older: StreamIdentity, newer: StreamIdentity): Meeting {
  if (older.process !== newer.process) return "restarted";
  if (older.dialledByUs === newer.dialledByUs) return "repeated";
  const dialler = newer.dialledByUs ? self : newer.peer;
  const other = newer.dialledByUs ? newer.peer : self;
  return dialler < other ? "newer-stays" : "older-stays";
}

/** Whether we dialled the stream that stays: then we end the other one, so that its calls end with both knowing. */
export function isOursToEnd(self: BoltId, peer: BoltId): boolean {
  return self < peer;
}
