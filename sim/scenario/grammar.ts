/**
 * A scenario file: bolts, what happens to them, and what is expected. Data only. The schema judges the form;
 * `load.ts` then looks whether every name means something.
 */
import { z } from "zod";
import { micros } from "../../src/kernel/time.ts";
import { expectationSchema } from "./expectation-forms.ts";
import { faultSchema } from "./fault-forms.ts";
import { stepSchema } from "./steps.ts";
import { name, names, range, signedSpan, span } from "./words.ts";

const settings = {
  patterns: z
    .union([z.string(), z.array(z.string()).max(64)])
    .transform((given) => [given].flat())
    .describe("Hostname patterns; {name} stands for the bolt's name."),
  tier1: span("200ms", "1h").describe("Interval of beacons."),
  tier2: span("200ms", "24h").describe("Interval of audits."),
  stale_after: span("500ms", "24h").describe("Age at which a bolt counts as stale."),
  multicast: z.boolean().describe("Whether it uses multicast at all."),
  spanner_id: z.string().min(1).max(64).describe("As in server.yaml."),
};

const own = z.strictObject({
  patterns: settings.patterns.optional(),
  tier1: settings.tier1.optional(),
  tier2: settings.tier2.optional(),
  stale_after: settings.stale_after.optional(),
  multicast: settings.multicast.optional(),
  spanner_id: settings.spanner_id.optional(),
  segment: name("The multicast segment it is in.").optional(),
  clock: signedSpan.optional().describe("How far its wall clock is off at the beginning."),
  drift: z.number().int().min(-100_000).max(100_000).optional().describe("Millionths its clock runs fast."),
  down: z.boolean().default(false).describe("Not started at the beginning."),
});

const bolts = z.strictObject({
  count: z.number().int().min(1).max(1_000).describe("Bolts b1, b2, ..."),
  also: names("Further servers, called so.").optional(),
  patterns: settings.patterns.prefault("*.{name}.example.com"),
  tier1: settings.tier1.prefault("30s"),
  tier2: settings.tier2.prefault("5m"),
  stale_after: settings.stale_after.optional(),
  multicast: settings.multicast.default(true),
  spanner_id: settings.spanner_id.default("example"),
  each: z.record(z.string(), own).default({}).describe("What is different for single bolts."),
});

const lan = { min: micros(200), max: micros(2_000) };
const network = z.strictObject({
  latency: range.default(lan).describe("One way, within a segment."),
  between: range.optional().describe("One way, between segments; as latency unless given."),
});

/** One thing that happens: an operator's step or a fault. */
export const eventSchema = z.union([stepSchema, faultSchema]);
export type ScenarioEvent = z.infer<typeof eventSchema>;

export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100).describe("A short title."),
  about: z.string().max(2_000).optional().describe("What it shows and why it matters."),
  rules: z.array(z.string()).max(20).default([]).describe("The rules of docs/RULES.md it breaks without."),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1).describe("Unless --seed is given."),
  bolts,
  network: network.prefault({}),
  steps: z.array(eventSchema).max(10_000).describe("What happens, in any order."),
  expect: z.array(expectationSchema).max(1_000).default([]).describe("What has to hold."),
  settle: span("0s", "30d").prefault("5m").describe("How long everything is left alone after the last step."),
});

export type Scenario = z.infer<typeof scenarioSchema>;

/** For editors: `docs/schemas/scenario.schema.json` is written from it. */
export function scenarioJsonSchema(): object {
  return { ...z.toJSONSchema(scenarioSchema, { io: "input" }), title: "A scenario of Vigo Spanner" };
}
