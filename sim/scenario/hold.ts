/** Whether a state that a scenario expects holds now. Reads what bolts say of themselves and what was answered. */
import { absurd, must } from "../../src/kernel/assert.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { parseHostname } from "../../src/pattern/hostname.ts";
import type { StatusReport } from "../../src/turn/status.ts";
import type { SimProcess } from "../world/process.ts";
import type { State, wholes } from "./expectation-forms.ts";
import type { HeldInvite, Stage } from "./stage.ts";
import { codeOf } from "./stage.ts";

/** True when it holds. */
export function holds(stage: Stage, state: State): boolean {
  if ("that" in state) return holdsOfAll(stage, state.that);
  if ("members" in state) return everyViewHas(stage, state.members);
  if ("joined" in state) return wasTold(stage, state.bolt, ["joined"]) === state.joined;
  if ("refused" in state) return wasTold(stage, state.bolt, state.refused);
  if ("answer" in state) return state.is.includes(stage.answers.get(state.answer) ?? "");
  if ("token" in state) return admits(stage, state.token, state.admits);
  if ("noted" in state) return (stage.noted.get(state.noted) ?? 0) > 0;
  if ("bolt" in state) return stage.bolt(state.bolt).status()?.phase === state.is;
  return holdsOn(stage, stage.bolt(state.on), state);
}

type On = Extract<State, { on: string }>;

function holdsOn(stage: Stage, process: SimProcess, state: On): boolean {
  const status = process.status();
  if (status === null) return false;
  if ("sees" in state) return sees(status, stage.bolt(state.sees).id, state);
  if ("isolated" in state) return status.isolated === state.isolated;
  if ("multicast" in state) return (status.multicastWorks === true) === (state.multicast === "works");
  if ("owner_of" in state) return owner(process, state.owner_of) === state.is;
  if ("contested" in state) return status.contested.length > 0 === state.contested;
  if ("alarm" in state) return status.alarms.some(({ kind }) => kind === state.alarm);
  if ("undone" in state) return status.undone.length > 0 === state.undone;
  if ("foreign" in state) return status.foreign.length > 0 === state.foreign;
  if ("evidence" in state) return (stage.evidence.get(process) ?? 0) > 0 === state.evidence;
  return inviteState(process, invite(stage, state.invite)) === state.is;
}

function holdsOfAll(stage: Stage, what: (typeof wholes)[number]): boolean {
  const members = memberStatuses(stage);
  if (members.length < 2) return false;
  switch (what) {
    case "all rosters equal":
      return new Set(members.map(({ process }) => process.bolt()?.roster.digest())).size === 1;
    case "everyone sees everyone fresh":
      return members.every(({ status }) => otherReports(status).every(({ marks }) => !isDull(marks)));
    case "every link is up":
      return members.every(({ status }) => otherReports(status).every(({ linkUp }) => linkUp === true));
    case "no alarm anywhere":
      return members.every(({ status }) => status.alarms.length === 0);
    case "nothing contested":
      return members.every(({ status }) => status.contested.length === 0);
    case "nothing undone":
      return members.every(({ status }) => status.undone.length === 0);
    case "nothing pending":
      return stage.pending().length === 0;
    default:
      return absurd(what);
  }
}

function isDull(marks: readonly string[]): boolean {
  return marks.includes("stale") || marks.includes("never heard");
}

function otherReports(status: StatusReport): StatusReport["bolts"] {
  return status.bolts.filter(({ id }) => id !== status.self);
}

function memberStatuses(stage: Stage): { readonly process: SimProcess; readonly status: StatusReport }[] {
  return stage.world.processes.flatMap((process) => {
    const status = process.status();
    return status?.phase === "member" ? [{ process, status }] : [];
  });
}

function everyViewHas(stage: Stage, names: readonly string[]): boolean {
  const wanted = new Set<BoltId>(stage.bolts(names).map(({ id }) => id));
  const members = memberStatuses(stage);
  return (
    members.length > 0 &&
    members.every(({ process }) => {
      const view = must(process.bolt(), "a member runs").roster.view();
      return view.members.length === wanted.size && view.members.every(({ id }) => wanted.has(id));
    })
  );
}

function wasTold(stage: Stage, bolt: string, codes: readonly string[]): boolean {
  const last = stage.joins.get(stage.bolt(bolt))?.at(-1);
  return last !== undefined && codes.includes(codeOf(last));
}

function invite(stage: Stage, name: string): HeldInvite | undefined {
  return stage.invites.get(name);
}

/** Of all views together: which keys this token admits. */
function admits(stage: Stage, name: string, expected: "nobody" | "one" | "at most one" | string[]): boolean {
  const mint = invite(stage, name)?.bundle.mint;
  const keys = new Set<BoltId>();
  for (const process of stage.world.processes) {
    const token = mint === undefined ? undefined : process.bolt()?.roster.view().tokens.get(mint);
    for (const admit of token?.admits ?? []) if (admit.counts) keys.add(admit.key);
  }
  if (expected === "nobody") return keys.size === 0;
  if (expected === "one") return keys.size === 1;
  if (expected === "at most one") return keys.size <= 1;
  const wanted = stage.bolts(expected).map(({ id }) => id);
  return keys.size === wanted.length && wanted.every((id) => keys.has(id));
}

function sees(status: StatusReport, id: BoltId, state: Extract<State, { sees: string }>): boolean {
  const report = status.bolts.find((one) => one.id === id);
  if (report === undefined) return false;
  const marks: readonly string[] = report.marks;
  if (!(state.marked ?? []).every((mark) => marks.includes(mark))) return false;
  if ((state.not ?? []).some((mark) => marks.includes(mark))) return false;
  return state.by === undefined || report.heardBy === state.by;
}

function owner(process: SimProcess, hostname: string): string {
  const parsed = parseHostname(hostname);
  const roster = process.bolt()?.roster;
  const found = parsed.ok ? roster?.routing().owner(parsed.value) : undefined;
  return found?.owner.name ?? "nobody";
}

function inviteState(process: SimProcess, held: HeldInvite | undefined): string {
  const bolt = process.bolt();
  if (held === undefined || bolt === null) return "none";
  const found = bolt.invites().find(({ id }) => id === held.bundle.mint);
  return found?.state ?? "none";
}
