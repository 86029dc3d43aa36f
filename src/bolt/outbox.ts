/** What one step has asked for so far: effects for the host, and facts and rows the bolt itself has to deal with. */
import { invariant } from "../kernel/assert.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { SignedRow } from "../roster/row.ts";
import type { Fact } from "../turn/turn.ts";
import type { Errand } from "./desk.ts";
import type { Effect } from "./seam.ts";

/** Rows and profiles a room wants stored and merged. */
export interface Taking {
  readonly rows: readonly SignedRow[];
  readonly profiles: readonly SignedProfile[];
  readonly errand: Errand | null;
}

export type Chore =
  { readonly chore: "fact"; readonly fact: Fact } | { readonly chore: "take"; readonly taking: Taking };

/** Facts that one input may set off; more means two rooms feed each other for ever. */
const choresMax = 20_000;

export class Outbox {
  #effects: Effect[] = [];
  #chores: Chore[] = [];
  #next = 0;

  effect(effect: Effect): void {
    this.#effects.push(effect);
  }

  fact(fact: Fact): void {
    this.#chores.push({ chore: "fact", fact });
  }

  take(taking: Taking): void {
    this.#chores.push({ chore: "take", taking });
  }

  /** The next chore in the order asked for. */
  nextChore(): Chore | undefined {
    invariant(this.#next < choresMax, "the rooms of a bolt do not come to rest");
    return this.#chores[this.#next++];
  }

  /** Ends the step. */
  drain(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    this.#chores = [];
    this.#next = 0;
    return effects;
  }
}
