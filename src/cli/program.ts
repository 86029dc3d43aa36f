/**
 * vigocli as a tree of commands, and one run of it: arguments in, exit code out. Whatever ends a command early arrives
 * here as a refusal and is told on stderr, as JSON with -o json (CL-2).
 */
import { Command, CommanderError } from "commander";
import type { Option } from "commander";
import { ClientRefused } from "../admin/client.ts";
import { paintFor } from "../console/colours.ts";
import { exitCodeOf, exitCodes } from "../console/exit-codes.ts";
import type { ExitCode } from "../console/exit-codes.ts";
import { refusalJson, refusalText } from "../console/refusal-text.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { Refused } from "../system/refused.ts";
import { addBoltCommands } from "./bolt-commands.ts";
import { addCompletion } from "./completion.ts";
import { addConfigCommands } from "./config-commands.ts";
import { addDoctor } from "./doctor.ts";
import { addInviteCommands } from "./invite-commands.ts";
import { addLicenseCommands } from "./license-commands.ts";
import { addLogin } from "./login.ts";
import { addMemberCommands } from "./member-commands.ts";
import { addRouteCommands } from "./route-commands.ts";
import { addStatus } from "./status.ts";
import type { CliWorld } from "./world.ts";

/** The whole tree. */
export function buildProgram(world: CliWorld): Command {
  const root = new Command("vigocli")
    .description("Administers Vigo Spanner: asks any bolt over its REST API, the local one unless --server says else.")
    .exitOverride()
    .configureOutput({ writeOut: world.out, writeErr: world.err, outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true, optionDescription })
    .addHelpText("after", rootHelp);
  addGlobalOptions(root);
  const spanner = root
    .command("spanner")
    .description("The spanner this server belongs to: found it, look at it, change who is in it.")
    .addHelpText("after", "\nExample:\n  vigocli spanner status\n  vigocli spanner bolt invite --ttl 24h > invite.txt");
  addStatus(spanner, world);
  addMemberCommands(spanner, world);
  addBoltCommands(spanner, world);
  addInviteCommands(spanner, world);
  addRouteCommands(spanner, world);
  addConfigCommands(root, world);
  addLicenseCommands(root, world);
  addDoctor(root, world);
  addLogin(root, world);
  addCompletion(root, world);
  return root;
}

/** Defaults that say nothing, such as "not given", are left out. */
function optionDescription({ description, defaultValue }: Option): string {
  return typeof defaultValue === "string" ? `${description} (default: ${defaultValue})` : description;
}

const rootHelp = `
From two servers to a spanner:
  vigocli spanner init                                    on the first server
  vigocli spanner bolt invite --ttl 24h > invite.txt      on the first server
  vigocli spanner bolt join --code-file invite.txt        on the second server
  vigocli spanner status                                  on either

Exit codes: 0 done, 1 failed, 2 bad usage or input, 3 partial (some bolts did not answer),
            4 refused by policy or licence, 5 timed out, 6 conflict (nothing changed)`;

function addGlobalOptions(root: Command): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  root
    .option("--server <url>", "the bolt to ask, https://HOST:PORT; the local one unless given")
    .option("--config <file>", "server.yaml of the local server; else VIGO_CONFIG_FILE, else ./server.yaml")
    .option("--data-dir <dir>", "data directory of the local server")
    .option("--timeout <duration>", "how long to wait for an answer, such as 30s", "30s")
    .option("-o, --output <form>", "table, wide, json, jsonl, yaml or name", "table")
    .option("--no-headers", "rows without headers, for scripts")
    .option("--sort-by <field>", "order rows by a column, -FIELD for falling order")
    .option("--filter <field=value>", "only rows with this value; may be repeated", collect, [])
    .option("--quiet", "no remarks on stderr, only errors", false)
    .option("--color <when>", "auto, always or never", "auto");
}

/** Runs one command line (without program name). Never rejects for what a user or a server can cause. */
export async function runCli(args: readonly string[], world: CliWorld): Promise<ExitCode> {
  const program = buildProgram(world);
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCodes.done;
  } catch (caught) {
    return ended(caught, args, world);
  }
}

function ended(caught: unknown, args: readonly string[], world: CliWorld): ExitCode {
  if (caught instanceof CommanderError) {
    // Asked for help, or gave a group without its command: the help was shown already.
    if (caught.exitCode === 0) return exitCodes.done;
    if (caught.code === "commander.help") return exitCodes.badUsage;
    tell(usageRefusal(caught, args), args, world);
    return exitCodes.badUsage;
  }
  if (!(caught instanceof Refused || caught instanceof ClientRefused)) throw caught;
  tell(caught.refusal, args, world);
  const isTimeout = caught instanceof ClientRefused && caught.isTimeout;
  return isTimeout ? exitCodes.timedOut : exitCodeOf(caught.refusal.code);
}

function tell(refusal: Refusal, args: readonly string[], world: CliWorld): void {
  if (wantsJson(args)) return world.err(refusalJson(refusal));
  world.err(refusalText(refusal, paintFor("never", { isTerminal: false, environment: {} })));
}

/** From the raw words, because a usage error ends before options are known. */
function wantsJson(args: readonly string[]): boolean {
  return args.some((word, at) => {
    const before = args[at - 1];
    if (before === "-o" || before === "--output") return word === "json" || word === "jsonl";
    return /^(-o=?|--output=)jsonl?$/u.test(word);
  });
}

function usageRefusal(caught: CommanderError, args: readonly string[]): Refusal {
  const text = caught.message.replace(/^error: /u, "").replaceAll("\n", " ");
  const message = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  const words = args.slice(0, 3).filter((word) => /^[a-z][a-z-]*$/u.test(word));
  return { code: "BAD_USAGE", message, next: ["vigocli", ...words, "--help"].join(" ") };
}
