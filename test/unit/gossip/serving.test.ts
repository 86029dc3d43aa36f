/** Answers to other bolts and strangers, repoint, reports. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { ancestryOf } from "../../../src/roster/exchange.ts";
import { vectorOf } from "../../../src/roster/vector.ts";
import type { PeerRequest } from "../../../src/turn/peer.ts";
import type { PeerCaller } from "../../../src/turn/room.ts";
import { makeProfile } from "../../support/roster-builder.ts";
import { GossipBench } from "../../support/gossip-bench.ts";
import type { GossipBolt } from "../../support/gossip-bolt.ts";
import { keyOf } from "../../support/toy-keys.ts";
import { codeOf } from "../../support/bench-stories.ts";

function pair(): { bench: GossipBench; east: GossipBolt; west: GossipBolt } {
  const bench = new GossipBench("east", "west");
  const [east, west] = bench.boot(["east", "west"], { multicast: false });
  return { bench, east: must(east, "east"), west: must(west, "west") };
}

const as = (bolt: GossipBolt): PeerCaller => ({ is: "bolt", bolt: bolt.id });

function reconcile(bolt: GossipBolt): PeerRequest {
  return { ask: "reconcile", vector: vectorOf(bolt.roster), digest: bolt.roster.digest() };
}

/** A roster in which `late` was admitted by the last rows, which only some hold. */
function admitted(bench: GossipBench, name: string): GossipBolt {
  bench.script.join("east", name);
  return bench.bolt(name, { multicast: false });
}

test("GS-16 only bolts on the roster are answered", () => {
  const { bench, east, west } = pair();
  const nobody: PeerCaller = { is: "bolt", bolt: keyOf("nobody") };
  const requests: PeerRequest[] = [
    reconcile(east),
    { ask: "fetch", ids: [bench.script.genesis], locator: [] },
    { ask: "offer", rows: [], profiles: [] },
    { ask: "beacon-of", author: east.id },
    { ask: "present", rows: bench.script.rows, more: false },
  ];
  bench.run(200);
  for (const request of requests) {
    expect(codeOf(west.asked(nobody, request))).toBe("NOT_A_MEMBER");
    expect(codeOf(west.asked({ is: "stranger", source: "10.0.0.1" }, request))).toBe("NOT_A_MEMBER");
    const answer = codeOf(west.asked(as(east), request));
    expect(["reconcile", "fetch", "took", "beacon"]).toContain(answer);
  }
});

test("GS-16 what is offered is on disk before it is acknowledged", () => {
  const { bench, east, west } = pair();
  const row = bench.script.mint("east", "one");
  const profile = makeProfile("east", bench.script.genesis);
  expect(codeOf(west.asked(as(east), { ask: "offer", rows: [row], profiles: [profile] }))).toBe("took");
  expect(west.disk.saved().rows.map(({ message }) => message.id)).toContain(row.message.id);
  expect(west.disk.saved().profiles).toHaveLength(1);
  west.breaks = "read-only";
  const next = bench.script.mint("east", "two");
  const refused = west.asked(as(east), { ask: "offer", rows: [next], profiles: [] });
  expect(codeOf(refused)).toBe("STORAGE_READONLY");
  expect(west.roster.get(next.message.id)).toBeUndefined();
});

test("GS-16 GS-21 a row that waits for others is not acknowledged, so who leaves by it stays", () => {
  const { bench, east, west } = pair();
  const minted = bench.script.mint("west", "late");
  const leave = bench.script.leave("west");
  const offer = { ask: "offer", rows: [leave], profiles: [] } as const;
  expect(codeOf(east.asked(as(west), offer))).toBe("ROWS_WAIT");
  expect(east.roster.isWaiting(leave.message.id)).toBe(true);
  expect(codeOf(east.asked(as(west), { ...offer, rows: [minted] }))).toBe("took");
  expect(east.disk.saved().rows.map(({ message }) => message.id)).toContain(leave.message.id);
});

