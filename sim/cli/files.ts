/** Scenario files on disk: named one by one, or all below a folder. */
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { harmlessText } from "../../src/kernel/harmless-text.ts";
import type { Problem } from "../../src/reading/problem.ts";
import type { Scenario } from "../scenario/grammar.ts";
import { loadScenario } from "../scenario/load.ts";

export interface ScenarioFile {
  readonly file: string;
  readonly scenario: Scenario;
}

/** What was read, and everything that is wrong with what was not. */
export interface Opened {
  readonly files: readonly ScenarioFile[];
  readonly problems: readonly Problem[];
}

/** More than any scenario needs; the grammar has a limit of its own. */
const fileBytesMax = 4 * 1_048_576;

/** Reads every file named, and every .yaml below a folder named, in order of their paths. */
export function openScenarios(paths: readonly string[]): Opened {
  const files: ScenarioFile[] = [];
  const problems: Problem[] = [];
  for (const file of paths.flatMap((path) => below(path, problems))) {
    const loaded = loadScenario(readFileSync(file, "utf8"), file);
    if (loaded.ok) files.push({ file, scenario: loaded.scenario });
    else problems.push(...loaded.problems);
  }
  return { files, problems };
}

function below(path: string, problems: Problem[]): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return refused(path, "There is no such file or folder.", problems);
  if (!stat.isDirectory()) return readable(path, stat, problems);
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  const found = names.filter((name) => name.endsWith(".yaml")).map((name) => join(path, name));
  if (found.length === 0) return refused(path, "There is no .yaml file below this folder.", problems);
  // What a folder holds is not followed out of it.
  return found.sort((a, b) => (a < b ? -1 : 1)).flatMap((file) => readable(file, lstatSync(file), problems));
}

/** Pipes and devices have no end, and whoever opens one may wait for ever. */
function readable(path: string, stat: Stats, problems: Problem[]): string[] {
  if (!stat.isFile()) return refused(path, "This is not a regular file.", problems);
  if (stat.size <= fileBytesMax) return [path];
  return refused(path, `The file has ${stat.size} bytes; at most ${fileBytesMax} are read.`, problems);
}

function refused(path: string, message: string, problems: Problem[]): string[] {
  const code = message.startsWith("There is no") ? "SCENARIO_MISSING" : "SCENARIO_INVALID";
  problems.push({ code, file: harmlessText(path, 300), line: 1, column: 1, path: "", message });
  return [];
}
