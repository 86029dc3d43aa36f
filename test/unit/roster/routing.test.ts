/** Who should own a hostname by the roster, what is contested, and which new patterns overlap. */
import { expect, test } from "vitest";
import type { ServiceState } from "../../../src/roster/profile.ts";
import { Roster } from "../../../src/roster/roster.ts";
import type { Routing } from "../../../src/roster/routing.ts";
import { hostname, regexOf } from "../../support/patterns.ts";
import { keyOf, makeProfile, RosterScript } from "../../support/roster-builder.ts";

/** Founded by a, who admitted the others in this order, each with its patterns. */
function fleet(patterns: Readonly<Record<string, readonly string[]>>): RosterScript {
  const script = new RosterScript();
  const [[founder, own] = ["a", []], ...others] = Object.entries(patterns);
  script.found(founder, own);
  for (const [name, claimed] of others) script.join(founder, name, claimed);
  return script;
}

function routingOf(script: RosterScript, states: Readonly<Record<string, ServiceState>> = {}): Routing {
  const roster = Roster.create();
  expect(roster.merge(script.rows)).toMatchObject({ refused: [], waiting: 0 });
  for (const [name, state] of Object.entries(states)) {
    expect(roster.mergeProfile(makeProfile(name, script.genesis, { state }))).toBe(true);
  }
  return roster.routing();
}

function owner(routing: Routing, host: string): readonly [string, string] | undefined {
  const found = routing.owner(hostname(host));
  return found === undefined ? undefined : [found.owner.name, found.pattern.text];
}

function claims(routing: Routing, host: string): string[] {
  return routing
    .claims(hostname(host))
    .map((entry) => `${entry.owner.name} ${entry.owner.state} ${entry.pattern.text}`);
}

test("VI-15 a hostname belongs to the oldest claim that matches it, however wide", () => {
  const routing = routingOf(fleet({ a: ["a-*"], b: ["web-*"], c: ["web-1", "db-*"] }));
  expect(owner(routing, "web-1")).toEqual(["b", "web-*"]);
  expect(owner(routing, "db-1")).toEqual(["c", "db-*"]);
  expect(owner(routing, "mail-1")).toBeUndefined();
  expect(routing.owner(hostname("web-1"))?.owner).toMatchObject({ bolt: keyOf("b"), state: "active" });
});

test("VI-15 T14 a CLAIM is as old as its row: a pattern that an older bolt claims later stays with the younger", () => {
  const script = fleet({ a: ["a-*"], b: ["b-*"], c: ["web-*"] });
  script.claim("b", ["web-*", "b-*"]);
  expect(owner(routingOf(script), "web-1")).toEqual(["c", "web-*"]);
  expect(claims(routingOf(script), "web-1")).toEqual(["c active web-*", "b active web-*"]);
  script.claim("c", []);
  expect(owner(routingOf(script), "web-1")).toEqual(["b", "web-*"]);
});

test("VI-15 of claims of one age the first that the bolt lists decides", () => {
  expect(owner(routingOf(fleet({ a: ["*-1", "web-*"] })), "web-1")).toEqual(["a", "*-1"]);
  expect(owner(routingOf(fleet({ a: ["web-*", "*-1"] })), "web-1")).toEqual(["a", "web-*"]);
});

test("VI-15 a successor owns what its predecessor did, at the age it had", () => {
  const script = fleet({ a: ["a-*"], b: ["web-*"], c: ["web-*"] });
  script.leave("b", "heir");
  const routing = routingOf(script);
  expect(routing.owner(hostname("web-1"))?.owner.bolt).toBe(keyOf("heir"));
});

test("VI-16 draining and leaving bolts own nothing but are shown; without a PROFILE a bolt is active", () => {
  const script = fleet({ a: ["a-*"], b: ["web-*"], c: ["web-*"], d: ["web-*"] });
  expect(owner(routingOf(script, { b: "draining" }), "web-1")).toEqual(["c", "web-*"]);
  const routing = routingOf(script, { b: "draining", c: "leaving", d: "active" });
  expect(owner(routing, "web-1")).toEqual(["d", "web-*"]);
  expect(claims(routing, "web-1")).toEqual(["b draining web-*", "c leaving web-*", "d active web-*"]);
  expect(owner(routingOf(script, { b: "draining", c: "leaving", d: "draining" }), "web-1")).toBeUndefined();
});

test("VI-16 who is removed, left or orphaned claims nothing", () => {
  const script = fleet({ a: ["a-*"], b: ["web-*"], c: ["web-*"] });
  const head = script.lastOf("b");
  script.join("b", "d", ["db-*"]);
  expect(owner(routingOf(script), "db-1")).toEqual(["d", "db-*"]);
  script.remove("a", "b", [head]);
  script.leave("c");
  const routing = routingOf(script);
  expect([claims(routing, "web-1"), claims(routing, "db-1")]).toEqual([[], []]);
});