test("GS-16 beacon-of gives a fresh own beacon, the one held, or none", () => {
  const { bench, east, west } = pair();
  bench.run(200);
  expect(west.asked(as(east), { ask: "beacon-of", author: west.id })).toMatchObject({
    reply: "beacon",
    fresh: { author: west.id, incarnation: west.incarnation },
  });
  expect(west.asked(as(east), { ask: "beacon-of", author: keyOf("nobody") })).toMatchObject({
    beacon: null,
    fresh: null,
  });
  const held = east.beacon({ number: 5 });
  west.hearBeacon(held);
  bench.run(300);
  expect(west.asked(as(east), { ask: "beacon-of", author: east.id })).toMatchObject({ beacon: held, heldMs: 300 });
});

test("GS-15 T13 a removed bolt is refused with the row that says so, and takes it over", () => {
  const { bench, east, west } = pair();
  bench.link(east, west);
  bench.run(2_000);
  const removal = bench.script.remove("east", "west");
  east.learn([removal]);
  expect(east.asked(as(west), reconcile(west))).toMatchObject({ refusal: { code: "REMOVED" }, row: removal });
  west.fact({ fact: "roster-behind", peer: east.id });
  bench.run(400);
  expect(west.roster.get(removal.message.id)).toBeDefined();
  const sent = west.sent.length;
  bench.run(10_000);
  expect(west.sent).toHaveLength(sent);
});

test("GS-15 a bolt that its peer does not know yet shows its admission and is exchanged with", () => {
  const { bench, east, west } = pair();
  const late = admitted(bench, "late");
  expect(west.roster.view().byId.has(late.id)).toBe(false);
  bench.join(late, west);
  bench.run(4_000);
  expect(late.count("present", west)).toBe(1);
  expect(west.roster.view().byId.get(late.id)?.standing.is).toBe("member");
  expect(west.roster.digest()).toBe(late.roster.digest());
  expect(east.roster.size()).toBeLessThan(late.roster.size());
});

test("GS-15 a long admission is shown in pages", () => {
  const { bench, west } = pair();
  for (let at = 0; at < 600; at++) bench.script.mint("east", `token ${at}`);
  const late = admitted(bench, "late");
  bench.join(late, west);
  bench.run(6_000);
  expect(late.count("present", west)).toBeGreaterThan(1);
  expect(west.roster.view().byId.get(late.id)?.standing.is).toBe("member");
});

test("GS-15 T13 rows that give no seat are not taken, not even form-right ones", () => {
  const { bench, east, west } = pair();
  const removal = bench.script.remove("east", "west");
  const [outcast, listener] = [west, east];
  listener.learn([removal]);
  const ghost = bench.script.join("west", "ghost");
  const rows = ancestryOf(bench.bolt("ghost").roster, ghost.message.id);
  const size = listener.roster.size();
  const reply = listener.asked({ is: "bolt", bolt: keyOf("ghost") }, { ask: "present", rows, more: false });
  expect(codeOf(reply)).toBe("NOT_A_MEMBER");
  bench.run(1_000);
  expect(listener.roster.size()).toBe(size);
  expect(listener.roster.waitingCount()).toBe(0);
  expect(outcast.roster.size()).toBeLessThan(bench.script.rows.length);
});

test("GS-15 T21 presentations are bounded: many at once, too many rows", () => {
  const { bench, west } = pair();
  const page: PeerRequest = { ask: "present", rows: bench.script.rows, more: true };
  const answers = Array.from({ length: 6 }, (_, at) =>
    codeOf(west.asked({ is: "bolt", bolt: keyOf(`stranger ${at}`) }, page)),
  );
  expect(answers).toEqual(["took", "took", "took", "took", "BUSY", "BUSY"]);
  bench.run(31_000);
  const again = { is: "bolt", bolt: keyOf("stranger 9") } as const;
  const rows = Array.from({ length: 1_000 }, () => bench.script.rows).flat();
  const pages = Array.from({ length: 7 }, () => codeOf(west.asked(again, { ask: "present", rows, more: true })));
  expect(pages.slice(0, 5)).not.toContain("BUSY");
  expect(pages).toContain("BUSY");
});

