/**
 * Refuses patterns that share a hostname with those of a member (AD-6, T7), naming both and the hostname. Against a
 * bolt nobody here ever heard, the way out is to remove it: a joiner that lost its key after it was admitted.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { World } from "../turn/turn.ts";
import { nameOf } from "./standing.ts";
import type { Neighbours } from "./state.ts";

/** The first overlap of `patterns` with a member other than `except`, or null. */
export function overlapRefusal(
  world: World,
  neighbours: Neighbours,
  patterns: readonly string[],
  except: BoltId | null,
): Refusal | null {
  const view = world.roster.view();
  const overlap = world.roster.routing().overlapping(patterns, except);
  if (overlap === undefined) return null;
  const { bolt } = overlap;
  const name = nameOf(view, bolt);
  const isSilent = bolt !== world.self && !neighbours.hasHeard(bolt);
  return {
    code: "PATTERN_OVERLAP",
    message:
      `Pattern "${overlap.pattern}" and pattern "${overlap.theirs}" of ${name} both match "${overlap.witness}".` +
      (isSilent ? ` ${name} was admitted but never heard here.` : ""),
    value: overlap.pattern,
    next: isSilent ? `vigocli spanner bolt remove ${bolt}` : `vigocli spanner route explain ${overlap.witness}`,
  };
}
