/** What a run looks like to people and to programs. */
import { harmlessText } from "../../src/kernel/harmless-text.ts";
import type { Verdict } from "../scenario/play.ts";

/** One run as `vigosim run -o json` prints it; times in ms. */
export interface RunReport {
  readonly file: string;
  readonly scenario: string;
  readonly seed: number;
  readonly ok: boolean;
  readonly violations: readonly {
    readonly oracle: string;
    readonly at_ms: number;
    readonly bolt: string;
    readonly text: string;
  }[];
  readonly events: number;
  readonly simulated_ms: number;
  readonly wall_ms: number;
  readonly fingerprint: string;
}

export function reportOf(file: string, verdict: Verdict, wallMs: number): RunReport {
  return {
    file,
    scenario: verdict.scenario,
    seed: verdict.seed,
    ok: verdict.ok,
    violations: verdict.violations.map(({ oracle, atUs, bolt, text }) => {
      return { oracle, at_ms: atUs / 1_000, bolt, text };
    }),
    events: verdict.events,
    simulated_ms: verdict.simulatedMs,
    wall_ms: Math.round(wallMs * 10) / 10,
    fingerprint: verdict.fingerprint,
  };
}

/** The verdict line, and a line for each violation below it. */
export function linesOf(run: RunReport): string {
  const speed = run.wall_ms > 0 ? `${Math.round(run.simulated_ms / run.wall_ms).toLocaleString("en-US")} x` : "at once";
  const figures = `seed ${run.seed}, ${spanText(run.simulated_ms)} simulated, ${run.events} events, ${speed}`;
  const head = `${run.ok ? "pass" : "FAIL"}  ${run.scenario}  (${figures}, ${run.fingerprint})`;
  const violations = run.violations.map(({ oracle, at_ms, bolt, text }) => {
    return `      ${oracle} at ${spanText(at_ms)}${bolt === "" ? "" : ` on ${bolt}`}: ${text}`;
  });
  const again = run.ok ? [] : [`      again: vigosim run ${run.file} --seed ${run.seed}`];
  // Names come from a file that may have come from anyone.
  return [head, ...violations, ...again].map((line) => harmlessText(line)).join("\n");
}

/** Milliseconds as people read them. */
export function spanText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 600_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 172_800_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 86_400_000)} d`;
}
