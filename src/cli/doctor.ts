/** `doctor`: looks at everything that usually goes wrong and says what to do. Exit 1 when a check fails. */
import type { Command } from "commander";
import { ClientRefused } from "../admin/client.ts";
import type { Column } from "../console/listing.ts";
import { ageText } from "../console/amount-text.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { BoltReport, StatusReport } from "../turn/status.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { Refused } from "../system/refused.ts";
import { inspectSecrets } from "../system/secrets.ts";
import { attach, withExample } from "./actions.ts";
import { readLicences } from "./license-commands.ts";
import { localConfig, localPin } from "./local-server.ts";
import type { Session } from "./session.ts";
import { askStatus } from "./status.ts";
import type { CliWorld } from "./world.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  readonly result: "ok" | "warning" | "failed";
  readonly says: string;
  readonly next: string;
}

const columns: readonly Column<Finding>[] = [
  { name: "CHECK", of: ({ check }) => check },
  {
    name: "RESULT",
    of: ({ result }) => result,
    tone: ({ result }) => (result === "ok" ? "good" : result === "warning" ? "warning" : "bad"),
  },
  { name: "SAYS", of: ({ says }) => says },
  { name: "NEXT", of: ({ next }) => next },
];

const dialMs = 2_000;
/** More than this and beacons look old, or from the future. */
const skewMaxMs = 5_000;

export function addDoctor(root: Command, world: CliWorld): void {
  const command = root
    .command("doctor")
    .description("Check configuration, file modes, licence, ports, multicast, clocks and peers, and say what to do.");
  withExample(command, "vigocli doctor", "vigocli doctor --filter result=failed");
  attach(command, world, async (session) => {
    const isLocal = session.options.server === undefined;
    const local = isLocal ? localFindings(session) : { findings: [], config: null };
    const asked = await statusOf(session);
    const findings = [...local.findings, asked.finding];
    if (asked.status !== null) findings.push(...(await spannerFindings(asked.status, world)));
    else if (local.config !== null) findings.push(await portFinding(local.config, world));
    const failed = findings.filter(({ result }) => result === "failed");
    const healthy = failed.length === 0;
    session.show({
      rows: findings,
      columns,
      nameOf: ({ check }) => check,
      whole: (rows) => ({ healthy, findings: rows }),
    });
    if (healthy) return;
    const message = `${failed.length} of ${findings.length} checks failed.`;
    const value = failed.map(({ check }) => check).join(", ");
    throw new Refused({ code: "CHECKS_FAILED", message, value, next: "see the column NEXT" });
  });
}

function ok(check: string, says: string): Finding {
  return { check, result: "ok", says, next: "" };
}

function failedBy(check: string, { code, message, value, next }: Refusal): Finding {
  const about = value === undefined ? "" : ` (${value})`;
  return { check, result: "failed", says: `${code}: ${message}${about}`, next: next ?? "" };
}

function localFindings(session: Session): { readonly findings: Finding[]; readonly config: ServerConfig | null } {
  const { options, world } = session;
  const findings: Finding[] = [];
  let config: ServerConfig | null = null;
  const look = (check: string, work: () => string): void => {
    try {
      findings.push(ok(check, work()));
    } catch (caught) {
      if (!(caught instanceof Refused)) throw caught;
      findings.push(failedBy(check, caught.refusal));
    }
  };
  look("config", () => {
    config = localConfig(options, world);
    return config.file ?? "no server.yaml: every default holds";
  });
  const found = config as ServerConfig | null;
  if (found === null) return { findings, config: null };
  look("file modes", () => {
    const [first, ...others] = inspectSecrets(found.dataDir);
    if (first === undefined) return `secrets under ${found.dataDir} are for the server alone`;
    const next = [first, ...others].flatMap((refusal) => refusal.next ?? []).join(" && ");
    throw new Refused({ ...first, next });
  });
  look("certificate", () => `pin ${localPin(found)}`);
  look("licence", () => {
    const { inForce } = readLicences(found, world.nowMs());
    if (!inForce.ok) throw new Refused(inForce.refusal);
    const { tier, nodes, isCurrent } = inForce.value;
    if (isCurrent) return `${tier}, ${nodes} nodes`;
    const message = "The licence in force has expired; new enrolments are blocked.";
    throw new Refused({ code: "LICENSE_EXPIRED", message, next: "vigocli license install FILE" });
  });
  return { findings, config: found };
}

