/**
 * The stage a scenario is played on: the world with its bolts by name, and what the story remembers: invites, copies
 * of disks, marks, answers.
 */
import { must } from "../../src/kernel/assert.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import type { Secret } from "../../src/kernel/verified.ts";
import { openSecret } from "../../src/host/secret.ts";
import type { AdminAnswer, AdminRequest, Bundle } from "../../src/turn/admin.ts";
import type { Checker } from "../check/checker.ts";
import type { DiskImage } from "../world/disk.ts";
import type { SimProcess } from "../world/process.ts";
import type { SimWorld } from "../world/world.ts";
import type { Scenario } from "./grammar.ts";

/** An invite as its holder has it. */
export interface HeldInvite {
  readonly bundle: Bundle;
  readonly tokenSeed: Secret;
}

/** What an operator was told, or why nobody told anything. */
export type Told = AdminAnswer | { readonly answer: "no process" };

export class Stage {
  readonly scenario: Scenario;
  readonly world: SimWorld;
  readonly checker: Checker;
  readonly invites = new Map<string, HeldInvite>();
  readonly images = new Map<string, DiskImage>();
  readonly marks = new Map<string, RowId>();
  /** Answers by step id. */
  readonly answers = new Map<string, string>();
  /** Answers to joins, by bolt, in order. */
  readonly joins = new Map<SimProcess, Told[]>();
  readonly noted = new Map<string, number>();
  /** Evidence written, by bolt. */
  readonly evidence = new Map<SimProcess, number>();
  recovery: { readonly publicKey: BoltId; readonly seed: Secret } | null = null;
  /** When the last fault ended, µs. */
  healedUs = 0;
  readonly #byName = new Map<string, SimProcess>();
  readonly #pending = new Map<
    number,
    { readonly what: string; readonly process: SimProcess; readonly epoch: number }
  >();
  #nextAsk = 1;

  constructor(scenario: Scenario, world: SimWorld, checker: Checker) {
    this.scenario = scenario;
    this.world = world;
    this.checker = checker;
  }

  add(name: string, process: SimProcess): void {
    this.#byName.set(name, process);
  }

  bolt(name: string): SimProcess {
    return must(this.#byName.get(name), `the scenario was checked, so ${name} is on the stage`);
  }

  /** The bolt of this name, when it has come about. */
  find(name: string): SimProcess | undefined {
    return this.#byName.get(name);
  }

  bolts(names: readonly string[]): SimProcess[] {
    return names.map((name) => this.bolt(name));
  }

  /** Asks as an operator; `then` is told once, also when no process runs. A process that dies answers never. */
  ask(process: SimProcess, request: AdminRequest, then: (told: Told) => void): void {
    if (!process.isUp()) return then({ answer: "no process" });
    const ask = this.#nextAsk++;
    this.#pending.set(ask, { what: `${request.do} on ${process.name}`, process, epoch: process.epoch() });
    this.world.ask(process, request, (answer) => {
      this.#pending.delete(ask);
      this.#remember(process, answer);
      then(answer);
    });
  }

  /** Requests that a living process has not answered. */
  pending(): string[] {
    return [...this.#pending.values()]
      .filter(({ process, epoch }) => process.isUp() && !process.isPaused() && process.epoch() === epoch)
      .map(({ what }) => what);
  }

  keepSecret(label: string, secret: Secret): void {
    this.checker.keepSecret(label, toHex(openSecret(secret)));
  }

  /** What was acknowledged must stay true (I2), what was shown as a secret must stay one (I10). */
  #remember(by: SimProcess, answer: AdminAnswer): void {
    const genesis = by.bolt()?.roster.view().genesis ?? null;
    const promise = (what: string, row: RowId | null, admits: BoltId | null): void => {
      if (row !== null) this.checker.acknowledge({ what: `${what} on ${by.name}`, by, genesis, row, admits });
    };
    switch (answer.answer) {
      case "founded":
        if (answer.recoverySeed !== null) this.keepSecret("recovery key", answer.recoverySeed);
        return promise("the GENESIS", answer.genesis, null);
      case "invited":
        if (answer.tokenSeed !== null) this.keepSecret("token key", answer.tokenSeed);
        return promise("the invite", answer.bundle?.mint ?? null, null);
      case "joined":
        return promise("the admission", answer.admit, answer.bolt);
      case "removed":
        return promise("the removal", answer.row, null);
      case "left":
        return promise("the departure", answer.row, null);
      default:
        return;
    }
  }
}

/** The code of a refusal, or the kind of answer. */
export function codeOf(told: Told): string {
  return told.answer === "refused" ? told.refusal.code : told.answer;
}
