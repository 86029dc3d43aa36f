/** The look-ups of the set, against plain walks over it. */
import { expect, test } from "vitest";
import { Random } from "../../../src/kernel/random.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { bySignedOrder, RowIndex } from "../../../src/roster/row-index.ts";
import type { SignedRow } from "../../../src/roster/row.ts";
import { keyOf, RosterScript } from "../../support/roster-builder.ts";

function indexOf(rows: Iterable<SignedRow>): RowIndex {
  const index = new RowIndex();
  for (const row of rows) index.add(row);
  return index;
}

function forked(rows: number): RosterScript {
  const random = new Random({ seed: 5, counter: 0 });
  const script = new RosterScript();
  script.found("a");
  const own = [script.genesis];
  for (let at = 0; at < rows; at++) {
    const prev = random.chance(200_000) ? random.pick(own) : own[own.length - 1];
    own.push(script.claim("a", [`p-${at}`], prev === undefined ? {} : { prev }).message.id);
  }
  return script;
}

test("RO-2 ancestors by prev are those of a plain walk, in a log with many forks", () => {
  const { rows } = forked(120);
  const index = indexOf(rows);
  for (const { message } of rows) {
    const ancestors = new Set<RowId>();
    for (let at = index.prevOf(message.id); at !== undefined; at = index.prevOf(at.message.id))
      ancestors.add(at.message.id);
    for (const other of rows) {
      expect(index.isAncestorByPrev(other.message.id, message.id)).toBe(ancestors.has(other.message.id));
    }
  }
});

test("RO-2 an ancestor is found by its seq, the row itself included", () => {
  const { rows } = forked(60);
  const index = indexOf(rows);
  for (const { message } of rows) {
    expect(index.ancestorAt(message.id, message.seq)?.message.id).toBe(message.id);
    expect(index.ancestorAt(message.id, message.seq + 1)).toBeUndefined();
    expect(index.ancestorAt(message.id, 0)?.message.body.kind).toBe("genesis");
  }
});

test("RO-2 lists are in row order whatever the order of arrival, and do not change once given out", () => {
  const script = new RosterScript();
  script.found("a");
  for (const name of ["b", "c", "d"]) script.join("a", name);
  const side = [script.claim("b", ["x"], { seen: script.genesis }), script.claim("c", ["y"], { seen: script.genesis })];
  const late = indexOf([...script.rows.filter((row) => !side.includes(row)), ...side.reverse()]);
  const given = late.all();
  expect(given).toEqual([...script.rows].sort(bySignedOrder));
  const before = given.length;
  late.add(script.claim("b", ["z"], { seen: script.genesis }));
  expect(given).toHaveLength(before);
  expect(late.all()).toHaveLength(before + 1);
  expect(late.authors()).toEqual(["a", "b", "c"].map(keyOf).sort());
});

test("RO-2 heads, twins and rows by what they name", () => {
  const script = new RosterScript();
  script.found("a");
  script.join("a", "b");
  const base = script.claim("b", ["one"]).message.id;
  const left = script.claim("b", ["two"], { prev: base });
  const right = script.claim("b", ["three"], { prev: base });
  const removed = script.remove("a", "b");
  script.revoke("a", "token of b");
  const gone = script.leave("a", "c");
  const index = indexOf(script.rows);
  expect(index.heads(keyOf("b"))).toEqual([left, right].sort(bySignedOrder));
  expect(index.twins(keyOf("b"))).toEqual([[left, right].sort(bySignedOrder)]);
  expect(index.twins(keyOf("a"))).toEqual([]);
  expect(index.removesOf(keyOf("b"))).toEqual([removed]);
  expect(index.mints()).toHaveLength(1);
  expect(index.admitsByMint(script.mintOf("token of b"))).toEqual(index.admitsOf(keyOf("b")));
  expect(index.revokesOf(script.mintOf("token of b"))).toHaveLength(1);
  expect(index.successionsOf(keyOf("c"))).toEqual([gone]);
  expect([index.knowsKey(keyOf("a")), index.knowsKey(keyOf("c")), index.knowsKey(keyOf("d"))]).toEqual([
    true,
    true,
    false,
  ]);
  expect(index.admittedKeys()).toEqual([keyOf("b")]);
  expect(index.last()).toBe(gone);
});

test("RO-2 two rows of one seq in two incarnations are no twins", () => {
  const script = new RosterScript();
  script.found("a");
  script.claim("a", ["one"], { prev: script.genesis, incarnation: 2 });
  script.claim("a", ["two"], { prev: script.genesis, incarnation: 3 });
  expect(indexOf(script.rows).twins(keyOf("a"))).toEqual([]);
});