test("VI-16 a pattern that cannot be read matches nothing and harms no other", () => {
  const script = fleet({ a: ["[", "web-*", ""] });
  expect(claims(routingOf(script), "web-1")).toEqual(["a active web-*"]);
  expect(owner(routingOf(script), "db-1")).toBeUndefined();
});

test("VI-17 a younger claim that shares a hostname with an older one is contested, with a hostname of both", () => {
  const routing = routingOf(fleet({ a: ["a"], b: ["db-*.org"], c: ["x", "*-prod.org"] }));
  const [contest, ...others] = routing.contests();
  expect(others).toEqual([]);
  expect(contest).toMatchObject({
    winner: keyOf("b"),
    winnerPattern: "db-*.org",
    loser: keyOf("c"),
    loserPattern: "*-prod.org",
  });
  expect(contest?.witness).toMatch(regexOf("db-*.org"));
  expect(contest?.witness).toMatch(regexOf("*-prod.org"));
});

test("VI-17 each losing claim is told once, with the oldest that beats it; a bolt does not contest itself", () => {
  const routing = routingOf(fleet({ a: ["*.x", "web.*"], b: ["web.*"], c: ["db.x", "web.x"] }));
  const told = routing.contests().map(({ winner, winnerPattern, loser, loserPattern }) => {
    return [winner, winnerPattern, loser, loserPattern];
  });
  expect(told).toEqual([
    [keyOf("a"), "*.x", keyOf("b"), "web.*"],
    [keyOf("a"), "*.x", keyOf("c"), "db.x"],
    [keyOf("a"), "*.x", keyOf("c"), "web.x"],
  ]);
});

test("VI-17 bolts that are not active neither win nor lose a contest", () => {
  const script = fleet({ a: ["a-*"], b: ["web-*"], c: ["web-*"], d: ["web-*"] });
  const pairs = (states: Readonly<Record<string, ServiceState>>): string[][] =>
    routingOf(script, states)
      .contests()
      .map(({ winner, loser }) => [winner, loser]);
  const [b, c, d] = [keyOf("b"), keyOf("c"), keyOf("d")];
  expect(pairs({})).toEqual([
    [b, c],
    [b, d],
  ]);
  expect(pairs({ b: "draining" })).toEqual([[c, d]]);
  expect(pairs({ c: "leaving" })).toEqual([[b, d]]);
});

test("VI-18 T7 new patterns overlap claims of other active bolts: the first such, the oldest claim, a hostname", () => {
  const script = fleet({ a: ["a-*"], b: ["web-*"], c: ["*-1", "db-*"] });
  const found = routingOf(script).overlapping(["mail-*x", "web-[12]", "db-*"], null);
  expect(found).toMatchObject({ bolt: keyOf("b"), pattern: "web-[12]", theirs: "web-*" });
  expect(found?.witness).toMatch(/^web-[12]$/);
  expect(routingOf(script).overlapping(["web-1"], keyOf("b"))).toMatchObject({ bolt: keyOf("c"), theirs: "*-1" });
  expect(routingOf(script).overlapping(["a-x"], keyOf("a"))).toBeUndefined();
  expect(routingOf(script).overlapping([], null)).toBeUndefined();
});

test("VI-18 patterns of draining and leaving bolts do not overlap, nor does a pattern that cannot be read", () => {
  const script = fleet({ a: ["a-*"], b: ["web-*"], c: ["web-*"] });
  expect(routingOf(script, { b: "draining" }).overlapping(["web-1"], null)).toMatchObject({ bolt: keyOf("c") });
  expect(routingOf(script, { b: "draining", c: "leaving" }).overlapping(["web-1"], null)).toBeUndefined();
  expect(routingOf(script).overlapping(["[", "web-1"], null)).toMatchObject({ pattern: "web-1" });
});

test("VI-18 the nearest claims to a name are those of active bolts, the closest first", () => {
  const script = fleet({ a: ["*.east.example.com"], b: ["*.west.example.com"], c: ["*.example.org"] });
  const near = (states: Readonly<Record<string, ServiceState>>, count: number): string[] =>
    routingOf(script, states)
      .nearest(hostname("web.north-east.example.com"), count)
      .map((entry) => entry.owner.name);
  expect(near({}, 2)).toEqual(["a", "b"]);
  expect(near({ a: "draining" }, 3)).toEqual(["b", "c"]);
});
