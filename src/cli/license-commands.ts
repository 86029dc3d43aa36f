/**
 * `license`: status, install, fingerprint. They work on the local server's files, also while it does not run (CL-7).
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Column } from "../console/listing.ts";
import { wallText } from "../kernel/wall-text.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { parseAuthority } from "../license/authority.ts";
import { judgeLicence } from "../license/judge.ts";
import { licenceLimitBytes, parseLicence } from "../license/licence.ts";
import type { Licence } from "../license/licence.ts";
import { machineFingerprint } from "../license/machine.ts";
import type { MachineFingerprint } from "../license/machine.ts";
import { createEd25519Seal } from "../seal/ed25519.ts";
import { loadFile, loadText, makeFolder, secretFolderMode } from "../system/files.ts";
import { gatherFingerprint } from "../system/fingerprint.ts";
import { installLicence, openLicences } from "../system/licence-files.ts";
import type { InstalledLicences, LicenceEntry } from "../system/licence-files.ts";
import { Refused } from "../system/refused.ts";
import { openTls } from "../system/tls.ts";
import { asMutation, attach, doneText, withExample } from "./actions.ts";
import type { MutationOptions } from "./actions.ts";
import { localConfig } from "./local-server.ts";
import type { Session } from "./session.ts";
import type { CliWorld } from "./world.ts";

const pemLimitBytes = 256 * 1_024;

export function addLicenseCommands(root: Command, world: CliWorld): void {
  const group = root.command("license").description("Licences of the local server.");
  withExample(group, "vigocli license fingerprint > east.fingerprint", "vigocli license install east.lic");
  const status = group
    .command("status")
    .description("Every installed licence, what is in force, and why others are not. Exit 4 when none is enough.");
  withExample(status, "vigocli license status -o wide");
  attach(status, world, showStatus);
  const install = asMutation(
    group.command("install").description("Install a licence file, if it is good here.").argument("<file>"),
  );
  withExample(install, "vigocli license install east.lic --dry-run", "vigocli license install east.lic");
  attach<MutationOptions>(install, world, installFile);
  const fingerprint = group
    .command("fingerprint")
    .description("This machine, as a licence is bound to it: safe to mail. Makes the TLS CA when there is none yet.");
  withExample(fingerprint, "vigocli license fingerprint > east.fingerprint");
  attach(fingerprint, world, async (session) => {
    const config = localConfig(session.options, world);
    const text = machineFingerprint(gatherFingerprint({ caPem: await openCa(config, world, session) }));
    if (session.form === "json" || session.form === "yaml" || session.form === "jsonl") {
      return session.showFacts([], { fingerprint: text }, text);
    }
    world.out(`${text}\n`);
  });
}

async function openCa(config: ServerConfig, world: CliWorld, session: Session): Promise<string> {
  const held = loadText(config.tls.caFile, pemLimitBytes);
  if (held !== undefined) return held;
  makeFolder(config.dataDir, secretFolderMode);
  const order = { hostname: config.hostname, sans: config.tlsSans, nowMs: world.nowMs() };
  const { caPem, notes } = await openTls(config.tls, order);
  for (const note of notes) session.note(note);
  return caPem;
}

/** This machine; null when a part of its fingerprint is missing, such as a CA that was not made yet. */
function machineOf(config: ServerConfig): MachineFingerprint | null {
  const caPem = loadText(config.tls.caFile, pemLimitBytes);
  if (caPem === undefined) return null;
  try {
    return machineFingerprint(gatherFingerprint({ caPem }));
  } catch (caught) {
    if (caught instanceof Refused) return null;
    throw caught;
  }
}

/** All licences of the local server, judged now. */
export function readLicences(config: ServerConfig, nowMs: number): InstalledLicences {
  const { dataDir, mode } = config;
  return openLicences({ dataDir, seal: createEd25519Seal(), machine: machineOf(config), nowMs, mode });
}

function showStatus(session: Session): void {
  const { world } = session;
  const config = localConfig(session.options, world);
  const installed = readLicences(config, world.nowMs());
  const { inForce, entries, authority, authorityRefusal } = installed;
  const used = inForce.ok ? (inForce.value.licence?.id ?? null) : null;
  session.show({
    rows: entries.map((entry) => rowOf(entry, used)),
    columns,
    nameOf: ({ id, file }) => (id === "" ? file : id),
    whole: (licences) => ({
      mode: config.mode,
      authority,
      authorityRefusal,
      inForce: inForce.ok ? { id: used, tier: inForce.value.tier, nodes: inForce.value.nodes } : null,
      licences,
    }),
    heading: [
      ["mode", config.mode],
      ["authority", authority ?? authorityRefusal?.message ?? "none installed (license/authority.pub)"],
      ["in force", inForceText(installed)],
    ],
  });
  if (!inForce.ok) throw new Refused(inForce.refusal);
}

