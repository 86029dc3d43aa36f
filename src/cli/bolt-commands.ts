/** `spanner bolt`: list, show, invite, join, remove, repoint. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { ageText, shortId } from "../console/amount-text.ts";
import { wallText } from "../kernel/wall-text.ts";
import type { BoltReport } from "../turn/status.ts";
import { loadText } from "../system/files.ts";
import { Refused } from "../system/refused.ts";
import { guardSecret } from "../system/secrets.ts";
import { asMutation, attach, doneText, withExample } from "./actions.ts";
import type { MutationOptions } from "./actions.ts";
import { openSecretOutput } from "./secret-output.ts";
import { answerOf, badUsage } from "./session.ts";
import type { Session } from "./session.ts";
import { boltColumns, nameOf, skewText, statusText } from "../console/status-listing.ts";
import { askStatus } from "./status.ts";
import type { CliWorld } from "./world.ts";

export function addBoltCommands(spanner: Command, world: CliWorld): void {
  const group = spanner
    .command("bolt")
    .description("The bolts of the spanner. B is a name, a unique prefix, or the full key.");
  withExample(group, "vigocli spanner bolt list -o wide", "vigocli spanner bolt show east-1");
  addList(group, world);
  addShow(group, world);
  addInvite(group, world);
  addJoin(group, world);
  addRemove(group, world);
  addRepoint(group, world);
}

function addList(group: Command, world: CliWorld): void {
  const command = group.command("list").description("All bolts, as this one sees them.");
  withExample(
    command,
    "vigocli spanner bolt list --filter status=stale --sort-by -age",
    "vigocli spanner bolt list -o name",
  );
  attach(command, world, async (session) => {
    const { bolts } = await askStatus(session);
    session.show({ rows: bolts, columns: boltColumns, nameOf: ({ name }) => name, whole: (rows) => rows });
  });
}

function addShow(group: Command, world: CliWorld): void {
  const command = group.command("show").description("One bolt, with all this one knows of it.").argument("<bolt>");
  withExample(command, "vigocli spanner bolt show east-1");
  attach(command, world, async (session, _options, [bolt = ""]) => {
    const { status, bolt: id } = answerOf(await session.ask("bolt-show", { bolt }), "bolt");
    const found = status.bolts.find((one) => one.id === id);
    if (found === undefined)
      throw new Refused({ code: "ANSWER_INVALID", message: "The answer lacks the bolt.", value: id });
    session.showFacts(factsOf(found), found, found.name);
  });
}

function factsOf(bolt: BoltReport): readonly (readonly [string, string])[] {
  const { counters, addresses } = bolt;
  return [
    ["name", bolt.name],
    ["key", bolt.id],
    ["status", statusText(bolt)],
    ["age", `${ageText(bolt.ageMs)} (stale after ${ageText(bolt.staleAfterMs)})`],
    ["heard by", bolt.heardBy],
    ["link", bolt.linkUp === null ? "-" : bolt.linkUp ? "up" : "down"],
    ["clock", skewText(bolt.skewMs)],
    ["patterns", bolt.patterns.join(", ")],
    ["envoys", String(counters.envoys)],
    ["converged", String(counters.converged)],
    ["degraded", String(counters.degraded)],
    ["failed", String(counters.failed)],
    ["offline", String(counters.offline)],
    ["order", `${bolt.order}`],
    ["grpc", addresses.grpc.join(", ")],
    ["api", addresses.api.join(", ")],
    ["digest", bolt.digest ?? "-"],
    ["version", bolt.version ?? "-"],
  ];
}

interface InviteOptions extends MutationOptions {
  readonly ttl: string;
  readonly for?: string;
  readonly name?: string;
  readonly patterns: readonly string[];
  readonly out?: string;
}

function addInvite(group: Command, world: CliWorld): void {
  const split = (value: string, before: readonly string[]): readonly string[] => [
    ...before,
    ...value
      .split(",")
      .map((pattern) => pattern.trim())
      .filter((pattern) => pattern !== ""),
  ];
  const command = asMutation(
    group
      .command("invite")
      .description(
        "Mint an invite. Only its text goes to stdout: whoever has it may join, unless it is bound with --for.",
      )
      .option("--ttl <duration>", "how long it may be used, 1m to 30d", "24h")
      .option("--for <key>", "bind it to this key, from vigocli spanner identity on the joiner")
      .option("--name <name>", "with --for: the joiner's name")
      .option("--patterns <patterns>", "with --for: the joiner's patterns, with commas between", split, [])
      .option("--out <file>", "write it to a new file (0600) instead of stdout"),
  );
  withExample(
    command,
    "vigocli spanner bolt invite --ttl 2h > invite.txt",
    "vigocli spanner bolt invite --for KEY --name west-1 --patterns '*.west.example.com'",
  );
  attach<InviteOptions>(command, world, invite);
}

async function invite(session: Session, options: InviteOptions): Promise<void> {
  const { ttl, dryRun } = options;
  const bound = boundOf(options);
  const file = options.out === undefined || dryRun ? null : openSecretOutput(options.out, session.world);
  let invited;
  try {
    invited = answerOf(await session.ask("invite", { ttl, bound, dryRun }), "invited");
  } catch (caught) {
    file?.discard();
    throw caught;
  }
  const { code, invite: minted } = invited;
  const isKept = file !== null && code !== null && file.write(code);
  const shown = isKept ? null : code;
  if (session.form === "table" || session.form === "wide") {
    if (shown !== null) session.world.out(`${shown}\n`);
  } else {
    const { bundle } = invited;
    session.showFacts([], { invite: minted, bundle, code: shown, dryRun }, shown ?? minted?.id ?? "");
  }
  if (dryRun || minted === null) return session.note("Dry run, nothing was changed: an invite would be minted.");
  const who = minted.boundTo === null ? "for whoever carries it" : `for ${minted.boundTo.name} alone`;
  session.note(`Invite ${shortId(minted.id)}, ${who}, until ${wallText(minted.expiresMs)}.`);
  session.note(isKept ? `It is in ${file.path}.` : "Hand it over like a password.");
  session.note("Next, on the joining server: vigocli spanner bolt join --code-file FILE");
}

function boundOf(options: InviteOptions): { key: string; name: string; patterns: string[] } | null {
  const { for: key, name, patterns } = options;
  if (key === undefined) {
    if (name === undefined && patterns.length === 0) return null;
    throw badUsage(
      "--name and --patterns belong to --for.",
      name ?? patterns.join(","),
      "vigocli spanner identity, on the joiner",
    );
  }
  if (name === undefined)
    throw badUsage("--for needs --name.", key, "vigocli spanner bolt invite --for KEY --name N --patterns P");
  return { key: key.toLowerCase(), name, patterns: [...patterns] };
}

interface JoinOptions extends MutationOptions {
  readonly from: readonly string[];
  readonly allowAddress: boolean;
  readonly code?: string;
  readonly codeFile?: string;
}

function addJoin(group: Command, world: CliWorld): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  const command = asMutation(
    group
      .command("join")
      .description("Join a spanner with an invite. Run it for the server that joins.")
      .option("--from <url>", "a member to ask instead of those in the invite; may be repeated", collect, [])
      .option("--allow-address", "ask also link-local addresses, where clouds answer with a machine's secrets", false)
      .option("--code <text>", "the invite")
      .option("--code-file <file>", "a file with the invite, - for stdin"),
  );
  withExample(
    command,
    "vigocli spanner bolt join --code-file invite.txt",
    "ssh east-1 vigocli spanner bolt invite | vigocli spanner bolt join --code-file -",
  );
  attach<JoinOptions>(command, world, async (session, options) => {
    const { allowAddress, dryRun } = options;
    const code = await codeOf(session, options);
    const order = { code, from: [...options.from], allowAddress, dryRun };
    const joined = answerOf(await session.ask("join", order), "joined");
    const { bolt, sponsor, admit } = joined;
    const facts = [
      ["bolt", bolt],
      ["sponsor", sponsor ?? "-"],
      ["admission", admit ?? "-"],
    ] as const;
    session.showFacts(facts, { bolt, sponsor, admit, dryRun }, bolt);
    session.note(doneText(dryRun, "This server joins the spanner."));
    if (!dryRun) session.note("Next: vigocli spanner status");
  });
}

const codeLimitBytes = 64 * 1_024;

async function codeOf({ world }: Session, { code, codeFile }: JoinOptions): Promise<string> {
  const next = "vigocli spanner bolt join --code-file FILE";
  if ((code === undefined) === (codeFile === undefined)) {
    throw badUsage("A join takes its invite from --code or from --code-file.", "spanner bolt join", next);
  }
  if (code !== undefined) return code.trim();
  if (codeFile === "-") return (await world.readInput()).trim();
  return fileText(codeFile ?? "", world, next).trim();
}

function fileText(file: string, world: CliWorld, next: string): string {
  const path = resolve(world.workingFolder, file);
  const text = loadText(path, codeLimitBytes);
  if (text === undefined)
    throw new Refused({ code: "FILE_MISSING", message: "There is no such file.", value: path, next });
  return text;
}

interface RemoveOptions extends MutationOptions {
  readonly cut: readonly string[];
  readonly recoveryKeyFile?: string;
}

function addRemove(group: Command, world: CliWorld): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value.toLowerCase()];
  const command = asMutation(
    group
      .command("remove")
      .description("Remove a bolt for good. Its key can never come back.")
      .argument("<bolt>")
      .option(
        "--cut <row>",
        "the last row of it that still counts; may be repeated; all rows held unless given",
        collect,
        [],
      )
      .option("--recovery-key-file <file>", "a file with the recovery key that init showed"),
  );
  withExample(
    command,
    "vigocli spanner bolt remove west-1 --dry-run",
    "vigocli spanner bolt remove west-1 --recovery-key-file /media/usb/recovery.key --yes",
  );
  attach<RemoveOptions>(command, world, async (session, options, [bolt = ""]) => {
    const { cut, recoveryKeyFile, dryRun } = options;
    const recoverySeed = recoveryKeyFile === undefined ? null : recoveryOf(recoveryKeyFile, world);
    await session.confirm(`Remove ${bolt} for good? Its key can never come back.`, dryRun);
    const order = { bolt, cut: cut.length === 0 ? null : [...cut], recoverySeed, dryRun };
    const { answer: _answer, ...removed } = answerOf(await session.ask("remove", order), "removed");
    const facts = [
      ["removed", removed.target],
      ["row", removed.row ?? "-"],
      ["by", recoverySeed === null ? (removed.by ?? "-") : "the recovery key"],
      ["rows kept", removed.cut.map(shortId).join(", ")],
      ["not asked", removed.notAsked.join(", ")],
    ] as const;
    session.showFacts(facts, removed, removed.target);
    session.note(doneText(dryRun, `${bolt} is removed from the spanner.`));
  });
}

function recoveryOf(file: string, world: CliWorld): string {
  guardSecret(resolve(world.workingFolder, file));
  const seed = fileText(file, world, "name the file that vigocli spanner init --recovery-out made")
    .trim()
    .toLowerCase();
  if (/^[0-9a-f]{64}$/u.test(seed)) return seed;
  const message = "The file holds no recovery key, which has 64 hex digits.";
  throw new Refused({ code: "RECOVERY_KEY_INVALID", message, value: file });
}

interface RepointOptions extends MutationOptions {
  readonly address: string;
}

function addRepoint(group: Command, world: CliWorld): void {
  const command = asMutation(
    group
      .command("repoint")
      .description("Tell this bolt, and no other, where a bolt is reached that moved.")
      .argument("<bolt>")
      .requiredOption("--address <address>", "host:port of its gRPC port"),
  );
  withExample(command, "vigocli spanner bolt repoint west-1 --address west-1.example.com:1530");
  attach<RepointOptions>(command, world, async (session, { address, dryRun }, [bolt = ""]) => {
    const repointed = answerOf(await session.ask("repoint", { bolt, address, dryRun }), "repointed");
    const status = await askStatus(session);
    const name = nameOf(status, repointed.bolt);
    const facts = [
      ["bolt", `${name} (${shortId(repointed.bolt)})`],
      ["address", repointed.address],
    ] as const;
    session.showFacts(facts, { bolt: repointed.bolt, address: repointed.address, dryRun }, name);
    session.note(doneText(dryRun, `This bolt reaches ${name} at ${repointed.address}.`));
  });
}
