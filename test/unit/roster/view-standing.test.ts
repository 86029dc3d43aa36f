/** The walk: who left and who follows, which patterns a key has and how old they are, and the seats there are. */
import { expect, test } from "vitest";
import { memberLimit } from "../../../src/roster/row.ts";
import { keyOf, RosterScript } from "../../support/roster-builder.ts";
import { members, patternsOf, read, spanner, taken, takenAs } from "../../support/view-reading.ts";

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
  expect(patternsOf(read(script), "d")).toEqual([
    ["new-*", claim.message.id],
    ["b-*", admit.message.id],
  ]);
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
    expect(takenAs(view, "b")).toMatchObject({
      order: 1,
      sponsor: keyOf("a"),
      standing: { is: "left", row: leave.message.id, successor: null },
    });
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
  const last = script.claim("b", ["b-*"]);
  expect(patternsOf(read(script), "b")).toEqual([["b-*", last.message.id]]);
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
