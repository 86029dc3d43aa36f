/**
 * Deep copies of plain state (objects, arrays, Map, Set, byte arrays), so that a machine's image shares nothing that
 * changes with the machine. Frozen objects and instances of classes are immutable by agreement and shared.
 */

/** A copy with the same future: changing either leaves the other alone. */
export function clonePlain<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [copy(key), copy(item)] as const));
  if (value instanceof Set) return new Set([...value].map(copy));
  if (value instanceof Uint8Array) return value.slice();
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)] as const));
}
