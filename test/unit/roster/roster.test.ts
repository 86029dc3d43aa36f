/** Merging: form, waiting, profiles, the next head, images. */
import { expect, test } from "vitest";
import { compareText } from "../../../src/kernel/order.ts";
import { profileHash } from "../../../src/roster/profile-codec.ts";
import { Roster } from "../../../src/roster/roster.ts";
import type { RowHead, SignedRow } from "../../../src/roster/row.ts";
import { waitingLimits } from "../../../src/roster/waiting-rows.ts";
import { keyOf, makeProfile, makeRow, RosterScript } from "../../support/roster-builder.ts";

function spanner(): RosterScript {
  const script = new RosterScript();
  script.found("a");
  script.join("a", "b");
  script.join("a", "c");
  return script;
}

function rosterOf(rows: Iterable<SignedRow>): Roster {
  const roster = Roster.create();
  roster.merge(rows);
  return roster;
}

const whys = (roster: Roster, row: SignedRow): readonly string[] => roster.merge([row]).refused.map(({ why }) => why);

test("RO-7 the first GENESIS fixes the spanner; another one and its rows are refused as foreign", () => {
  const script = spanner();
  const roster = rosterOf(script.rows);
  const foreign = new RosterScript("other recovery");
  const other = foreign.found("z");
  expect(whys(roster, other)).toEqual(["of a foreign spanner"]);
  const alien = foreign.claim("z", []);
  expect(whys(roster, alien)).toEqual(["of a foreign spanner"]);
  expect(rosterOf([...script.rows, other, alien]).view().genesis).toBe(script.genesis);
  expect(rosterOf([other, alien, ...script.rows]).view().genesis).toBe(other.message.id);
});

test("RO-7 rows that come before any GENESIS wait for theirs, and those of another are refused then", () => {
  const script = spanner();
  const foreign = new RosterScript("other recovery");
  foreign.found("z");
  const roster = Roster.create();
  roster.merge([foreign.claim("z", []), ...script.rows.slice(1)]);
  expect(roster.wanted()).toEqual([foreign.genesis, script.genesis].sort());
  roster.merge(script.rows.slice(0, 1));
  expect(roster.size()).toBe(script.rows.length);
  expect(whys(roster, foreign.claim("z", []))).toEqual(["of a foreign spanner"]);
});

test("RO-5 a GENESIS that cannot be read founds nothing", () => {
  const body = { kind: "genesis", spannerId: "s".repeat(200), name: "a", patterns: [] } as const;
  const head: RowHead = { ...Roster.create().nextHead(keyOf("a"), 1, 0) };
  const row = makeRow(head, { ...body, addresses: { grpc: [], api: [] }, recoveryKey: keyOf("r") });
  const roster = Roster.create();
  expect(whys(roster, row)).toEqual(["a GENESIS that does not stand"]);
  expect(roster.size()).toBe(0);
});

test("RO-8 a rank or seq that does not follow is refused (T14)", () => {
  const script = spanner();
  const roster = rosterOf(script.rows);
  const { rank, seq } = script.headOf("b");
  expect(whys(roster, script.claim("b", [], { rank: rank + 1 }))).toEqual(["rank is not one above prev and seen"]);
  const { rows } = spanner();
  const again = spanner();
  const other = rosterOf(rows);
  expect(whys(other, again.claim("b", [], { rank: rank - 1 }))).toEqual(["rank is not one above prev and seen"]);
  const last = spanner();
  expect(whys(rosterOf(rows), last.claim("b", [], { seq: seq + 1 }))).toEqual(["seq does not follow prev"]);
  expect(seq).toBe(1);
});

