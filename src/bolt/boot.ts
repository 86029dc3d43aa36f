/** How a bolt begins: incarnation above all it ever showed, roster from disk, wall clock above its floor. */
import type { BoltId } from "../kernel/id.ts";
import type { Random } from "../kernel/random.ts";
import type { Micros } from "../kernel/time.ts";
import { Roster } from "../roster/roster.ts";
import type { Boot } from "./seam.ts";
import type { WorldImage } from "./world.ts";

/** The random part of an incarnation: two starts from one backup meet with a chance of one in a million (BO-4). */
const incarnationSpread = 1 << 20;

/** An incarnation above `above`, plus a random part. */
export function drawIncarnation(above: number, random: Random): number {
  return above + 1 + random.below(incarnationSpread);
}

/** The world at birth. Rows come from own checksummed disk; what waits for others is asked for again. */
export function bootWorld(boot: Boot, now: Micros, random: Random): WorldImage {
  const roster = Roster.create();
  roster.merge(boot.saved.rows);
  for (const profile of boot.saved.profiles) roster.mergeProfile(profile);
  const floorMs = Number(boot.saved.settings.get("wall-floor") ?? "0");
  return {
    now,
    wallAtMs: Math.max(boot.wallMs, Number.isSafeInteger(floorMs) ? floorMs : 0),
    wallAtUs: now,
    floorWrittenMs: floorMs,
    self: boot.key,
    lived: [drawIncarnation(highestShown(boot, boot.key), random)],
    config: boot.config,
    roster: roster.image(),
    phase: boot.config.mode === "standalone" ? "standalone" : "unadmitted",
    links: [],
    storeFailed: null,
  };
}

function highestShown(boot: Boot, self: BoltId | null): number {
  let highest = 0;
  for (const { message } of boot.saved.rows) {
    if (message.origin === self) highest = Math.max(highest, message.incarnation);
  }
  for (const { message } of boot.saved.profiles) {
    if (message.origin === self) highest = Math.max(highest, message.incarnation);
  }
  for (const { author, incarnation } of boot.saved.highWater) {
    if (author === self) highest = Math.max(highest, incarnation);
  }
  return highest;
}
