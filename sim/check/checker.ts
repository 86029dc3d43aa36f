/**
 * Runs the oracles: after every step those whose inputs it touched, now and then those that compare bolts, at the end
 * those that ask whether everything came to rest.
 */
import { must } from "../../src/kernel/assert.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import { parseHostname } from "../../src/pattern/hostname.ts";
import type { Roster } from "../../src/roster/roster.ts";
import { deskLimits } from "../../src/bolt/desk.ts";
import type { SimProcess } from "../world/process.ts";
import type { Watch } from "../world/surroundings.ts";
import type { SimWorld } from "../world/world.ts";
import { Ages } from "./ages.ts";
import { Logs } from "./logs.ts";
import type { Finding } from "./roster-checks.ts";
import { memberFindings, setName, tokenFindings } from "./roster-checks.ts";
import type { Violation } from "./violation.ts";
import { Violations } from "./violation.ts";

/** Something a bolt told its operator was done. */
export interface Acknowledged {
  readonly what: string;
  readonly by: SimProcess;
  readonly genesis: RowId | null;
  readonly row: RowId;
  /** The key that was told it is a member by it; null of other rows. */
  readonly admits: BoltId | null;
}

/** Rows past which sets are compared at looks only, not after every step. */
const largeRoster = 1_000;
const probes = 10_000;
const waitingMax = 16_384;

export class Checker {
  readonly #violations = new Violations();
  readonly #ages = new Ages();
  readonly #logs = new Logs();
  readonly #acknowledged: Acknowledged[] = [];
  readonly #secrets: { readonly label: string; readonly hex: string }[] = [];
  readonly #digests = new Map<string, string>();
  readonly #seen = new Map<SimProcess, { readonly epoch: number; readonly size: number; readonly digest: string }>();
  /** Machines that share a key with another, or an image that was put back: promises made before do not bind them. */
  readonly #exempt = new Set<SimProcess>();
  #world: SimWorld | null = null;

  /** To be handed to the world as its watch. */
  readonly watch: Watch<SimProcess> = (process, input, _now, effects) => {
    const world = must(this.#world, "the checker was attached to its world");
    this.#report(process, this.#logs.watch(process, input));
    this.#ages.watch(process, world.loop.nowUs, input, effects);
  };

  attach(world: SimWorld): void {
    this.#world = world;
    world.onStep = (touched) => {
      for (const process of touched) this.#afterStep(process);
    };
  }

  acknowledge(acknowledged: Acknowledged): void {
    this.#acknowledged.push(acknowledged);
  }

  /** From now on this text must appear nowhere that people see (I10). */
  keepSecret(label: string, hex: string): void {
    this.#secrets.push({ label, hex });
  }

  exempt(process: SimProcess): void {
    this.#exempt.add(process);
  }

  isExempt(process: SimProcess): boolean {
    return this.#exempt.has(process);
  }

  /** Checks text that people may see. */
  checkText(process: SimProcess, text: string): void {
    for (const { label, hex } of this.#secrets) {
      if (text.includes(hex)) this.#report(process, [["I10", `shows the secret ${label}`]]);
    }
  }

  /** Compares bolts: ages, bounds, owners, texts. */
  look(): void {
    const world = must(this.#world, "the checker was attached to its world");
    for (const process of world.processes) {
      const bolt = process.bolt();
      if (bolt === null) continue;
      this.#report(process, this.#ages.findings(process, world.loop.nowUs));
      this.#report(process, boundFindings(bolt.load(), bolt.roster));
      this.#compareSet(process, bolt.roster);
    }
  }

  /** The last look, after everything was left alone: `core` are the bolts that nothing hinders any more. */
  conclude(core: readonly SimProcess[], pending: readonly string[]): readonly Violation[] {
    const world = must(this.#world, "the checker was attached to its world");
    this.look();
    for (const process of core) this.#keepsPromises(process);
    this.#atRest(core, pending);
    this.#ownersAgree(core);
    for (const process of world.processes) this.checkText(process, JSON.stringify(process.status()));
    for (const { process, bug, atUs } of world.bugs) {
      this.#violations.add({ oracle: "bug", atUs, bolt: process.name, text: bug.message });
    }
    return this.#violations.list();
  }

  /** Adds what an expectation found. */
  fail(oracle: string, bolt: string, text: string): void {
    const atUs = this.#world?.loop.nowUs ?? 0;
    this.#violations.add({ oracle, atUs, bolt, text });
  }

  #afterStep(process: SimProcess): void {
    const bolt = process.bolt();
    if (bolt === null) return this.#ages.forget(process);
    const { roster } = bolt;
    const seen = this.#seen.get(process);
    const epoch = process.epoch();
    if (seen?.epoch === epoch && seen.size === roster.size() && seen.digest === roster.digest()) return;
    if (seen?.epoch === epoch && seen.size > roster.size()) {
      this.#report(process, [["I6", `a roster shrank from ${seen.size} to ${roster.size()} rows`]]);
    }
    this.#seen.set(process, { epoch, size: roster.size(), digest: roster.digest() });
    this.#report(process, tokenFindings(roster.view()));
    this.#report(process, memberFindings(roster));
    if (roster.size() <= largeRoster) this.#compareSet(process, roster);
  }

  /** I6: one set, one digest. */
  #compareSet(process: SimProcess, roster: Roster): void {
    const name = setName(roster);
    const digest = roster.digest();
    const before = this.#digests.get(name);
    if (before === undefined) this.#digests.set(name, digest);
    else if (before !== digest) this.#report(process, [["I6", `one set of rows has two digests`]]);
  }

  /** I2: what was acknowledged is held and counts, or is listed as undone. */
  #keepsPromises(process: SimProcess): void {
    const bolt = process.bolt();
    if (bolt === null || process.status()?.phase !== "member") return;
    const { roster } = bolt;
    const view = roster.view();
    const undone = new Set(view.undone.map(({ row }) => row));
    for (const { what, by, genesis, row, admits } of this.#acknowledged) {
      if (genesis !== view.genesis) continue;
      const held = roster.get(row);
      const isListed = undone.has(row) || (admits !== null && view.orphans.has(admits));
      if (held === undefined) {
        if (!this.#isLostWithImage(by, row) && !listsAsUndone(by, row))
          this.#report(process, [["I2", `lacks ${what} (${row.slice(0, 12)})`]]);
      } else if (!view.counts(row) && !isListed) {
        this.#report(process, [["I2", `${what} (${row.slice(0, 12)}) does not count and is not listed as undone`]]);
      }
    }
  }

  /** Whether the only disk that held the row was replaced by an older image: an operator's doing, not a bolt's. */
  #isLostWithImage(by: SimProcess, row: RowId): boolean {
    const world = must(this.#world, "the checker was attached to its world");
    return this.#exempt.has(by) && !world.processes.some((process) => process.bolt()?.roster.get(row) !== undefined);
  }

  /** I12: equal rosters, nobody stale, nothing pending. */
  #atRest(core: readonly SimProcess[], pending: readonly string[]): void {
    for (const what of pending) this.fail("I12", "", `${what} never ended`);
    const members = core.filter((process) => process.status()?.phase === "member");
    const groups = new Map<string, { readonly process: SimProcess; readonly digest: string }>();
    for (const process of members) {
      const roster = must(process.bolt(), "a member runs").roster;
      const genesis = roster.view().genesis ?? "";
      const first = groups.get(genesis);
      if (first === undefined) groups.set(genesis, { process, digest: roster.digest() });
      else if (first.digest !== roster.digest()) {
        this.#report(process, [["I12", `its roster still differs from that of ${first.process.name}`]]);
      }
      this.#seesFresh(process, members);
    }
  }