test("RO-8 a log begins after GENESIS for the recovery key, its own ADMIT, or a LEAVE that names it", () => {
  const script = spanner();
  const roster = rosterOf(script.rows);
  const admitOfC = script.lastOf("c");
  const begin = "prev does not let this key begin a log";
  expect(whys(roster, script.claim("b", [], { prev: script.genesis }))).toEqual([begin]);
  expect(whys(rosterOf(spanner().rows), spanner().claim("b", [], { prev: admitOfC }))).toEqual([begin]);
  const fresh = spanner();
  const leave = fresh.leave("b", "d");
  const good = [leave, fresh.claim("d", []), fresh.recover("c")];
  expect(rosterOf(fresh.rows).size()).toBe(fresh.rows.length);
  expect(good.map((row) => row.message.seq)).toEqual([2 - 1, 1, 1]);
  const stranger = spanner();
  const alien = stranger.leave("b", "d");
  expect(whys(rosterOf(stranger.rows), stranger.claim("e", [], { prev: alien.message.id }))).toEqual([begin]);
});

test("RO-8 merging asks nothing about authority: rows of the removed and of who may not admit are merged", () => {
  const script = spanner();
  script.remove("a", "b", [script.lastOf("b")]);
  script.claim("b", ["after"]);
  script.remove("c", "a");
  script.admit("c", "token of b", "e");
  const { merged, refused } = Roster.create().merge(script.rows);
  expect(refused).toEqual([]);
  expect(merged).toHaveLength(script.rows.length);
});

test("RO-9 a row waits for what it names, tells what it wants, and is merged when that comes", () => {
  const script = spanner();
  const [last, ...before] = [...script.rows].reverse();
  const roster = Roster.create();
  if (last === undefined) throw new Error("a spanner has rows");
  expect(roster.merge([last])).toMatchObject({ merged: [], refused: [], waiting: 1 });
  expect(roster.get(last.message.id)).toBeUndefined();
  expect(roster.wanted()).toContain(script.genesis);
  for (const row of before.slice(0, -1)) roster.merge([row]);
  expect(roster.wanted()).toEqual([script.genesis]);
  const { merged, waiting } = roster.merge(before.slice(-1));
  expect(merged).toEqual(script.rows);
  expect(waiting).toBe(0);
  expect(roster.wanted()).toEqual([]);
});

test("RO-9 what waits for a refused row is refused with it", () => {
  const script = spanner();
  const bad = script.claim("b", [], { seq: 7 });
  const after = [script.claim("b", ["x"]), script.claim("c", ["y"])];
  const roster = rosterOf([...script.rows].filter((row) => row !== bad));
  expect(roster.merge([]).waiting).toBe(2);
  const { refused, waiting } = roster.merge([bad]);
  expect(new Set(refused.map(({ row }) => row))).toEqual(new Set([bad, ...after].map((row) => row.message.id)));
  expect(waiting).toBe(0);
});

test("RO-9 too many waiting rows push out the oldest of their own author only (T21)", () => {
  const script = spanner();
  const base = script.claim("b", ["missing"]);
  const held = script.rows.filter((row) => row !== base);
  const patient = script.claim("c", ["patient"], { seen: base.message.id });
  const floods = Array.from({ length: waitingLimits.perAuthor + 5 }, (_, at) => {
    return script.claim("b", [`p${at}`], { prev: base.message.id, seen: base.message.id });
  });
  const roster = rosterOf(held);
  for (const row of [patient, ...floods]) roster.merge([row]);
  expect(roster.merge([]).waiting).toBe(waitingLimits.perAuthor + 1);
  const { merged } = roster.merge([base]);
  const ids = new Set(merged.map((row) => row.message.id));
  expect(ids.has(patient.message.id)).toBe(true);
  expect(floods.map((row) => ids.has(row.message.id)).lastIndexOf(false)).toBe(4);
});

test("RO-9 past the limit in all, the author with the most waiting rows gives way", () => {
  const script = new RosterScript();
  script.found("a");
  const base = script.claim("a", ["missing"]);
  const bolts = Array.from({ length: 17 }, (_, at) => `bolt-${at}`);
  const place = { prev: base.message.id, seen: base.message.id };
  const rowBy = (name: string, text: string): SignedRow => {
    const head: RowHead = { ...script.headOf("a", place), origin: keyOf(name), seq: 1 };
    return makeRow(head, { kind: "claim", patterns: [text] });
  };
  const roster = rosterOf(script.rows.slice(0, 1));
  for (const name of bolts.slice(0, 16)) for (let at = 0; at < 1_024; at++) roster.merge([rowBy(name, `${at}`)]);
  expect(roster.merge([]).waiting).toBe(waitingLimits.total);
  roster.merge([rowBy("bolt-16", "one more")]);
  expect(roster.merge([]).waiting).toBe(waitingLimits.total);
  expect(roster.waitingAuthors()).toContain(keyOf("bolt-16"));
});