test("GS-19 repoint keeps an address that the keyring sees at once and a restart finds again", () => {
  const { bench, east, west } = pair();
  const before = west.room.repointed();
  const request = { do: "repoint", bolt: "east", address: "East2.Example:1530", dryRun: false } as const;
  expect(west.do({ ...request, dryRun: true })).toEqual({
    answer: "repointed",
    bolt: east.id,
    address: "east2.example:1530",
    dryRun: true,
  });
  expect(west.room.repointed()).toBe(before);
  expect(west.do(request)).toMatchObject({ answer: "repointed", dryRun: false });
  expect(west.room.repointed()).not.toBe(before);
  expect(west.room.repointed().get(east.id)).toBe("east2.example:1530");
  west.restart();
  bench.run(10);
  expect([...west.room.repointed()]).toEqual([[east.id, "east2.example:1530"]]);
});

test("GS-19 repoint refuses an unknown bolt, itself, one that is gone, a bad address, a failed disk", () => {
  const { bench, west } = pair();
  const order = (bolt: string, address = "10.0.0.7:1530", dryRun = false): string =>
    codeOf(west.do({ do: "repoint", bolt, address, dryRun }));
  expect(order("nobody")).toBe("BOLT_UNKNOWN");
  expect(order("west")).toBe("REPOINT_SELF");
  const bad = [
    "",
    "east",
    "east:",
    "east:0",
    "east:70000",
    ":1530",
    "-x:1530",
    "a b:1530",
    "[::1:1530",
    "[zz]:1",
    "::1:1",
  ];
  for (const address of bad) expect([address, order("east", address)]).toEqual([address, "ADDRESS_INVALID"]);
  for (const address of ["10.0.0.7:1", "a.b:65535", "[2001:db8::7]:1530"]) {
    expect(order("east", address, true)).toBe("repointed");
  }
  west.breaks = "full";
  expect(order("east")).toBe("STORAGE_READONLY");
  expect(order("east", "10.0.0.7:1530", true)).toBe("STORAGE_READONLY");
  expect(west.room.repointed().size).toBe(0);
  west.breaks = null;
  west.learn([bench.script.leave("east")]);
  expect(order("east")).toBe("BOLT_GONE");
});

test("GS-20 a report names every seat, oldest first, with what its newest beacon and its profile say", () => {
  const { bench, east, west } = pair();
  west.learn([], [makeProfile("east", bench.script.genesis, { softwareVersion: "9.9", state: "draining" })]);
  west.hearBeacon(east.beacon({ number: 3, digest: "ab".repeat(16), stopping: true }));
  const [first, own] = west.room.reports(west);
  expect(first).toMatchObject({
    id: east.id,
    name: "east",
    order: 0,
    patterns: ["east-*"],
    marks: ["link down", "stopping", "draining"],
    ageMs: 0,
    intervalMs: 1_000,
    staleAfterMs: 3_000,
    heardBy: "multicast",
    linkUp: false,
    version: "9.9",
    digest: "ab".repeat(16),
    incarnation: 1_000,
  });
  expect(own).toMatchObject({ id: west.id, marks: ["this bolt"], ageMs: 0, linkUp: null, skewMs: null });
});

test("GS-20 a bolt never heard says so, and contested claims show on both", () => {
  const bench = new GossipBench("east", "north");
  bench.script.join("east", "west", ["north-*"]);
  const west = bench.bolt("west");
  const marks = west.room.reports(west).map(({ name, marks: some }) => [name, some]);
  expect(marks).toEqual([
    ["east", ["link down", "never heard"]],
    ["north", ["link down", "contested", "never heard"]],
    ["west", ["this bolt", "contested", "isolated"]],
  ]);
});

test("GS-24 foreign spanners of the same name are remembered, the last sixteen, and noted once", () => {
  const { west } = pair();
  for (let at = 0; at < 20; at++) west.room.onForeign(`tag${at}`, "10.0.0.1:5000", west.turn());
  west.room.onForeign("tag19", "10.0.0.1:5000", west.turn());
  expect(west.room.foreign()).toHaveLength(16);
  expect(west.room.foreign().at(-1)).toEqual({ tag: "tag19", from: "10.0.0.1:5000" });
  expect(west.notes.filter(({ what }) => what === "foreign-spanner")).toHaveLength(20);
});
