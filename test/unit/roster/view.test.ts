/** The walk: who is taken, what counts, who is a member with which patterns, rule by rule. */
import { expect, test } from "vitest";
import { Roster } from "../../../src/roster/roster.ts";
import { memberLimit } from "../../../src/roster/row.ts";
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
  for (const change of [{ key: keyOf("e") }, { name: "other" }, { patterns: ["d-*"] }, { patterns: ["e-*", "d-*"] }]) {
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
  const remove = script.recover("a", [script.row(script.mintOf("token of b")).message.id]);
  const view = read(script);
  expect(takenAs(view, "a").standing).toEqual({ is: "removed", row: remove.message.id, by: keyOf("recovery") });
  expect(view.counts(script.genesis)).toBe(true);
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

test("VI-7 who left is gone with its later rows; what it said before stands", () => {
  const script = spanner("b");
  script.join("b", "c");
  script.claim("b", ["before-*"]);
  const leave = script.leave("b");
  const after = script.claim("b", ["after-*"]);
  script.join("b", "d");
  const view = read(script);
  expect(members(view)).toBe("ac");
  expect(takenAs(view, "b").standing).toEqual({ is: "left", row: leave.message.id, successor: null });
  expect([leave, after].map(({ message }) => view.counts(message.id))).toEqual([true, false]);
  expect(patternsOf(view, "b").map(([pattern]) => pattern)).toEqual(["before-*"]);
});

test("VI-7 a successor is taken right after, and inherits name, addresses, age and patterns with their ages", () => {
  const script = spanner("b", "c");
  const admit = script.row(script.lastOf("b"));
  const claim = script.claim("b", ["new-*", "b-*"]);
  const leave = script.leave("b", "d");
  const later = script.claim("d", ["b-*", "mine-*"]);
  const view = read(script);
  expect([taken(view), members(view)]).toEqual(["abdc", "adc"]);
  expect(takenAs(view, "b").standing).toEqual({ is: "left", row: leave.message.id, successor: keyOf("d") });
  expect(takenAs(view, "d")).toMatchObject({
    name: "b",
    sponsor: keyOf("b"),
    admittedBy: leave.message.id,
    age: { rank: admit.message.rank, id: admit.message.id },
    addresses: takenAs(view, "b").addresses,
  });
  expect(patternsOf(view, "b")).toContainEqual(["new-*", claim.message.id]);
  expect(patternsOf(view, "d")).toEqual([
    ["b-*", admit.message.id],
    ["mine-*", later.message.id],
  ]);
  script.leave("d", "e");
  expect(taken(read(script))).toBe("abdec");
});

test("VI-7 a successor as old as its line may remove what is younger than that", () => {
  const script = spanner("b", "c");
  script.leave("b", "d");
  script.remove("d", "c");
  expect(members(read(script))).toBe("ad");
});

test("VI-7 a key that was taken before, the leaver and the recovery key succeed nobody", () => {
  for (const heir of ["a", "b", "recovery"]) {
    const script = spanner("b");
    const leave = script.leave("b", heir);
    const view = read(script);
    expect(taken(view)).toBe("ab");
    expect(takenAs(view, "b").standing).toEqual({ is: "left", row: leave.message.id, successor: null });
  }
});

test("VI-7 of several LEAVEs the first in order stands, also over one with a successor", () => {
  const script = spanner("b");
  const head = script.claim("b", ["x"]).message.id;
  const first = script.leave("b", "c", { prev: head });
  const second = script.leave("b", "d", { prev: head });
  const view = read(script);
  expect(taken(view)).toBe("abc");
  expect(takenAs(view, "b").standing).toMatchObject({ row: first.message.id });
  expect(view.counts(second.message.id)).toBe(true);
});

test("VI-8 T14 the last CLAIM applies: a pattern kept keeps its age, a new or returned one is as old as it", () => {
  const script = spanner("b");
  const admit = script.lastOf("b");
  const first = script.claim("b", ["new-*", "b-*"]);
  expect(patternsOf(read(script), "b")).toEqual([
    ["new-*", first.message.id],
    ["b-*", admit],
  ]);
  script.claim("b", ["b-*"]);
  const third = script.claim("b", ["new-*", "b-*"]);
  expect(patternsOf(read(script), "b")).toEqual([
    ["new-*", third.message.id],
    ["b-*", admit],
  ]);
  script.claim("b", []);
  expect(patternsOf(read(script), "b")).toEqual([]);
});

test("VI-8 of CLAIMs on both sides of a fork the last in order applies, and one beyond a cut does not", () => {
  const script = spanner("b");
  const admit = script.lastOf("b");
  const early = script.claim("b", ["early-*"]);
  const late = script.claim("b", ["late-*"], { prev: admit });
  expect(patternsOf(read(script), "b")).toEqual([["late-*", late.message.id]]);
  script.recover("b", [early.message.id]);
  expect(patternsOf(read(script), "b")).toEqual([["early-*", early.message.id]]);
});

test("VI-9 T24 past 1,024 members neither removed nor left, later ones are orphaned until a seat is free", () => {
  const script = new RosterScript();
  let seen = script.found("a").message.id;
  for (let at = 1; at < memberLimit + 2; at++) {
    const mint = script.mint("a", `t${at}`, null, { seen }).message.id;
    seen = script.admit("a", `t${at}`, `n${at}`, [], { seen: mint }).message.id;
  }
  expect(memberLimit).toBe(1_024);
  const full = read(script);
  const standing = (name: string, view = full): string => takenAs(view, name).standing.is;
  expect(full.members).toHaveLength(1_024);
  expect([standing("n1023"), standing("n1024"), standing("n1025")]).toEqual(["member", "orphaned", "orphaned"]);
  expect(takenAs(full, "n1025").standing).toEqual({ is: "orphaned", why: "over-cap" });
  script.leave("n5", null, { seen });
  expect([standing("n1024", read(script)), standing("n1025", read(script))]).toEqual(["member", "orphaned"]);
  script.remove("a", "n6", undefined, { seen });
  const freed = read(script);
  expect(standing("n1025", freed)).toBe("member");
  expect(freed.members).toHaveLength(1_024);
  expect(freed.orphans.size).toBe(0);
});
