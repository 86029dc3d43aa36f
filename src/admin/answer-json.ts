/**
 * Answers as JSON: AdminAnswer with byte arrays as hex, and with secrets opened at this edge alone, where an operator
 * asked for them.
 */
import { toHex } from "../kernel/hex.ts";
import { openSecret } from "../host/secret.ts";
import type { AdminAnswer } from "../turn/admin.ts";
import { encodeBundle } from "../wire/bundle.ts";

// Branded text and numbers are objects to the compiler, so they are taken out first.
type Plain<T> = T extends string | number
  ? T
  : T extends Uint8Array
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Plain<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Plain<T[Key]> }
        : T;
type Shown = Exclude<AdminAnswer, { answer: "founded" | "invited" | "reconfigured" }>;

/** What travels. `refused` comes with an HTTP status above 399, everything else with 200. */
export type AnswerJson =
  | Plain<Shown>
  /** `recoverySeed` is shown this once. */
  | (Omit<Plain<Extract<AdminAnswer, { answer: "founded" }>>, "recoverySeed"> & {
      readonly recoverySeed: string | null;
    })
  /** `code` is the invite's text, with its secret. */
  | (Omit<Plain<Extract<AdminAnswer, { answer: "invited" }>>, "tokenSeed"> & { readonly code: string | null });

export function answerJson(answer: AdminAnswer): AnswerJson {
  if (answer.answer === "founded") {
    const seed = answer.recoverySeed;
    return { ...answer, recoverySeed: seed === null ? null : toHex(openSecret(seed)) };
  }
  if (answer.answer === "invited") {
    const { bundle, tokenSeed, ...rest } = answer;
    const isWhole = bundle !== null && tokenSeed !== null;
    return { ...rest, bundle, code: isWhole ? encodeBundle({ bundle, tokenSeed: openSecret(tokenSeed) }) : null };
  }
  return plain(answer) as AnswerJson;
}

function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
