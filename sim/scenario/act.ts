/** Performs what an operator does: asks a bolt, and keeps what the story needs of the answer. */
import { absurd, must } from "../../src/kernel/assert.ts";
import { ofMs, toMs } from "../../src/kernel/time.ts";
import type { Micros } from "../../src/kernel/time.ts";
import type { AdminRequest } from "../../src/turn/admin.ts";
import type { SimProcess } from "../world/process.ts";
import type { HeldInvite, Stage, Told } from "./stage.ts";
import { codeOf } from "./stage.ts";
import type { Step } from "./steps.ts";

/** How often `admit` asks again before it gives up, and how long it waits between. */
const admitTries = 12;
const admitAgainUs = ofMs(5_000);
/** Answers after which asking again may help. */
const unsettled: ReadonlySet<string> = new Set([
  "TOKEN_UNVERIFIABLE",
  "TOKEN_UNCERTAIN",
  "UNREACHABLE",
  "BUSY",
  "RATE_LIMITED",
  "no process",
]);

/** Does one step now. */
export function act(stage: Stage, step: Step): void {
  const keep = (told: Told): void => {
    if (step.id !== undefined) stage.answers.set(step.id, codeOf(told));
  };
  switch (step.do) {
    case "start":
      return stage.bolts(step.bolts).forEach((process) => process.start());
    case "found":
      return found(stage, stage.bolt(step.on), keep);
    case "admit":
      return admit(stage, stage.bolt(step.by), stage.bolts(step.bolts));
    case "invite":
      return invite(stage, step, keep);
    case "join": {
      const via = step.via === undefined ? [] : stage.bolts(step.via);
      return join(stage, stage.bolt(step.bolt), step.with, via, step.retry ?? null, keep);
    }
    case "revoke":
      return ask(stage, step.on, { do: "invite-revoke", invite: held(stage, step.invite).bundle.mint, ...real }, keep);
    case "leave":
      return leave(stage, step, keep);
    case "remove":
      return remove(stage, step, keep);
    case "mark": {
      const process = stage.bolt(step.bolt);
      const last = process.bolt()?.roster.ofAuthor(process.id).at(-1);
      if (last !== undefined) stage.marks.set(step.as, last.message.id);
      return;
    }
    case "claim":
      return claim(stage, stage.bolt(step.bolt), step.patterns, keep);
    case "repoint":
      return ask(stage, step.on, { do: "repoint", bolt: stage.bolt(step.bolt).id, address: step.to, ...real }, keep);
    case "verify":
      return ask(stage, step.on, { do: "verify" }, keep);
    default:
      return absurd(step);
  }
}

const real = { dryRun: false } as const;
type Keep = (told: Told) => void;

function ask(stage: Stage, on: string, request: AdminRequest, keep: Keep): void {
  stage.ask(stage.bolt(on), request, keep);
}

function held(stage: Stage, name: string): HeldInvite {
  return must(stage.invites.get(name), `the invite ${name} was minted before it is used`);
}

function found(stage: Stage, process: SimProcess, keep: Keep): void {
  stage.ask(process, { do: "init", dryRun: false }, (told) => {
    if (told.answer === "founded" && told.recoveryKey !== null && told.recoverySeed !== null) {
      stage.recovery = { publicKey: told.recoveryKey, seed: told.recoverySeed };
    }
    keep(told);
  });
}

function invite(stage: Stage, step: Extract<Step, { do: "invite" }>, keep: Keep): void {
  const joiner = step.for === undefined ? null : stage.bolt(step.for);
  const bound = joiner === null ? null : { key: joiner.id, name: joiner.config.name, patterns: joiner.config.patterns };
  stage.ask(stage.bolt(step.on), { do: "invite", ttlMs: toMs(step.ttl), bound, dryRun: false }, (told) => {
    if (told.answer === "invited" && told.bundle !== null && told.tokenSeed !== null) {
      stage.invites.set(step.as, { bundle: told.bundle, tokenSeed: told.tokenSeed });
    }
    keep(told);
  });
}

