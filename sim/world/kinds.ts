/**
 * What can happen in a simulation, as the numbers that go into the trace. Events are what the loop hands out; marks are
 * what a bolt did inside one.
 */

export const events = {
  /** Something scheduled by the world itself or by a scenario. */
  action: 1,
  /** A datagram arrives. */
  datagram: 2,
  /** A message on a stream arrives. */
  frame: 3,
  /** A bolt's deadline. */
  due: 4,
  /** A disk has synced a batch. */
  synced: 5,
  /** A stream is dialled, opened, found dead. */
  stream: 6,
  /** Something runs out of patience. */
  patience: 7,
  /** A bolt reads its wall clock. */
  wall: 8,
} as const;

export const marks = {
  multicast: 33,
  tell: 34,
  call: 35,
  join: 36,
  commit: 37,
  load: 38,
  draw: 39,
  answer: 40,
  crash: 41,
  start: 42,
  note: 43,
  answered: 44,
} as const;

/** Names by number, for traces that people read. */
export const kindNames: ReadonlyMap<number, string> = new Map(
  [...Object.entries(events), ...Object.entries(marks)].map(([name, kind]) => [kind, name]),
);
