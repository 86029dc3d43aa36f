/** New rows on their way to the group and to streams, and the last row of a bolt that leaves. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { pushedRowBytesMax } from "../../../src/gossip/hot-push.ts";
import { pushedRowBytesMax as fitsDatagram } from "../../../src/wire/datagram.ts";
import { GossipBench } from "../../support/gossip-bench.ts";
import type { GossipBolt } from "../../support/gossip-bolt.ts";

function settled(count: number, config = {}): { bench: GossipBench; bolts: GossipBolt[]; first: GossipBolt } {
  const names = Array.from({ length: count }, (_, index) => `b${index}`);
  const bench = new GossipBench(...names);
  const bolts = bench.boot(names, config);
  bench.link(...bolts);
  bench.run(5_000);
  return { bench, bolts, first: must(bolts[0], "a founder") };
}

const copiesOf = (bolt: GossipBolt): number[] =>
  bolt.sent.filter(({ what, to }) => what === "row" && to === null).map(({ at }) => at / 1_000);

test("GS-18 an own row goes to the group three times, at 0, 50 and 150 ms", () => {
  const { bench, first } = settled(2);
  const at = bench.now / 1_000;
  first.write(bench.script.mint("b0", "one"));
  bench.run(2_000);
  expect(copiesOf(first).map((time) => time - at)).toEqual([0, 50, 150]);
});

test("GS-18 T23 what a datagram holds is what wire says, and a longer row goes by exchange", () => {
  expect(pushedRowBytesMax).toBe(fitsDatagram);
  const { bench, bolts, first } = settled(2);
  const patterns = Array.from({ length: 20 }, (_, at) => `${"long".repeat(20)}-${at}-*`);
  first.write(bench.script.claim("b0", patterns));
  bench.run(1_500);
  expect(copiesOf(first)).toEqual([]);
  expect(must(bolts[1], "another").roster.size()).toBe(bench.script.rows.length);
});

test("GS-18 an own row is told over streams to those who do not hear the group, and only to them", () => {
  const { bench, bolts, first } = settled(3);
  const [, hears, deaf] = bolts.map((bolt) => must(bolt, "a bolt"));
  bench.loses = (_, to) => to === deaf;
  bench.run(8_000);
  first.write(bench.script.mint("b0", "one"));
  bench.run(10);
  expect(first.count("row", must(deaf, "deaf"))).toBe(1);
  expect(first.count("row", must(hears, "hears"))).toBe(0);
  expect(must(deaf, "deaf").roster.size()).toBe(bench.script.rows.length);
});

test("GS-18 a row that came by stream is passed on to the group by one bolt, not by all", () => {
  const { bench, bolts } = settled(12);
  const far = must(bolts[11], "the far one");
  const near = bolts.slice(0, 11);
  bench.loses = (from, to) => from === far || to === far;
  for (const bolt of near.slice(2)) bench.unlink(far, bolt);
  bench.run(6_000);
  far.write(bench.script.mint("b11", "one"));
  bench.run(290);
  const pushers = near.filter((bolt) => copiesOf(bolt).length > 0);
  expect(pushers.length).toBeGreaterThanOrEqual(1);
  expect(pushers.length).toBeLessThanOrEqual(2);
  for (const bolt of near) expect(bolt.roster.size()).toBe(bench.script.rows.length);
});

test("GS-18 a row that the group has heard is not passed on", () => {
  const { bench, bolts, first } = settled(8);
  first.write(bench.script.mint("b0", "one"));
  bench.run(3_000);
  for (const bolt of bolts.slice(1)) expect(copiesOf(bolt)).toEqual([]);
});

test("GS-18 a bolt that catches up pushes nothing", () => {
  const { bench, bolts } = settled(3);
  const last = must(bolts[2], "the last");
  for (let at = 0; at < 10; at++) bench.script.mint("b0", `token ${at}`);
  last.learn(bench.script.rows);
  bench.run(2_000);
  expect(copiesOf(last)).toEqual([]);
});

test("GS-18 T26 a kind that this version does not know is not passed on hot", () => {
  const { bench, bolts } = settled(3);
  const last = must(bolts[2], "the last");
  last.learn([bench.script.unknown("b0", 90)]);
  bench.run(2_000);
  expect(copiesOf(last)).toEqual([]);
});

test("GS-18 a row of another spanner is not taken", () => {
  const { bench, bolts } = settled(2);
  const last = must(bolts[1], "another");
  const elsewhere = new GossipBench("x");
  const foreign = elsewhere.script.mint("x", "one");
  last.hear({ via: "multicast", from: null, heldMs: 0, message: { say: "row", row: foreign } });
  bench.run(10);
  expect(last.roster.waitingCount()).toBe(0);
  expect(last.roster.get(foreign.message.id)).toBeUndefined();
});

test("GS-21 a LEAVE reaches a peer though nobody hears the group, and only then the streams may go", () => {
  const { bench, bolts, first } = settled(3, { multicast: false });
  const last = must(bolts[2], "the last");
  const leave = bench.script.leave("b2");
  const busy = bolts.slice(0, 2);
  for (const bolt of busy) bench.unlink(bolt, last);
  last.write(leave);
  expect(last.room.lingers()).toBe(true);
  bench.run(5_000);
  expect(last.room.lingers()).toBe(true);
  bench.join(last, first);
  bench.run(100);
  expect(first.roster.get(leave.message.id)).toBeDefined();
  expect(last.room.lingers()).toBe(false);
});

test("GS-21 a bolt that had left before its start offers its LEAVE again; to be called no member is enough", () => {
  const { bench, bolts, first } = settled(2, { multicast: false });
  const last = must(bolts[1], "the last");
  const leave = bench.script.leave("b1");
  last.write(leave);
  bench.run(100);
  last.crash();
  last.restart();
  expect(last.phase).toBe("left");
  expect(last.room.lingers()).toBe(true);
  bench.join(last, first);
  bench.run(100);
  expect(last.room.lingers()).toBe(false);
  const sent = last.sent.length;
  bench.run(60_000);
  expect(last.sent).toHaveLength(sent);
});
