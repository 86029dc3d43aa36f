/** Walks carried on by new rows, against walks of the whole set. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { extendWalk } from "../../../src/roster/extend.ts";
import { Roster } from "../../../src/roster/roster.ts";
import { bySignedOrder } from "../../../src/roster/row-index.ts";
import type { SignedRow } from "../../../src/roster/row.ts";
import { walk } from "../../../src/roster/walk.ts";
import type { Walked } from "../../../src/roster/walk.ts";
import { RosterScript } from "../../support/roster-builder.ts";
import { grownRosters } from "../../support/roster-growth.ts";
import { viewText } from "../../support/roster-text.ts";

/** The walk of all rows, carried on by those after `known`; undefined when it has to be made anew. */
function carriedOn(rows: readonly SignedRow[], known: number): Walked | undefined {
  const roster = Roster.create();
  roster.merge(rows.slice(0, known));
  const before = walk(roster.index);
  const last = must(roster.index.last(), "something is known");
  const { merged } = roster.merge(rows.slice(known));
  return extendWalk(before, merged, last, roster.index);
}

function walked(rows: readonly SignedRow[]): Walked {
  const roster = Roster.create();
  roster.merge(rows);
  return walk(roster.index);
}

test("VI-19 invites and admissions of new keys behind all other rows are carried on", () => {
  const script = new RosterScript();
  script.found("a");
  script.join("a", "b");
  const known = script.rows.length;
  script.join("b", "c");
  script.mint("a", "unused");
  script.revoke("a", "unused");
  const carried = carriedOn(script.rows, known);
  expect(carried).toEqual(walked(script.rows));
  expect(carried?.taken.size).toBe(3);
});

test("VI-19 what judges other rows costs a new walk", () => {
  const stories: ((script: RosterScript) => unknown)[] = [
    (script) => script.claim("b", ["x"]),
    (script) => script.leave("b"),
    (script) => script.remove("a", "b"),
    (script) => script.recover("a"),
    (script) => {
      script.mint("a", "twice");
      script.admit("a", "twice", "c");
      script.admit("a", "twice", "d");
    },
    (script) => {
      script.join("a", "c");
      script.mint("c", "by the new bolt");
    },
  ];
  for (const story of stories) {
    const script = new RosterScript();
    script.found("a");
    script.join("a", "b");
    const known = script.rows.length;
    story(script);
    expect(carriedOn(script.rows, known)).toBeUndefined();
  }
});

test("VI-19 an admission that comes late and stands before other rows costs a new walk", () => {
  const script = new RosterScript();
  script.found("a");
  script.join("a", "b");
  script.join("a", "c");
  const { genesis } = script;
  const fork = script.mint("a", "fork", null, { prev: genesis, seen: genesis });
  const known = script.rows.length;
  script.admit("a", "fork", "d", ["d-*"], { prev: fork.message.id, seen: genesis });
  expect(carriedOn(script.rows, known)).toBeUndefined();
  expect([...walked(script.rows).taken.values()].map(({ member }) => member.name)).toEqual(["a", "d", "b", "c"]);
});

test("VI-19 a roster read after every row shows what one that got all at once shows", () => {
  const orders = grownRosters(50).chain((grown) =>
    fc.record({
      sorted: fc.constant([...grown.rows].sort(bySignedOrder)),
      shuffled: fc.shuffledSubarray([...grown.rows], { minLength: grown.rows.length }),
      parts: fc.integer({ min: 1, max: 5 }),
    }),
  );
  fc.assert(
    fc.property(orders, ({ sorted, shuffled, parts }) => {
      for (const rows of [sorted, shuffled]) {
        const roster = Roster.create();
        for (let at = 0; at < rows.length; at += parts) {
          roster.merge(rows.slice(at, at + parts));
          const whole = Roster.create();
          whole.merge(roster.index.all());
          expect(viewText(roster)).toBe(viewText(whole));
        }
      }
    }),
    { numRuns: 60 },
  );
});
