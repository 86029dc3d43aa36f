/** What is believed of the beacons that come, what is shown back, and how ages count. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { GossipBench } from "../../support/gossip-bench.ts";
import type { GossipBolt } from "../../support/gossip-bolt.ts";

/** West listens; east only says what a test makes it say. */
function pair(): { bench: GossipBench; east: GossipBolt; west: GossipBolt } {
  const bench = new GossipBench("east", "west");
  const [east, west] = bench.boot(["east", "west"], { multicast: false });
  return { bench, east: must(east, "east"), west: must(west, "west") };
}

function onStream(bolt: GossipBolt, from: GossipBolt, beacon = from.beacon(), heldMs = 0): void {
  bolt.hear({ via: "stream", from: from.id, heldMs, message: { say: "beacon", beacon } });
}

const markOf = (bolt: GossipBolt, of: GossipBolt): unknown => bolt.room.highWater().get(of.id);

test("GS-4 T16 a beacon that is older than the newest changes nothing", () => {
  const { bench, east, west } = pair();
  west.hearBeacon(east.beacon({ number: 7 }));
  bench.run(900);
  west.hearBeacon(east.beacon({ number: 6 }));
  west.hearBeacon(east.beacon({ incarnation: 999, number: 50 }));
  expect(west.sees(east)).toMatchObject({ ageMs: 900, incarnation: 1_000 });
  expect(markOf(west, east)).toEqual({ incarnation: 1_000, number: 7 });
});

test("GS-4 T16 the newest once more does not make a bolt younger", () => {
  const { bench, east, west } = pair();
  const newest = east.beacon({ number: 7 });
  west.hearBeacon(newest);
  bench.run(2_000);
  west.hearBeacon(newest);
  onStream(west, east, newest);
  expect(west.sees(east).ageMs).toBe(2_000);
});

test("GS-4 T19 a new incarnation starts afresh, however high the numbers were", () => {
  const { east, west } = pair();
  west.hearBeacon(east.beacon({ number: Number.MAX_SAFE_INTEGER }));
  west.hearBeacon(east.beacon({ incarnation: 1_001, number: 0 }));
  expect(markOf(west, east)).toEqual({ incarnation: 1_001, number: 0 });
});

test("GS-4 the first beacon of an incarnation reaches the disk at once, later ones in batches", () => {
  const { bench, east, west } = pair();
  const kept = (): number | undefined => west.disk.saved().highWater.find(({ author }) => author === east.id)?.number;
  west.hearBeacon(east.beacon({ number: 3 }));
  bench.run(1);
  expect(kept()).toBe(3);
  west.hearBeacon(east.beacon({ number: 4 }));
  bench.run(19_000);
  expect(kept()).toBe(3);
  bench.run(1_100);
  expect(kept()).toBe(4);
});

test("GS-4 T16 a datagram replayed after a restart is not believed, a relay of the newest is", () => {
  const { bench, east, west } = pair();
  const newest = east.beacon({ number: 7 });
  west.hearBeacon(newest);
  bench.run(1);
  west.restart();
  west.hearBeacon(newest);
  expect(west.sees(east)).toMatchObject({ ageMs: null, marks: ["stale", "link down"] });
  onStream(west, east, newest, 400);
  expect(west.sees(east).ageMs).toBe(400);
});

test("GS-5 a removed bolt has no mark, and gets it back when its removal is undone", () => {
  const bench = new GossipBench("founder", "elder", "young");
  const [founder, , young] = bench.boot(["founder", "elder", "young"], { multicast: false });
  const [listener, spoken] = [must(founder, "founder"), must(young, "young")];
  const elderHead = bench.script.lastOf("elder");
  listener.hearBeacon(spoken.beacon({ number: 9 }));
  const removal = bench.script.remove("elder", "young");
  listener.learn([removal]);
  expect(markOf(listener, spoken)).toBeUndefined();
  expect(listener.room.reports(listener).map(({ name }) => name)).toEqual(["founder", "elder"]);
  // The elder's REMOVE falls beyond the cut of the founder's.
  listener.learn([bench.script.remove("founder", "elder", [elderHead])]);
  expect(markOf(listener, spoken)).toEqual({ incarnation: 1_000, number: 9 });
});

test("GS-5 a stranger's beacon changes nothing", () => {
  const { bench, west } = pair();
  const stranger = bench.bolt("stranger", { multicast: false });
  west.hearBeacon(stranger.beacon());
  expect(markOf(west, stranger)).toBeUndefined();
  expect(west.room.reports(west)).toHaveLength(2);
});

test("GS-6 T22 a datagram is never answered", () => {
  const { east, west } = pair();
  west.links.add(east.id);
  west.hearBeacon(east.beacon({ incarnation: 2_000, number: 7 }));
  const sent = west.sent.length;
  west.hearBeacon(east.beacon({ incarnation: 1_500, number: 1 }));
  west.hearBeacon(east.beacon({ incarnation: 1_500, number: 2 }));
  expect(west.sent).toHaveLength(sent);
});

