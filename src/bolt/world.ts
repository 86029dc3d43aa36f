/**
 * The state all rooms of a bolt share, and the only place that changes it. The wall clock only moves forward: a floor
 * kept on disk stops a clock set back from reviving what has expired (BO-3, T28).
 */
import type { BoltId } from "../kernel/id.ts";
import { micros, toMs } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import type { StoreFailure } from "../roster/durable.ts";
import { Roster } from "../roster/roster.ts";
import type { RosterImage } from "../roster/roster.ts";
import type { LiveSettings } from "../turn/admin.ts";
import type { Phase } from "../turn/status.ts";
import type { BoltConfig, World } from "../turn/turn.ts";

/** How far the wall clock may run before its floor is written again, ms. */
export const wallFloorStepMs = 60_000;

/** The plain state behind a `SharedWorld`. */
export interface WorldImage {
  readonly now: Micros;
  readonly wallAtMs: number;
  readonly wallAtUs: Micros;
  readonly floorWrittenMs: number;
  readonly self: BoltId | null;
  readonly lived: readonly number[];
  readonly config: BoltConfig;
  readonly roster: RosterImage;
  readonly phase: Phase;
  readonly links: readonly BoltId[];
  readonly storeFailed: StoreFailure | null;
}

export class SharedWorld implements World {
  now: Micros;
  self: BoltId | null;
  config: BoltConfig;
  phase: Phase;
  storeFailed: StoreFailure | null;
  readonly roster: Roster;
  readonly lived: Set<number>;
  readonly links: Set<BoltId>;
  #wallAtMs: number;
  #wallAtUs: Micros;
  #floorWrittenMs: number;

  constructor(image: WorldImage) {
    this.now = image.now;
    this.self = image.self;
    this.config = image.config;
    this.phase = image.phase;
    this.storeFailed = image.storeFailed;
    this.roster = Roster.restore(image.roster);
    this.lived = new Set(image.lived);
    this.links = new Set(image.links);
    this.#wallAtMs = image.wallAtMs;
    this.#wallAtUs = image.wallAtUs;
    this.#floorWrittenMs = image.floorWrittenMs;
  }

  /** The wall clock as the last reading or the floor had it, plus the time since. */
  get wallMs(): number {
    return this.#wallAtMs + Math.floor(toMs(micros(this.now - this.#wallAtUs)));
  }

  /** The incarnation drawn last. */
  get incarnation(): number {
    let last = 0;
    for (const incarnation of this.lived) last = incarnation;
    return last;
  }

  /** A reading of the clock; one that lies behind is not believed. */
  setWall(wallMs: number): void {
    this.#wallAtMs = Math.max(wallMs, this.wallMs);
    this.#wallAtUs = this.now;
  }

  /** The floor to write when it is due, and from then on counts as written. */
  takeFloor(): number | undefined {
    if (this.wallMs - this.#floorWrittenMs < wallFloorStepMs) return undefined;
    this.#floorWrittenMs = this.wallMs;
    return this.wallMs;
  }

  /** Takes over what an operator changed while the bolt runs. */
  applySettings(settings: LiveSettings): void {
    this.config = {
      ...this.config,
      patterns: settings.patterns,
      tier1Us: micros(settings.tier1Ms * 1000),
      tier2Us: micros(settings.tier2Ms * 1000),
      staleAfterUs: settings.staleAfterMs === null ? null : micros(settings.staleAfterMs * 1000),
      tlsPin: settings.tlsPin,
      caCertificate: settings.caCertificate,
      licence: settings.licence,
    };
  }

  image(): WorldImage {
    return {
      now: this.now,
      wallAtMs: this.#wallAtMs,
      wallAtUs: this.#wallAtUs,
      floorWrittenMs: this.#floorWrittenMs,
      self: this.self,
      lived: [...this.lived],
      config: this.config,
      roster: this.roster.image(),
      phase: this.phase,
      links: [...this.links],
      storeFailed: this.storeFailed,
    };
  }
}
