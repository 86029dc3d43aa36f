/** Two processes with one key, and all that only looks like it. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { GossipBench } from "../../support/gossip-bench.ts";
import type { GossipBolt } from "../../support/gossip-bolt.ts";

/** East is the bolt whose key is used twice; a test speaks for the clone. */
function pair(): { bench: GossipBench; east: GossipBolt; west: GossipBolt } {
  const bench = new GossipBench("east", "west");
  const [east, west] = bench.boot(["east", "west"]);
  bench.run(3_000);
  return { bench, east: must(east, "east"), west: must(west, "west") };
}

const isMarked = (bolt: GossipBolt, of: GossipBolt): boolean => bolt.sees(of).marks.includes("duplicate");
const evidence = (bolt: GossipBolt, of: GossipBolt): number =>
  bolt.disk.load({ load: "evidence", about: of.id, limit: 10 }).evidence.length;

test("GS-14 T12 two incarnations of one key that beacon at once are marked, with one piece of evidence", () => {
  const { bench, east, west } = pair();
  for (let number = 0; number < 12; number++) {
    west.hearBeacon(east.beacon({ incarnation: 900, number }));
    bench.run(1_000);
  }
  expect(isMarked(west, east)).toBe(true);
  expect(evidence(west, east)).toBe(1);
  expect(west.roster.view().byId.get(east.id)?.standing.is).toBe("member");
});

test("GS-14 T12 the bolt itself sees its clone, jumps above it, and stops jumping once it is sure", () => {
  const { bench, east } = pair();
  let incarnation = 5_000;
  for (let number = 0; number < 30; number++) {
    incarnation = Math.max(incarnation, east.incarnation + 7);
    east.hearBeacon(east.beacon({ incarnation, number }));
    bench.run(1_000);
  }
  expect(isMarked(east, east)).toBe(true);
  expect(evidence(east, east)).toBe(1);
  expect(east.lived.size).toBeLessThanOrEqual(6);
});

test("GS-14 T12 two clones and a witness: all three show it, and it goes when the clone does", () => {
  const { bench, east, west } = pair();
  const clone = new GossipBench("east", "west").bolt("east");
  const speak = (): void => {
    for (let second = 0; second < 10; second++) {
      const beacon = clone.beacon({ incarnation: 700, number: 100 + second, wallMs: west.wallMs });
      west.hearBeacon(beacon);
      east.hearBeacon(beacon);
      bench.run(1_000);
    }
  };
  speak();
  expect([isMarked(west, east), isMarked(east, east)]).toEqual([true, true]);
  bench.run(70_000);
  expect([isMarked(west, east), isMarked(east, east)]).toEqual([false, false]);
});

test("GS-14 two different beacons under one number are proof at once", () => {
  const { east, west } = pair();
  west.hearBeacon(east.beacon({ incarnation: 2_000, number: 4 }));
  west.hearBeacon(east.beacon({ incarnation: 2_000, number: 4 }));
  expect(isMarked(west, east)).toBe(false);
  west.hearBeacon(east.beacon({ incarnation: 2_000, number: 4, digest: "0".repeat(32) }));
  expect(isMarked(west, east)).toBe(true);
});

test("GS-14 a beacon of this very incarnation that was never sent is proof at once", () => {
  const { east } = pair();
  east.hearBeacon(east.beacon({ number: 3_000 }));
  expect(isMarked(east, east)).toBe(true);
});

test("GS-14 own beacons that come back from the group are nothing", () => {
  const { bench, east } = pair();
  bench.run(3_000);
  const said = east.sent.flatMap(({ say }) => (say?.say === "beacon" ? [say.beacon] : []));
  for (const beacon of said) east.hearBeacon(beacon);
  expect(isMarked(east, east)).toBe(false);
  expect(east.lived.size).toBe(1);
});

test("GS-14 T16 old beacons that someone replays for a minute mark nobody", () => {
  const { bench, east, west } = pair();
  const old = Array.from({ length: 60 }, (_, number) =>
    east.beacon({ incarnation: 900, number, wallMs: west.wallMs - 3_600_000 }),
  );
  for (const beacon of old) {
    west.hearBeacon(beacon);
    east.hearBeacon(beacon);
    bench.run(1_000);
  }
  expect(isMarked(west, east)).toBe(false);
  expect(isMarked(east, east)).toBe(false);
  expect(east.lived.size).toBe(1);
});

test("GS-14 a bolt that restarts again and again is no duplicate", () => {
  const { bench, east, west } = pair();
  for (let life = 0; life < 10; life++) {
    east.restart();
    bench.join(east, west);
    bench.run(1_700);
  }
  expect(isMarked(west, east)).toBe(false);
  expect(isMarked(east, east)).toBe(false);
});

test("GS-14 a bolt restored from a backup that nobody can tell is lower for long, and no duplicate", () => {
  const { bench, east, west } = pair();
  east.restart(400);
  bench.run(30_000);
  expect(isMarked(west, east)).toBe(false);
  expect(west.sees(east).marks).toEqual(["stale", "link down"]);
});

test("GS-14 beacons that were late around a jump mark nobody", () => {
  const { bench, east, west } = pair();
  const late = Array.from({ length: 5 }, (_, number) => east.beacon({ number: 500 + number }));
  bench.run(200);
  east.fact({ fact: "jump", above: 2_000 });
  bench.run(300);
  for (const beacon of late) west.hearBeacon(beacon);
  bench.run(5_000);
  expect(isMarked(west, east)).toBe(false);
});

test("GS-6 an incarnation near the end of numbers makes nobody jump off it", () => {
  const { east } = pair();
  east.hearBeacon(east.beacon({ incarnation: Number.MAX_SAFE_INTEGER - 1, number: 1 }));
  expect(east.lived.size).toBe(1);
});

test("GS-14 T12 rows with one triple mark their author too", () => {
  const { bench, east, west } = pair();
  const place = { prev: bench.script.lastOf("east") };
  west.learn([bench.script.mint("east", "one", null, place), bench.script.mint("east", "two", null, place)]);
  expect(isMarked(west, east)).toBe(true);
});
