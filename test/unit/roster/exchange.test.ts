/** The exchange: who says what, pages, spans, forks, and what removed bolts cannot do. */
import { expect, test } from "vitest";
import {
  ancestryOf,
  answerFetch,
  answerReconcile,
  exchangeLimits,
  fetchWanted,
  planAfterReconcile,
  rowBytes,
} from "../../../src/roster/exchange.ts";
import { Roster } from "../../../src/roster/roster.ts";
import type { SignedRow } from "../../../src/roster/row.ts";
import { headsBytes, vectorLimits, vectorOf } from "../../../src/roster/vector.ts";
import { exchange } from "../../support/exchange-runner.ts";
import { keyOf, makeProfile, RosterScript } from "../../support/roster-builder.ts";
import { rowIds } from "../../support/roster-text.ts";

const { pageBytes } = exchangeLimits;

function rosterOf(rows: Iterable<SignedRow>): Roster {
  const roster = Roster.create();
  roster.merge(rows);
  return roster;
}

function spanner(...names: readonly string[]): RosterScript {
  const script = new RosterScript();
  script.found("a");
  for (const name of names) script.join("a", name);
  return script;
}

function ask(asker: Roster, responder: Roster): ReturnType<typeof answerReconcile> {
  return answerReconcile(responder, { vector: vectorOf(asker), digest: asker.digest() }, pageBytes);
}

test("RO-10 equal digests move nothing, and there is nothing to do after", () => {
  const script = spanner("b", "c");
  const [one, two] = [rosterOf(script.rows), rosterOf([...script.rows].reverse())];
  const reply = ask(one, two);
  expect(reply).toEqual({
    rows: [],
    profiles: [],
    theirs: [],
    newer: [],
    lacks: [],
    more: false,
    after: null,
    upTo: null,
  });
  expect(planAfterReconcile(one, reply)).toEqual({ offer: [] });
});

test("RO-11 a bolt that is behind gets exactly the rows it lacks, oldest first", () => {
  const script = spanner("b");
  const before = rosterOf(script.rows);
  const news = [script.claim("a", ["x"]), script.claim("b", ["y"]), script.join("a", "d")];
  const all = rosterOf(script.rows);
  const reply = ask(before, all);
  expect(reply.rows).toEqual(script.rows.slice(-4));
  expect(reply.rows).toEqual(expect.arrayContaining(news));
  expect(reply).toMatchObject({ theirs: [], newer: [], more: false });
  before.merge(reply.rows);
  expect(planAfterReconcile(before, reply)).toEqual({ offer: [] });
  expect(before.digest()).toBe(all.digest());
});

test("RO-11 who knows of a removal tells it before it has the logs that the removal undoes", () => {
  const script = new RosterScript();
  const founding = script.found("a");
  const removal = script.recover("a", []);
  const removed = rosterOf([founding, removal]);
  const ignorant = spanner("b");
  ignorant.claim("b", ["x"]);
  const other = rosterOf(ignorant.rows);
  exchange(removed, other);
  expect(other.digest()).toBe(removed.digest());
});

test("RO-11 a bolt that is ahead offers exactly the rows the other lacks", () => {
  const script = spanner("b");
  const behind = rosterOf(script.rows);
  const news = [script.claim("a", ["x"]), script.claim("b", ["y"])];
  const ahead = rosterOf(script.rows);
  const reply = ask(ahead, behind);
  expect(reply.rows).toEqual([]);
  const plan = planAfterReconcile(ahead, reply);
  expect(plan).toEqual({ offer: [{ rows: news, profiles: [] }] });
  behind.merge(news);
  expect(behind.digest()).toBe(ahead.digest());
});

test("RO-11 an empty roster gets everything, and gives everything to one", () => {
  const script = spanner("b", "c", "d");
  const full = rosterOf(script.rows);
  for (const [asker, responder] of [
    [Roster.create(), full],
    [full, Roster.create()],
  ] as const) {
    exchange(asker, responder);
    expect(rowIds(asker)).toEqual(rowIds(responder));
  }
});

