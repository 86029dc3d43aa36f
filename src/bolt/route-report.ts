/** Explains where a hostname goes: which claim decides, which others would, and what would change it (BO-8). */
import { done, refused } from "../kernel/refusal.ts";
import type { Outcome } from "../kernel/refusal.ts";
import { parseHostname } from "../pattern/hostname.ts";
import type { Hostname } from "../pattern/hostname.ts";
import type { Entry } from "../pattern/table.ts";
import type { Held, Routing } from "../roster/routing.ts";
import type { AdminAnswer, RouteReport } from "../turn/admin.ts";
import type { World } from "../turn/turn.ts";

const nearestShown = 3;

/** The reasoning for one hostname; `HOSTNAME_INVALID`, or `NO_ROSTER` before this server is in a spanner. */
export function routeReport(world: World, text: string): Outcome<AdminAnswer> {
  const parsed = parseHostname(text);
  if (!parsed.ok) return parsed;
  if (world.roster.view().genesis === null) {
    return refused({
      code: "NO_ROSTER",
      message: "This server is in no spanner yet, so no bolt owns any hostname.",
      next: "vigocli spanner init",
    });
  }
  return done({ answer: "route", route: explain(world.roster.routing(), parsed.value) });
}

function explain(routing: Routing, hostname: Hostname): RouteReport {
  const claims = routing.claims(hostname);
  const owner = routing.owner(hostname);
  const others = claims.filter((claim) => claim.owner.bolt !== owner?.owner.bolt);
  const nearest = owner === undefined ? routing.nearest(hostname, nearestShown) : [];
  return {
    hostname,
    owner: owner?.owner.bolt ?? null,
    ownerName: owner?.owner.name ?? null,
    pattern: owner?.pattern.text ?? null,
    because: reason(owner, others.length),
    others: others.map((claim) => ({ ...shown(claim), why: whyNot(claim) })),
    nearest: nearest.map(shown),
    wouldChange: changes(owner, others, hostname),
  };
}

function shown({ owner, pattern }: Entry<Held>): RouteReport["nearest"][number] {
  return { bolt: owner.bolt, name: owner.name, pattern: pattern.text };
}

function reason(owner: Entry<Held> | undefined, others: number): string {
  if (owner === undefined) {
    return others === 0 ? "No pattern of an active bolt matches it." : "Only bolts that take no new envoys match it.";
  }
  const only = `Pattern "${owner.pattern.text}" of ${owner.owner.name} matches it`;
  return others === 0 ? `${only}, and no other bolt's does.` : `${only} and is the oldest claim of an active bolt.`;
}

function whyNot({ owner }: Entry<Held>): string {
  return owner.state === "active" ? "a younger claim" : `the bolt is ${owner.state}`;
}

function changes(
  owner: Entry<Held> | undefined,
  others: readonly Entry<Held>[],
  hostname: Hostname,
): readonly string[] {
  if (owner === undefined) {
    return [`A bolt whose spanner.patterns in server.yaml match "${hostname}" would own it.`];
  }
  const next = others.find((claim) => claim.owner.state === "active");
  const heir = next === undefined ? "no bolt" : `${next.owner.name} (pattern "${next.pattern.text}")`;
  return [`Without "${owner.pattern.text}" in spanner.patterns of ${owner.owner.name}, or while it drains: ${heir}.`];
}
