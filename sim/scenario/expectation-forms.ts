/**
 * What a scenario expects: a state, and when it has to hold.
 *
 *   always / never: at every look          within T after heal: at some look, and from then on
 *   finally: at the end                    sometimes: at some look          at: at that moment
 */
import { z } from "zod";
import { parseDuration } from "../../src/reading/amounts.ts";
import type { Micros } from "../../src/kernel/time.ts";
import { moment, name, names } from "./words.ts";

const on = name("Whose view.");
const bolt = name("Which bolt.");

/** States that need no bolt to be named. */
export const wholes = [
  "all rosters equal",
  "everyone sees everyone fresh",
  "every link is up",
  "no alarm anywhere",
  "nothing contested",
  "nothing undone",
  "nothing pending",
] as const;

export const states = [
  z.strictObject({ that: z.enum(wholes).describe("Of all members that are up.") }),
  z.strictObject({ members: names("Who is a member, in every member's view.") }),
  z.strictObject({
    bolt,
    is: z
      .enum(["unadmitted", "founding", "joining", "member", "orphaned", "leaving", "left", "removed"])
      .describe("What the server takes itself for."),
  }),
  z.strictObject({ bolt, joined: z.boolean().describe("Whether a join of it was answered with its admission.") }),
  z.strictObject({
    bolt,
    refused: z.array(z.string()).min(1).describe("The last join of it was refused with one of these codes."),
  }),
  z.strictObject({
    answer: name("A step with this id."),
    is: z.array(z.string()).min(1).describe("Codes, or answers."),
  }),
  z.strictObject({
    token: name("An invite."),
    admits: z.union([z.enum(["nobody", "one", "at most one"]), names("exactly these")]).describe("Keys, in all views."),
  }),
  z.strictObject({
    on,
    sees: bolt,
    marked: z.array(z.string()).optional().describe("With all these marks."),
    not: z.array(z.string()).optional().describe("With none of these marks."),
    by: z.enum(["multicast", "stream", "relay", "none"]).optional().describe("How its beacons come."),
  }),
  z.strictObject({ on, isolated: z.boolean().describe("Whether it hears nobody.") }),
  z.strictObject({ on, multicast: z.enum(["works", "does not work"]) }),
  z.strictObject({ on, owner_of: z.string().describe("A hostname."), is: z.string().describe("A bolt, or nobody.") }),
  z.strictObject({ on, contested: z.boolean().describe("Whether some claim loses hostnames to an older one.") }),
  z.strictObject({ on, alarm: z.enum(["twin-rows", "fork", "many-rows"]).describe("An alarm it shows.") }),
  z.strictObject({ on, undone: z.boolean().describe("Whether it lists acknowledged statements as undone.") }),
  z.strictObject({ on, foreign: z.boolean().describe("Whether it heard another spanner of the same spanner_id.") }),
  z.strictObject({ on, evidence: z.boolean().describe("Whether it kept evidence of something odd.") }),
  z.strictObject({
    invite: name("An invite."),
    on,
    is: z.enum(["open", "spent", "revoked", "expired", "void"]).describe("Its state there."),
  }),
  z.strictObject({ noted: z.string().describe("Something some bolt noted, such as admitted.") }),
] as const;

export const stateSchema = z.union(states);
export type State = z.infer<typeof stateSchema>;

/** `30s after heal`, counted from when the last fault ended. */
const afterHeal: z.ZodType<Micros, string> = z.string().transform((text, context) => {
  const parsed = parseDuration(/^(\S+) after heal$/u.exec(text)?.[1] ?? "");
  if (parsed !== undefined) return parsed;
  context.addIssue({
    code: "custom",
    message: "This is a duration and the words `after heal`, such as 30s after heal.",
  });
  return z.NEVER;
});

/** When a state has to hold. */
export const whens = [
  z.strictObject({ always: stateSchema }),
  z.strictObject({ never: stateSchema }),
  z.strictObject({ sometimes: stateSchema }),
  z.strictObject({ finally: stateSchema }),
  z.strictObject({ at: moment, expect: stateSchema }),
  z.strictObject({ within: afterHeal, expect: stateSchema }),
] as const;

export const expectationSchema = z.union(whens);
export type Expectation = z.infer<typeof expectationSchema>;
