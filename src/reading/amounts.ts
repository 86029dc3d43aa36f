/**
 * Amounts as people write them, with their unit: `90s`, `1h30m`, `200ms`; `20%`; `64KiB`. A number without a unit is
 * refused, because the next reader would guess another one than the writer.
 */
import { z } from "zod";
import type { Micros } from "../kernel/time.ts";
import { micros } from "../kernel/time.ts";

const unitsUs: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};
const durationPart = /(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g;
const durationForm = "^(?:\\d+(?:\\.\\d+)?(?:us|ms|s|m|h|d))+$";
const durationPattern = new RegExp(durationForm);

/** Digits beyond this say nothing; longer texts are not durations. */
const amountCharacters = 40;

/** The span, or undefined when the text is none: parts like `1h30m`, each with its unit; whole microseconds. */
export function parseDuration(text: string): Micros | undefined {
  if (text.length > amountCharacters || !durationPattern.test(text)) return undefined;
  let sum = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(durationPart)) sum += Number(amount) * (unitsUs[unit] ?? 0);
  const whole = Math.round(sum);
  return Number.isSafeInteger(whole) && Math.abs(sum - whole) < 1e-6 * Math.max(1, sum) ? micros(whole) : undefined;
}

/** The shortest text that `parseDuration` reads as this span, in falling units: `1h30m`, `200ms`, `0s`. */
export function durationText(span: Micros): string {
  let rest: number = span;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms", "us"]) {
    const unitUs = unitsUs[unit] ?? 1;
    const count = Math.floor(rest / unitUs);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * unitUs;
  }
  return text === "" ? "0s" : text;
}

/** A fraction of `20%` or `0.5%`: 0.2, 0.005; undefined when the text is no percentage. May be above 1. */
export function parsePercent(text: string): number | undefined {
  if (text.length > amountCharacters) return undefined;
  const amount = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  return amount === undefined ? undefined : Number(amount) / 100;
}

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};
const sizeForm = "^\\d+(?:\\.\\d+)?(?:B|kB|MB|GB|KiB|MiB|GiB)$";

/** Bytes of `64KiB`, `1.5MB`, `1200B`; undefined when the text is no size or no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  if (text.length > amountCharacters) return undefined;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const bytes = Number(amount) * (sizeUnits[unit] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bounds of a duration, as one would write them. */
export interface DurationBounds {
  readonly min?: string;
  readonly max?: string;
}

/** A zod type: duration text in, `Micros` out, within the bounds (both included). */
export function duration(bounds: DurationBounds = {}): z.ZodType<Micros, string> {
  const least = bounds.min === undefined ? 0 : (parseDuration(bounds.min) ?? 0);
  const most = bounds.max === undefined ? Number.MAX_SAFE_INTEGER : (parseDuration(bounds.max) ?? 0);
  const allowed = rangeText(bounds.min, bounds.max, "a number with a unit, such as 30s, 5m, 24h or 200ms");
  return amount(
    durationForm,
    "A duration is a number with its unit (us, ms, s, m, h, d), such as 30s.",
    allowed,
    parseDuration,
    (span) => (span < least ? "This duration is too short." : span > most ? "This duration is too long." : undefined),
  );
}

/** A zod type: `20%` in, 0.2 out, from 0% to 100%. */
export function percent(): z.ZodType<number, string> {
  return amount(
    "^\\d+(?:\\.\\d+)?%$",
    "A share is a number followed by %, such as 20%.",
    "0% to 100%, such as 20% or 0.5%",
    parsePercent,
    (share) => (share > 1 ? "A share is at most 100%." : undefined),
  );
}

/** A zod type: `64KiB` in, bytes out, within the bounds in bytes. */
export function size(
  bounds: { readonly minBytes?: number; readonly maxBytes?: number } = {},
): z.ZodType<number, string> {
  const { minBytes = 0, maxBytes = Number.MAX_SAFE_INTEGER } = bounds;
  const min = minBytes === 0 ? undefined : `${minBytes}B`;
  const max = bounds.maxBytes === undefined ? undefined : `${maxBytes}B`;
  return amount(
    sizeForm,
    "A size is a number with its unit (B, kB, MB, GB, KiB, MiB, GiB), such as 64KiB.",
    rangeText(min, max, "a number with a unit, such as 64KiB or 1MB"),
    parseSize,
    (bytes) =>
      bytes < minBytes ? "This size is too small." : bytes > maxBytes ? "This size is too large." : undefined,
  );
}

/** Text that `parse` understands and `wrong` does not mind; editors get the form, people the sentence. */
function amount<T>(
  pattern: string,
  message: string,
  allowed: string,
  parse: (text: string) => T | undefined,
  wrong: (value: T) => string | undefined,
): z.ZodType<T, string> {
  const missing = `This key is missing. ${message}`;
  const kind = z.string({ error: (issue) => (issue.input === undefined ? missing : message) });
  return kind.meta({ pattern, description: `Allowed: ${allowed}.` }).transform((text, context) => {
    const value = parse(text);
    const why = value === undefined ? message : wrong(value);
    if (value !== undefined && why === undefined) return value;
    context.addIssue({ code: "custom", message: why ?? message, params: { allowed } });
    return z.NEVER;
  });
}

function rangeText(min: string | undefined, max: string | undefined, otherwise: string): string {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `${min} or more`;
  return max === undefined ? otherwise : `up to ${max}`;
}
