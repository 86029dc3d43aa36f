/**
 * What this server is to its spanner, derived from the roster alone; a ceremony under way takes precedence.
 *
 *   unadmitted --init--> founding --GENESIS on disk--> member
 *   unadmitted, orphaned --join--> joining --ADMIT believed and on disk--> member
 *   member --leave--> leaving --LEAVE on disk--> left
 *   member --a REMOVE of it counts--> removed        removed --that REMOVE is undone--> member
 *   member --its ADMIT stops counting--> orphaned    orphaned --it counts again--> member
 */
import { absurd } from "../kernel/assert.ts";
import type { BoltId } from "../kernel/id.ts";
import type { Member, RosterView } from "../roster/view.ts";
import type { Phase } from "../turn/status.ts";
import type { World } from "../turn/turn.ts";
import type { Ceremony } from "./state.ts";

/** A phase and one sentence for people. */
export interface Standing {
  readonly phase: Phase;
  readonly why: string;
}

/** What the roster says of this server. */
export function standingOf(world: World): Standing {
  if (world.config.mode === "standalone") {
    return { phase: "standalone", why: "This server shares its fleet with nobody." };
  }
  const view = world.roster.view();
  if (view.genesis === null || world.self === null) return unadmitted;
  const member = view.byId.get(world.self);
  return member === undefined ? withoutSeat(view, world.self) : seated(view, member);
}

const unadmitted: Standing = {
  phase: "unadmitted",
  why: "Found a spanner with `vigocli spanner init`, or join one with `vigocli spanner bolt join --code TEXT`.",
};

function withoutSeat(view: RosterView, self: BoltId): Standing {
  const orphan = view.orphans.get(self);
  if (orphan === undefined) return unadmitted;
  const by = orphan.why.row === null ? "" : ` (row ${orphan.why.row.slice(0, 12)})`;
  return { phase: "orphaned", why: `The admission of this server no longer counts${by}; ask for a key-bound invite.` };
}

function seated(view: RosterView, member: Member): Standing {
  const { standing } = member;
  switch (standing.is) {
    case "member":
      return { phase: "member", why: `Admitted by ${nameOf(view, member.sponsor)}.` };
    case "orphaned":
      return { phase: "orphaned", why: "The spanner has more members than seats; this server waits for one." };
    case "left":
      return { phase: "left", why: "This server left the spanner for good." };
    case "removed":
      return { phase: "removed", why: `Removed by ${nameOf(view, standing.by)} (row ${standing.row.slice(0, 12)}).` };
    default:
      return absurd(standing);
  }
}

/** What the server is right now. */
export function phaseOf(standing: Standing, ceremony: Ceremony): Standing {
  switch (ceremony.phase) {
    case "idle":
      return standing;
    case "founding":
      return { phase: "founding", why: "The founding statement is being written." };
    case "asking":
    case "taking":
      return { phase: "joining", why: "Asking a member for admission." };
    case "leaving":
      return { phase: "leaving", why: "The statement of leave is being written." };
    default:
      return absurd(ceremony);
  }
}

/** A name for people: the bolt's own, else the beginning of its key. */
export function nameOf(view: RosterView, bolt: BoltId): string {
  if (bolt === view.recoveryKey) return "the recovery key";
  return view.byId.get(bolt)?.name ?? bolt.slice(0, 12);
}

/** Whether this server counts as a member in its own roster now. */
export function isMember(world: World): boolean {
  return world.self !== null && isMemberKey(world.roster.view(), world.self);
}

/** Whether the key counts as a member. */
export function isMemberKey(view: RosterView, key: BoltId): boolean {
  return view.byId.get(key)?.standing.is === "member";
}