test("GS-6 T55 a bolt restored from a backup is shown its newest beacon and jumps above it", () => {
  const bench = new GossipBench("east", "west");
  const [east, west] = bench.boot(["east", "west"]);
  const [restored, witness] = [must(east, "east"), must(west, "west")];
  bench.run(5_000);
  const before = witness.sees(restored).incarnation;
  restored.restart(500);
  bench.join(restored, witness);
  bench.run(1_000);
  expect(restored.incarnation).toBeGreaterThan(must(before, "was heard"));
  expect(witness.sees(restored)).toMatchObject({ incarnation: restored.incarnation, marks: [] });
  expect(restored.disk.saved().highWater).toContainEqual(
    expect.objectContaining({ author: restored.id, incarnation: restored.incarnation }),
  );
});

test("GS-6 a lower beacon on a stream gets the newest, at most once a second", () => {
  const { bench, east, west } = pair();
  west.hearBeacon(east.beacon({ incarnation: 2_000, number: 7 }));
  bench.join(east, west);
  const shown = west.count("newest");
  bench.run(1_000);
  const at = west.count("newest");
  for (let number = 0; number < 5; number++) onStream(west, east, east.beacon({ incarnation: 1_500, number }));
  expect(west.count("newest") - at).toBeLessThanOrEqual(1);
  expect(shown).toBe(1);
});

test("GS-8 on a new stream each side shows the other's newest beacon and says whether it hears the group", () => {
  const { east, west } = pair();
  const newest = east.beacon({ number: 7 });
  west.hearBeacon(newest);
  west.linked(east.id, true);
  expect(west.sent.map(({ say }) => say)).toEqual([
    { say: "hearing", multicast: true },
    { say: "newest", beacon: newest },
  ]);
});

test("GS-9 the age counts from when a beacon came, plus the time that relays held it", () => {
  const { bench, east, west } = pair();
  onStream(west, east, east.beacon({ number: 1 }), 700);
  bench.run(100);
  expect(west.sees(east)).toMatchObject({ ageMs: 800, heardBy: "stream" });
  onStream(west, east, east.beacon({ number: 1 }), 1_500);
  expect(west.sees(east).ageMs).toBe(1_500);
  onStream(west, east, east.beacon({ number: 1 }), 0);
  expect(west.sees(east).ageMs).toBe(1_500);
});

test("GS-9 T18 a bolt that falls silent turns stale by age alone after three of its intervals, and recovers", () => {
  const bench = new GossipBench("east", "west");
  const [east, west] = bench.boot(["east", "west"]).map((bolt) => must(bolt, "a bolt"));
  const [silent, witness] = [must(east, "east"), must(west, "west")];
  bench.run(5_000);
  bench.loses = () => true;
  bench.run(1_900);
  expect(witness.sees(silent).marks).toEqual(["link down"]);
  bench.run(1_200);
  expect(witness.sees(silent)).toMatchObject({ marks: ["stale", "link down"], staleAfterMs: 3_000 });
  bench.loses = () => false;
  bench.run(1_200);
  expect(witness.sees(silent).marks).toEqual(["link down"]);
});

test("GS-9 stale_after follows the interval an author states, unless configured, and none is fresh for ever", () => {
  const { east, west } = pair();
  west.hearBeacon(east.beacon({ number: 1, intervalMs: 20_000 }));
  expect(west.sees(east).staleAfterMs).toBe(60_000);
  west.hearBeacon(east.beacon({ number: 2, intervalMs: 1e12 }));
  expect(west.sees(east).staleAfterMs).toBe(3 * 3_600_000);
  west.config = { ...west.config, staleAfterUs: 5_000_000 as typeof west.config.staleAfterUs };
  expect(west.sees(east).staleAfterMs).toBe(5_000);
});

test("GS-9 a closed stream shows at once", () => {
  const { bench, east, west } = pair();
  bench.join(east, west);
  bench.run(1_000);
  expect(west.sees(east)).toMatchObject({ linkUp: true, marks: [] });
  bench.unlink(east, west);
  expect(west.sees(east)).toMatchObject({ linkUp: false, marks: ["link down"] });
});

test("GS-9 T28 the skew of a peer's clock is shown and orders nothing", () => {
  const { bench, east, west } = pair();
  east.aheadMs = 365 * 86_400_000;
  bench.join(east, west);
  bench.run(2_000);
  const skew = must(west.sees(east).skewMs, "a skew");
  expect(Math.abs(skew - east.aheadMs)).toBeLessThanOrEqual(2);
  expect(west.sees(east).marks).toEqual([]);
});