test("RO-11 RO-13 both branches of a log forked far back cross, without the log before the fork", () => {
  const script = spanner("b");
  for (let at = 0; at < 60; at++) script.claim("b", [`shared-${at}`]);
  const shared = [...script.rows];
  const fork = script.lastOf("b");
  const branch = (text: string): SignedRow[] => {
    let prev = fork;
    return Array.from({ length: 40 }, (_, at) => {
      const row = script.claim("b", [`${text}-${at}`], { prev, seen: prev });
      prev = row.message.id;
      return row;
    });
  };
  const [left, right] = [branch("left"), branch("right")];
  const [one, two] = [rosterOf([...shared, ...left]), rosterOf([...shared, ...right])];
  const moved = exchange(one, two);
  expect(rowIds(one)).toEqual(rowIds(two));
  expect(one.view().alarms.map(({ kind }) => kind)).toContain("fork");
  const missing = [...left, ...right].reduce((sum, row) => sum + rowBytes(row), 0);
  expect(moved.naming + moved.content).toBeLessThan(2 * missing);
});

test("RO-12 thousands of rows come in pages within the limit, each message too", () => {
  const script = spanner("b");
  const before = rosterOf(script.rows);
  for (let at = 0; at < 700; at++) {
    const prev = script.lastOf("b");
    script.claim(
      "b",
      Array.from({ length: 20 }, (_, of) => `host-${at}-${of}`),
      { seen: prev },
    );
  }
  const all = rosterOf(script.rows);
  for (const [asker, responder] of [
    [before, all],
    [all, rosterOf(script.rows.slice(0, 3))],
  ] as const) {
    const moved = exchange(asker, responder);
    expect(moved.largest).toBeLessThanOrEqual(65_536);
    expect(moved.rows).toBe(700);
    expect(rowIds(asker)).toEqual(rowIds(responder));
  }
});

test("RO-12 a vector of more authors than fit is compared in spans, both ways", () => {
  const names = Array.from({ length: 700 }, (_, at) => `bolt-${at}`);
  const script = new RosterScript();
  const genesis = script.found("a");
  for (const name of names) {
    const seen = script.lastOf("a");
    script.mint("a", name, null, { seen });
    script.admit("a", name, name, [], { seen: script.lastOf("a") });
  }
  const shared = [...script.rows];
  const claims = names.map((name) => script.claim(name, ["x"], { seen: genesis.message.id }));
  const one = rosterOf([...shared, ...claims.filter((_, at) => at % 3 !== 0)]);
  const two = rosterOf([...shared, ...claims.filter((_, at) => at % 3 !== 1)]);
  for (const name of names) one.mergeProfile(makeProfile(name, script.genesis));
  for (const name of names.slice(0, 40)) two.mergeProfile(makeProfile(name, script.genesis, { seq: 2 }));
  const first = vectorOf(one);
  expect(first.upTo).not.toBeNull();
  expect(first.heads.reduce((sum, each) => sum + headsBytes(each), 0)).toBeLessThan(vectorLimits.bytes);
  const moved = exchange(one, two);
  expect(one.digest()).toBe(two.digest());
  expect(moved.largest).toBeLessThanOrEqual(65_536);
});

test("RO-11 profiles cross both ways: the newer wins, and what one lacks it gets", () => {
  const script = spanner("b", "c", "d");
  const [one, two] = [rosterOf(script.rows), rosterOf(script.rows)];
  const newer = makeProfile("b", script.genesis, { seq: 2 });
  one.mergeProfile(newer);
  two.mergeProfile(makeProfile("b", script.genesis, { seq: 1 }));
  one.mergeProfile(makeProfile("c", script.genesis));
  two.mergeProfile(makeProfile("d", script.genesis));
  exchange(one, two);
  expect(one.digest()).toBe(two.digest());
  expect(two.profile(keyOf("b"))).toBe(newer);
  expect(two.profiles()).toHaveLength(3);
});

