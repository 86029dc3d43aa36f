/** Removal by an elder or the recovery key. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import type { BenchBolt } from "../../support/turn-bench.ts";
import { keyOf, secretOf } from "../../support/toy-keys.ts";
import { codeOf, invite, spanner } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

type Three = [BenchBolt, BenchBolt, BenchBolt];
const remove = (bolt: string) => ({ do: "remove", bolt, cut: null, recovery: null, dryRun: false }) as const;
const recovery = { publicKey: keyOf("recovery"), seed: secretOf(keyOf("recovery")) };

test("AD-16 an elder removes with a cut of all heads, also of rows only another member holds", () => {
  const bench = new Bench();
  const [east, west, north] = spanner(bench, "east", "west", "north") as Three;
  const { bundle } = invite(north);
  bench.gossip(north, west);
  expect(east.roster.get(bundle.mint)).toBeUndefined();
  const answer = east.do(remove("north"));
  expect(answer).toMatchObject({ answer: "removed", by: east.id, cut: [bundle.mint], notAsked: [] });
  expect(east.roster.view().counts(bundle.mint)).toBe(true);
  bench.gossip();
  expect(north.phase).toBe("removed");
});

test("AD-16 an empty log is cut at the ADMIT", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west", "north") as Three;
  const admit = must(east.roster.view().byId.get(west.id), "a member").admittedBy;
  expect(east.do(remove("west"))).toMatchObject({ cut: [admit] });
});

test("AD-16 bolts that could not be asked are named, linked or not", () => {
  const bench = new Bench();
  const [east, west, north] = spanner(bench, "east", "west", "north", "south") as Three;
  east.links.delete(north.id);
  west.crash();
  expect(east.do(remove("south"))).toMatchObject({ answer: "removed", notAsked: ["north", "west"] });
});

test("AD-16 the target itself is not asked", () => {
  const bench = new Bench();
  const [east, west, north] = spanner(bench, "east", "west", "north") as Three;
  east.ask(remove("north"));
  const asked = bench.pending.flatMap((next) =>
    next.is === "request" && "bolt" in next.call.to ? [next.call.to.bolt] : [],
  );
  expect(asked).toEqual([west.id]);
  expect(asked).not.toContain(north.id);
  bench.settle();
});

test("AD-16 T11 a cut of the operator's own undoes what came after: admissions beyond it are orphaned", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const kept = invite(west).bundle.mint;
  const undone = invite(west).bundle.mint;
  bench.gossip();
  expect(codeOf(east.do({ ...remove("west"), cut: [kept] }))).toBe("removed");
  expect([kept, undone].map((mint) => east.roster.view().counts(mint))).toEqual([true, false]);
});

test("AD-16 an operator's cut must be rows of the target: CUT_INVALID", () => {
  const bench = new Bench();
  const [east] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const foreign = must(east.disk.rows[0], "a row").message.id;
  for (const cut of [[], [foreign], [keyOf("nothing") as unknown as typeof foreign]]) {
    expect(codeOf(east.do({ ...remove("west"), cut }))).toBe("CUT_INVALID");
  }
});

test("AD-17 a younger bolt has the oldest linked elder do it", () => {
  const bench = new Bench();
  const [east, west, north] = spanner(bench, "east", "west", "north") as Three;
  expect(north.do(remove("west"))).toMatchObject({ answer: "removed", by: east.id, target: west.id });
  expect(east.roster.view().byId.get(west.id)?.standing.is).toBe("removed");
});

test("AD-17 an unreachable elder is passed over for the next", () => {
  const bench = new Bench();
  const [east, west, north] = spanner(bench, "east", "west", "north", "south") as Three;
  east.crash();
  const south = must(bench.bolts.get(keyOf("south")), "south");
  expect(south.do(remove("north"))).toMatchObject({ answer: "removed", by: west.id, target: north.id });
});

test("AD-17 nobody older is linked: REMOVE_NEEDS_ELDER with the recovery line", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const answer = west.do(remove("east"));
  expect(answer).toMatchObject({
    refusal: { code: "REMOVE_NEEDS_ELDER", next: `vigocli spanner bolt remove ${east.id} --recovery-key-file FILE` },
  });
});

test("AD-17 an elder refuses strangers, and targets that are not younger than itself", () => {
  const bench = new Bench();
  const [east, west, north] = spanner(bench, "east", "west", "north") as Three;
  const codes: string[] = [];
  const ask = (to: BenchBolt, from: string, target: BenchBolt): void => {
    to.serve({ is: "bolt", bolt: keyOf(from) }, { ask: "remove", target: target.id, cut: null }, bench.now, (reply) =>
      codes.push(codeOf(reply)),
    );
    bench.settle();
  };
  ask(east, "stranger", west);
  ask(west, "north", east);
  ask(north, "east", west);
  ask(west, "east", north);
  expect(codes).toEqual(["NOT_A_MEMBER", "REMOVE_NEEDS_ELDER", "REMOVE_NEEDS_ELDER", "removed"]);
});

test("AD-17 the answer of an elder lost on its way: REMOVE_UNCERTAIN", () => {
  const bench = new Bench();
  const [, west, north] = spanner(bench, "east", "west", "north") as Three;
  const box = north.ask(remove("west"));
  const request = must(bench.pending.shift(), "the call");
  if (request.is === "request") bench.end(request.call, { ok: false, why: "late", perhapsDone: true });
  bench.settle();
  expect(codeOf(must(box.answer, "answered"))).toBe("REMOVE_UNCERTAIN");
  expect(west.phase).toBe("member");
});

test("AD-17 the recovery key removes the founder itself, in a log of its own", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west", "north") as Three;
  const answer = west.do({ ...remove("east"), recovery });
  expect(answer).toMatchObject({ answer: "removed", by: keyOf("recovery"), target: east.id });
  expect(west.roster.view().byId.get(east.id)?.standing.is).toBe("removed");
  expect(codeOf(west.do({ ...remove("north"), recovery }))).toBe("removed");
  expect(west.roster.view().alarms).toEqual([]);
});

test("AD-17 another key is not the recovery key: KEY_REJECTED", () => {
  const bench = new Bench();
  const [, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const other = { publicKey: keyOf("other"), seed: secretOf(keyOf("other")) };
  expect(codeOf(west.do({ ...remove("east"), recovery: other }))).toBe("KEY_REJECTED");
});

test("AD-16 refusals of remove: itself, unknown, removed before", () => {
  const bench = new Bench();
  const [east] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  expect(codeOf(east.do(remove("east")))).toBe("REMOVE_SELF");
  expect(codeOf(east.do(remove("nobody")))).toBe("BOLT_UNKNOWN");
  east.do(remove("west"));
  expect(east.do(remove("west"))).toMatchObject({
    refusal: { code: "REMOVED" },
    row: { message: { body: { kind: "remove" } } },
  });
  expect(codeOf(bench.bolt("one").do(remove("east")))).toBe("NOT_A_MEMBER");
});

test("AD-1 a dry run of remove shows who would do it and with what cut", () => {
  const bench = new Bench();
  const [east, west, north] = spanner(bench, "east", "west", "north") as Three;
  const rows = east.disk.rows.length;
  expect(east.do({ ...remove("north"), dryRun: true })).toMatchObject({
    answer: "removed",
    by: east.id,
    row: null,
    dryRun: true,
  });
  expect(north.do({ ...remove("west"), dryRun: true })).toMatchObject({ by: east.id, row: null, dryRun: true });
  expect(east.disk.rows).toHaveLength(rows);
  expect(west.phase).toBe("member");
});

test("AD-18 crossed removals: the elder's counts, and the younger is removed", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west", "north") as Three;
  expect(codeOf(west.do(remove("north")))).toBe("removed");
  expect(
    codeOf(east.do({ ...remove("west"), cut: [must(west.roster.view().byId.get(west.id), "self").admittedBy] })),
  ).toBe("removed");
  const north = must(bench.bolts.get(keyOf("north")), "north");
  bench.gossip(west, north);
  expect(north.phase).toBe("removed");
  bench.gossip();
  expect([west.phase, north.phase]).toEqual(["removed", "member"]);
});
