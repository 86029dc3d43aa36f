/** `vigosim list`, `faults`, `new`, `validate`: what ships, what can go wrong, how to begin. */
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { problemText } from "../../src/reading/problem.ts";
import { faults } from "../scenario/fault-forms.ts";
import { steps } from "../scenario/steps.ts";
import { openScenarios } from "./files.ts";
import { firstScenario } from "./first-scenario.ts";

/** Where the shipped scenarios are, from sources and from the compiled program alike. */
export function shippedFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "scenarios")) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, "scenarios");
}

export function addTeaching(root: Command): void {
  root
    .command("list")
    .description("Name the scenarios that ship, with their files.")
    .action(() => {
      for (const { file, scenario } of openScenarios([shippedFolder()]).files) {
        process.stdout.write(`${file}\n    ${scenario.name}\n`);
      }
    });
  root
    .command("faults")
    .description("Name every step and fault with its parameters.")
    .action(() => {
      process.stdout.write("Steps (do: ...)\n");
      for (const { shape } of steps) formLines(shape.do.value, "", shape);
      process.stdout.write("\nFaults (fault: ...)\n");
      for (const form of faults) formLines(form.shape.fault.value, form.description ?? "", form.shape);
    });
  root
    .command("new")
    .description("Write a commented scenario to start from.")
    .argument("<file>", "must not exist")
    .action((file: string) => {
      try {
        writeFileSync(file, firstScenario, { flag: "wx" });
        process.stdout.write(`${file} is ready; play it with: vigosim run ${file}\n`);
      } catch (error) {
        process.stderr.write(
          `FILE_NOT_WRITTEN ${error instanceof Error ? error.message : "The file was not written."}\n`,
        );
        process.exitCode = 2;
      }
    });
  root
    .command("validate")
    .description("Check scenario files without playing them. Exit 2 when one is wrong.")
    .argument("<file...>", "scenario files, or folders of them")
    .action((paths: string[]) => {
      const { files, problems } = openScenarios(paths);
      for (const problem of problems) process.stderr.write(`${problemText(problem)}\n`);
      process.stdout.write(`${files.length} good, ${new Set(problems.map(({ file }) => file)).size} wrong\n`);
      if (problems.length > 0) process.exitCode = 2;
    });
}

const shared = new Set(["at", "id", "do", "fault"]);

function formLines(kind: string, about: string, shape: object): void {
  process.stdout.write(`  ${kind}${about === "" ? "" : `: ${about}`}\n`);
  for (const [field, schema] of Object.entries(shape) as [string, { description?: string }][]) {
    if (!shared.has(field)) process.stdout.write(`      ${field}: ${schema.description ?? ""}\n`);
  }
}
