/** The lists of a view: counting heads, tokens, orphans, alarms, what was undone. */
import { expect, test } from "vitest";
import { compareText, sorted } from "../../../src/kernel/order.ts";
import { manyRows, viewOf } from "../../../src/roster/fold.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { RowIndex } from "../../../src/roster/row-index.ts";
import { keyOf, RosterScript } from "../../support/roster-builder.ts";
import { unsigned } from "../../support/verified.ts";
import { members, read, spanner } from "../../support/view-reading.ts";

test("VI-10 the head of a log is its last row; authors stand in id order, without those who wrote nothing", () => {
  const script = spanner("b", "c");
  const b = script.claim("b", ["x"]).message.id;
  const recover = script.recover("c").message.id;
  const heads = new Map([
    [keyOf("a"), [script.lastOf("a")]],
    [keyOf("b"), [b]],
    [keyOf("recovery"), [recover]],
  ]);
  const view = read(script);
  expect(view.counts(recover)).toBe(true);
  expect([...view.countingHeads]).toEqual(sorted(heads, ([one], [other]) => compareText(one, other)));
});

test("VI-10 a forked log has several heads, in order, and a row that follows another's head begins one", () => {
  const script = spanner("b");
  script.mint("a", "again");
  const again = script.admit("a", "again", "b").message.id;
  const one = script.claim("b", ["one"]).message.id;
  const two = script.claim("b", ["two"], { prev: one }).message.id;
  const fork = script.claim("b", ["three"], { prev: one }).message.id;
  const second = script.claim("b", ["four"], { prev: again }).message.id;
  expect(read(script).countingHeads.get(keyOf("b"))).toEqual([two, fork, second]);
});

test("VI-10 behind a cut or a LEAVE the head is the last row that counts, and of an empty cut there is none", () => {
  const script = spanner("b", "c", "d");
  const admit = script.lastOf("d");
  const [kept, left] = [script.claim("b", ["x"]).message.id, script.leave("c").message.id];
  const beyond = ["b", "c", "d"].map((name) => script.claim(name, ["beyond"]).message.id);
  script.remove("a", "b", [kept]);
  script.remove("a", "d", [admit]);
  const view = read(script);
  expect(view.countingHeads.get(keyOf("b"))).toEqual([kept]);
  expect(view.countingHeads.get(keyOf("c"))).toEqual([left]);
  expect(view.countingHeads.has(keyOf("d"))).toBe(false);
  expect(beyond.map((id) => view.counts(id))).toEqual([false, false, false]);
});

test("VI-10 rows of unknown kind count and are heads; rows of who is not taken do not, nor do rows not held", () => {
  const script = spanner("b");
  const inert = script.unknown("b", 9).message.id;
  const stray = script.admit("b", "token of b", "x").message.id;
  const alien = script.claim("x", ["x"], { prev: stray }).message.id;
  const view = read(script);
  expect(view.counts(inert)).toBe(true);
  expect([alien, keyOf("nothing") as string as RowId].map((id) => view.counts(id))).toEqual([false, false]);
  expect(view.countingHeads.get(keyOf("b"))).toEqual([stray]);
  expect(view.countingHeads.has(keyOf("x"))).toBe(false);
});

test("VI-11 a token says what its MINT says, and which ADMITs name it", () => {
  const script = spanner();
  const mint = script.mint("a", "token", { name: "b" }, { incarnation: 7, wallMs: 12 });
  const other = script.mint("a", "unused");
  const admit = script.admit("a", "token", "b");
  const view = read(script);
  expect([...view.tokens.keys()]).toEqual([mint.message.id, other.message.id]);
  expect(view.tokens.get(mint.message.id)).toEqual({
    mint: mint.message.id,
    minter: keyOf("a"),
    tokenKey: keyOf("token"),
    incarnation: 7,
    expiresMs: 1_000_000,
    mintedMs: 12,
    bound: { key: keyOf("b"), name: "b", patterns: ["b-*"] },
    revoked: null,
    admits: [{ key: keyOf("b"), row: admit.message.id, counts: true }],
  });
  expect(view.tokens.get(other.message.id)).toMatchObject({ bound: null, admits: [] });
});

