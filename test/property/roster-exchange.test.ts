/** Any two rosters of one world become equal by exchanging, cheaply. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { profileBytes, rowBytes } from "../../src/roster/exchange.ts";
import { Roster } from "../../src/roster/roster.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import { headsBytes, vectorOf } from "../../src/roster/vector.ts";
import { exchange } from "../support/exchange-runner.ts";
import { makeProfile } from "../support/roster-builder.ts";
import { closedPart, grownRosters } from "../support/roster-growth.ts";
import type { Grown } from "../support/roster-growth.ts";

/** Two bolts that hold parts of one world and some profiles each. */
const pairs = grownRosters(90).chain((grown) => {
  const picked = fc.shuffledSubarray(grown.rows.map((row) => row.message.id));
  const stamps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.nat({ max: 2 })), { maxLength: 6 });
  return fc.record({ grown: fc.constant(grown), one: picked, two: picked, stampsOne: stamps, stampsTwo: stamps });
});

function rosterOf(grown: Grown, rows: readonly SignedRow[], stamps: readonly (readonly [string, number])[]): Roster {
  const roster = Roster.create();
  roster.merge(rows);
  for (const [name, seq] of stamps) roster.mergeProfile(makeProfile(name, grown.script.genesis, { seq }));
  return roster;
}

function differing(one: Roster, two: Roster): number {
  const lacked = (from: Roster, to: Roster): number => {
    const rows = from.index.all().filter((row) => to.get(row.message.id) === undefined);
    const profiles = from
      .profiles()
      .filter((own) => to.profileHash(own.message.origin) !== from.profileHash(own.message.origin));
    return (
      rows.reduce((sum, row) => sum + rowBytes(row), 0) + profiles.reduce((sum, each) => sum + profileBytes(each), 0)
    );
  };
  return lacked(one, two) + lacked(two, one);
}

function vectorBytes(roster: Roster): number {
  const { heads, profiles } = vectorOf(roster);
  return heads.reduce((sum, each) => sum + headsBytes(each), profiles.length * 46);
}

/** Rows that do not count: no vector tells of them, so they may come again as ancestors. */
function idleBytes(roster: Roster): number {
  const view = roster.view();
  const idle = roster.index.all().filter(({ message }) => !view.counts(message.id));
  return idle.reduce((sum, row) => sum + rowBytes(row), 0);
}

test("RO-11 any two rosters agree after few exchanges, whoever asks, within small pages too", () => {
  fc.assert(
    fc.property(pairs, fc.boolean(), fc.constantFrom(16_000, 61_440), (pair, swaps, limitBytes) => {
      const one = rosterOf(pair.grown, closedPart(pair.grown, pair.one), pair.stampsOne);
      const two = rosterOf(pair.grown, closedPart(pair.grown, pair.two), pair.stampsTwo);
      let rounds = 0;
      for (; one.digest() !== two.digest() && rounds < 8; rounds++) {
        if (swaps && rounds % 2 === 0) exchange(two, one, limitBytes);
        else exchange(one, two, limitBytes);
      }
      expect(one.digest()).toBe(two.digest());
      expect([...one.view().countingHeads]).toEqual([...two.view().countingHeads]);
      expect(exchange(one, two)).toMatchObject({ rows: 0, content: 0 });
    }),
    { numRuns: 300 },
  );
});

test("RO-13 an exchange moves at most twice what differs, plus the heads of each author from each side", () => {
  fc.assert(
    fc.property(pairs, (pair) => {
      const one = rosterOf(pair.grown, closedPart(pair.grown, pair.one), pair.stampsOne);
      const two = rosterOf(pair.grown, closedPart(pair.grown, pair.two), pair.stampsTwo);
      const bound = 2 * differing(one, two) + vectorBytes(one) + vectorBytes(two) + idleBytes(one) + idleBytes(two);
      const moved = exchange(one, two);
      expect(moved.naming + moved.content).toBeLessThanOrEqual(bound);
    }),
    { numRuns: 300 },
  );
});
