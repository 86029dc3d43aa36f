/**
 * Assertions that stay on. A `Bug` is a broken invariant of ours and stops the machine that found it;
 * whatever a user or a peer can cause is a refusal value with a code instead.
 */

/** A broken invariant. Never thrown for bad input. */
export class Bug extends Error {
  override readonly name: string = "Bug";
}

/** Throws `Bug` with the text unless the condition holds. */
export function invariant(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Bug(text);
}

/** Ends a switch over a union: compiles only when every case was taken. */
export function absurd(impossible: never): never {
  throw new Bug(`impossible case: ${JSON.stringify(impossible)}`);
}

/** The value, or a `Bug` when it is missing; for lookups that cannot miss. */
export function must<T>(value: T | undefined | null, text: string): T {
  if (value === undefined || value === null) throw new Bug(text);
  return value;
}