test("VI-11 a token is revoked by the first counting REVOKE of its minter, and by nobody else", () => {
  const script = spanner("b");
  script.mint("a", "token");
  script.revoke("b", "token");
  expect(read(script).tokens.get(script.mintOf("token"))?.revoked).toBeNull();
  const first = script.revoke("a", "token");
  script.revoke("a", "token");
  expect(read(script).tokens.get(script.mintOf("token"))?.revoked).toBe(first.message.id);
  const kept = script.mint("b", "another").message.id;
  script.revoke("b", "another");
  script.remove("a", "b", [kept]);
  expect(read(script).tokens.get(kept)?.revoked).toBeNull();
});

test("VI-11 T1 consumed is every token that an ADMIT names, also one that does not count", () => {
  const script = spanner("b");
  script.mint("a", "open");
  script.mint("a", "stolen");
  script.admit("b", "stolen", "x");
  const kept = script.mint("b", "cut off").message.id;
  script.admit("b", "cut off", "y");
  script.remove("a", "b", [kept]);
  const { consumedTokens, tokens } = read(script);
  expect([...consumedTokens]).toEqual(["token of b", "stolen", "cut off"].map((token) => script.mintOf(token)));
  expect(tokens.get(kept)?.admits.map(({ counts }) => counts)).toEqual([false]);
  expect(tokens.get(script.mintOf("stolen"))?.admits.map(({ counts }) => counts)).toEqual([false]);
});

test("VI-12 T11 a key whose admission falls beyond a cut is an orphan, told the REMOVE; so is a successor", () => {
  const script = spanner("b", "c");
  const [headOfB, headOfC] = [script.lastOf("b"), script.lastOf("c")];
  const admit = script.join("b", "d");
  const leave = script.leave("c", "e");
  const before = read(script);
  expect(members(before)).toBe("abed");
  expect(before.orphans.size).toBe(0);
  const removes = [script.remove("a", "b", [headOfB]), script.remove("a", "c", [headOfC])].map((row) => row.message.id);
  script.remove("a", "b", [headOfB]);
  const { orphans, byId } = read(script);
  expect([byId.has(keyOf("d")), byId.has(keyOf("e")), orphans.size]).toEqual([false, false, 2]);
  expect(orphans.get(keyOf("d"))).toEqual({
    id: keyOf("d"),
    admit: admit.message.id,
    why: { because: "beyond-cut", row: removes[0] },
  });
  expect(orphans.get(keyOf("e"))).toEqual({
    id: keyOf("e"),
    admit: leave.message.id,
    why: { because: "beyond-cut", row: removes[1] },
  });
});

test("VI-12 an orphan comes back with a new invite", () => {
  const script = spanner("b");
  const head = script.lastOf("b");
  script.join("b", "d");
  script.claim("d", ["kept-*"]);
  script.remove("a", "b", [head]);
  expect(read(script).orphans.has(keyOf("d"))).toBe(true);
  script.mint("a", "again", { name: "d" });
  script.admit("a", "again", "d");
  const view = read(script);
  expect([members(view), view.orphans.size]).toEqual(["ad", 0]);
});

test("VI-12 T3 who lost a token is told the ADMIT that stands, also after an ADMIT without any right", () => {
  const script = spanner("b");
  script.admit("b", "token of b", "d");
  script.mint("a", "token");
  const winner = script.admit("a", "token", "c");
  const loser = script.admit("a", "token", "d");
  expect(read(script).orphans.get(keyOf("d"))).toEqual({
    id: keyOf("d"),
    admit: loser.message.id,
    why: { because: "not-authorised", row: winner.message.id },
  });
});

test("VI-12 an ADMIT without any right orphans its key without a row to blame; the recovery key is no orphan", () => {
  const script = spanner("b");
  const stray = script.admit("b", "token of b", "x");
  script.admit("b", "token of b", "recovery");
  script.leave("b", "recovery");
  expect([...read(script).orphans.values()]).toEqual([
    { id: keyOf("x"), admit: stray.message.id, why: { because: "not-authorised", row: null } },
  ]);
});

