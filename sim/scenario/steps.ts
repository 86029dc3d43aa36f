/**
 * What operators do in a scenario: one form a verb. Descriptions are what `vigosim faults`, editors and the
 * documentation show.
 */
import { z } from "zod";
import { moment, name, names, span } from "./words.ts";

const at = moment.describe("When, counted from the beginning.");
const id = name("A name for expectations to ask for its answer.").optional();
const patterns = z.array(z.string().max(253)).max(64).describe("Hostname patterns.");

export const steps = [
  z.strictObject({ at, id, do: z.literal("start"), bolts: names("Starts servers that are down.") }),
  z.strictObject({ at, id, do: z.literal("found"), on: name("The bolt that founds the spanner.") }),
  z.strictObject({
    at,
    id,
    do: z.literal("admit"),
    bolts: names("Each gets an invite of its own and joins with it, one after the other."),
    by: name("The bolt that invites."),
  }),
  z.strictObject({
    at,
    id,
    do: z.literal("invite"),
    on: name("The bolt that mints."),
    as: name("What other steps call the invite."),
    ttl: span("1m", "30d").prefault("24h").describe("How long it may be used."),
    for: name("Binds it to the key of this bolt, its name and its patterns.").optional(),
  }),
  z.strictObject({
    at,
    id,
    do: z.literal("join"),
    bolt: name("The server that joins."),
    with: name("The invite."),
    via: names("Whom it asks, in this order; the minter unless given.").optional(),
    retry: span("1s", "1h").optional().describe("Asks again after so long while the answer settles nothing."),
  }),
  z.strictObject({ at, id, do: z.literal("revoke"), on: name("The minter."), invite: name("The invite.") }),
  z.strictObject({
    at,
    id,
    do: z.literal("leave"),
    bolt: name("Who leaves for good."),
    successor: name("A server that never was a member and takes its place.").optional(),
  }),
  z.strictObject({
    at,
    id,
    do: z.literal("remove"),
    on: name("Where the operator asks."),
    bolt: name("Whom to remove."),
    cut: name("A mark: what the target wrote after it counts no more.").optional(),
    recovery: z.boolean().default(false).describe("Signs with the recovery key printed at found."),
  }),
  z.strictObject({ at, id, do: z.literal("mark"), bolt: name("Whose last row to remember."), as: name("The mark.") }),
  z.strictObject({ at, id, do: z.literal("claim"), bolt: name("Whose patterns change."), patterns }),
  z.strictObject({
    at,
    id,
    do: z.literal("repoint"),
    on: name("Where the address is noted."),
    bolt: name("Whose address."),
    to: z.string().max(300).describe("host:port."),
  }),
  z.strictObject({ at, id, do: z.literal("verify"), on: name("Compares the rosters of all reachable bolts.") }),
] as const;

export const stepSchema = z.discriminatedUnion("do", steps);
export type Step = z.infer<typeof stepSchema>;