function join(
  stage: Stage,
  process: SimProcess,
  inviteName: string,
  via: readonly SimProcess[],
  retry: Micros | null,
  keep: Keep,
): void {
  const invited = stage.invites.get(inviteName);
  if (invited === undefined) return keep({ answer: "no process" });
  askToJoin(stage, process, invited, via, (told) => {
    keep(told);
    if (retry === null || !unsettled.has(codeOf(told))) return;
    stage.world.at(stage.world.loop.nowUs + retry, () => join(stage, process, inviteName, via, retry, keep));
  });
}

function askToJoin(
  stage: Stage,
  process: SimProcess,
  invited: HeldInvite,
  via: readonly SimProcess[],
  then: (told: Told) => void,
): void {
  const from = via.length === 0 ? invited.bundle.addresses : via.flatMap(({ config }) => config.addresses.api);
  const request: AdminRequest = {
    do: "join",
    bundle: invited.bundle,
    tokenSeed: invited.tokenSeed,
    from,
    linkLocal: false,
    dryRun: false,
  };
  stage.ask(process, request, (told) => {
    const before = stage.joins.get(process) ?? [];
    stage.joins.set(process, [...before, told]);
    then(told);
  });
}

/** One after the other: invite, join, again while the answer settles nothing. */
function admit(stage: Stage, by: SimProcess, joiners: readonly SimProcess[]): void {
  const [first, ...rest] = joiners;
  if (first === undefined) return;
  const tryOnce = (left: number): void => {
    stage.ask(by, { do: "invite", ttlMs: 86_400_000, bound: null, dryRun: false }, (told) => {
      if (told.answer !== "invited" || told.bundle === null || told.tokenSeed === null) return again(left);
      askToJoin(stage, first, { bundle: told.bundle, tokenSeed: told.tokenSeed }, [by], (answer) => {
        if (unsettled.has(codeOf(answer))) again(left);
        else admit(stage, by, rest);
      });
    });
  };
  const again = (left: number): void => {
    if (left > 0) stage.world.at(stage.world.loop.nowUs + admitAgainUs, () => tryOnce(left - 1));
  };
  tryOnce(admitTries);
}

function leave(stage: Stage, step: Extract<Step, { do: "leave" }>, keep: Keep): void {
  const leaver = stage.bolt(step.bolt);
  if (step.successor === undefined) {
    return stage.ask(leaver, { do: "leave", successor: null, dryRun: false }, keep);
  }
  const genesis = leaver.bolt()?.roster.view().genesis;
  if (genesis === undefined || genesis === null) return keep({ answer: "no process" });
  stage.ask(stage.bolt(step.successor), { do: "consent", genesis, leaver: leaver.id }, (told) => {
    if (told.answer !== "consent") return keep(told);
    const successor = { key: told.key, consent: told.consent };
    stage.ask(leaver, { do: "leave", successor, dryRun: false }, keep);
  });
}

function remove(stage: Stage, step: Extract<Step, { do: "remove" }>, keep: Keep): void {
  const marked = step.cut === undefined ? undefined : stage.marks.get(step.cut);
  const request: AdminRequest = {
    do: "remove",
    bolt: stage.bolt(step.bolt).id,
    cut: marked === undefined ? null : [marked],
    recovery: step.recovery ? stage.recovery : null,
    dryRun: false,
  };
  stage.ask(stage.bolt(step.on), request, keep);
}

function claim(stage: Stage, process: SimProcess, patterns: readonly string[], keep: Keep): void {
  const { tier1Us, tier2Us, staleAfterUs, tlsPin, caCertificate, licence } = process.config;
  process.config = { ...process.config, patterns };
  const settings = {
    patterns,
    tier1Ms: toMs(tier1Us),
    tier2Ms: toMs(tier2Us),
    staleAfterMs: staleAfterUs === null ? null : toMs(staleAfterUs),
    tlsPin,
    caCertificate,
    licence,
  };
  stage.ask(process, { do: "reconfigure", settings, dryRun: false }, keep);
}
