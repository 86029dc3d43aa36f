/**
 * How fast owners are looked up and overlaps decided, in tables of ten thousand patterns of several shapes. The two
 * gates take the worst shape; the clock is the caller's.
 */
import type { Figure } from "./figure.ts";
import type { Outcome } from "../../src/kernel/refusal.ts";
import { parsePattern } from "../../src/pattern/glob.ts";
import type { Pattern } from "../../src/pattern/glob.ts";
import { parseHostname } from "../../src/pattern/hostname.ts";
import type { Hostname } from "../../src/pattern/hostname.ts";
import { buildTable } from "../../src/pattern/table.ts";
import type { PatternTable } from "../../src/pattern/table.ts";

/** A table of one shape, with names to look up (some matched late or by nobody) and patterns that overlap nothing. */
export interface PatternWorkload {
  readonly shape: string;
  readonly table: PatternTable<number>;
  readonly hostnames: readonly Hostname[];
  readonly strangers: readonly Pattern[];
}

const tableSize = 10_000;
const lookUps = 20_000;
const overlapRounds = 5;

interface Shape {
  readonly shape: string;
  readonly entry: (n: number) => string;
  readonly hostname: (n: number) => string;
  readonly strangers: readonly string[];
}

const shapes: readonly Shape[] = [
  {
    shape: "domains",
    entry: (n) => `*.site${n}.example.com`,
    hostname: (n) => `web7.rack3.site${n}.example.com`,
    strangers: ["*.elsewhere.example.com", "*[a-f].example.net"],
  },
  {
    shape: "prefixes",
    entry: (n) => `host${n}-*.east.example.com`,
    hostname: (n) => `host${n}-a.east.example.com`,
    strangers: ["web*.east.example.com", "[a-g]*.east.example.com"],
  },
  {
    shape: "middles",
    entry: (n) => `*-svc${n}-*.corp`,
    hostname: (n) => `eu-svc${n}-blue.corp`,
    strangers: ["*-svc[a-f]-*.com", "[a-f]*.[a-b]orp.net"],
  },
  {
    shape: "names",
    entry: (n) => `node${n}.example.com`,
    hostname: (n) => `node${n}.example.com`,
    strangers: ["node[a-z]*.example.com", "*[a-z]*.*.example.com"],
  },
  {
    shape: "classes",
    entry: (n) => `web[0-9]${n}?.dc[1-4].example.com`,
    hostname: (n) => `web7${n}a.dc3.example.com`,
    strangers: ["web[a-f]*.example.com", "*[0-9].dc[5-9].example.com"],
  },
];

/** The workloads, one for each shape of pattern. */
export function patternWorkloads(): PatternWorkload[] {
  return shapes.map(({ shape, entry, hostname, strangers }) => {
    const entries = Array.from({ length: tableSize }, (_, n) => ({ pattern: valid(parsePattern(entry(n))), owner: n }));
    const hostnames = Array.from({ length: 500 }, (_, n) => {
      const known = hostname((n * 7_919) % tableSize);
      return valid(parseHostname(n % 5 === 4 ? `${known}.unknown` : known));
    });
    return {
      shape,
      table: buildTable(entries),
      hostnames,
      strangers: strangers.map((text) => valid(parsePattern(text))),
    };
  });
}

function valid<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

/** The gates `owner_lookup_us` and `overlap_10k_ms`, then the same for each shape and the time to build. */
export function benchPatterns(nowMs: () => number): Figure[] {
  const figures: Figure[] = [];
  let slowestLookUpUs = 0;
  let slowestOverlapMs = 0;
  for (const workload of patternWorkloads()) {
    const builtMs = timed(nowMs, () => askOnce(workload));
    const lookUpUs = (timed(nowMs, () => lookUpMany(workload)) * 1_000) / lookUps;
    const overlapMs = timed(nowMs, () => overlapMany(workload)) / (overlapRounds * workload.strangers.length);
    slowestLookUpUs = Math.max(slowestLookUpUs, lookUpUs);
    slowestOverlapMs = Math.max(slowestOverlapMs, overlapMs);
    figures.push(
      { name: `owner_lookup_${workload.shape}_us`, value: lookUpUs, unit: "us" },
      { name: `overlap_10k_${workload.shape}_ms`, value: overlapMs, unit: "ms" },
      { name: `pattern_index_10k_${workload.shape}_ms`, value: builtMs, unit: "ms" },
    );
  }
  return [
    { name: "owner_lookup_us", value: slowestLookUpUs, unit: "us" },
    { name: "overlap_10k_ms", value: slowestOverlapMs, unit: "ms" },
    ...figures,
  ];
}

function timed(nowMs: () => number, run: () => void): number {
  const startMs = nowMs();
  run();
  return nowMs() - startMs;
}

/** Makes both indexes, which a table does at its first question. */
function askOnce({ table, hostnames, strangers }: PatternWorkload): void {
  for (const hostname of hostnames.slice(0, 1)) table.find(hostname);
  for (const stranger of strangers.slice(0, 1)) table.firstOverlap(stranger);
}

function lookUpMany({ table, hostnames }: PatternWorkload): void {
  let found = 0;
  for (let asked = 0; asked < lookUps; asked++) {
    const hostname = hostnames[asked % hostnames.length];
    if (hostname !== undefined && table.find(hostname) !== undefined) found++;
  }
  // Four of five names have an owner: a look-up that answers nothing would be fast too.
  if (found !== (lookUps * 4) / 5) throw new Error(`${found} of ${lookUps} look-ups found an owner`);
}

function overlapMany({ table, strangers }: PatternWorkload): void {
  for (let round = 0; round < overlapRounds; round++) {
    for (const stranger of strangers) {
      const found = table.firstOverlap(stranger);
      if (found !== undefined) throw new Error(`${stranger.text} was to overlap nothing, not ${found.pattern.text}`);
    }
  }
}
