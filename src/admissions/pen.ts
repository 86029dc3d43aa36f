/**
 * The pen: this bolt's log is written one row at a time, for the next row must name the one before it. Two rows under
 * way at once would fork the log (AD-4). What each order needs is judged when its turn comes, not when it was asked.
 *
 *   idle --order--> writing --stored or failed--> next order, or idle
 */
import { admissionsLimits } from "./state.ts";
import type { AdmissionsState, PenOrder } from "./state.ts";

/** Queues an order; false when the queue is full. */
export function orderRow(state: AdmissionsState, order: PenOrder): boolean {
  if (state.pen.queue.length >= admissionsLimits.penQueue) return false;
  state.pen.queue.push(order);
  return true;
}

/** The next order, now under way; undefined when one is under way already or none waits. */
export function takeOrder(state: AdmissionsState): PenOrder | undefined {
  if (state.pen.writing !== null) return undefined;
  const order = state.pen.queue.shift();
  if (order !== undefined) state.pen.writing = order;
  return order;
}

/** Ends the order under way and gives it back. */
export function layPenDown(state: AdmissionsState): PenOrder | null {
  const order = state.pen.writing;
  state.pen.writing = null;
  return order;
}
