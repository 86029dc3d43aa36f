/** Leaving, with and without a successor. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import type { BenchBolt } from "../../support/turn-bench.ts";
import { keyOf } from "../../support/toy-keys.ts";
import { codeOf, found, spanner } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

const leave = { do: "leave", successor: null, dryRun: false } as const;

test("AD-13 a member leaves for good", () => {
  const bench = new Bench();
  const [, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const box = west.ask(leave);
  expect(west.phase).toBe("leaving");
  bench.settle();
  expect(box.answer).toMatchObject({ answer: "left", dryRun: false });
  expect(west.phase).toBe("left");
  expect(codeOf(west.do(leave))).toBe("NOT_A_MEMBER");
  west.restart();
  expect(west.phase).toBe("left");
});

test("AD-13 the last member may leave, too", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(codeOf(east.do(leave))).toBe("left");
});

test("AD-1 a dry run of leave changes nothing", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(east.do({ ...leave, dryRun: true })).toMatchObject({ answer: "left", row: null });
  expect(east.phase).toBe("member");
});

test("AD-13 a full disk keeps the member a member: STORAGE_READONLY", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  east.breaks = "full";
  expect(codeOf(east.do(leave))).toBe("STORAGE_READONLY");
  expect(east.phase).toBe("member");
});

test("AD-13 a successor was never admitted: ALREADY_MEMBER, KEY_REJECTED", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const consent = new Uint8Array(64);
  const leaveTo = (key: typeof east.id): string => codeOf(west.do({ ...leave, successor: { key, consent } }));
  expect(leaveTo(east.id)).toBe("ALREADY_MEMBER");
  expect(leaveTo(west.id)).toBe("ALREADY_MEMBER");
  expect(leaveTo(keyOf("recovery"))).toBe("KEY_REJECTED");
});

test("AD-13 the successor takes over name, place and patterns", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west", "north") as [BenchBolt, BenchBolt];
  const heir = bench.bolt("heir");
  const genesis = must(east.roster.view().genesis, "a genesis");
  const consent = heir.do({ do: "consent", genesis, leaver: west.id });
  if (consent.answer !== "consent") throw new Error(codeOf(consent));
  west.do({ ...leave, successor: { key: consent.key, consent: consent.consent } });
  const members = west.roster.view().members.map((member) => member.id);
  expect(members).toEqual([east.id, heir.id, keyOf("north")]);
});

test("AD-13 only a server that was never a member consents", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const genesis = must(east.roster.view().genesis, "a genesis");
  expect(codeOf(east.do({ do: "consent", genesis, leaver: keyOf("west") }))).toBe("ALREADY_MEMBER");
  const one = bench.bolt("one");
  expect(codeOf(one.do({ do: "consent", genesis, leaver: one.id }))).toBe("KEY_REJECTED");
});
