/** Scenario files on disk: named one by one, or all below a folder. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
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
  if (stat === undefined) {
    const message = "There is no such file or folder.";
    problems.push({ code: "SCENARIO_MISSING", file: path, line: 1, column: 1, path: "", message });
    return [];
  }
  if (!stat.isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  const found = names.filter((name) => name.endsWith(".yaml")).map((name) => join(path, name));
  return found.sort((a, b) => (a < b ? -1 : 1));
}
