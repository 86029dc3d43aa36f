/** Exchanges on mismatch: that they end equal, how many there are, how they rest. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { makeProfile } from "../../support/roster-builder.ts";
import { GossipBench } from "../../support/gossip-bench.ts";
import type { GossipBolt } from "../../support/gossip-bolt.ts";

function group(count: number, config = {}): { bench: GossipBench; bolts: GossipBolt[] } {
  const names = Array.from({ length: count }, (_, index) => `b${String(index).padStart(3, "0")}`);
  const bench = new GossipBench(...names);
  return { bench, bolts: bench.boot(names, config) };
}

function settled(count: number, config = {}): { bench: GossipBench; bolts: GossipBolt[]; first: GossipBolt } {
  const { bench, bolts } = group(count, config);
  bench.link(...bolts);
  bench.run(5_000);
  return { bench, bolts, first: must(bolts[0], "a founder") };
}

const digests = (bolts: readonly GossipBolt[]): number => new Set(bolts.map(({ roster }) => roster.digest())).size;
const calls = (bolts: readonly GossipBolt[], what: "reconcile" | "fetch" | "offer"): number =>
  bolts.reduce((sum, bolt) => sum + bolt.count(what), 0);

test("GS-11 rows and profiles that each side lacks move both ways in one exchange", () => {
  const { bench, bolts, first } = settled(2, { multicast: false });
  const second = must(bolts[1], "another");
  bench.unlink(first, second);
  first.learn([bench.script.mint("b000", "one")]);
  first.learn([], [makeProfile("b000", bench.script.genesis)]);
  second.learn([
    bench.script.write("b001", { kind: "claim", patterns: ["x"] }, { seen: bench.script.genesis, rank: 3 }),
  ]);
  second.learn([], [makeProfile("b001", bench.script.genesis)]);
  expect(digests(bolts)).toBe(2);
  bench.join(first, second);
  bench.run(3_000);
  expect(digests(bolts)).toBe(1);
  expect(first.roster.size()).toBe(bench.script.rows.length);
  expect(second.disk.saved().rows).toHaveLength(bench.script.rows.length);
  expect(first.disk.saved().profiles).toHaveLength(2);
});

test("GS-11 a mismatch is looked at again after the wait, so what settles meanwhile costs nothing", () => {
  const { bench, bolts, first } = settled(2, { tier2Us: 3_600_000_000 });
  const second = must(bolts[1], "another");
  const before = calls(bolts, "reconcile");
  const row = bench.script.mint("b000", "one");
  first.learn([row]);
  second.hearBeacon(first.beacon({ number: 1_000 }));
  second.learn([row]);
  bench.run(5_000);
  expect(calls(bolts, "reconcile")).toBe(before);
});

test("GS-11 more than fits a message moves in pages", () => {
  const { bench, bolts, first } = settled(2, { multicast: false });
  const second = must(bolts[1], "another");
  bench.unlink(first, second);
  for (let at = 0; at < 800; at++) first.learn([bench.script.mint("b000", `token ${at}`)]);
  bench.join(first, second);
  bench.run(5_000);
  expect(digests(bolts)).toBe(1);
  expect(calls(bolts, "reconcile")).toBeGreaterThan(2);
});

test("GS-11 rows that came are on disk before the exchange goes on", () => {
  const { bench, bolts, first } = settled(2, { multicast: false });
  const second = must(bolts[1], "another");
  bench.unlink(first, second);
  first.learn([bench.script.mint("b000", "one")]);
  second.breaks = "full";
  bench.join(first, second);
  bench.run(2_000);
  expect(second.roster.size()).toBe(bench.script.rows.length - 1);
  expect(second.count("offer")).toBe(0);
});

test("GS-12 one new row at 40 bolts that is lost by all but one sets off no storm", () => {
  const { bench, bolts, first } = settled(40, { tier2Us: 3_600_000_000 });
  const before = calls(bolts, "reconcile");
  bench.loses = () => true;
  first.write(bench.script.mint("b000", "one"));
  bench.run(300);
  bench.loses = () => false;
  bench.run(10_000);
  expect(digests(bolts)).toBe(1);
  expect(calls(bolts, "reconcile") - before).toBeLessThanOrEqual(3 * bolts.length);
});

test("GS-12 a new row that is pushed reaches everyone without any exchange", () => {
  const { bench, bolts, first } = settled(40, { tier2Us: 3_600_000_000 });
  const before = calls(bolts, "reconcile");
  first.write(bench.script.mint("b000", "one"));
  bench.run(200);
  expect(digests(bolts)).toBe(1);
  bench.run(10_000);
  expect(calls(bolts, "reconcile")).toBe(before);
});

test("GS-12 a new profile, which is not pushed, costs about one exchange a bolt", () => {
  const { bench, bolts, first } = settled(40, { tier2Us: 3_600_000_000 });
  const before = calls(bolts, "reconcile");
  first.learn([], [makeProfile("b000", bench.script.genesis)]);
  bench.run(10_000);
  expect(digests(bolts)).toBe(1);
  expect(calls(bolts, "reconcile") - before).toBeLessThanOrEqual(3 * bolts.length);
});

test("GS-12 many changes on many bolts at once converge", () => {
  const { bench, bolts } = settled(20);
  for (const bolt of bolts) bolt.learn([], [makeProfile(bolt.name, bench.script.genesis)]);
  bench.run(15_000);
  expect(digests(bolts)).toBe(1);
});

test("GS-12 without multicast a row reaches everyone by its author's streams", () => {
  const { bench, bolts, first } = settled(20, { multicast: false });
  const told = bolts.reduce((sum, bolt) => sum + bolt.count("row"), 0);
  first.write(bench.script.mint("b000", "one"));
  bench.run(200);
  expect(digests(bolts)).toBe(1);
  expect(bolts.reduce((sum, bolt) => sum + bolt.count("row"), 0) - told).toBe(19);
});

test("GS-13 every tier-2 interval one linked bolt is asked though digests look equal", () => {
  const { bench, first } = settled(3, { tier2Us: 10_000_000 });
  const before = first.count("reconcile");
  bench.run(60_000);
  const audits = first.count("reconcile") - before;
  expect(audits).toBeGreaterThanOrEqual(5);
  expect(audits).toBeLessThanOrEqual(7);
});

test("GS-17 an exchange that breaks off is tried again, each time later", () => {
  const { bench, bolts, first } = settled(2, { multicast: false, tier2Us: 3_600_000_000 });
  const second = must(bolts[1], "another");
  first.learn([bench.script.mint("b000", "one")]);
  second.breaks = "full";
  const before = second.count("reconcile");
  bench.run(120_000);
  const tries = second.count("reconcile") - before;
  expect(tries).toBeGreaterThanOrEqual(4);
  expect(tries).toBeLessThanOrEqual(12);
  second.breaks = null;
  second.storeFailed = null;
  bench.run(70_000);
  expect(digests(bolts)).toBe(1);
});

test("GS-17 an exchange that moves nothing though digests differ comes ever more seldom", () => {
  const { bench, bolts, first } = settled(2, { multicast: false, tier2Us: 3_600_000_000 });
  const second = must(bolts[1], "another");
  const before = second.count("reconcile");
  // It tells a digest that its roster does not have, as one of another version might.
  for (let number = 500; number < 620; number++) {
    bench.run(1_000);
    const beacon = first.beacon({ number, digest: "f".repeat(32) });
    second.hear({ via: "stream", from: first.id, heldMs: 0, message: { say: "beacon", beacon } });
  }
  const tries = second.count("reconcile") - before;
  expect(tries).toBeGreaterThanOrEqual(4);
  expect(tries).toBeLessThanOrEqual(12);
});

test("GS-17 a row whose ancestors are missing makes the bolt ask for them", () => {
  const { bench, bolts, first } = settled(3, { tier2Us: 3_600_000_000 });
  const last = must(bolts[2], "the last");
  bench.loses = (_, to) => to === last;
  first.write(bench.script.mint("b000", "one"));
  bench.loses = () => false;
  const second = bench.script.mint("b000", "two");
  first.learn([second]);
  bench.run(2);
  last.hear({ via: "multicast", from: null, heldMs: 0, message: { say: "row", row: second } });
  expect(last.roster.waitingCount()).toBe(1);
  bench.run(600);
  expect(last.roster.waitingCount()).toBe(0);
  expect(last.roster.get(second.message.id)).toBeDefined();
});

test("GS-17 the fact roster-behind sets off an exchange with that bolt", () => {
  const { bench, bolts, first } = settled(2, { tier2Us: 3_600_000_000 });
  const second = must(bolts[1], "another");
  const before = second.count("reconcile", first);
  second.fact({ fact: "roster-behind", peer: first.id });
  bench.run(400);
  expect(second.count("reconcile", first)).toBe(before + 1);
});

test("GS-8 a bolt that was away exchanges as soon as its streams open", () => {
  const { bench, bolts, first } = settled(3, { tier2Us: 3_600_000_000 });
  const last = must(bolts[2], "the last");
  last.crash();
  for (let at = 0; at < 30; at++) first.learn([bench.script.mint("b000", `token ${at}`)]);
  must(bolts[1], "another").learn(bench.script.rows);
  last.restart();
  bench.join(last, first);
  bench.run(900);
  expect(digests(bolts)).toBe(1);
});

test("GS-23 the image of a room in the middle of things is plain and has the same future", () => {
  const futures = [false, true].map((isRestored) => {
    const { bench, bolts, first } = settled(4, { multicast: false });
    first.write(bench.script.mint("b000", "one"));
    must(bolts[1], "another").learn([], [makeProfile("b001", bench.script.genesis)]);
    bench.run(333);
    if (isRestored) for (const bolt of bolts) bolt.reincarnateRoom();
    bench.run(20_000);
    return JSON.stringify(bolts.map(({ sent }) => sent.map(({ at, to, what }) => [at, to, what])));
  });
  expect(futures[0]).toBe(futures[1]);
  expect(must(futures[0], "one").length).toBeGreaterThan(1_000);
});
