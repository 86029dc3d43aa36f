/** `vigosim run`: plays scenarios and prints their verdicts. */
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { jsonLine, jsonText } from "../../src/console/forms.ts";
import { harmlessText } from "../../src/kernel/harmless-text.ts";
import { parseDuration } from "../../src/reading/amounts.ts";
import { problemText } from "../../src/reading/problem.ts";
import { play } from "../scenario/play.ts";
import { openScenarios } from "./files.ts";
import type { ScenarioFile } from "./files.ts";
import { junitOf } from "./junit.ts";
import { peek } from "./peek.ts";
import { withProgress } from "./progress.ts";
import { linesOf, reportOf } from "./report.ts";
import type { RunReport } from "./report.ts";
import { traceLines } from "./trace-text.ts";

interface RunOptions {
  readonly seed?: number;
  readonly seeds?: readonly [number, number];
  readonly bytes: boolean;
  readonly realCrypto: boolean;
  readonly trace?: string;
  readonly junit?: string;
  readonly output: "text" | "json" | "jsonl";
  readonly until?: number;
  readonly show?: string;
}

/** Trace records kept for `--trace`. */
const traceRecordsMax = 4_000_000;

export function addRun(root: Command): void {
  root
    .command("run")
    .description("Play scenarios. Exit 0: all passed, 1: something was violated, 2: a file is wrong.")
    .argument("<file...>", "scenario files, or folders of them")
    .option("--seed <n>", "play with this seed instead of the file's", whole)
    .option("--seeds <a..b>", "play with each of these seeds", interval)
    .option("--bytes", "encode, verify and decode on every hop", false)
    .option("--real-crypto", "Ed25519 instead of the stand-in seal", false)
    .option("--trace <file>", "write every event of the last run as JSON lines")
    .option("--junit <file>", "write a JUnit report")
    .option("--until <time>", "with --show: play one file up to there, judge nothing", moment)
    .option("--show <bolt>", "with --until: show this bolt's spanner status then")
    .option("-o, --output <format>", "text, json or jsonl", format, "text")
    .addHelpText(
      "after",
      `
Examples:
  vigosim run scenarios/admission/token-race-across-a-split.yaml
  vigosim run scenarios --seeds 1..100 -o json > runs.json
  vigosim run scenarios/gossip/bridge.yaml --bytes --real-crypto --trace bridge.jsonl
  vigosim run scenarios/gossip/bridge.yaml --until 90s --show b3`,
    )
    .action((paths: string[], options: RunOptions) => run(paths, options));
}

function run(paths: readonly string[], options: RunOptions): void {
  const { files, problems } = openScenarios(paths);
  for (const problem of problems) process.stderr.write(`${problemText(problem)}\n`);
  if (problems.length > 0) {
    process.exitCode = 2;
    return;
  }
  if (options.until !== undefined || options.show !== undefined) return peek(files, options);
  const orders = files.flatMap((file) => seedsOf(file, options).map((seed) => ({ file, seed })));
  const runs = withProgress(orders, ({ file, seed }) => playOne(file, seed, options));
  if (options.output === "json") process.stdout.write(jsonText({ runs }));
  if (options.output === "text") summary(runs);
  if (options.junit !== undefined) writeReport(options.junit, junitOf(runs));
  if (runs.some(({ ok }) => !ok)) process.exitCode = 1;
}

/** A report that cannot be written is a failure of the machine; the verdicts stand. */
function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (caught) {
    const why = harmlessText(caught instanceof Error ? caught.message : String(caught), 300);
    const next = "Next: name a file in a folder that is there and may be written";
    process.stderr.write(`REPORT_UNWRITTEN: The report was not written: ${why}. ${next}\n`);
    process.exitCode = 1;
  }
}

function seedsOf({ scenario }: ScenarioFile, { seed, seeds }: RunOptions): number[] {
  if (seeds === undefined) return [seed ?? scenario.seed];
  return Array.from({ length: seeds[1] - seeds[0] + 1 }, (_, at) => seeds[0] + at);
}

function playOne({ file, scenario }: ScenarioFile, seed: number, options: RunOptions): RunReport {
  const keepRecords = options.trace === undefined ? 0 : traceRecordsMax;
  const startedMs = performance.now();
  const verdict = play(scenario, { seed, inBytes: options.bytes, realCrypto: options.realCrypto, keepRecords });
  const report = reportOf(file, verdict, performance.now() - startedMs);
  if (options.output === "text") process.stdout.write(`${linesOf(report)}\n`);
  if (options.output === "jsonl") process.stdout.write(jsonLine(report));
  if (options.trace !== undefined) writeReport(options.trace, traceLines(verdict));
  return report;
}

function summary(runs: readonly RunReport[]): void {
  if (runs.length < 2) return;
  const failed = runs.filter(({ ok }) => !ok).length;
  process.stdout.write(`${runs.length - failed} passed, ${failed} failed\n`);
}

function whole(text: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/u.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("A seed is a whole number, 0 or more.");
  }
  return value;
}

function interval(text: string): readonly [number, number] {
  const [first, last] = text.split("..");
  const [from, to] = [whole(first ?? ""), whole(last ?? "")];
  if (to < from || to - from >= 10_000_000) throw new InvalidArgumentError("Seeds are two numbers, such as 1..100.");
  return [from, to];
}

function moment(text: string): number {
  const span = parseDuration(text);
  if (span === undefined) throw new InvalidArgumentError("A time is a number with a unit, such as 90s or 5m.");
  return span;
}

function format(text: string): RunOptions["output"] {
  if (text === "text" || text === "json" || text === "jsonl") return text;
  throw new InvalidArgumentError("Formats are text, json and jsonl.");
}
