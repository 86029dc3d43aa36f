/** vigocli in this process: a world whose answers, terminal and clock the test decides, and what was written to it. */
import { loginPath, storeLogin } from "../../src/cli/logins.ts";
import { runCli } from "../../src/cli/program.ts";
import type { CliWorld, Target } from "../../src/cli/world.ts";
import type { AnswerJson } from "../../src/admin/answer-json.ts";
import type { VerbName } from "../../src/admin/verbs.ts";
import { answerJson } from "../../src/admin/answer-json.ts";
import { boltIdOf, rowIdOf } from "../../src/kernel/id.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import type { AdminAnswer, InviteReport } from "../../src/turn/admin.ts";
import { noEnvoys } from "../../src/turn/beacon.ts";
import type { BoltReport, StatusReport } from "../../src/turn/status.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly { readonly verb: VerbName; readonly input: unknown }[];
  readonly targets: readonly Target[];
}

export type Answers = (verb: VerbName, input: unknown) => AnswerJson | Promise<AnswerJson>;

/** Runs one command line; the words are split at blanks. Logged in to https://bolt.test:8443 unless told otherwise. */
export async function run(
  line: string,
  answers: Answers = () => nothing,
  changes: Partial<CliWorld> = {},
): Promise<Run> {
  const asked: { verb: VerbName; input: unknown }[] = [];
  const targets: Target[] = [];
  let out = "";
  let err = "";
  const world: CliWorld = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    outIsTerminal: false,
    canConfirm: false,
    environment: {},
    workingFolder: "/nonexistent",
    homeFolder: "/nonexistent",
    hostname: "east-1.example.com",
    nowMs: () => Date.UTC(2026, 2, 2),
    connect: (target) => {
      targets.push(target);
      return async (verb, input) => {
        asked.push({ verb, input });
        return answers(verb, input);
      };
    },
    dial: async () => true,
    confirm: async () => false,
    readInput: async () => "",
    pause: async () => false,
    ...changes,
  };
  const code = await runCli(
    line.split(" ").filter((word) => word !== ""),
    world,
  );
  return { code, out, err, asked, targets };
}

const nothing: AnswerJson = json({
  answer: "refused",
  refusal: { code: "BUSY", message: "Not asked for." },
  row: null,
});

/** An answer as it travels. */
export function json(answer: AdminAnswer): AnswerJson {
  return answerJson(answer);
}

export const east: BoltId = boltIdOf(new Uint8Array(32).fill(0xea));
export const west: BoltId = boltIdOf(new Uint8Array(32).fill(0xee));
export const genesis: RowId = rowIdOf(new Uint8Array(32).fill(0x9e));

export function boltReport(changes: Partial<BoltReport> = {}): BoltReport {
  return {
    id: west,
    name: "west-1",
    order: 1,
    patterns: ["*.west.example.com"],
    marks: [],
    counters: { ...noEnvoys, envoys: 12, converged: 11, failed: 1 },
    ageMs: 350,
    staleAfterMs: 90_000,
    intervalMs: 30_000,
    heardBy: "multicast",
    linkUp: true,
    skewMs: 4,
    version: "0.1.0",
    addresses: { grpc: ["west-1.example.com:1530"], api: ["https://west-1.example.com:8443"] },
    digest: "0123456789abcdef0123456789abcdef",
    incarnation: 1,
    ...changes,
  };
}

export function statusReport(changes: Partial<StatusReport> = {}): StatusReport {
  const own = boltReport({ id: east, name: "east-1", marks: ["this bolt"], ageMs: 0, heardBy: "none", linkUp: null });
  return {
    mode: "spanner",
    phase: "member",
    phaseWhy: "",
    self: east,
    name: "east-1",
    spannerId: "alexander4-prod",
    genesis,
    digest: "0123456789abcdef0123456789abcdef",
    rows: 7,
    isolated: false,
    multicastWorks: true,
    bolts: [own, boltReport()],
    contested: [],
    alarms: [],
    undone: [],
    openInvites: 0,
    foreign: [],
    ...changes,
  };
}

export function statusAnswer(changes: Partial<StatusReport> = {}): AnswerJson {
  return json({ answer: "status", status: statusReport(changes) });
}

export function inviteReport(changes: Partial<InviteReport> = {}): InviteReport {
  return {
    id: genesis,
    minter: east,
    minterName: "east-1",
    mode: "bearer",
    state: "open",
    mintedMs: Date.UTC(2026, 2, 1),
    expiresMs: Date.UTC(2026, 2, 3),
    boundTo: null,
    admitted: null,
    ...changes,
  };
}

/** As `run`, by somebody who is logged in to the server that is asked. Call inside a test. */
export function runAt(line: string, answers?: Answers, changes: Partial<CliWorld> = {}): Promise<Run> {
  const homeFolder = tempFolder();
  const server = "https://bolt.test:8443";
  storeLogin(loginPath({ environment: {}, homeFolder }), { server, trust: { pin: "ab".repeat(32) }, token: "secret" });
  return run(`--server ${server} ${line}`, answers, { homeFolder, workingFolder: homeFolder, ...changes });
}
