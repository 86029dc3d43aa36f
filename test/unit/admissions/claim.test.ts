/** CLAIM: changed patterns become a row, at start and on reload. */
import { expect, test } from "vitest";
import type { LiveSettings } from "../../../src/turn/admin.ts";
import type { BenchBolt } from "../../support/turn-bench.ts";
import { codeOf, found, spanner } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

function settings(patterns: readonly string[], licence = ""): LiveSettings {
  return {
    patterns,
    tier1Ms: 1_000,
    tier2Ms: 5_000,
    staleAfterMs: null,
    tlsPin: "1".repeat(64),
    caCertificate: new Uint8Array(0),
    licence: Uint8Array.from([...licence].map(Number)),
  };
}
const reload = (wanted: LiveSettings, dryRun = false) => ({ do: "reconfigure", settings: wanted, dryRun }) as const;
const patternsOf = (bolt: BenchBolt): string[] =>
  bolt.roster
    .view()
    .byId.get(bolt.id)
    ?.patterns.map(({ pattern }) => pattern) ?? [];

test("AD-14 a reload with another certificate is told in the PROFILE and in invites", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(east.roster.profile(east.id)?.message.tlsPin).not.toBe("1".repeat(64));
  east.do(reload(settings(east.config.patterns)));
  expect(east.roster.profile(east.id)?.message.tlsPin).toBe("1".repeat(64));
  const invited = east.do({ do: "invite", ttlMs: 3_600_000, bound: null, dryRun: false });
  expect(invited).toMatchObject({ answer: "invited", bundle: { pin: "1".repeat(64) } });
});

test("AD-14 a reload with other patterns claims them, then applies", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const answer = east.do(reload(settings(["*.new.example"])));
  expect(answer).toEqual({ answer: "reconfigured", claimed: true, dryRun: false });
  expect(patternsOf(east)).toEqual(["*.new.example"]);
  expect(east.config.patterns).toEqual(["*.new.example"]);
});

test("AD-14 a reload with the same patterns writes no row", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const rows = east.disk.rows.length;
  expect(east.do(reload(settings(["*.east.example"])))).toMatchObject({ claimed: false });
  expect(east.disk.rows).toHaveLength(rows);
});

test("AD-14 T7 a reload with an overlapping pattern is refused whole: PATTERN_OVERLAP", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const answer = west.do(reload(settings(["*.west.example", "a.east.example"], "1")));
  expect(codeOf(answer)).toBe("PATTERN_OVERLAP");
  expect(patternsOf(west)).toEqual(["*.west.example"]);
  expect(west.config.licence).toHaveLength(0);
  expect(patternsOf(east)).toEqual(["*.east.example"]);
});

test("AD-14 a pattern that stands in a row is kept although it is contested", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  east.do(reload(settings(["*.east.example", "*.both.example"])));
  west.do(reload(settings(["*.west.example", "*.both.example"])));
  bench.gossip();
  expect(west.do(reload(settings(["*.both.example", "*.more.example"])))).toMatchObject({ claimed: true });
  expect(patternsOf(west)).toEqual(["*.both.example", "*.more.example"]);
});

test("AD-14 patterns changed while the server was down are claimed at its start", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  east.config = { ...east.config, patterns: ["*.later.example"] };
  east.restart();
  bench.settle();
  expect(patternsOf(east)).toEqual(["*.later.example"]);
});

test("AD-14 an overlap at start is noted, and the old claim stands", () => {
  const bench = new Bench();
  const [, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  west.config = { ...west.config, patterns: ["*.east.example"] };
  west.restart();
  bench.settle();
  expect(patternsOf(west)).toEqual(["*.west.example"]);
  expect(west.notes.some(({ what, detail }) => what === "claim-refused" && detail?.startsWith("PATTERN_OVERLAP"))).toBe(
    true,
  );
  expect(west.phase).toBe("member");
});

test("AD-14 a malformed pattern is refused: CLAIM_INVALID", () => {
  const bench = new Bench();
  expect(codeOf(found(bench, "east").do(reload(settings(["UPPER_CASE"]))))).toBe("CLAIM_INVALID");
});

test("AD-14 a server outside any spanner takes settings without a claim", () => {
  const bench = new Bench();
  const one = bench.bolt("one");
  expect(one.do(reload(settings(["*.one.example", "*.more.example"])))).toMatchObject({ claimed: false });
  expect(one.config.patterns).toHaveLength(2);
});

test("AD-1 a dry run of a reload says whether it would claim", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(east.do(reload(settings(["*.new.example"]), true))).toEqual({
    answer: "reconfigured",
    claimed: true,
    dryRun: true,
  });
  expect(patternsOf(east)).toEqual(["*.east.example"]);
  expect(east.config.patterns).toEqual(["*.east.example"]);
});

test("AD-15 a changed licence is registered in the profile", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  east.do(reload(settings(["*.east.example"], "123")));
  expect(east.roster.profile(east.id)?.message).toMatchObject({ seq: 2, licence: Uint8Array.of(1, 2, 3) });
});
