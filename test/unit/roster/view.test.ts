/** The walk: who is taken, who may admit and remove, and which rows count. */
import { expect, test } from "vitest";
import { Roster } from "../../../src/roster/roster.ts";
import { keyOf, RosterScript } from "../../support/roster-builder.ts";
import { admitIn, members, patternsOf, read, spanner, taken, takenAs } from "../../support/view-reading.ts";

test("VI-1 an empty set has no members, and a founder is alone in its own", () => {
  expect(Roster.create().view()).toMatchObject({ genesis: null, founder: null, recoveryKey: null, taken: [] });
  const script = spanner();
  const view = read(script);
  expect(view).toMatchObject({ genesis: script.genesis, founder: keyOf("a"), recoveryKey: keyOf("recovery") });
  expect(members(view)).toBe("a");
  expect(takenAs(view, "a")).toMatchObject({ order: 0, admittedBy: script.genesis, age: { rank: 0 } });
});

test("VI-1 keys are taken in the order of their ADMITs, each only after who admitted it", () => {
  const script = spanner("b");
  const early = script.mint("b", "for c");
  script.mint("a", "for d");
  const place = { seen: early.message.id };
  const d = script.admit("a", "for d", "d", ["d-*"]);
  const c = script.admit("b", "for c", "c", ["c-*"], place);
  expect(c.message.rank).toBeLessThan(d.message.rank);
  const view = read(script);
  expect(taken(view)).toBe("abcd");
  expect(view.taken.map(({ order }) => order)).toEqual([0, 1, 2, 3]);
  expect(takenAs(view, "c").age).toEqual({ rank: c.message.rank, id: c.message.id });
});

test("VI-1 T14 an ADMIT backdated into an old rank is still taken after its author was", () => {
  const script = spanner("b", "c");
  // e has an ADMIT by nobody's right and begins its log there, before the one that makes it a member.
  const stray = script.admit("b", "token of b", "e");
  for (const at of [1, 2, 3, 4]) script.claim("a", [`later-${at}`]);
  script.join("c", "d");
  script.mint("c", "late");
  const real = script.admit("c", "late", "e");
  const mint = script.mint("e", "old", null, { prev: stray.message.id, seen: stray.message.id });
  const f = script.admit("e", "old", "f", ["f-*"], { prev: mint.message.id, seen: mint.message.id });
  expect(f.message.rank).toBeLessThan(real.message.rank);
  expect(taken(read(script))).toBe("abcdef");
});

test("VI-1 nobody admits the recovery key, and who is not taken admits nobody", () => {
  const script = spanner("b");
  script.join("a", "recovery");
  const stray = script.admit("b", "token of b", "x");
  script.mint("x", "strange", null, { prev: stray.message.id });
  script.admit("x", "strange", "c");
  expect(taken(read(script))).toBe("ab");
});

test("VI-2 the first ADMIT taken says all of a key; another only spends its token", () => {
  const script = spanner("b");
  script.mint("a", "first");
  script.mint("b", "second");
  const first = script.admit("a", "first", "c", ["one-*", "two-*"]);
  const second = script.admit("b", "second", "c", ["three-*"]);
  const view = read(script);
  expect(taken(view)).toBe("abc");
  const { name, addresses } = admitIn(first);
  const age = { rank: first.message.rank, id: first.message.id };
  expect(takenAs(view, "c")).toEqual({
    id: keyOf("c"),
    order: 2,
    name,
    admittedBy: first.message.id,
    sponsor: keyOf("a"),
    age,
    patterns: ["one-*", "two-*"].map((pattern) => ({ pattern, age })),
    addresses,
    standing: { is: "member" },
  });
  expect(view.tokens.get(script.mintOf("second"))?.admits).toEqual([
    { key: keyOf("c"), row: second.message.id, counts: true },
  ]);
  expect(view.consumedTokens).toContain(script.mintOf("second"));
  expect(view.undone).toEqual([]);
});

test("VI-3 a bearer MINT authorises its minter only, in a log that the MINT leads to", () => {
  const script = spanner("b");
  const before = script.lastOf("a");
  script.mint("a", "bearer");
  const thief = script.admit("b", "bearer", "c");
  const beside = script.admit("a", "bearer", "d", ["d-*"], { prev: before });
  const view = read(script);
  expect(taken(view)).toBe("ab");
  expect([...view.orphans.keys()].sort()).toEqual([keyOf("c"), keyOf("d")].sort());
  expect([thief, beside].map(({ message }) => message.rank)).toEqual([4, 5]);
  expect(view.tokens.get(script.mintOf("bearer"))?.admits).toEqual([
    { key: keyOf("c"), row: thief.message.id, counts: false },
    { key: keyOf("d"), row: beside.message.id, counts: false },
  ]);
});

