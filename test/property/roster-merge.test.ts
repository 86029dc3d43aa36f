/** The laws of merging, over grown row sets and every kind of schedule. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Roster } from "../../src/roster/roster.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import { grownRosters } from "../support/roster-growth.ts";
import { rowIds, viewText } from "../support/roster-text.ts";

function rosterOf(rows: Iterable<SignedRow>): Roster {
  const roster = Roster.create();
  roster.merge(rows);
  return roster;
}

function expectSame(roster: Roster, reference: Roster): void {
  expect(rowIds(roster)).toEqual(rowIds(reference));
  expect(roster.merge([]).waiting).toBe(0);
  expect(roster.wanted()).toEqual([]);
  expect(roster.digest()).toBe(reference.digest());
  expect(viewText(roster)).toBe(viewText(reference));
}

test("RO-1 any order and any repetition, row by row, gives the same roster", () => {
  const schedules = grownRosters(60).chain((grown) => {
    const order = fc.shuffledSubarray([...grown.rows], { minLength: grown.rows.length });
    const repeats = fc.shuffledSubarray([...grown.rows]);
    return fc.record({ rows: fc.constant(grown.rows), order, repeats });
  });
  fc.assert(
    fc.property(schedules, ({ rows, order, repeats }) => {
      const roster = Roster.create();
      for (const row of [...order, ...repeats]) expect(roster.merge([row]).refused).toEqual([]);
      expectSame(roster, rosterOf(rows));
    }),
    { numRuns: 150 },
  );
});

test("RO-1 any partition into parts that merge in any order gives the same roster", () => {
  const schedules = grownRosters(60).chain((grown) => {
    const owners = fc.array(fc.nat({ max: 3 }), { minLength: grown.rows.length, maxLength: grown.rows.length });
    const meetings = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })), { maxLength: 12 });
    return fc.record({ rows: fc.constant(grown.rows), owners, meetings });
  });
  fc.assert(
    fc.property(schedules, ({ rows, owners, meetings }) => {
      const parts = [0, 1, 2, 3].map((part) => rosterOf(rows.filter((_, at) => owners[at] === part)));
      const everything = (roster: Roster): SignedRow[] => [...roster.image().rows, ...roster.image().waiting];
      const meet = (from: number, to: number): unknown => parts[to]?.merge(everything(parts[from] ?? Roster.create()));
      for (const [from, to] of meetings) meet(from, to);
      for (const to of [0, 1, 2, 3]) for (const from of [0, 1, 2, 3]) meet(from, to);
      const reference = rosterOf(rows);
      for (const part of parts) expectSame(part, reference);
    }),
    { numRuns: 100 },
  );
});

test("RO-1 all permutations of up to six rows give the same roster", () => {
  fc.assert(
    fc.property(grownRosters(40), ({ rows }) => {
      const few = rows.slice(0, 6);
      const reference = rosterOf(few);
      for (const order of permutations(few)) {
        const roster = Roster.create();
        for (const row of order) roster.merge([row]);
        expect(roster.digest()).toBe(reference.digest());
        expect(rowIds(roster)).toEqual(rowIds(reference));
      }
      const [last] = permutations([...few].reverse());
      expectSame(rosterOf(last ?? []), reference);
    }),
    { numRuns: 12 },
  );
});

test("RO-1 what a merge reports is what was news, once each", () => {
  const halves = grownRosters(50).chain((grown) => {
    return fc.record({ rows: fc.constant(grown.rows), first: fc.shuffledSubarray([...grown.rows]) });
  });
  fc.assert(
    fc.property(halves, ({ rows, first }) => {
      const roster = Roster.create();
      const reported = [...roster.merge(first).merged, ...roster.merge(rows).merged].map((row) => row.message.id);
      expect([...reported].sort()).toEqual([...rowIds(roster)].sort());
    }),
    { numRuns: 100 },
  );
});

test("RO-17 a roster restored from its image goes on as the roster itself", () => {
  const halves = grownRosters(50).chain((grown) => {
    return fc.record({ rows: fc.constant(grown.rows), first: fc.shuffledSubarray([...grown.rows]) });
  });
  fc.assert(
    fc.property(halves, ({ rows, first }) => {
      const roster = Roster.create();
      for (const row of first) roster.merge([row]);
      const restored = Roster.restore(roster.image());
      expect(restored.wanted()).toEqual(roster.wanted());
      expect(restored.image()).toEqual(roster.image());
      expectSame(restored.merge(rows).refused.length === 0 ? restored : Roster.create(), rosterOf(rows));
    }),
    { numRuns: 60 },
  );
});

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) yield items;
  for (const [at, item] of items.entries()) {
    if (items.length < 2) return;
    for (const rest of permutations([...items.slice(0, at), ...items.slice(at + 1)])) yield [item, ...rest];
  }
}