function inForceText({ inForce }: InstalledLicences): string {
  if (!inForce.ok) return "none";
  const { licence, tier, nodes, expiresMs, isCurrent } = inForce.value;
  const until = expiresMs === null ? "" : ` until ${wallText(expiresMs)}${isCurrent ? "" : " (expired)"}`;
  return `${licence?.id ?? "built in"}: ${tier}, ${nodes} nodes${until}`;
}

interface LicenceRow {
  readonly file: string;
  readonly id: string;
  readonly customer: string;
  readonly tier: string;
  readonly nodes: number | null;
  readonly expires: string;
  readonly state: "in force" | "good" | "not good" | "unreadable";
  /** What is wrong, or what the checks say. */
  readonly says: string;
}

const columns: readonly Column<LicenceRow>[] = [
  { name: "FILE", of: ({ file }) => file },
  { name: "ID", of: ({ id }) => id },
  { name: "TIER", of: ({ tier }) => tier },
  { name: "NODES", of: ({ nodes }) => String(nodes ?? "-"), sortKey: ({ nodes }) => nodes },
  { name: "EXPIRES", of: ({ expires }) => expires },
  {
    name: "STATE",
    of: ({ state }) => state,
    tone: ({ state }) => (state === "in force" ? "good" : state === "good" ? "quiet" : "bad"),
  },
  { name: "CUSTOMER", wide: true, of: ({ customer }) => customer },
  { name: "SAYS", of: ({ says }) => says },
];

function rowOf({ file, verdict }: LicenceEntry, used: string | null): LicenceRow {
  if (!verdict.ok) {
    const { message } = verdict.refusal;
    return { file, id: "", customer: "", tier: "", nodes: null, expires: "", state: "unreadable", says: message };
  }
  const { licence, checks, canStart } = verdict.value;
  const failed = checks.filter(({ passed }) => !passed).map(({ says }) => says);
  return {
    file,
    id: licence.id,
    customer: licence.customer,
    tier: licence.tier,
    nodes: licence.nodes,
    expires: wallText(licence.expiresMs),
    state: licence.id === used ? "in force" : canStart ? "good" : "not good",
    says: failed.length === 0 ? "all checks passed" : failed.join(" "),
  };
}

function installFile(session: Session, { dryRun }: MutationOptions, [file = ""]: readonly string[]): void {
  const { world } = session;
  const config = localConfig(session.options, world);
  const path = resolve(world.workingFolder, file);
  const bytes = loadFile(path, licenceLimitBytes);
  if (bytes === undefined) {
    throw new Refused({
      code: "FILE_MISSING",
      message: "There is no such file.",
      value: path,
      next: "vigocli license install FILE",
    });
  }
  const licence = parseLicence(bytes);
  if (!licence.ok) throw new Refused({ ...licence.refusal, value: path });
  guardGood(licence.value, config, world);
  const name = dryRun ? `${licence.value.id}.lic` : installLicence(config.dataDir, licence.value);
  const { id, customer, tier, nodes, expiresMs } = licence.value;
  const expires = wallText(expiresMs);
  const facts = [
    ["file", `license/${name}`],
    ["id", id],
    ["customer", customer],
    ["tier", tier],
    ["nodes", String(nodes)],
    ["expires", expires],
  ] as const;
  session.showFacts(facts, { file: name, id, customer, tier, nodes, expires, dryRun }, id);
  session.note(doneText(dryRun, `Licence ${id} is installed.`));
  if (!dryRun) session.note("A running vigosrv takes it up on SIGHUP.");
}

/** A licence that could not start this server is not installed: the old one might be hidden behind it. */
function guardGood(licence: Licence, config: ServerConfig, world: CliWorld): void {
  const seal = createEd25519Seal();
  const text = loadText(resolve(config.dataDir, "license", "authority.pub"), 1_024);
  const parsed = text === undefined ? null : parseAuthority(text, (key) => seal.acceptsKey(key));
  const authority = parsed?.ok === true ? parsed.value : null;
  const { mode } = config;
  const verify = seal.verify.bind(seal);
  const bench = { authority, verify, machine: machineOf(config), nowMs: world.nowMs(), mode };
  const { checks, canStart } = judgeLicence(licence, bench);
  if (canStart) return;
  const failed = checks.filter(({ passed }) => !passed).map(({ says }) => says);
  const message = `The licence is not good on this server. ${failed.join(" ")}`;
  const forThis = "vigocli license fingerprint; have the authority issue one for it";
  const next = authority === null ? `put authority.pub into ${resolve(config.dataDir, "license")}` : forThis;
  throw new Refused({ code: "LICENSE_REFUSED", message, value: licence.id, next });
}