test("VI-3 a key-bound MINT lets any member admit, but only that key with that name and those patterns", () => {
  const script = spanner("b", "c");
  script.mint("a", "bound", { name: "d", patterns: ["d-*", "e-*"] });
  const good = script.admit("b", "bound", "d", ["d-*", "e-*"]);
  expect(takenAs(read(script), "d")).toMatchObject({ admittedBy: good.message.id, sponsor: keyOf("b") });
  for (const change of [
    { key: keyOf("e") },
    { name: "other" },
    { patterns: ["d-*"] },
    { patterns: ["e-*", "d-*"] },
    { patterns: ["d-*", "e-*", "f-*"] },
  ]) {
    const other = spanner("b", "c");
    other.mint("a", "bound", { name: "d", patterns: ["d-*", "e-*"] });
    other.write("b", { ...admitIn(good), mint: other.mintOf("bound"), ...change });
    expect(taken(read(other))).toBe("abc");
  }
});

test("VI-3 an ADMIT by another token key, or one that names no MINT, admits nobody", () => {
  const script = spanner("b");
  const mint = script.mint("a", "real");
  const admit = admitIn(script.admit("a", "real", "c"));
  expect(taken(read(script))).toBe("abc");
  for (const change of [{ tokenKey: keyOf("forged") }, { mint: script.genesis }]) {
    const other = spanner("b");
    expect(other.mint("a", "real").message.id).toBe(mint.message.id);
    other.write("a", { ...admit, ...change });
    expect(taken(read(other))).toBe("ab");
  }
});

test("VI-3 a key-bound MINT authorises also beyond a cut: an ADMIT is judged by its own author's rows", () => {
  const script = spanner("b", "c");
  const cut = script.lastOf("c");
  script.mint("c", "bound", { name: "d" });
  script.admit("b", "bound", "d");
  script.remove("a", "c", [cut]);
  const view = read(script);
  expect(view.counts(script.mintOf("bound"))).toBe(false);
  expect(members(view)).toBe("abd");
});

test("VI-3 neither REVOKE nor expiry undoes an ADMIT", () => {
  const script = spanner("b");
  script.mint("a", "token");
  script.revoke("a", "token");
  script.admit("a", "token", "c", ["c-*"], { wallMs: 2_000_000 });
  expect(members(read(script))).toBe("abc");
});

test("VI-4 T3 of two ADMITs by one bearer MINT the first in order stands, on both sides of a forked log", () => {
  const script = spanner();
  const mint = script.mint("a", "token").message.id;
  const one = script.admit("a", "token", "b", ["b-*"], { prev: mint, seen: mint });
  const two = script.admit("a", "token", "c", ["c-*"], { prev: mint, seen: mint });
  expect(one.message.rank).toBe(two.message.rank);
  const [first, second] = one.message.id < two.message.id ? [one, two] : [two, one];
  const view = read(script);
  expect(taken(view)).toBe(`a${admitIn(first).name}`);
  expect(view.tokens.get(mint)?.admits.map(({ row, counts }) => [row, counts])).toEqual([
    [first.message.id, true],
    [second.message.id, false],
  ]);
});

test("VI-4 a second ADMIT of the same key by one MINT is a repeat and loses nothing", () => {
  const script = spanner();
  script.mint("a", "token");
  script.admit("a", "token", "b");
  script.admit("a", "token", "b", ["other-*"]);
  const view = read(script);
  expect(patternsOf(view, "b").map(([pattern]) => pattern)).toEqual(["b-*"]);
  expect(view.tokens.get(script.mintOf("token"))?.admits.map(({ counts }) => counts)).toEqual([true, true]);
  expect(view.undone).toEqual([]);
});

test("VI-4 an ADMIT beyond a cut does not spend the token of one that counts", () => {
  const script = spanner("b");
  const mint = script.mint("b", "token").message.id;
  const bad = script.admit("b", "token", "c", ["c-*"], { prev: mint, seen: mint });
  script.claim("a", ["x"]);
  const good = script.admit("b", "token", "d", ["d-*"], { prev: mint });
  expect(bad.message.rank).toBeLessThan(good.message.rank);
  script.remove("a", "b", [good.message.id]);
  expect(members(read(script))).toBe("ad");
});

test("VI-4 an ADMIT that the MINT does not authorise spends nothing", () => {
  const script = spanner();
  script.mint("a", "other");
  const { tokenKey } = admitIn(script.admit("a", "other", "b"));
  const mint = script.mint("a", "token").message.id;
  const good = admitIn(script.admit("a", "token", "c"));
  const again = spanner("b");
  expect(again.mint("a", "token").message.body).toEqual(script.row(mint).message.body);
  again.write("a", { ...good, mint: again.mintOf("token"), tokenKey, key: keyOf("d") });
  again.admit("a", "token", "c");
  expect(taken(read(again))).toBe("abc");
});

