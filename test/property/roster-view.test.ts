/**
 * The view against its slow twin, over grown row sets in every order of arrival, whole and with gaps. The seeds are
 * fixed, so a run is the same everywhere; raise numRuns to look for more.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import type { ServiceState } from "../../src/roster/profile.ts";
import { Roster } from "../../src/roster/roster.ts";
import type { Row, SignedRow } from "../../src/roster/row.ts";
import type { Routing } from "../../src/roster/routing.ts";
import type { Alarm, Contest, Member, Undone } from "../../src/roster/view.ts";
import { hostname, regexOf } from "../support/patterns.ts";
import { keyOf, makeProfile } from "../support/roster-builder.ts";
import { grow } from "../support/roster-growth.ts";
import type { Grown } from "../support/roster-growth.ts";
import { mergeable, SlowView } from "../support/slow-view.ts";

type Step = Parameters<typeof grow>[0][number];

const pick = fc.nat({ max: 0xffff });
const anyStep: fc.Arbitrary<Step> = fc.tuple(fc.nat({ max: 15 }), pick, pick, pick);
/** Removals, of elders too and by the recovery key, and what they meet. */
const strife: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom(0, 1, 10, 10, 11, 13, 13, 14, 15), pick, pick, pick);
/** Invites and admissions, by forked logs too. */
const joining: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom(0, 1, 3, 5, 6, 7, 9, 13), pick, pick, pick);

/** The founder mints and admits three bolts, and tells each all. */
const peace: readonly Step[] = [1, 2, 3].flatMap((bolt): Step[] => [
  [3, 0, 0, bolt],
  [6, 0, bolt, bolt - 1],
  ...[1, 2, 3, 5].map((to): Step => [0, 0, to, 0]),
]);

