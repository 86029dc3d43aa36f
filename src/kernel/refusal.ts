/** How the core says no: a stable code, one sentence, the offending value, and the next thing to run. */

/** An expected refusal, as a value. `value` is raw: whoever prints it escapes it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly value?: string;
  /** The next command or step, as text a user can follow. */
  readonly next?: string;
  /** Seconds to wait before asking again, where waiting helps. */
  readonly retryAfterS?: number;
}

/** A value or a refusal. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** Wraps a value. */
export function done<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** Wraps a refusal. */
export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}
