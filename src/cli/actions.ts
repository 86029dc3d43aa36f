/** How commands are attached to their work: every action gets a session, and mutations get their two options. */
import type { Command } from "commander";
import { Session } from "./session.ts";
import type { CliWorld } from "./world.ts";

/** What an action is given: the session, the options of its own command, and its arguments. */
export type Action<Options> = (session: Session, options: Options, args: readonly string[]) => Promise<void> | void;

/** Runs the action with a fresh session. */
export function attach<Options extends object>(command: Command, world: CliWorld, action: Action<Options>): void {
  command.action(async () => {
    await action(new Session(world, command), command.opts<Options>(), command.args);
  });
}

/** --dry-run and --yes, which every mutation takes. */
export function asMutation(command: Command): Command {
  return command
    .option("--dry-run", "walk the same path, stop before anything changes", false)
    .option("--yes", "do not ask for confirmation", false);
}

export interface MutationOptions {
  readonly dryRun: boolean;
}

/** A sentence about what was done, or would be. */
export function doneText(isDryRun: boolean, text: string): string {
  return isDryRun ? `Dry run, nothing was changed: ${text}` : text;
}

/** Examples below the help of a command. */
export function withExample(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExample:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
