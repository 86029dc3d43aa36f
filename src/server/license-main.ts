/**
 * vigolicense: makes an authority and issues licences. This file is its command line; the work is in license-work.ts.
 * Exit codes: 0 done, 1 failed, 2 bad usage or input, 4 the inspected licence is not good.
 */
import { Command, CommanderError } from "commander";
import { harmlessText } from "../kernel/harmless-text.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { wallText } from "../kernel/wall-text.ts";
import { createEd25519Seal } from "../seal/ed25519.ts";
import { Refused } from "../system/refused.ts";
import type { Inspected, IssueOrder, LicenceTools } from "./license-work.ts";
import { inspectLicence, issueLicence, makeAuthority } from "./license-work.ts";

const tools: LicenceTools = { seal: createEd25519Seal(), nowMs: Date.now() };

/** Codes of failures that are the machine's, not the user's. */
const machineFailures = /^STORAGE_/;

function program(): Command {
  const root = new Command("vigolicense")
    .description("Makes an authority key and issues licences for Vigo Spanner.")
    .showHelpAfterError("(vigolicense --help shows all commands)")
    .exitOverride()
    .addHelpText(
      "after",
      `
From nothing to a licensed bolt:
  vigolicense keygen --out authority.key > authority.pub     once; keep authority.key off every server
  vigocli license fingerprint > east.fingerprint             on the server
  vigolicense issue --authority authority.key --customer "Example Ltd" --tier commercial \\
    --nodes 5000 --expires 365d --fingerprint east.fingerprint --out east.lic
  Put authority.pub and east.lic into license/ under the server's data_dir, then: vigocli license status`,
    );
  addKeygen(root);
  addIssue(root);
  addInspect(root);
  return root;
}

function addKeygen(root: Command): void {
  root
    .command("keygen")
    .description("Make an authority. The private key goes to a new file (0600), the text of authority.pub to stdout.")
    .requiredOption("--out <file>", "where the private key goes; must not exist")
    .action(({ out }: { out: string }) => {
      process.stdout.write(makeAuthority(out, tools));
      note(`The private key is in ${harmlessText(out)}; whoever has it can issue licences.`);
    });
}

function addIssue(root: Command): void {
  root
    .command("issue")
    .description("Issue a licence, to stdout or to a new file.")
    .requiredOption("--authority <file>", "the authority's private key, as keygen made it")
    .requiredOption("--customer <name>", "whom it is for, 1 to 200 characters")
    .requiredOption("--tier <tier>", "commercial (spanner mode allowed) or free")
    .requiredOption("--nodes <n>", "how many envoys it allows")
    .requiredOption("--expires <when>", "a date (2027-03-01), a moment (2027-03-01T12:00:00Z) or a span (365d)")
    .requiredOption("--fingerprint <file|text>", "the machine, from vigocli license fingerprint; any: not bound to one")
    .option("--id <id>", "its id, 1 to 64 of a-z, 0-9 and -; drawn unless given")
    .option("--out <file>", "where it goes; must not exist; stdout unless given")
    .action((order: IssueOrder) => {
      const { text, licence } = issueLicence(order, tools);
      if (order.out === undefined) process.stdout.write(text);
      const bound = licence.machine === null ? ", bound to no machine: not enough for spanner mode" : "";
      note(`Issued ${licence.id}: ${licence.nodes} nodes until ${wallText(licence.expiresMs)}${bound}.`);
    });
}

function addInspect(root: Command): void {
  root
    .command("inspect")
    .description("Show what a licence says, and whether it is good.")
    .argument("<file>", "a licence file")
    .option("--authority <file>", "judge it by this authority.pub, as a server would")
    .option("--fingerprint <file|text>", "judge it for this machine")
    .option("-o, --output <form>", "text or json", "text")
    .action((file: string, options: { authority?: string; fingerprint?: string; output: string }) => {
      if (options.output !== "text" && options.output !== "json") {
        const message = "There is no such output form.";
        throw new Refused({ code: "BAD_USAGE", message, value: options.output, next: "-o text, or -o json" });
      }
      const inspected = inspectLicence({ file, ...options }, tools);
      const report = reportOf(inspected);
      process.stdout.write(options.output === "json" ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
      process.exitCode = report.good ? 0 : 4;
    });
}

interface Report {
  readonly id: string;
  readonly customer: string;
  readonly tier: string;
  readonly nodes: number;
  readonly issued: string;
  readonly expires: string;
  readonly machine: string;
  readonly authority: string;
  /** With an authority to judge by: all checks pass. Without: the signature is that of the key it names. */
  readonly good: boolean;
  readonly checks: readonly { readonly check: string; readonly passed: boolean; readonly says: string }[];
}

function reportOf({ licence, isIntact, verdict }: Inspected): Report {
  const { id, customer, tier, nodes, issuedMs, expiresMs, machine, authority } = licence;
  const says = isIntact
    ? "The key that it names signed it; give --authority to know whether that is the right one."
    : "The key that it names did not sign these bytes.";
  const checks = verdict?.checks ?? [{ check: "signature", passed: isIntact, says }];
  return {
    ...{ id, customer, tier, nodes, issued: wallText(issuedMs), expires: wallText(expiresMs) },
    ...{ machine: machine ?? "any", authority, good: checks.every(({ passed }) => passed), checks },
  };
}

function reportText({ checks, good, ...fields }: Report): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name.padEnd(10)} ${value}`);
  const judged = checks.map(({ check, passed, says }) => `${passed ? "ok    " : "FAILED"} ${check.padEnd(10)} ${says}`);
  return [...lines, "", ...judged, good ? "This licence is good." : "This licence is NOT good.", ""].join("\n");
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function tell({ code, message, value, next }: Refusal): void {
  const lines = [`${code}: ${harmlessText(message)}`];
  if (value !== undefined) lines.push(`  value: ${JSON.stringify(harmlessText(value, 200))}`);
  if (next !== undefined) lines.push(`  next:  ${harmlessText(next)}`);
  note(lines.join("\n"));
}

/** Usage errors are commander's and already on stderr; refusals are told here; anything else is a bug and shows. */
function main(args: readonly string[]): void {
  try {
    program().parse([...args], { from: "user" });
  } catch (caught) {
    if (caught instanceof CommanderError) process.exitCode = caught.exitCode === 0 ? 0 : 2;
    else if (caught instanceof Refused) {
      tell(caught.refusal);
      process.exitCode = machineFailures.test(caught.refusal.code) ? 1 : 2;
    } else throw caught;
  }
}

main(process.argv.slice(2));
