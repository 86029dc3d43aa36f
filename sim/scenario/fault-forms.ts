/** What can go wrong in a scenario: one form a fault, each with the parameters an editor offers. */
import { z } from "zod";
import { groups, moment, name, names, perMillion, range, signedSpan, span } from "./words.ts";

const at = moment.describe("When it begins.");
const until = moment.optional().describe("When it ends; never unless given.");
const bolt = name("Whom it befalls.");
const from = names("Only from these bolts.").optional();
const to = names("Only to these bolts.").optional();
const share = perMillion.describe("How often.");

const form = <Kind extends string, Shape extends z.core.$ZodLooseShape>(
  kind: Kind,
  about: string,
  shape: Shape,
): z.ZodObject<{ at: typeof at; fault: z.ZodLiteral<Kind> } & Shape, z.core.$strict> =>
  z.strictObject({ at, fault: z.literal(kind), ...shape }).describe(about);

export const faults = [
  form("partition", "Bolts reach only those of their own group.", { until, groups }),
  form("isolate", "These bolts reach nobody and nobody reaches them.", { until, bolts: names("Who is cut off.") }),
  form("one-way", "What these bolts send to those gets lost; the other way works.", {
    until,
    from: names("Senders."),
    to: names("Who hears nothing of them."),
  }),
  form("bridge", "Two groups that reach each other only through one bolt.", { until, groups, by: name("The bridge.") }),
  form("flapping", "A partition that comes and goes.", {
    until: moment.describe("When it ends."),
    groups,
    every: span("1s").describe("How long each state lasts."),
  }),
  form("swizzle", "Bolts are cut off one by one and come back in another order.", {
    until: moment.describe("When all are back."),
    bolts: names("Who."),
  }),
  form("multicast-cut", "Multicast gets through nowhere, or not on these links; streams work.", { until, from, to }),
  form("stream-cut", "Streams get through nowhere, or not on these links; multicast works.", { until, from, to }),
  form("loss", "Datagrams are lost and segments of streams sent again.", {
    until,
    share,
    burst: z.number().int().min(0).max(1_000).default(0).describe("So many more datagrams go with a lost one."),
    only: z.literal("multicast").optional().describe("Leaves streams alone."),
    from,
    to,
  }),
  form("delay", "Everything takes longer.", { until, by: range.describe("How much longer."), from, to }),
  form("duplicate", "Datagrams arrive twice.", { until, share, from, to }),
  form("reorder", "Datagrams overtake each other.", { until, share, by: span("1ms").describe("At most."), from, to }),
  form("corrupt", "One bit of a datagram flips.", { until, share, from, to }),
  form("mtu", "Datagrams above a size are dropped.", {
    until,
    bytes: z.number().int().min(0).max(65_535).describe("The largest that passes."),
    from,
    to,
  }),
  form("crash", "The process dies; of unsynced writes a part survives.", { until, bolt }),
  form("power-cut", "The machine dies: nobody says goodbye for it.", { until, bolt }),
  form("crash-at-effect", "The process dies between two effects, counted from here.", {
    until,
    bolt,
    number: z.number().int().min(0).max(100_000).describe("Effects that still happen."),
  }),
  form("crash-at-write", "The process dies at a moment of its next write of such a row.", {
    until,
    bolt,
    moment: z.enum(["before-write", "before-sync", "after-sync"]).describe("Which moment."),
    row: z
      .enum(["any", "genesis", "mint", "revoke", "admit", "claim", "leave", "remove"])
      .default("any")
      .describe("The kind of row."),
  }),
  form("crash-loop", "The process dies and starts again, over and over.", {
    until: moment.describe("When it stays up."),
    bolt,
    every: span("1s").describe("From start to death."),
  }),
  form("restart", "The process dies and starts at once.", { bolt }),
  form("stop", "An orderly end, as on SIGTERM.", { until, bolt }),
  form("pause", "The process is stopped in its tracks and goes on later.", { until, bolt }),
  form("disk-full", "Writes are refused.", { until, bolt }),
  form("disk-read-only", "Writes are refused.", { until, bolt }),
  form("disk-fsync", "Syncs fail.", { until, bolt }),
  form("disk-slow", "Every sync takes longer.", { until, bolt, by: span("1ms", "1h").describe("How much longer.") }),
  form("keep-image", "Copies the disk, for later.", { bolt, as: name("What the copy is called.") }),
  form("old-image", "The machine starts from an old copy of its disk.", { bolt, image: name("The copy.") }),
  form("wipe", "The disk is empty; the key is kept.", { bolt }),
  form("clone", "A second machine with the same key and disk starts.", { bolt, as: name("What it is called.") }),
  form("thief", "A stranger with the stolen key and an old disk starts elsewhere.", {
    bolt,
    image: name("The copy of the disk that was stolen."),
    as: name("What the thief is called."),
  }),
  form("clock-jump", "The wall clock jumps.", { bolt, by: signedSpan.describe("How far; - in front: back.") }),
  form("clock-drift", "The clock runs fast or slow.", {
    until,
    bolt,
    ppm: z.number().int().min(-100_000).max(100_000).describe("Millionths faster; slower when below zero."),
  }),
  form("clock-freeze", "The wall clock stands still.", { until, bolt }),
  form("capture", "Someone keeps the datagrams this bolt sends from now on.", { bolt }),
  form("replay", "Someone sends the captured datagrams of a bolt again.", { bolt, to: names("To whom.") }),
  form("noise", "Random bytes arrive as datagrams.", {
    to: names("Whom."),
    count: z.number().int().min(1).max(100_000).describe("How many."),
    bytes: z.number().int().min(0).max(65_535).describe("How long each is."),
  }),
  form("move", "These machines get other addresses, all at once, and restart.", { bolts: names("Which.") }),
  form("heal", "Ends every fault of the network, ends pauses and starts what is down.", {}),
] as const;

export const faultSchema = z.discriminatedUnion("fault", faults);
export type Fault = z.infer<typeof faultSchema>;
