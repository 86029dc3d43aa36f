/** Verdicts as a JUnit report: a suite a scenario, a case a seed. */
import type { RunReport } from "./report.ts";

/** The report as XML, times in seconds. */
export function junitOf(runs: readonly RunReport[]): string {
  const names = [...new Set(runs.map(({ scenario }) => scenario))];
  const suites = names.map((name) =>
    suiteOf(
      name,
      runs.filter(({ scenario }) => scenario === name),
    ),
  );
  const failures = runs.filter(({ ok }) => !ok).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="vigosim" tests="${runs.length}" failures="${failures}">`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteOf(name: string, runs: readonly RunReport[]): string {
  const failures = runs.filter(({ ok }) => !ok).length;
  const seconds = runs.reduce((sum, run) => sum + run.wall_ms, 0) / 1_000;
  const head = `name="${escaped(name)}" tests="${runs.length}" failures="${failures}" time="${seconds.toFixed(3)}"`;
  return [`  <testsuite ${head}>`, ...runs.map(caseOf), "  </testsuite>"].join("\n");
}

function caseOf(run: RunReport): string {
  const head = `classname="${escaped(run.file)}" name="seed ${run.seed}" time="${(run.wall_ms / 1_000).toFixed(3)}"`;
  const failures = run.violations.map(({ oracle, bolt, text }) => {
    const message = escaped(`${oracle}${bolt === "" ? "" : ` on ${bolt}`}: ${text}`);
    return `      <failure type="${escaped(oracle)}" message="${message}"/>`;
  });
  const body = failures.length === 0 ? [] : failures;
  return [`    <testcase ${head}>`, ...body, "    </testcase>"].join("\n");
}

function escaped(text: string): string {
  const harmless = text.replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd]/gu, "?");
  return harmless.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
