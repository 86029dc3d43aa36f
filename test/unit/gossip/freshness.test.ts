/** Pulls before anyone is stale, and isolation. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { GossipBench } from "../../support/gossip-bench.ts";
import type { GossipBolt } from "../../support/gossip-bolt.ts";

const names = ["east", "north", "south", "west"] as const;

function four(config = {}): { bench: GossipBench; bolts: GossipBolt[]; east: GossipBolt; west: GossipBolt } {
  const bench = new GossipBench(...names);
  const bolts = bench.boot(names, config);
  return { bench, bolts, east: must(bolts[0], "east"), west: must(bolts[3], "west") };
}

test("GS-10 beacons that come in time cost no pull", () => {
  const { bench, bolts } = four();
  bench.link(...bolts);
  bench.run(30_000);
  for (const bolt of bolts) expect(bolt.count("beacon-of")).toBe(0);
});

test("GS-10 at half of stale_after the author is asked once over its stream", () => {
  const { bench, bolts, east, west } = four({ multicast: false });
  west.hearBeacon(east.beacon({ number: 1 }));
  west.links.add(east.id);
  bench.run(500);
  for (const other of bolts.slice(1, 3)) west.hearBeacon(other.beacon());
  bench.run(990);
  expect(west.count("beacon-of")).toBe(0);
  bench.run(20);
  expect(west.count("beacon-of", east)).toBe(1);
  bench.run(100);
  expect(west.count("beacon-of")).toBe(1);
  expect(west.sees(east)).toMatchObject({ heardBy: "stream" });
  expect(must(west.sees(east).ageMs, "an age")).toBeLessThan(200);
});

test("GS-10 a bolt without a stream to the author stays informed through two others", () => {
  const { bench, bolts, east, west } = four();
  const [, north, south] = bolts.map((bolt) => must(bolt, "a bolt"));
  bench.loses = (from, to) => (from === east && to === west) || (from === west && to === east);
  bench.link(must(north, "north"), must(south, "south"), east);
  bench.join(west, must(north, "north"));
  bench.join(west, must(south, "south"));
  bench.run(10_000);
  for (let second = 0; second < 20; second++) {
    bench.run(1_000);
    expect(west.sees(east).marks).toEqual(["link down"]);
    expect(must(west.sees(east).ageMs, "an age")).toBeLessThan(3_000);
  }
  expect(west.sees(east).heardBy).toBe("relay");
  expect(west.count("beacon-of", east)).toBe(0);
});

test("GS-10 a relay counts with the time it was held", () => {
  const { bench, bolts, east, west } = four({ multicast: false });
  const north = must(bolts[1], "north");
  north.hearBeacon(east.beacon({ number: 4 }));
  bench.run(1_000);
  const reply = north.asked({ is: "bolt", bolt: west.id }, { ask: "beacon-of", author: east.id });
  expect(reply).toMatchObject({ reply: "beacon", fresh: null, heldMs: 1_000 });
  bench.join(west, north);
  bench.run(600);
  expect(must(west.sees(east).ageMs, "an age")).toBeGreaterThanOrEqual(1_600);
});

test("GS-10 rounds that bring nothing come ever more seldom, and never end", () => {
  const { bench, bolts, east, west } = four();
  const north = must(bolts[1], "north");
  bench.link(...bolts);
  bench.run(5_000);
  east.crash();
  bench.run(60_000);
  const early = west.count("beacon-of", north);
  expect(early).toBeGreaterThan(1);
  bench.run(600_000);
  const late = west.count("beacon-of") - early;
  expect(late).toBeGreaterThanOrEqual(10);
  expect(late).toBeLessThanOrEqual(40);
  expect(west.sees(east).marks).toEqual(["stale", "link down"]);
});

test("GS-10 a bolt never heard is looked for as well", () => {
  const { bench, bolts, east, west } = four({ multicast: false });
  const north = must(bolts[1], "north");
  bench.link(east, north);
  bench.run(5_000);
  bench.join(north, west);
  bench.run(3_000);
  expect(west.sees(east)).toMatchObject({ heardBy: "relay", marks: ["link down"] });
});

test("GS-10 an answer with a beacon of someone else is no answer", () => {
  const { bench, bolts, east, west } = four({ multicast: false });
  const north = must(bolts[1], "north");
  bench.join(west, north);
  const turn = west.turn();
  const stray = { reply: "beacon", beacon: north.beacon({ number: 9 }), fresh: null, heldMs: 0 } as const;
  const purpose = { for: "pull", author: east.id, from: north.id, round: bench.now } as const;
  west.room.onReply({ ok: true, reply: stray }, purpose, turn);
  expect(west.sees(east).ageMs).toBeNull();
  expect(west.sees(north).ageMs).toBeNull();
});

test("GS-20 a bolt with peers of which none is fresh is isolated, and alone it is not", () => {
  const { bench, bolts, west } = four();
  bench.link(...bolts);
  bench.run(3_000);
  expect(west.room.isolated(west)).toBe(false);
  bench.loses = (_, to) => to === west;
  for (const bolt of bolts) if (bolt !== west) bench.unlink(bolt, west);
  bench.run(4_000);
  expect(west.room.isolated(west)).toBe(true);
  expect(west.sees(west).marks).toEqual(["this bolt", "isolated"]);
  const alone = new GossipBench("east").boot(["east"]);
  expect(must(alone[0], "east").room.isolated(must(alone[0], "east"))).toBe(false);
});