test("RO-6 the higher stamp stays whatever comes first, and ties go by hash", () => {
  const script = spanner();
  const profiles = [
    makeProfile("b", script.genesis, { seq: 1 }),
    makeProfile("b", script.genesis, { seq: 2, softwareVersion: "x" }),
    makeProfile("b", script.genesis, { seq: 2, softwareVersion: "y" }),
  ];
  const best = profiles.slice(1).sort((a, b) => compareText(profileHash(b), profileHash(a)))[0];
  for (const order of [profiles, [...profiles].reverse()]) {
    const roster = rosterOf(script.rows);
    for (const profile of [...order, ...order]) roster.mergeProfile(profile);
    expect(roster.profile(keyOf("b"))).toBe(best);
    expect(roster.profiles()).toEqual([best]);
  }
});

test("RO-6 a profile of another spanner, of an unknown key, or already held is no news", () => {
  const script = spanner();
  const roster = rosterOf(script.rows);
  const profile = makeProfile("b", script.genesis);
  const digest = roster.digest();
  expect(roster.mergeProfile(makeProfile("b", new RosterScript("other").found("z").message.id))).toBe(false);
  expect(roster.mergeProfile(makeProfile("nobody", script.genesis))).toBe(false);
  expect(roster.digest()).toBe(digest);
  expect(roster.mergeProfile(profile)).toBe(true);
  expect(roster.digest()).not.toBe(digest);
  expect(roster.isNewProfile(profile)).toBe(false);
  expect(roster.mergeProfile(profile)).toBe(false);
});

test("RO-16 the next row of founder, member, recovery key and successor merges", () => {
  const script = new RosterScript();
  const roster = Roster.create();
  const founding = roster.nextHead(keyOf("a"), 5, 77);
  expect(founding).toMatchObject({
    genesis: null,
    seq: 0,
    prev: null,
    seen: null,
    rank: 0,
    incarnation: 5,
    wallMs: 77,
  });
  roster.merge([script.found("a")]);
  roster.merge([script.mint("a", "t"), script.admit("a", "t", "b"), script.leave("b", "c")]);
  for (const name of ["a", "b", "c", "recovery"]) {
    const head = roster.nextHead(keyOf(name), 9, 1);
    expect(head.rank).toBe(roster.headRank() + 1);
    expect(roster.merge([makeRow(head, { kind: "claim", patterns: [name] })])).toMatchObject({
      refused: [],
      waiting: 0,
    });
  }
  expect(roster.nextHead(keyOf("a"), 9, 1)).toMatchObject({ seq: 4, incarnation: 9 });
  expect(() => roster.nextHead(keyOf("nobody"), 1, 1)).toThrow("begin a log");
});

test("RO-16 after a fork the next row follows the longer branch", () => {
  const script = spanner();
  const base = script.claim("b", ["base"]).message.id;
  script.claim("b", ["short"], { prev: base });
  const long = script.claim("b", ["long"], { prev: base });
  const tip = script.claim("b", ["longer"], { prev: long.message.id });
  expect(rosterOf(script.rows).nextHead(keyOf("b"), 1, 1)).toMatchObject({ prev: tip.message.id, seq: 4 });
});

test("RO-1 the view is one object until a row is merged", () => {
  const script = spanner();
  const roster = rosterOf(script.rows);
  const view = roster.view();
  roster.merge(script.rows);
  expect(roster.view()).toBe(view);
  roster.merge([script.claim("b", ["news"])]);
  expect(roster.view()).not.toBe(view);
});
