/**
 * Who should own a hostname, by the patterns of the roster: the oldest claim among active bolts (VI-15 to VI-18). What
 * a bolt does with its envoys comes from its PROFILE; draining and leaving bolts are asked for nothing new.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Pattern } from "../pattern/glob.ts";
import { parsePattern } from "../pattern/glob.ts";
import type { Hostname } from "../pattern/hostname.ts";
import { nearest } from "../pattern/nearest.ts";
import { buildTable } from "../pattern/table.ts";
import type { Counts, Entry, PatternTable } from "../pattern/table.ts";
import type { ServiceState } from "./profile.ts";
import { compareRows } from "./row.ts";
import type { Age, Contest, Member } from "./view.ts";

/** A member's claim to the hostnames a pattern matches. */
export interface Held {
  readonly bolt: BoltId;
  readonly name: string;
  readonly state: ServiceState;
  readonly age: Age;
}

/** A pattern of a member that shares a hostname with a new one. */
export interface PatternOverlap {
  readonly bolt: BoltId;
  readonly pattern: string;
  readonly theirs: string;
  readonly witness: string;
}

/** Claims of members in order of precedence: older first, then as the bolt lists them. Immutable. */
export class Routing {
  readonly #table: PatternTable<Held>;
  #contests: readonly Contest[] | undefined;

  /** `stateOf` says what a member's PROFILE says; active without one. Patterns that cannot be read match nothing. */
  constructor(members: readonly Member[], stateOf: (bolt: BoltId) => ServiceState) {
    const entries: Entry<Held>[] = [];
    for (const { id, name, patterns } of members) {
      for (const { pattern: text, age } of patterns) {
        const parsed = parsePattern(text);
        if (parsed.ok) entries.push({ pattern: parsed.value, owner: { bolt: id, name, state: stateOf(id), age } });
      }
    }
    // Sorting is stable: claims of one age stand as their bolt lists them.
    this.#table = buildTable(entries.sort((a, b) => compareRows(a.owner.age, b.owner.age)));
  }

  /** The claim that decides, or undefined when no active bolt claims the name. */
  owner(hostname: Hostname): Entry<Held> | undefined {
    return this.#table.find(hostname, isActive);
  }

  /** Every claim that matches, oldest first, whatever its bolt does. */
  claims(hostname: Hostname): readonly Entry<Held>[] {
    return this.#table.findAll(hostname);
  }

  /** The claims of active bolts that come closest to a name, for who mistyped one. */
  nearest(hostname: Hostname, count: number): readonly Entry<Held>[] {
    return nearest(
      hostname,
      this.#table.entries.filter(({ owner }) => isActive(owner)),
      count,
    );
  }

  /** The first of these patterns that shares a hostname with an active bolt other than `except`. */
  overlapping(patterns: readonly string[], except: BoltId | null): PatternOverlap | undefined {
    for (const text of patterns) {
      const parsed = parsePattern(text);
      if (!parsed.ok) continue;
      const found = this.#first(parsed.value, (owner) => isActive(owner) && owner.bolt !== except);
      if (found !== undefined) return { ...found, pattern: text };
    }
    return undefined;
  }

  /** Claims that lose hostnames to an older claim of another active bolt, each with the oldest that beats it. */
  contests(): readonly Contest[] {
    return (this.#contests ??= this.#findContests());
  }

  #findContests(): readonly Contest[] {
    return this.#table.entries.flatMap(({ pattern, owner }, at) => {
      if (!isActive(owner)) return [];
      const found = this.#first(pattern, (older, index) => index < at && older.bolt !== owner.bolt && isActive(older));
      if (found === undefined) return [];
      const { bolt: winner, theirs: winnerPattern, witness } = found;
      return [{ winner, winnerPattern, loser: owner.bolt, loserPattern: pattern.text, witness }];
    });
  }

  #first(pattern: Pattern, counts: Counts<Held>): Omit<PatternOverlap, "pattern"> | undefined {
    const found = this.#table.firstOverlap(pattern, counts);
    if (found === undefined) return undefined;
    return { bolt: found.owner.bolt, theirs: found.pattern.text, witness: found.witness };
  }
}

function isActive(owner: Held): boolean {
  return owner.state === "active";
}
