/**
 * Time as the core knows it: an argument, in whole microseconds since some start that only the host knows, never
 * decreasing within one machine. Wall time is in milliseconds since 1970 and only shown or compared with expiries.
 */

declare const microsBrand: unique symbol;

/** Monotonic time or a span of it, in whole microseconds. */
export type Micros = number & { readonly [microsBrand]: true };

/** One millisecond and one second in microseconds. */
export const millisecondUs = 1_000;
export const secondUs = 1_000_000;

/** A whole number of microseconds as `Micros`. */
export function micros(value: number): Micros {
  return Math.round(value) as Micros;
}

/** Milliseconds as `Micros`. */
export function ofMs(value: number): Micros {
  return Math.round(value * millisecondUs) as Micros;
}

/** `Micros` as milliseconds, with a fraction. */
export function toMs(value: Micros): number {
  return value / millisecondUs;
}

/** The moment `span` later. */
export function after(moment: Micros, span: Micros): Micros {
  return (moment + span) as Micros;
}

/** The span from `earlier` to `later`; negative when they are the other way round. */
export function between(earlier: Micros, later: Micros): Micros {
  return (later - earlier) as Micros;
}

/** The earlier of two moments, where undefined is never. */
export function earliest(a: Micros | undefined, b: Micros | undefined): Micros | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a < b ? a : b;
}
