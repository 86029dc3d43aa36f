/** Commands about this server's own membership: init, identity, leave, consent. */
import type { Command } from "commander";
import { ClientRefused } from "../admin/client.ts";
import { shortId } from "../console/amount-text.ts";
import { Refused } from "../system/refused.ts";
import { asMutation, attach, doneText, withExample } from "./actions.ts";
import type { MutationOptions } from "./actions.ts";
import { answerOf, badUsage } from "./session.ts";
import type { Session } from "./session.ts";
import { openSecretOutput } from "./secret-output.ts";
import { askStatus } from "./status.ts";
import type { CliWorld } from "./world.ts";

export function addMemberCommands(spanner: Command, world: CliWorld): void {
  addInit(spanner, world);
  addIdentity(spanner, world);
  addLeave(spanner, world);
  addConsent(spanner, world);
}

interface InitOptions extends MutationOptions {
  readonly recoveryOut?: string;
}

function addInit(spanner: Command, world: CliWorld): void {
  const command = asMutation(
    spanner
      .command("init")
      .description("Found a spanner with this server as its first bolt. Shows the recovery key, this once.")
      .option("--recovery-out <file>", "write the recovery key to a new file (0600) instead of showing it"),
  );
  withExample(command, "vigocli spanner init --dry-run", "vigocli spanner init --recovery-out /media/usb/recovery.key");
  attach<InitOptions>(command, world, init);
}

async function init(session: Session, { dryRun, recoveryOut }: InitOptions): Promise<void> {
  const file = recoveryOut === undefined || dryRun ? null : openSecretOutput(recoveryOut, session.world);
  let founded;
  try {
    founded = answerOf(await session.ask("init", { dryRun }), "founded");
  } catch (caught) {
    file?.discard();
    throw caught;
  }
  const { genesis, recoveryKey, recoverySeed } = founded;
  const isKept = file !== null && recoverySeed !== null && file.write(recoverySeed);
  if (file !== null && !isKept)
    session.note(`The recovery key could not be written to ${file.path}; it is shown instead.`);
  const spannerId = await spannerIdOf(session);
  const whole = { spannerId, genesis, recoveryKey, recoverySeed: isKept ? null : recoverySeed, dryRun };
  const key = isKept ? `in ${file.path}` : (recoverySeed ?? "made when it is founded");
  const facts = [
    ["spanner", spannerId ?? "founded, but its server did not answer again"],
    ["genesis", genesis ?? "-"],
    ["recovery key", key],
  ] as const;
  session.showFacts(facts, whole, spannerId ?? genesis ?? "");
  if (dryRun) return session.note("Dry run, nothing was changed: this server would found a spanner.");
  session.note("Keep the recovery key offline: with it bolts can be removed when no bolt has the say, and it is never");
  session.note("shown again. Whoever has it can remove any bolt.");
  session.note("Next: vigocli spanner bolt invite > invite.txt");
}

/** The recovery key cannot be had again, so nothing that fails from here on may keep it from being shown. */
async function spannerIdOf(session: Session): Promise<string | null> {
  try {
    return (await askStatus(session)).spannerId;
  } catch (caught) {
    if (caught instanceof Refused || caught instanceof ClientRefused) return null;
    throw caught;
  }
}

function addIdentity(spanner: Command, world: CliWorld): void {
  const command = spanner
    .command("identity")
    .description("This server's public key, name and pin, to hand over for an invite bound to it.");
  withExample(command, "vigocli spanner identity", "vigocli spanner identity -o json | jq -r .key");
  attach(command, world, async (session) => {
    const { key, name, patterns, tlsPin } = answerOf(await session.ask("identity", {}), "identity");
    const facts = [
      ["key", key ?? "none in standalone mode"],
      ["name", name],
      ["patterns", patterns.join(", ")],
      ["pin", tlsPin],
    ] as const;
    session.showFacts(facts, { key, name, patterns, tlsPin }, key ?? name);
  });
}

interface LeaveOptions extends MutationOptions {
  readonly successor?: string;
  readonly consent?: string;
}

function addLeave(spanner: Command, world: CliWorld): void {
  const command = asMutation(
    spanner
      .command("leave")
      .description("Leave the spanner for good. This server's key can never come back.")
      .option("--successor <key>", "the key that takes over patterns and age; needs --consent")
      .option("--consent <hex>", "from vigocli spanner consent on the successor"),
  );
  withExample(command, "vigocli spanner leave --dry-run", "vigocli spanner leave --successor KEY --consent HEX --yes");
  attach<LeaveOptions>(command, world, async (session, { successor: key, consent, dryRun }) => {
    if ((key === undefined) !== (consent === undefined)) {
      const message = "--successor and --consent go together.";
      const next = "vigocli spanner consent --genesis ROW --leaver KEY, on the successor";
      throw badUsage(message, key ?? consent ?? "", next);
    }
    await session.confirm("Leave the spanner for good? This server's key can never come back.", dryRun);
    const successor =
      key === undefined || consent === undefined ? null : { key: key.toLowerCase(), consent: consent.toLowerCase() };
    const { row } = answerOf(await session.ask("leave", { successor, dryRun }), "left");
    session.showFacts([["leave row", row ?? "-"]], { row, dryRun }, row ?? "");
    session.note(doneText(dryRun, "This server leaves the spanner."));
    if (successor === null || dryRun) return;
    session.note("Next, on the successor, with any invite of the spanner:");
    session.note("  vigocli spanner bolt join --code-file FILE");
  });
}

interface ConsentOptions {
  readonly genesis: string;
  readonly leaver: string;
}

function addConsent(spanner: Command, world: CliWorld): void {
  const command = spanner
    .command("consent")
    .description("Sign that this server, never admitted anywhere, takes over from a bolt that leaves.")
    .requiredOption("--genesis <row>", "the genesis of the spanner, from vigocli spanner status -o json there")
    .requiredOption("--leaver <key>", "the key of the bolt that leaves, from vigocli spanner identity there");
  withExample(command, "vigocli spanner consent --genesis ROW --leaver KEY");
  attach<ConsentOptions>(command, world, async (session, { genesis, leaver }) => {
    const order = { genesis: genesis.toLowerCase(), leaver: leaver.toLowerCase() };
    const { key, consent } = answerOf(await session.ask("consent", order), "consent");
    const facts = [
      ["successor", key],
      ["consent", consent],
    ] as const;
    session.showFacts(facts, { key, consent }, consent);
    session.note(`Next, on the bolt that leaves (${shortId(order.leaver)}):`);
    session.note(`  vigocli spanner leave --successor ${key} --consent ${consent}`);
  });
}