function worlds(maxSteps: number): fc.Arbitrary<Grown> {
  const steps = (step: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> =>
    fc.array(step, { maxLength: maxSteps, size: "max" });
  return fc
    .oneof(
      steps(anyStep),
      steps(anyStep).map((some) => [...peace, ...some]),
      steps(fc.oneof(anyStep, strife)).map((some) => [...peace, ...some]),
      steps(fc.oneof(anyStep, joining)).map((some) => [...peace, ...some]),
    )
    .map(grow);
}

/** What the set means, by the room and by its twin, in one form. */
interface Meaning {
  readonly genesis: RowId | null;
  readonly spanner: readonly unknown[];
  readonly taken: readonly Member[];
  readonly members: readonly unknown[];
  readonly counting: readonly RowId[];
  readonly heads: readonly unknown[];
  readonly tokens: readonly unknown[];
  readonly consumed: readonly RowId[];
  readonly orphans: readonly unknown[];
  readonly undone: readonly Undone[];
  readonly alarms: readonly Alarm[];
}

function meaningOf(roster: Roster): Meaning {
  const view = roster.view();
  const ids = roster.index.all().map(({ message }) => message.id);
  for (const [id, member] of view.byId) expect(member).toMatchObject({ id });
  for (const [mint, token] of view.tokens) expect(token).toMatchObject({ mint });
  return {
    genesis: view.genesis,
    spanner: [view.spannerId, view.founder, view.recoveryKey],
    taken: view.taken,
    members: view.members.map(({ id }) => id),
    counting: ids.filter((id) => view.counts(id)),
    heads: [...view.countingHeads],
    tokens: [...view.tokens.values()],
    consumed: [...view.consumedTokens],
    orphans: [...view.orphans.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    undone: [...view.undone].sort((a, b) => ids.indexOf(a.row) - ids.indexOf(b.row)),
    alarms: view.alarms,
  };
}

function slowMeaningOf(rows: readonly Row[]): Meaning {
  const slow = new SlowView(rows);
  const taken = slow.taken();
  return {
    genesis: slow.rows[0]?.id ?? null,
    spanner: ["test.spanner", slow.founder, slow.recoveryKey],
    taken,
    members: taken.filter(({ standing }) => standing.is === "member").map(({ id }) => id),
    counting: slow.rows.filter((row) => slow.counts(row)).map(({ id }) => id),
    heads: slow.countingHeads(),
    tokens: slow.tokens(),
    consumed: slow.consumedTokens(),
    orphans: slow.orphans(),
    undone: slow.undone(),
    alarms: slow.alarms(),
  };
}

/** A world and the rows that arrive: in any order, or as they were written. */
function arrivals(maxSteps: number, minShare: number): fc.Arbitrary<{ grown: Grown; order: readonly number[] }> {
  return worlds(maxSteps).chain((grown) => {
    const all = grown.rows.map((_, at) => at);
    const least = { minLength: Math.ceil(all.length * minShare) };
    const order = fc.oneof(fc.shuffledSubarray(all, least), fc.subarray(all, least));
    return fc.record({ grown: fc.constant(grown), order });
  });
}

const inOrder = (grown: Grown, order: readonly number[]): SignedRow[] => order.flatMap((at) => grown.rows[at] ?? []);
const messagesOf = (rows: readonly SignedRow[]): Row[] => rows.map(({ message }) => message);

test("VI-1 VI-2 VI-3 VI-4 VI-5 VI-6 VI-7 VI-8 in any order of arrival the view is that of the twin", () => {
  fc.assert(
    fc.property(arrivals(45, 1), ({ grown, order }) => {
      const rows = inOrder(grown, order);
      const roster = Roster.create();
      for (const row of rows) roster.merge([row]);
      expect(meaningOf(roster)).toEqual(slowMeaningOf(messagesOf(rows)));
    }),
    { numRuns: 1_000, seed: 20_260_101 },
  );
});

test("VI-19 a view that is read after every row is that of the twin every time", () => {
  fc.assert(
    fc.property(arrivals(30, 0.9), ({ grown, order }) => {
      const roster = Roster.create();
      roster.merge(grown.rows.slice(0, 1));
      for (const row of inOrder(grown, order)) {
        if (roster.merge([row]).merged.length === 0) continue;
        expect(meaningOf(roster)).toEqual(slowMeaningOf(messagesOf(roster.index.all())));
      }
    }),
    { numRuns: 500, seed: 20_260_104 },
  );
});

test("VI-10 VI-11 VI-12 VI-13 VI-14 the view of a set with gaps is that of the rows whose ancestry is whole", () => {
  fc.assert(
    fc.property(arrivals(45, 0.8), fc.array(pick, { maxLength: 4 }), ({ grown, order }, batches) => {
      const [genesis] = grown.rows;
      const rows = [...(genesis === undefined ? [] : [genesis]), ...inOrder(grown, order)];
      const roster = Roster.create();
      const cuts = [0, ...batches.map((at) => at % rows.length).sort((a, b) => a - b), rows.length];
      cuts.forEach((end, at) => {
        roster.merge(rows.slice(cuts[at - 1] ?? 0, end));
        if (end > 0) expect(meaningOf(roster)).toEqual(slowMeaningOf(mergeable(messagesOf(rows.slice(0, end)))));
      });
    }),
    { numRuns: 600, seed: 20_260_102 },
  );
});

interface SlowClaim {
  readonly bolt: BoltId;
  readonly pattern: string;
  readonly isActive: boolean;
}

/** Every claim, oldest first, by plain sorting. */
function slowClaims(members: readonly Member[], states: ReadonlyMap<BoltId, ServiceState>): SlowClaim[] {
  const claims = members.flatMap(({ id, patterns }) => {
    return patterns.map((claimed) => ({ ...claimed, bolt: id, isActive: (states.get(id) ?? "active") === "active" }));
  });
  return claims.sort((a, b) => a.age.rank - b.age.rank || (a.age.id < b.age.id ? -1 : a.age.id > b.age.id ? 1 : 0));
}

/** Contests without their witnesses, which must match both patterns. */
function contestsOf(routing: Routing): Omit<Contest, "witness">[] {
  return routing.contests().map(({ witness, ...contest }) => {
    expect(witness).toMatch(regexOf(contest.winnerPattern));
    expect(witness).toMatch(regexOf(contest.loserPattern));
    return contest;
  });
}

/** Patterns of grown worlds share a hostname when and only when they are one. */
function slowContests(active: readonly SlowClaim[]): Omit<Contest, "witness">[] {
  return active.flatMap(({ bolt: loser, pattern: loserPattern }, at) => {
    const older = active.slice(0, at).find((one) => one.bolt !== loser && one.pattern === loserPattern);
    return older === undefined ? [] : [{ winner: older.bolt, winnerPattern: older.pattern, loser, loserPattern }];
  });
}

const hosts = ["a-1", "b-1", "c-1", "d-1", "e-1", "p0-1", "p1-1", "p2-1", "p3-1", "q-1"].map(hostname);
const wanted = ["q-*", "p0-*", "p1-*", "a-*"];
const someStates = fc.array(fc.constantFrom<ServiceState>("active", "active", "draining", "leaving"), { maxLength: 5 });

test("VI-15 VI-16 VI-17 VI-18 owners, contests and overlaps are what a scan of all claims says", () => {
  fc.assert(
    fc.property(worlds(60), someStates, (grown, some) => {
      const roster = Roster.create();
      roster.merge(grown.rows);
      const names = [..."abcde"].slice(0, some.length);
      const states = new Map(names.map((name, at) => [keyOf(name), some[at] ?? "active"]));
      for (const name of names) {
        if (!roster.index.knowsKey(keyOf(name))) continue;
        const state = states.get(keyOf(name)) ?? "active";
        expect(roster.mergeProfile(makeProfile(name, grown.script.genesis, { state }))).toBe(true);
      }
      const claims = slowClaims(roster.view().members, states);
      const active = claims.filter(({ isActive }) => isActive);
      const routing = roster.routing();
      for (const host of hosts) {
        const matching = claims.filter(({ pattern }) => regexOf(pattern).test(host));
        expect(routing.claims(host).map(({ owner }) => owner.bolt)).toEqual(matching.map(({ bolt }) => bolt));
        expect(routing.owner(host)?.owner.bolt).toBe(matching.find(({ isActive }) => isActive)?.bolt);
      }
      expect(contestsOf(routing)).toEqual(slowContests(active));
      const others = active.filter(({ bolt }) => bolt !== keyOf("a"));
      const pattern = wanted.find((text) => others.some((one) => one.pattern === text));
      const overlap = routing.overlapping(wanted, keyOf("a"));
      expect([overlap?.pattern, overlap?.bolt]).toEqual([pattern, others.find((one) => one.pattern === pattern)?.bolt]);
    }),
    { numRuns: 400, seed: 20_260_103 },
  );
});