async function statusOf(
  session: Session,
): Promise<{ readonly finding: Finding; readonly status: StatusReport | null }> {
  try {
    const status = await askStatus(session);
    return { finding: ok("server", `${status.name} answers`), status };
  } catch (caught) {
    if (!(caught instanceof Refused || caught instanceof ClientRefused)) throw caught;
    return { finding: failedBy("server", caught.refusal), status: null };
  }
}

/** When the server does not answer: whether something else sits on its port. */
async function portFinding({ apiListen }: ServerConfig, world: CliWorld): Promise<Finding> {
  const { port } = apiListen;
  const isTaken = port !== 0 && (await world.dial(apiListen.host ?? "127.0.0.1", port, dialMs));
  const check = `port ${port}`;
  if (!isTaken) return { check, result: "failed", says: "nothing listens there", next: "start vigosrv" };
  return {
    check,
    result: "warning",
    says: "something listens there that does not answer as this server",
    next: `ss -ltnp 'sport = :${port}'`,
  };
}

async function spannerFindings(status: StatusReport, world: CliWorld): Promise<Finding[]> {
  if (status.mode === "standalone") return [ok("phase", "standalone: no spanner to check")];
  const peers = status.bolts.filter((bolt) => !bolt.marks.includes("this bolt"));
  const reached = await Promise.all(peers.map((peer) => peerFinding(peer, world)));
  return [
    phaseFinding(status),
    multicastFinding(status),
    ...contestFindings(status),
    ...peers.map(skewFinding),
    ...reached,
  ];
}

function phaseFinding({ phase, phaseWhy }: StatusReport): Finding {
  if (phase === "member") return ok("phase", phase);
  const next = phase === "unadmitted" ? "vigocli spanner init, or vigocli spanner bolt join" : "vigocli spanner status";
  return { check: "phase", result: "warning", says: `${phase}: ${phaseWhy}`, next };
}

function multicastFinding({ multicastWorks }: StatusReport): Finding {
  if (multicastWorks === null) return ok("multicast", "switched off, or no peer to hear");
  if (multicastWorks) return ok("multicast", "peers are heard by it");
  const next = "fine across routers; else look at firewalls and spanner.transport.interface";
  return { check: "multicast", result: "warning", says: "no peer is heard by it; streams are used instead", next };
}

function contestFindings({ contested, alarms, foreign }: StatusReport): Finding[] {
  const count = contested.length + alarms.length + foreign.length;
  if (count === 0) return [ok("roster", "no contests, no alarms")];
  const says = `${contested.length} contests, ${alarms.length} alarms, ${foreign.length} foreign spanners`;
  return [{ check: "roster", result: "warning", says, next: "vigocli spanner status" }];
}

function skewFinding({ name, skewMs }: BoltReport): Finding {
  const check = `clock of ${name}`;
  if (skewMs === null) return ok(check, "not known yet");
  if (Math.abs(skewMs) <= skewMaxMs) return ok(check, `differs by ${ageText(Math.abs(skewMs))}`);
  const says = `is ${ageText(Math.abs(skewMs))} ${skewMs > 0 ? "ahead" : "behind"}`;
  return { check, result: "warning", says, next: "check the time service on both (timedatectl)" };
}

async function peerFinding(peer: BoltReport, world: CliWorld): Promise<Finding> {
  const check = `peer ${peer.name}`;
  const [address] = peer.addresses.grpc;
  const place = address === undefined ? undefined : /^\[?([^\]]+)\]?:(\d+)$/u.exec(address);
  const [, host, port] = place ?? [];
  if (host === undefined)
    return { check, result: "warning", says: "its address is not known", next: "vigocli spanner bolt show" };
  if (await world.dial(host, Number(port), dialMs)) {
    const isSilent = peer.marks.includes("stale") || peer.marks.includes("never heard");
    if (!isSilent) return ok(check, `${address ?? ""} is open, heard ${ageText(peer.ageMs)} ago`);
    const next = "look at its log; check that both clocks and spanner ids agree";
    return { check, result: "warning", says: `${address ?? ""} is open, but nothing recent is heard`, next };
  }
  const repoint = `vigocli spanner bolt repoint ${peer.name} --address A`;
  const next = `is vigosrv running there, and the port open? If it moved: ${repoint}`;
  return { check, result: "failed", says: `${address ?? ""} takes no connection`, next };
}
