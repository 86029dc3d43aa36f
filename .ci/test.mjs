/**
 * Runs the tests and ends with one plain line, `N passed, N failed`, counted from vitest's own report.
 * Arguments are handed on to vitest. A test file that does not load counts as one failure.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./ready.mjs";

const report = join(root, ".build", "test-report.json");
mkdirSync(join(root, ".build"), { recursive: true });
rmSync(report, { force: true });
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const done = spawnSync(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
});

const counted = count();
if (counted !== null) {
  const { passed, failed, skipped } = counted;
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
}
const isGood = done.status === 0 && counted !== null && counted.failed === 0 && counted.passed > 0;
process.exitCode = isGood ? 0 : 1;

function count() {
  let results;
  try {
    results = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    process.stdout.write("vitest left no report.\n");
    return null;
  }
  const unloadable = results.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = results.numFailedTests + unloadable;
  if (done.status !== 0 && failed === 0) {
    process.stdout.write("vitest failed outside of a test; its message is above.\n");
  }
  return { passed: results.numPassedTests, failed, skipped: results.numPendingTests + results.numTodoTests };
}
