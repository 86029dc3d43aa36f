/**
 * Where a crash can be aimed: at the n-th effect from now, or at a moment in the life of a write. The process dies
 * right there, between two effects of one step.
 */
import type { Write } from "../../src/roster/durable.ts";
import type { Body } from "../../src/roster/row.ts";

/** Thrown through the driver when its process dies. */
export class CrashSignal extends Error {
  constructor() {
    super("the process dies here");
    this.name = "CrashSignal";
  }
}

/** Before the write, after it but before its sync, or after the sync but before anyone was told. */
export type WriteMoment = "before-write" | "before-sync" | "after-sync";

/** When a process is to die. */
export type CrashAim =
  { readonly at: "effect"; readonly number: number } | { readonly at: WriteMoment; readonly row: Body["kind"] | "any" };

/** A crash in waiting; `strikes` answers once with true. */
export class Fuse {
  #aim: CrashAim | null = null;
  #effectsLeft = 0;

  light(aim: CrashAim): void {
    this.#aim = aim;
    this.#effectsLeft = aim.at === "effect" ? aim.number : 0;
  }

  get isLit(): boolean {
    return this.#aim !== null;
  }

  /** Asked before every effect. */
  strikesAtEffect(): boolean {
    if (this.#aim?.at !== "effect" || this.#effectsLeft-- > 0) return false;
    this.#aim = null;
    return true;
  }

  /** Asked at each moment of every write. */
  strikesAtWrite(moment: WriteMoment, writes: readonly Write[]): boolean {
    if (this.#aim === null || this.#aim.at !== moment) return false;
    const { row } = this.#aim;
    const isMeant = row === "any" || writes.some((write) => write.put === "row" && write.row.message.body.kind === row);
    if (isMeant) this.#aim = null;
    return isMeant;
  }
}
