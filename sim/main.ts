/**
 * vigosim: plays scenarios of spanners in simulated time. Exit codes: 0 passed, 1 something was violated, 2 bad usage
 * or a bad file.
 */
import { Command, CommanderError } from "commander";
import { addBench } from "./cli/bench-command.ts";
import { addReplay } from "./cli/replay-command.ts";
import { addRun } from "./cli/run-command.ts";
import { addTeaching } from "./cli/teach-commands.ts";

const root = new Command("vigosim")
  .description("Plays scenarios of spanners: many bolts, a bad network, crashes, and what must hold all the same.")
  .showHelpAfterError("(vigosim --help shows all commands)")
  .exitOverride()
  .addHelpText(
    "after",
    `
A first round:
  vigosim list                      what ships
  vigosim new first.yaml            a commented scenario to start from
  vigosim run first.yaml            play it; the line it prints names the seed
  vigosim run scenarios --seeds 1..20`,
  );
addRun(root);
addTeaching(root);
addReplay(root);
addBench(root);

try {
  await root.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
