/** Words that steps, faults and expectations of a scenario share. */
import { z } from "zod";
import { duration, parseDuration, percent } from "../../src/reading/amounts.ts";
import type { Micros } from "../../src/kernel/time.ts";

/** The name of a bolt, an invite, an image or a step. */
export const name = (about: string): z.ZodString =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, "A name has 1 to 63 of a-z, 0-9, _ and -, and begins with a letter or digit.")
    .describe(about);

/** One name or a list of them, as a list. */
export const names = (about: string): z.ZodType<string[], string | string[]> =>
  z
    .union([name("one"), z.array(name("one")).min(1).max(1_000)])
    .transform((given) => [given].flat())
    .describe(about);

export const groups = z
  .array(z.array(name("a bolt")).min(1))
  .min(2)
  .max(100)
  .describe("Bolts that still reach each other, group by group; who is in none reaches everyone.");

/** A moment of simulated time. */
export const moment = duration({ max: "3650d" });

/** A length of time. */
export const span = (min = "0s", max = "3650d"): z.ZodType<Micros, string> => duration({ min, max });

export interface Range {
  readonly min: Micros;
  readonly max: Micros;
}

/** `200us..2ms`, or one duration for both ends. */
export const range: z.ZodType<Range, string> = z.string().transform((text, context) => {
  const [first = "", last = first] = text.split("..");
  const [min, max] = [parseDuration(first), parseDuration(last)];
  if (min !== undefined && max !== undefined && min <= max) return { min, max };
  context.addIssue({ code: "custom", message: "A range is two durations, such as 1ms..20ms, or one." });
  return z.NEVER;
});

/** A share as chances in a million. */
export const perMillion: z.ZodType<number, string> = percent().transform((share) => Math.round(share * 1_000_000));

/** A time that may go either way: `1h`, `-2d`. */
export const signedSpan: z.ZodType<number, string> = z.string().transform((text, context) => {
  const isBack = text.startsWith("-");
  const parsed = parseDuration(isBack ? text.slice(1) : text);
  if (parsed !== undefined) return isBack ? 0 - parsed : parsed;
  context.addIssue({ code: "custom", message: "This is a duration with its unit, with - in front to go back." });
  return z.NEVER;
});
