/**
 * A peer's StatusReport as it comes: JSON text that anyone on the roster may have written. Every field is checked and
 * nothing else is taken over, so what is shown has the shape it claims (WI-7).
 */
import { Malformed } from "../kernel/bytes.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { parseBoltId, parseRowId } from "../kernel/id.ts";
import type { Alarm, Contest, Undone } from "../roster/view.ts";
import type { Counters } from "../turn/beacon.ts";
import { noEnvoys } from "../turn/beacon.ts";
import type { BoltReport, HeardPath, Mark, Phase, StatusReport } from "../turn/status.ts";

const characters = 4_096;
const items = 2_048;
const phases: readonly Phase[] = [
  ...(["standalone", "unadmitted", "founding", "joining", "member", "orphaned", "leaving", "left", "removed"] as const),
];
const marks: readonly Mark[] = [
  ...(["this bolt", "stale", "link down", "stopping", "contested", "duplicate", "draining", "leaving"] as const),
  ...(["orphaned", "isolated", "never heard"] as const),
];
const paths: readonly HeardPath[] = ["multicast", "stream", "relay", "none"];

/** The report; throws `Malformed`. */
export function readStatus(text: string): StatusReport {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Malformed("a status that is no JSON");
  }
  const from = new Fields(parsed);
  return {
    mode: from.word("mode", ["standalone", "spanner"]),
    phase: from.word("phase", phases),
    phaseWhy: from.text("phaseWhy"),
    self: from.orNull("self", bolt),
    name: from.text("name"),
    spannerId: from.text("spannerId"),
    genesis: from.orNull("genesis", rowName),
    digest: from.orNull("digest", shortText),
    rows: from.number("rows"),
    isolated: from.flag("isolated"),
    multicastWorks: from.orNull("multicastWorks", flag),
    bolts: from.list("bolts", boltReport),
    contested: from.list("contested", contest),
    alarms: from.list("alarms", alarm),
    undone: from.list("undone", undone),
    openInvites: from.number("openInvites"),
    foreign: from.list("foreign", (value) => {
      const one = new Fields(value);
      return { tag: one.text("tag"), from: one.text("from") };
    }),
  };
}

function boltReport(value: unknown): BoltReport {
  const from = new Fields(value);
  const addresses = new Fields(from.raw("addresses"));
  return {
    id: bolt(from.raw("id")),
    name: from.text("name"),
    order: from.number("order"),
    patterns: from.list("patterns", shortText),
    marks: from.list("marks", (mark) => wordOf(mark, marks)),
    counters: counters(from.raw("counters")),
    ageMs: from.orNull("ageMs", number),
    staleAfterMs: from.number("staleAfterMs"),
    intervalMs: from.orNull("intervalMs", number),
    heardBy: from.word("heardBy", paths),
    linkUp: from.orNull("linkUp", flag),
    skewMs: from.orNull("skewMs", number),
    version: from.orNull("version", shortText),
    addresses: { grpc: addresses.list("grpc", shortText), api: addresses.list("api", shortText) },
    digest: from.orNull("digest", shortText),
    incarnation: from.orNull("incarnation", number),
  };
}

function counters(value: unknown): Counters {
  const from = new Fields(value);
  const names = Object.keys(noEnvoys) as (keyof Counters)[];
  return Object.fromEntries(names.map((name) => [name, from.number(name)])) as unknown as Counters;
}

function contest(value: unknown): Contest {
  const from = new Fields(value);
  return {
    winner: bolt(from.raw("winner")),
    winnerPattern: from.text("winnerPattern"),
    loser: bolt(from.raw("loser")),
    loserPattern: from.text("loserPattern"),
    witness: from.text("witness"),
  };
}

function alarm(value: unknown): Alarm {
  const from = new Fields(value);
  const kind = from.word("kind", ["twin-rows", "fork", "many-rows"]);
  if (kind === "many-rows") return { kind, rows: from.number("rows") };
  const origin = bolt(from.raw("origin"));
  if (kind === "fork") return { kind, origin, heads: from.list("heads", rowName) };
  return { kind, origin, rows: from.list("rows", rowName) };
}

function undone(value: unknown): Undone {
  const from = new Fields(value);
  return { row: rowName(from.raw("row")), by: rowName(from.raw("by")) };
}

/** The fields of an object, each read as what it must be. */
class Fields {
  readonly #of: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed("not an object");
    this.#of = value as Readonly<Record<string, unknown>>;
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#of, name) ? this.#of[name] : undefined;
  }

  text(name: string): string {
    return shortText(this.raw(name));
  }

  number(name: string): number {
    return number(this.raw(name));
  }

  flag(name: string): boolean {
    return flag(this.raw(name));
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word {
    return wordOf(this.raw(name), words);
  }

  orNull<T>(name: string, read: (value: unknown) => T): T | null {
    const value = this.raw(name);
    return value === null ? null : read(value);
  }

  list<T>(name: string, read: (value: unknown) => T): T[] {
    const value = this.raw(name);
    if (!Array.isArray(value) || value.length > items) throw new Malformed(`${name} is not a short list`);
    return value.map((item: unknown) => read(item));
  }
}

function shortText(value: unknown): string {
  if (typeof value !== "string" || value.length > characters) throw new Malformed("not a short text");
  return value;
}

function number(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Malformed("not a number");
  return value;
}

function flag(value: unknown): boolean {
  if (typeof value !== "boolean") throw new Malformed("neither true nor false");
  return value;
}

function wordOf<Word extends string>(value: unknown, words: readonly Word[]): Word {
  const word = words.find((known) => known === value);
  if (word === undefined) throw new Malformed("an unknown word");
  return word;
}

function bolt(value: unknown): BoltId {
  const id = typeof value === "string" ? parseBoltId(value) : undefined;
  if (id === undefined) throw new Malformed("not a key");
  return id;
}

function rowName(value: unknown): RowId {
  const id = typeof value === "string" ? parseRowId(value) : undefined;
  if (id === undefined) throw new Malformed("not a row id");
  return id;
}