  #seesFresh(process: SimProcess, members: readonly SimProcess[]): void {
    for (const report of process.status()?.bolts ?? []) {
      const isThere = members.some((other) => other.id === report.id);
      const isStale = report.marks.includes("stale") || report.marks.includes("never heard");
      if (isThere && isStale)
        this.#report(process, [["I12", `still sees ${report.name} as ${report.marks.join(", ")}`]]);
    }
  }

  /** I7: equal rosters, equal owners. */
  #ownersAgree(core: readonly SimProcess[]): void {
    const byDigest = new Map<string, string>();
    for (const process of core) {
      const roster = process.bolt()?.roster;
      if (roster === undefined || roster.view().genesis === null) continue;
      const owners = ownersOf(roster);
      const before = byDigest.get(roster.digest());
      if (before === undefined) byDigest.set(roster.digest(), owners);
      else if (before !== owners)
        this.#report(process, [["I7", "owns other hostnames than a bolt with an equal roster"]]);
    }
  }

  #report(process: SimProcess, findings: readonly Finding[]): void {
    for (const [oracle, text] of findings) this.fail(oracle, process.name, text);
  }
}

/** A removed bolt's own later statements reach nobody: it is the one that lists them. */
function listsAsUndone(by: SimProcess, row: RowId): boolean {
  return (
    by
      .bolt()
      ?.roster.view()
      .undone.some((undone) => undone.row === row) === true
  );
}

function boundFindings(load: { tickets: number; calls: number; open: number }, roster: Roster): Finding[] {
  const found: Finding[] = [];
  if (load.tickets > deskLimits.tickets) found.push(["I9", `${load.tickets} tickets under way`]);
  if (load.calls > deskLimits.calls) found.push(["I9", `${load.calls} calls under way`]);
  if (load.open > deskLimits.open) found.push(["I9", `${load.open} requests unanswered`]);
  const waiting = roster.waitingCount();
  if (waiting > waitingMax) found.push(["I9", `${waiting} rows wait`]);
  return found;
}

/** The owners of many hostnames, as one text; names are made of the labels that patterns use. */
function ownersOf(roster: Roster): string {
  const routing = roster.routing();
  const labels = roster.view().taken.map(({ name }) => name);
  const owners: string[] = [];
  const count = Math.min(probes, Math.max(100, labels.length * 100));
  for (let at = 0; at < count; at++) {
    const label = labels[at % labels.length] ?? "none";
    const name = parseHostname(`h${at}.${label}${at % 3 === 0 ? `-${at % 7}` : ""}.example.com`);
    owners.push(name.ok ? (routing.owner(name.value)?.owner.bolt.slice(0, 8) ?? "-") : "?");
  }
  return owners.join(" ");
}
