/** Founding a spanner. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { keyOf } from "../../support/toy-keys.ts";
import { codeOf, found, invite, joinRequest } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

test("AD-8 init writes one GENESIS row and hands the recovery secret out once", () => {
  const bench = new Bench();
  const east = bench.bolt("east");
  const answer = east.do({ do: "init", dryRun: false });
  expect(answer).toMatchObject({ answer: "founded", recoveryKey: keyOf("recovery"), dryRun: false });
  const view = east.roster.view();
  expect(view.recoveryKey).toBe(keyOf("recovery"));
  expect(view.members.map((member) => member.id)).toEqual([east.id]);
  expect(east.disk.rows).toHaveLength(1);
  expect(JSON.stringify(east.room.image())).not.toContain("toy");
});

test("AD-8 who belongs to a spanner founds none: ALREADY_MEMBER", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(codeOf(east.do({ do: "init", dryRun: false }))).toBe("ALREADY_MEMBER");
});

test("AD-1 a dry run of init changes nothing", () => {
  const bench = new Bench();
  const east = bench.bolt("east");
  expect(east.do({ do: "init", dryRun: true })).toMatchObject({ answer: "founded", dryRun: true, genesis: null });
  expect(east.disk.rows).toHaveLength(0);
  expect(east.room.phase().phase).toBe("unadmitted");
});

test("AD-18 founding shows while it lasts, and nothing else may begin meanwhile: CEREMONY_UNDER_WAY", () => {
  const bench = new Bench();
  const west = found(bench, "west");
  const ticket = invite(west);
  const east = bench.bolt("east");
  const first = east.ask({ do: "init", dryRun: false });
  expect(east.phase).toBe("founding");
  expect(codeOf(east.ask(joinRequest(ticket, west)).answer ?? { answer: "left", row: null, dryRun: true })).toBe(
    "CEREMONY_UNDER_WAY",
  );
  bench.settle();
  expect(first.answer).toMatchObject({ answer: "founded" });
  expect(east.phase).toBe("member");
});

test("AD-8 a full disk founds nothing and says so: STORAGE_READONLY", () => {
  const bench = new Bench();
  const east = bench.bolt("east");
  east.breaks = "full";
  expect(codeOf(east.do({ do: "init", dryRun: false }))).toBe("STORAGE_READONLY");
  expect(east.phase).toBe("unadmitted");
  expect(east.disk.rows).toHaveLength(0);
});

test("AD-8 a failed fsync of the founding leaves it open what happened: STORAGE_UNCERTAIN", () => {
  const bench = new Bench();
  const east = bench.bolt("east");
  east.breaks = "fsync";
  expect(codeOf(east.do({ do: "init", dryRun: false }))).toBe("STORAGE_UNCERTAIN");
});

test("AD-1 a standalone server has no spanner to speak of: NOT_IN_SPANNER_MODE", () => {
  const bench = new Bench();
  const lone = bench.bolt("lone", { mode: "standalone" });
  expect(codeOf(lone.do({ do: "init", dryRun: false }))).toBe("NOT_IN_SPANNER_MODE");
  expect(lone.do({ do: "identity" })).toMatchObject({ answer: "identity", name: "lone" });
});

test("AD-15 a founder registers its profile, and again when what it says has changed", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(east.roster.profile(east.id)?.message).toMatchObject({ seq: 1, tlsPin: "pin of east", state: "active" });
  east.restart();
  bench.settle();
  expect(east.disk.profiles).toHaveLength(1);
  east.config = { ...east.config, tlsPin: "a new pin" };
  east.restart();
  bench.settle();
  expect(east.roster.profile(east.id)?.message).toMatchObject({
    seq: 1,
    tlsPin: "a new pin",
    incarnation: east.incarnation,
  });
});

test("AD-15 a profile signed by a later incarnation makes the bolt jump above it first", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const own = must(east.roster.profile(east.id), "a founder has a profile").message;
  const later = { ...own, incarnation: 9_000, tlsPin: "of a later life" };
  east.mergeProfileFromElsewhere(later);
  bench.settle();
  expect(east.incarnation).toBeGreaterThan(9_000);
  expect(east.roster.profile(east.id)?.message).toMatchObject({ tlsPin: "pin of east", incarnation: east.incarnation });
});
