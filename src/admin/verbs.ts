/**
 * What operators may ask over REST: one verb a row, with its route, its input and who may ask. Server, client, CLI and
 * the OpenAPI document are made from this table.
 */
import { z } from "zod";
import { parseBoltId, parseRowId } from "../kernel/id.ts";
import { duration } from "../reading/amounts.ts";

const dryRun = z.boolean().default(false).describe("Walks the same path and stops before the first lasting effect.");
const bolt = z.string().min(1).max(253).describe("A bolt: its name, its key, or the beginning of either.");
const invite = z.string().min(1).max(64).describe("An invite: its id or the beginning of it.");
const rowId = z
  .string()
  .transform((text, context) => orIssue(parseRowId(text), "A row id has 64 hex digits.", context));
const key = z.string().transform((text, context) => orIssue(parseBoltId(text), "A key has 64 hex digits.", context));
const hex = (bytes: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`, "u"), `This has ${bytes * 2} hex digits.`);

function orIssue<T>(value: T | undefined, message: string, context: z.RefinementCtx): T {
  if (value !== undefined) return value;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

/** Inputs by verb. Path parameters and body are one object. */
export const inputs = {
  identity: z.strictObject({}),
  status: z.strictObject({}),
  views: z.strictObject({}),
  verify: z.strictObject({}),
  init: z.strictObject({ dryRun }),
  "bolt-show": z.strictObject({ bolt }),
  invite: z.strictObject({
    ttl: duration({ min: "1m", max: "30d" }).prefault("24h").describe("How long it may be used."),
    bound: z
      .strictObject({
        key: key.describe("The joiner's key, from vigocli spanner identity."),
        name: z.string().min(1).max(63).describe("The joiner's name."),
        patterns: z.array(z.string().max(253)).max(64).describe("The joiner's patterns."),
      })
      .nullable()
      .default(null)
      .describe("Binds the invite to one key; null: whoever carries it."),
    dryRun,
  }),
  "invite-list": z.strictObject({}),
  "invite-show": z.strictObject({ invite }),
  "invite-revoke": z.strictObject({ invite, dryRun }),
  join: z.strictObject({
    code: z.string().max(16_384).describe("The invite, as vigocli spanner bolt invite printed it."),
    from: z.array(z.string().max(300)).max(16).default([]).describe("URLs of members; those in the invite by default."),
    allowAddress: z.boolean().default(false).describe("Also asks link-local addresses."),
    dryRun,
  }),
  leave: z.strictObject({
    successor: z
      .strictObject({ key, consent: hex(64).describe("From spanner consent on the successor.") })
      .nullable()
      .default(null),
    dryRun,
  }),
  consent: z.strictObject({ genesis: rowId, leaver: key }),
  remove: z.strictObject({
    bolt,
    cut: z.array(rowId).max(64).nullable().default(null).describe("Last rows of it that still count; null: all held."),
    recoverySeed: hex(32).nullable().default(null).describe("The recovery key printed by init."),
    dryRun,
  }),
  repoint: z.strictObject({ bolt, address: z.string().max(300).describe("host:port of its gRPC port."), dryRun }),
  "route-explain": z.strictObject({ hostname: z.string().max(1_000) }),
  evidence: z.strictObject({
    bolt: z.string().max(253).nullable().default(null),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
} as const;

export type VerbName = keyof typeof inputs;
/** What a caller gives. */
export type VerbInput<Name extends VerbName> = z.input<(typeof inputs)[Name]>;
/** What the server gets after judging. */
export type VerbOrder<Name extends VerbName> = z.output<(typeof inputs)[Name]>;

export interface Verb {
  readonly method: "GET" | "POST";
  /** Below /api/v1; parts in braces are taken from the input. */
  readonly path: string;
  readonly about: string;
}

/** Routes by verb. GET reads; POST changes something. */
export const verbs: { readonly [Name in VerbName]: Verb } = {
  identity: { method: "GET", path: "/spanner/identity", about: "This server's key, name and pins." },
  status: { method: "GET", path: "/spanner/status", about: "What this bolt knows of its spanner." },
  views: { method: "GET", path: "/spanner/views", about: "The status of every reachable bolt." },
  verify: { method: "GET", path: "/spanner/verify", about: "Compares the rosters of all reachable bolts." },
  init: { method: "POST", path: "/spanner/init", about: "Founds a spanner." },
  "bolt-show": { method: "GET", path: "/spanner/bolts/{bolt}", about: "One bolt as seen from here." },
  invite: { method: "POST", path: "/spanner/invites", about: "Mints an invite; the answer holds its text." },
  "invite-list": { method: "GET", path: "/spanner/invites", about: "All invites known here." },
  "invite-show": { method: "GET", path: "/spanner/invites/{invite}", about: "One invite." },
  "invite-revoke": { method: "POST", path: "/spanner/invites/{invite}/revoke", about: "Withdraws an invite." },
  join: { method: "POST", path: "/spanner/join", about: "Joins a spanner with an invite." },
  leave: { method: "POST", path: "/spanner/leave", about: "Leaves the spanner for good." },
  consent: { method: "POST", path: "/spanner/consent", about: "Consents to succeed a leaver." },
  remove: { method: "POST", path: "/spanner/bolts/{bolt}/remove", about: "Removes a bolt for good." },
  repoint: { method: "POST", path: "/spanner/bolts/{bolt}/repoint", about: "Notes another address of a bolt here." },
  "route-explain": { method: "GET", path: "/spanner/routes/{hostname}", about: "Who owns a hostname, and why." },
  evidence: { method: "GET", path: "/spanner/evidence", about: "Oddities this bolt kept." },
};