test("RO-14 what a removed bolt writes beyond the cut is not offered, told or asked for (T11, T13)", () => {
  const script = spanner("b", "c");
  script.claim("b", ["fine"]);
  const behind = rosterOf(script.rows);
  script.remove("a", "b");
  const removed = rosterOf(script.rows);
  const extra = [script.claim("b", ["beyond"]), script.claim("b", ["further"])];
  const holder = rosterOf(script.rows);
  const count = holder.size();
  exchange(holder, behind);
  expect(behind.digest()).toBe(holder.digest());
  expect(extra.filter((row) => behind.get(row.message.id) !== undefined)).toEqual([]);
  const fresh = rosterOf(script.rows.slice(0, 1));
  exchange(fresh, holder);
  expect(extra.filter((row) => fresh.get(row.message.id) !== undefined)).toEqual([]);
  const unaware = rosterOf(
    script.rows.filter((row) => row.message.body.kind !== "remove" && row !== extra[0] && row !== extra[1]),
  );
  exchange(removed, unaware);
  expect(removed.size()).toBe(count - 2);
});

test("RO-14 a row that does not count spreads as the ancestor of one that does", () => {
  const script = spanner("b", "c");
  const behind = rosterOf(script.rows);
  script.claim("b", ["fine"]);
  const cut = [script.lastOf("b")];
  const beyond = script.claim("b", ["beyond"]);
  script.claim("c", ["saw it"], { seen: beyond.message.id });
  script.remove("a", "b", cut);
  const holder = rosterOf(script.rows);
  exchange(behind, holder);
  expect(behind.digest()).toBe(holder.digest());
  expect(behind.get(beyond.message.id)).toBeDefined();
});

test("RO-9 a fetch of what waiting rows want brings them with what lies between", () => {
  const script = spanner("b");
  for (let at = 0; at < 200; at++) script.claim("b", [`p-${at}`]);
  const full = rosterOf(script.rows);
  const behind = rosterOf(script.rows.slice(0, 150));
  behind.merge(script.rows.slice(-1));
  let calls = 0;
  for (let wanted = fetchWanted(behind); wanted !== undefined && calls < 10; wanted = fetchWanted(behind)) {
    calls++;
    behind.merge(answerFetch(full, wanted, pageBytes).rows);
  }
  expect(calls).toBe(1);
  expect(rowIds(behind)).toEqual(rowIds(full));
});

test("RO-12 a fetch without locator reaches a bounded way back, and unheld ids are passed over", () => {
  const script = spanner("b");
  for (let at = 0; at < 200; at++) script.claim("b", [`p-${at}`]);
  const full = rosterOf(script.rows);
  const { rows, more } = answerFetch(full, { ids: [script.lastOf("b")], locator: [] }, pageBytes);
  expect(rows).toEqual(script.rows.slice(-rows.length));
  expect(rows.length).toBe(exchangeLimits.chainRows + 1);
  expect(more).toBe(false);
  const stranger = new RosterScript("other").found("z").message.id;
  expect(answerFetch(full, { ids: [stranger], locator: [] }, pageBytes)).toEqual({ rows: [], more: false });
});

test("RO-15 the ancestry of an ADMIT is a roster of its own, and no row more than it needs (T25)", () => {
  const script = spanner("b", "c");
  const side = script.claim("b", ["aside"], { seen: script.genesis });
  script.mint("c", "t", null, { seen: script.lastOf("c") });
  const admit = script.admit("c", "t", "d", [], { seen: script.lastOf("c") });
  script.claim("d", ["later"]);
  const chain = ancestryOf(rosterOf(script.rows), admit.message.id);
  expect(chain.at(-1)).toBe(admit);
  expect(chain).not.toContain(side);
  const alone = Roster.create().merge(chain);
  expect(alone.merged).toEqual(chain);
  expect(alone.waiting).toBe(0);
});
