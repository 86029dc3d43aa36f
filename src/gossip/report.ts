/**
 * What this bolt observes of every bolt that has a seat, oldest first: figures of the newest beacon, its age, the way
 * it came, and marks (GS-20). A mark is display and a hint for routing, never membership.
 */
import type { BoltId } from "../kernel/id.ts";
import { micros, toMs } from "../kernel/time.ts";
import type { Profile } from "../roster/profile.ts";
import type { Addresses } from "../roster/row.ts";
import type { Member } from "../roster/view.ts";
import { noEnvoys } from "../turn/beacon.ts";
import type { BoltReport, Mark } from "../turn/status.ts";
import type { World } from "../turn/turn.ts";
import { ageOf, clampInterval, intervalOf, isFresh, staleAfter } from "./ages.ts";
import { isDuplicate } from "./duplicates.ts";
import { hearsByMulticast } from "./links.ts";
import { isSeated } from "./seats.ts";
import type { Circle, Peer } from "./state.ts";

/** One report a seat, in the order of the roster. */
export function reportsOf(circle: Circle, world: World): readonly BoltReport[] {
  const view = world.roster.view();
  const disputed = disputedOf(world);
  const reports: BoltReport[] = [];
  for (const member of view.taken) {
    const peer = circle.state.peers.get(member.id);
    if (member.id === world.self && isSeated(view, member.id)) reports.push(ownReport(circle, member, disputed, world));
    else if (peer !== undefined) reports.push(peerReport(member, peer, disputed, world));
  }
  return reports;
}

/** There are others, and none of them is fresh. */
export function isIsolated({ state }: Circle, world: World): boolean {
  if (state.peers.size === 0) return false;
  for (const peer of state.peers.values()) if (isFresh(peer, world)) return false;
  return true;
}

/** Whether any peer is heard by multicast; null when it is switched off or there is nobody to hear. */
export function multicastWorks({ state }: Circle, world: World): boolean | null {
  if (!world.config.multicast || state.peers.size === 0) return null;
  for (const peer of state.peers.values()) if (hearsByMulticast(peer, world.now)) return true;
  return false;
}

/** Bolts with something about them that an operator should settle. */
interface Disputed {
  readonly contested: ReadonlySet<BoltId>;
  readonly doubled: ReadonlySet<BoltId>;
}

function disputedOf(world: World): Disputed {
  const { alarms } = world.roster.view();
  const contested = new Set<BoltId>();
  const doubled = new Set<BoltId>();
  for (const { winner, loser } of world.roster.routing().contests()) contested.add(winner).add(loser);
  for (const alarm of alarms) {
    if (alarm.kind === "twin-rows") doubled.add(alarm.origin);
    else if (alarm.kind === "fork") contested.add(alarm.origin);
  }
  return { contested, doubled };
}

function ownReport(circle: Circle, member: Member, disputed: Disputed, world: World): BoltReport {
  const { voice } = circle.state;
  const interval = clampInterval(world.config.tier1Us);
  const marks: Mark[] = ["this bolt"];
  if (circle.state.phase === "stopping") marks.push("stopping");
  if (disputed.contested.has(member.id)) marks.push("contested");
  if (disputed.doubled.has(member.id) || isDuplicate(voice.signs, interval, world.now)) marks.push("duplicate");
  marks.push(...stateMarks(member, world));
  if (isIsolated(circle, world)) marks.push("isolated");
  const { profile, patterns, addresses } = described(member, world);
  return {
    id: member.id,
    name: member.name,
    order: member.order,
    patterns,
    marks,
    counters: noEnvoys,
    ageMs: 0,
    staleAfterMs: toMs(world.config.staleAfterUs ?? micros(3 * interval)),
    intervalMs: toMs(world.config.tier1Us),
    heardBy: "none",
    linkUp: null,
    skewMs: null,
    version: profile?.softwareVersion ?? null,
    addresses,
    digest: world.roster.digest().slice(0, 32),
    incarnation: world.incarnation,
  };
}

function peerReport(member: Member, peer: Peer, disputed: Disputed, world: World): BoltReport {
  const linkUp = world.links.has(member.id);
  const age = ageOf(peer, world.now);
  const newest = peer.newest?.message ?? null;
  const marks: Mark[] = [];
  const everHeard = peer.mark.incarnation > 0;
  if (everHeard && !isFresh(peer, world)) marks.push("stale");
  if (!linkUp) marks.push("link down");
  if (newest?.stopping === true) marks.push("stopping");
  if (disputed.contested.has(member.id)) marks.push("contested");
  if (disputed.doubled.has(member.id) || isDuplicate(peer.signs, intervalOf(peer), world.now)) marks.push("duplicate");
  marks.push(...stateMarks(member, world));
  if (!everHeard) marks.push("never heard");
  // One literal, no spreads: a simulation of a hundred bolts makes millions of these.
  const { profile, patterns, addresses } = described(member, world);
  return {
    id: member.id,
    name: member.name,
    order: member.order,
    patterns,
    marks,
    counters: newest?.counters ?? noEnvoys,
    ageMs: age === null ? null : toMs(age),
    staleAfterMs: toMs(staleAfter(peer, world)),
    intervalMs: newest?.intervalMs ?? null,
    heardBy: peer.path,
    linkUp,
    skewMs: peer.skewMs,
    version: profile?.softwareVersion ?? null,
    addresses,
    digest: newest?.digest ?? null,
    incarnation: newest?.incarnation ?? null,
  };
}

function stateMarks(member: Member, world: World): readonly Mark[] {
  const state = world.roster.profile(member.id)?.message.state;
  const isLeaving = state === "leaving" || (member.id === world.self && world.phase === "leaving");
  const isOrphaned = member.standing.is === "orphaned";
  if (state !== "draining" && !isLeaving && !isOrphaned) return unmarked;
  const marks: Mark[] = [];
  if (state === "draining") marks.push("draining");
  if (isLeaving) marks.push("leaving");
  if (isOrphaned) marks.push("orphaned");
  return marks;
}

const unmarked: readonly Mark[] = [];

interface Described {
  readonly profile: Profile | undefined;
  readonly patterns: readonly string[];
  readonly addresses: Addresses;
}

function described(member: Member, world: World): Described {
  const profile = world.roster.profile(member.id)?.message;
  const patterns = member.patterns.map(({ pattern }) => pattern);
  return { profile, patterns, addresses: profile?.addresses ?? member.addresses };
}
