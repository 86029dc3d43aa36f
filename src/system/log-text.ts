/**
 * Makes values harmless for a log (T43): control, bidirectional and line-breaking characters are escaped, long text is
 * cut, deep and wide values are bounded, and fields whose names promise a secret are blanked.
 */
import { harmlessText } from "../kernel/harmless-text.ts";

const depthMax = 6;
const itemsMax = 64;

const secretNames =
  /^(?:secret|seed|password|passphrase|token|bundle|code|authorization|cookie|private_?key|token_?seed|master_?key)$/i;

/** A plain copy, fit for JSON: texts harmless, secrets blanked, depth and size bounded. */
export function harmlessFields(fields: object): Record<string, unknown> {
  return fieldsOf(fields, 0);
}

function copyOf(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return harmlessText(value);
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? null : copyOfObject(value, depth);
    case "function":
    case "symbol":
      return `[${typeof value}]`;
    default:
      return value;
  }
}

function copyOfObject(value: object, depth: number): unknown {
  if (value instanceof Error) return { name: value.name, message: harmlessText(value.message), stack: stackOf(value) };
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  if (depth >= depthMax) return "[deeper]";
  if (value instanceof Map) return fieldsOf(Object.fromEntries([...value].map(([k, v]) => [String(k), v])), depth);
  if (value instanceof Set) return itemsOf([...value], depth);
  return Array.isArray(value) ? itemsOf(value, depth) : fieldsOf(value, depth);
}

function itemsOf(items: readonly unknown[], depth: number): unknown[] {
  const copies = items.slice(0, itemsMax).map((item) => copyOf(item, depth + 1));
  return items.length > itemsMax ? [...copies, `... (${items.length} items)`] : copies;
}

function fieldsOf(fields: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields);
  const copies = entries.slice(0, itemsMax).map(([name, value]): [string, unknown] => {
    return [harmlessText(name), secretNames.test(name) && isTelling(value) ? "[redacted]" : copyOf(value, depth + 1)];
  });
  if (entries.length > itemsMax) copies.push(["...", `${entries.length} fields`]);
  return Object.fromEntries(copies);
}

// An error code such as "TOKEN_SPENT" or "ENOSPC" is no secret though its field is called `code`.
function isTelling(value: unknown): boolean {
  return !(typeof value === "string" && /^[A-Z][A-Z0-9_]{1,40}$/.test(value)) && typeof value !== "number";
}

function stackOf(error: Error): string {
  return harmlessText(
    (error.stack ?? "")
      .split("\n")
      .slice(1, 6)
      .map((line) => line.trim())
      .join(" | "),
  );
}
