/** This bolt's own beacons: when, with which numbers, by which way. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { makeProfile } from "../../support/roster-builder.ts";
import { GossipBench } from "../../support/gossip-bench.ts";
import type { GossipBolt, Sent } from "../../support/gossip-bolt.ts";

const names = ["east", "north", "west"] as const;

function three(config = {}): { bench: GossipBench; east: GossipBolt; north: GossipBolt; west: GossipBolt } {
  const bench = new GossipBench(...names);
  const [east, north, west] = bench.boot(names, config);
  return { bench, east: must(east, "east"), north: must(north, "north"), west: must(west, "west") };
}

function toGroup(bolt: GossipBolt): Sent[] {
  return bolt.sent.filter(({ what, to }) => what === "beacon" && to === null);
}

function numbersOf(sent: readonly Sent[]): number[] {
  return sent.flatMap(({ say }) => (say?.say === "beacon" ? [say.beacon.message.number] : []));
}

test("GS-1 a beacon goes out every interval, give or take a tenth", () => {
  const { bench, east } = three();
  bench.run(30_500);
  const times = toGroup(east).map(({ at }) => at / 1_000);
  const gaps = times.slice(2).map((at, index) => at - must(times[index + 1], "the one before"));
  expect(gaps.length).toBeGreaterThan(25);
  for (const gap of gaps) {
    expect(gap).toBeGreaterThanOrEqual(900);
    expect(gap).toBeLessThanOrEqual(1_100);
  }
  expect(new Set(gaps).size).toBeGreaterThan(20);
});

test("GS-1 numbers of an incarnation grow by one, also over beacons given to who asks", () => {
  const { bench, east, north } = three();
  bench.run(3_000);
  const reply = east.asked({ is: "bolt", bolt: north.id }, { ask: "beacon-of", author: east.id });
  bench.run(3_000);
  const fresh = reply.reply === "beacon" ? must(reply.fresh, "a fresh one") : undefined;
  const all = [...numbersOf(toGroup(east)), must(fresh, "an answer").number].sort((a, b) => a - b);
  expect(all).toEqual(all.map((_, index) => index));
});

test("GS-1 a bolt without a seat says nothing", () => {
  const bench = new GossipBench("east", "north");
  const stranger = bench.bolt("stranger");
  const empty = bench.bolt("empty", {}, []);
  bench.run(5_000);
  expect(stranger.sent).toEqual([]);
  expect(empty.sent).toEqual([]);
  expect(empty.room.deadline()).toBeUndefined();
});

test("GS-2 a change of own state is told within 200 ms, once a second at most", () => {
  const { bench, east } = three();
  bench.run(5_300);
  const before = toGroup(east).length;
  const changedAt = bench.now;
  east.write(bench.script.mint("east", "one"));
  for (const bolt of bench.bolts.values()) bolt.learn(bench.script.rows);
  bench.run(200);
  const said = toGroup(east).slice(before);
  expect(said).toHaveLength(1);
  expect(must(said[0], "one").at - changedAt).toBeLessThanOrEqual(200_000);
  east.learn([], [makeProfile("east", bench.script.genesis, { seq: 2 })]);
  bench.run(500);
  expect(toGroup(east)).toHaveLength(before + 1);
  bench.run(600);
  expect(toGroup(east).length).toBeGreaterThan(before + 1);
});

test("GS-2 a reload with another interval is told at once and followed", () => {
  const { bench, east } = three();
  bench.run(5_000);
  east.config = { ...east.config, tier1Us: 4_000_000 as typeof east.config.tier1Us };
  const { tlsPin, caCertificate, licence } = east.config;
  const spans = { tier1Ms: 4_000, tier2Ms: 20_000, staleAfterMs: null };
  const settings = { patterns: [], ...spans, tlsPin, caCertificate, licence };
  east.fact({ fact: "settings", settings });
  const before = toGroup(east).length;
  bench.run(200);
  const said = must(toGroup(east)[before], "a beacon");
  expect(said.say?.say === "beacon" ? said.say.beacon.message.intervalMs : 0).toBe(4_000);
  bench.run(3_300);
  expect(toGroup(east)).toHaveLength(before + 1);
});

test("GS-3 an incarnation is on disk before its first beacon", () => {
  const { bench, east } = three();
  expect(east.sent).toEqual([]);
  bench.run(0);
  expect(east.disk.saved().highWater).toEqual([]);
  bench.run(1);
  expect(east.disk.saved().highWater).toContainEqual({ author: east.id, incarnation: 1_000, number: 0 });
  bench.run(200);
  expect(numbersOf(toGroup(east))[0]).toBe(0);
});

test("GS-3 T52 with a disk that takes nothing a bolt speaks all the same", () => {
  const bench = new GossipBench("east", "north");
  const [east, north] = bench.boot(["east", "north"]);
  must(east, "east").breaks = "full";
  bench.run(2_000);
  expect(must(north, "north").sees(must(east, "east")).marks).not.toContain("never heard");
});

test("GS-7 beacons go over the stream to whoever does not hear the group, and to nobody else", () => {
  const { bench, east, north, west } = three();
  bench.loses = (from, to) => from === east && to === north;
  bench.link(east, north, west);
  bench.run(5_000);
  const toNorth = east.count("beacon", north);
  const toWest = east.count("beacon", west);
  bench.run(10_000);
  expect(east.count("beacon", north) - toNorth).toBeGreaterThanOrEqual(9);
  expect(east.count("beacon", west) - toWest).toBe(0);
  expect(north.sees(east)).toMatchObject({ heardBy: "stream" });
  expect(west.sees(east)).toMatchObject({ heardBy: "multicast" });
  expect(east.sees(north)).toMatchObject({ heardBy: "multicast" });
});

test("GS-7 when the group falls silent, its streams carry on within three intervals, and back", () => {
  const { bench, east, north } = three();
  bench.link(east, north);
  bench.run(5_000);
  expect(north.sees(east).heardBy).toBe("multicast");
  bench.loses = () => true;
  bench.run(8_000);
  expect(north.sees(east)).toMatchObject({ heardBy: "stream", marks: [] });
  bench.loses = () => false;
  bench.run(3_000);
  const sent = east.count("beacon", north);
  bench.run(5_000);
  expect(east.count("beacon", north)).toBe(sent);
  expect(north.sees(east).heardBy).toBe("multicast");
});

test("GS-7 T29 with multicast switched off everything goes over streams, and status says so", () => {
  const { bench, east, north, west } = three({ multicast: false });
  bench.link(east, north, west);
  bench.run(5_000);
  expect(toGroup(east)).toEqual([]);
  for (const bolt of [north, west]) expect(bolt.sees(east)).toMatchObject({ heardBy: "stream", marks: [] });
  expect(north.room.multicastWorks(north)).toBeNull();
});

test("GS-7 T29 where the group carries nothing, status says that multicast does not work", () => {
  const { bench, east, north } = three();
  bench.loses = () => true;
  bench.link(east, north);
  bench.run(5_000);
  expect(north.room.multicastWorks(north)).toBe(false);
  bench.loses = () => false;
  bench.run(2_000);
  expect(north.room.multicastWorks(north)).toBe(true);
});

test("GS-7 a replay of the newest beacon by multicast does not keep up the appearance of being heard", () => {
  const { bench, east, north } = three();
  bench.link(east, north);
  bench.run(5_000);
  bench.loses = () => true;
  for (let second = 0; second < 12; second++) {
    bench.run(1_000);
    const newest = east.sent.findLast(({ what, to }) => what === "beacon" && to === null)?.say;
    if (newest?.say === "beacon" && second < 1) north.hearBeacon(newest.beacon);
    const first = toGroup(east)[0]?.say;
    if (first?.say === "beacon") north.hearBeacon(first.beacon);
  }
  expect(north.sees(east)).toMatchObject({ heardBy: "stream", marks: [] });
});

test("GS-22 T54 the last beacon says that the bolt stops, and marks are on disk before it ends", () => {
  const { bench, east, north } = three();
  bench.link(east, north);
  bench.run(5_000);
  east.room.stop(east.turn());
  bench.run(50);
  expect(north.sees(east).marks).toContain("stopping");
  expect(east.room.deadline()).toBeUndefined();
  const kept = east.disk.saved().highWater.find(({ author }) => author === north.id);
  expect(kept?.number).toBeGreaterThan(2);
  const sent = east.sent.length;
  bench.run(5_000);
  expect(east.sent).toHaveLength(sent);
});