test("VI-5 T11 a removed key keeps the heads in the cut and their ancestors by prev; backdating helps nobody", () => {
  const script = spanner("b");
  const start = script.lastOf("b");
  script.mint("b", "token");
  const kept = script.admit("b", "token", "c");
  const beyond = script.claim("b", ["late-*"]);
  const backdated = script.mint("b", "old", null, { prev: start, seen: start });
  const remove = script.remove("a", "b", [kept.message.id]);
  const view = read(script);
  expect(members(view)).toBe("ac");
  expect(takenAs(view, "b").standing).toEqual({ is: "removed", row: remove.message.id, by: keyOf("a") });
  expect([script.mintOf("token"), kept.message.id].map((id) => view.counts(id))).toEqual([true, true]);
  expect([beyond, backdated].map(({ message }) => view.counts(message.id))).toEqual([false, false]);
  expect(patternsOf(view, "b")).toEqual([["b-*", takenAs(view, "b").admittedBy]]);
});

test("VI-5 of several REMOVEs a row must be within the cut of each", () => {
  const script = spanner("b", "c");
  const first = script.claim("c", ["one-*"]).message.id;
  const fork = script.claim("c", ["two-*"], { prev: first }).message.id;
  const other = script.claim("c", ["three-*"], { prev: first }).message.id;
  script.remove("a", "c", [fork, other]);
  const wide = read(script);
  expect([first, fork, other].map((id) => wide.counts(id))).toEqual([true, true, true]);
  expect(wide.countingHeads.get(keyOf("c"))).toHaveLength(2);
  script.remove("b", "c", [other]);
  const narrow = read(script);
  expect([first, fork, other].map((id) => narrow.counts(id))).toEqual([true, false, true]);
});

test("VI-5 the cut of an empty log is its ADMIT, and leaves out all that is found later", () => {
  const script = spanner("b");
  const admit = script.lastOf("b");
  script.remove("a", "b");
  const late = script.claim("b", ["late-*"], { prev: admit, seen: admit });
  const view = read(script);
  expect(view.counts(late.message.id)).toBe(false);
  expect(takenAs(view, "b").standing.is).toBe("removed");
});

test("VI-5 the recovery key removes anyone, the founder too, whose GENESIS counts all the same", () => {
  const script = spanner("b");
  const remove = script.recover("a", [script.claim("b", []).message.id]);
  const view = read(script);
  expect(takenAs(view, "a").standing).toEqual({ is: "removed", row: remove.message.id, by: keyOf("recovery") });
  expect([script.genesis, script.mintOf("token of b")].map((id) => view.counts(id))).toEqual([true, false]);
  expect(taken(view)).toBe("a");
  const kept = spanner("b");
  kept.recover("a");
  expect(members(read(kept))).toBe("b");
});

test("VI-5 who left and is removed as well is removed, and its LEAVE stands only within the cut", () => {
  const script = spanner("b");
  const before = script.claim("b", ["x-*"]).message.id;
  const leave = script.leave("b", "h").message.id;
  const within = new RosterScript();
  for (const row of script.rows) within.keep(row);
  within.remove("a", "b", [leave]);
  expect(takenAs(read(within), "b").standing.is).toBe("removed");
  expect(members(read(within))).toBe("ah");
  script.remove("a", "b", [before]);
  expect(taken(read(script))).toBe("ab");
});

test("VI-6 nobody removes its elders or itself", () => {
  const script = spanner("b", "c");
  const futile = [script.remove("b", "a"), script.remove("c", "b"), script.remove("b", "b"), script.remove("a", "a")];
  const view = read(script);
  expect(members(view)).toBe("abc");
  expect(futile.every(({ message }) => view.counts(message.id))).toBe(true);
});

test("VI-6 T13 of crossed removals the elder's alone counts, whichever has the lower rank", () => {
  const script = spanner("b", "c");
  const [headOfB, headOfC] = [script.lastOf("b"), script.lastOf("c")];
  script.remove("c", "b", [headOfB]);
  script.remove("b", "c", [headOfC]);
  expect(members(read(script))).toBe("ab");
});

test("VI-6 a REMOVE beyond a cut removes nobody: its target is a member again", () => {
  const script = spanner("b", "c");
  const before = script.lastOf("b");
  const wrong = script.remove("b", "c");
  const onTheWay = read(script);
  expect(members(onTheWay)).toBe("ab");
  const by = script.remove("a", "b", [before]);
  const view = read(script);
  expect(members(view)).toBe("ac");
  expect(view.undone).toContainEqual({ row: wrong.message.id, by: by.message.id });
});

test("VI-6 a REMOVE by a key that is not taken removes nobody", () => {
  const script = spanner("b", "c");
  const stray = script.admit("b", "token of b", "x");
  script.remove("x", "c", undefined, { prev: stray.message.id });
  expect(members(read(script))).toBe("abc");
});

test("VI-19 carried on, too, no cut author admits, and no key taken before or of recovery is admitted", () => {
  const script = spanner("b", "c");
  const head = script.mint("b", "kept").message.id;
  script.remove("a", "b", [head]);
  script.mint("a", "again");
  script.mint("a", "never");
  const roster = Roster.create();
  roster.merge(script.rows);
  const before = roster.view().taken;
  const late = [
    script.admit("b", "kept", "d"),
    script.admit("a", "again", "c"),
    script.admit("a", "never", "recovery"),
  ];
  for (const row of late) {
    roster.merge([row]);
    expect(roster.view().taken).toEqual(before);
  }
});
