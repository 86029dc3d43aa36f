/**
 * Reads a scenario file: the schema judges the form, and here every name must mean something. All problems at once,
 * each with line and column.
 */
import { nearWord } from "../../src/kernel/near-word.ts";
import { parsePattern } from "../../src/pattern/glob.ts";
import type { Complaint, Path, Problem } from "../../src/reading/problem.ts";
import { readYaml } from "../../src/reading/read-yaml.ts";
import type { Expectation } from "./expectation-forms.ts";
import { scenarioSchema } from "./grammar.ts";
import type { Scenario, ScenarioEvent } from "./grammar.ts";

export type LoadedScenario =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly Problem[] };

type Complain = (path: Path, complaint: Complaint) => void;

/** Bounds of a scenario file: a hundred bolts with a thousand steps fit. */
const limits = { bytes: 4_194_304, nodes: 400_000 } as const;

/** The scenario, or what is wrong with it (`SCENARIO_INVALID`). */
export function loadScenario(text: string, file: string): LoadedScenario {
  const read = readYaml(text, { file, schema: scenarioSchema, code: "SCENARIO_INVALID", limits });
  if (!read.ok) return read;
  const problems: Problem[] = [];
  checkNames(read.value, (path, complaint) => problems.push(read.problemAt(path, complaint)));
  return problems.length === 0 ? { ok: true, scenario: read.value } : { ok: false, problems };
}

/** Names of all servers of a scenario, in order. */
export function boltNames(scenario: Scenario): string[] {
  const counted = Array.from({ length: scenario.bolts.count }, (_, index) => `b${index + 1}`);
  return [...counted, ...(scenario.bolts.also ?? [])];
}

/** The patterns of a bolt, its name filled in. */
export function patternsOf(scenario: Scenario, bolt: string): string[] {
  const given = scenario.bolts.each[bolt]?.patterns ?? scenario.bolts.patterns;
  return given.map((pattern) => pattern.replaceAll("{name}", bolt));
}

/** From when on a name means something, in µs, and which step makes it so; -1: from the beginning. */
interface Since {
  readonly at: number;
  readonly step: number;
}

/** What names exist, by what they name. */
interface Known {
  readonly bolts: ReadonlyMap<string, Since>;
  readonly invites: ReadonlyMap<string, Since>;
  readonly images: ReadonlyMap<string, Since>;
  readonly marks: ReadonlyMap<string, Since>;
  readonly ids: ReadonlyMap<string, Since>;
}

const beginning: Since = { at: 0, step: -1 };
const end: Since = { at: Infinity, step: Infinity };

function checkNames(scenario: Scenario, complain: Complain): void {
  const known = knownNames(scenario);
  for (const bolt of Object.keys(scenario.bolts.each)) {
    if (!known.bolts.has(bolt)) complain(["bolts", "each", bolt], unknown("bolt", bolt, known.bolts));
  }
  for (const bolt of known.bolts.keys()) {
    for (const pattern of patternsOf(scenario, bolt)) {
      const parsed = parsePattern(pattern);
      if (!parsed.ok) complain(["bolts"], { message: parsed.refusal.message, value: pattern });
    }
  }
  scenario.steps.forEach((event, step) => checkEvent(event, step, known, complain));
  scenario.expect.forEach((expectation, at) => {
    const [when, state] = Object.entries(expectation).find(([, value]) => typeof value === "object") ?? [];
    if (when === undefined) return;
    checkFields(state as object, ["expect", at, when], known, lookedAt(expectation), complain);
  });
}

function knownNames(scenario: Scenario): Known {
  const bolts = new Map<string, Since>(boltNames(scenario).map((name) => [name, beginning]));
  const invites = new Map<string, Since>();
  const images = new Map<string, Since>();
  const marks = new Map<string, Since>();
  const ids = new Map<string, Since>();
  for (const [step, event] of scenario.steps.entries()) {
    const since = { at: event.at, step };
    if ("do" in event) {
      if (event.id !== undefined) ids.set(event.id, since);
      if (event.do === "invite") invites.set(event.as, since);
      if (event.do === "mark") marks.set(event.as, since);
    } else if (event.fault === "clone" || event.fault === "thief") bolts.set(event.as, since);
    else if (event.fault === "keep-image") images.set(event.as, since);
  }
  return { bolts, invites, images, marks, ids };
}

/** When an expectation looks first. What `always` says of an invite holds also before it is minted. */
function lookedAt(expectation: Expectation): Since {
  if ("at" in expectation) return { at: expectation.at, step: Infinity };
  return "finally" in expectation || "within" in expectation ? end : beginning;
}

function checkEvent(event: ScenarioEvent, step: number, known: Known, complain: Complain): void {
  const path = ["steps", step];
  checkFields(event, path, known, { at: event.at, step }, complain);
  const until = "until" in event ? event.until : undefined;
  if (until !== undefined && until <= event.at) {
    complain([...path, "until"], { message: "A fault ends after it begins.", value: until / 1_000_000 });
  }
}

/** Fields that name something, and what. */
const fieldKinds: Readonly<Record<string, keyof Known>> = {
  on: "bolts",
  by: "bolts",
  bolt: "bolts",
  bolts: "bolts",
  from: "bolts",
  to: "bolts",
  via: "bolts",
  for: "bolts",
  successor: "bolts",
  sees: "bolts",
  members: "bolts",
  groups: "bolts",
  with: "invites",
  invite: "invites",
  token: "invites",
  image: "images",
  cut: "marks",
  answer: "ids",
};
const words: Readonly<Record<keyof Known, string>> = {
  bolts: "bolt",
  invites: "invite",
  images: "image",
  marks: "mark",
  ids: "step",
};

function checkFields(holder: object, path: Path, known: Known, used: Since, complain: Complain): void {
  for (const [field, value] of Object.entries(holder) as [string, unknown][]) {
    const kind = fieldKinds[field];
    if (kind === undefined || isOtherUse(holder, field)) continue;
    for (const name of [value].flat(2)) {
      if (typeof name !== "string") continue;
      const since = known[kind].get(name);
      if (since === undefined) complain([...path, field], unknown(words[kind], name, known[kind]));
      else if (isEarly(used, since) && (kind === "bolts" || path[0] === "steps")) {
        const message = `The ${words[kind]} of this name comes about only at ${since.at / 1_000_000}s.`;
        complain([...path, field], { message, value: name });
      }
    }
  }
}

/** Fields that mean something else in some forms: `to` an address, `by` a duration or a path. */
function isOtherUse(holder: object, field: string): boolean {
  if (field === "to") return "do" in holder && holder.do === "repoint";
  if (field !== "by") return false;
  return !("do" in holder) && !("fault" in holder && holder.fault === "bridge");
}

function isEarly(used: Since, since: Since): boolean {
  return used.at < since.at || (used.at === since.at && used.step < since.step);
}

function unknown(kind: string, name: string, known: ReadonlyMap<string, Since>): Complaint {
  const meant = nearWord(name, [...known.keys()]);
  return {
    message: `There is no ${kind} of this name in the scenario.`,
    value: name,
    ...(meant === undefined ? {} : { meant }),
    ...(known.size > 0 && known.size <= 20 ? { allowed: [...known.keys()].join(", ") } : {}),
  };
}