test("VI-13 T12 two rows with one (incarnation, seq) raise an alarm, both count, and nothing is cut", () => {
  const script = spanner("b");
  const admit = script.lastOf("b");
  expect(read(script).alarms).toEqual([]);
  const one = script.claim("b", ["one"], { incarnation: 5 }).message.id;
  const two = script.claim("b", ["two"], { prev: admit, incarnation: 5 }).message.id;
  const view = read(script);
  expect(view.alarms).toEqual([
    { kind: "twin-rows", origin: keyOf("b"), rows: [one, two] },
    { kind: "fork", origin: keyOf("b"), heads: [one, two] },
  ]);
  expect([members(view), view.counts(one), view.counts(two)]).toEqual(["ab", true, true]);
});

test("VI-13 T14 a log forked by another incarnation is a fork and no twin, also behind a cut", () => {
  const script = spanner("b");
  const admit = script.lastOf("b");
  const one = script.claim("b", ["one"], { incarnation: 5 }).message.id;
  const two = script.claim("b", ["two"], { prev: admit, incarnation: 6 }).message.id;
  const alarm = { kind: "fork", origin: keyOf("b"), heads: [one, two] };
  expect(read(script).alarms).toEqual([alarm]);
  script.remove("a", "b", [one]);
  expect(read(script).alarms).toEqual([alarm]);
});

test("VI-13 T25 a set of more than 100,000 rows raises an alarm", () => {
  const script = new RosterScript();
  script.found("a");
  const { message } = script.claim("a", []);
  const index = new RowIndex();
  for (const row of script.rows) index.add(row);
  for (let at = index.size(); at < manyRows; at++) {
    const row = { ...message, id: at.toString(16).padStart(64, "0") as RowId, seq: at, rank: at };
    index.add(unsigned({ ...row, prev: index.last()?.message.id ?? message.id }, row.origin, new Uint8Array(0)));
  }
  expect(manyRows).toBe(100_000);
  expect(viewOf(index).alarms).toEqual([]);
  const last = { ...message, id: "f".repeat(64) as RowId, seq: manyRows, rank: manyRows };
  index.add(unsigned({ ...last, prev: index.last()?.message.id ?? message.id }, last.origin, new Uint8Array(0)));
  expect(viewOf(index).alarms).toEqual([{ kind: "many-rows", rows: 100_001 }]);
});

test("VI-14 what a cut leaves out is undone by the first REMOVE that does, if its loss is worth telling", () => {
  const script = spanner("b", "c");
  const head = script.lastOf("b");
  const told = [script.mint("b", "token"), script.admit("b", "token", "d"), script.claim("b", ["x"])];
  script.revoke("b", "token");
  script.unknown("b", 9);
  told.push(script.remove("b", "c"), script.leave("b"));
  expect(read(script).undone).toEqual([]);
  const by = script.remove("a", "b", [head]).message.id;
  script.recover("b", [head]);
  const view = read(script);
  expect(view.undone).toEqual(told.map(({ message }) => ({ row: message.id, by })));
  expect(members(view)).toBe("ac");
});

test("VI-14 an ADMIT that lost its token is undone by the one that stands; what follows a LEAVE is not", () => {
  const script = spanner();
  script.mint("a", "token");
  const winner = script.admit("a", "token", "b");
  const loser = script.admit("a", "token", "c");
  script.leave("b");
  script.claim("b", ["after"]);
  expect(read(script).undone).toEqual([{ row: loser.message.id, by: winner.message.id }]);
});

test("VI-14 the founder's GENESIS is never undone", () => {
  const script = spanner("b");
  const mint = script.mint("a", "token").message.id;
  const by = script.recover("a", [script.mintOf("token of b")]).message.id;
  const view = read(script);
  expect(view.undone.map(({ row }) => row)).toContain(mint);
  expect(view.undone.map(({ row }) => row)).not.toContain(script.genesis);
  expect(view.undone.every((undone) => undone.by === by)).toBe(true);
});
