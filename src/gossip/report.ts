/**
 * What this bolt observes of every bolt that has a seat, oldest first: figures of the newest beacon, its age, the way
 * it came, and marks (GS-20). A mark is display and a hint for routing, never membership.
 */
import type { BoltId } from "../kernel/id.ts";
import { toMs } from "../kernel/time.ts";
import type { Member } from "../roster/view.ts";
import { noEnvoys } from "../turn/beacon.ts";
import type { BoltReport, Mark } from "../turn/status.ts";
import type { World } from "../turn/turn.ts";
import { ageOf, clampInterval, intervalOf, isFresh, staleAfter } from "./ages.ts";
import { isDuplicate } from "./duplicates.ts";
import { hearsByMulticast } from "./links.ts";
import type { Circle, Peer } from "./state.ts";

/** One report a seat, in the order of the roster. */
export function reportsOf(circle: Circle, world: World): readonly BoltReport[] {
  const view = world.roster.view();
  const disputed = disputedOf(world);
  return view.taken.flatMap((member): BoltReport[] => {
    if (member.id === world.self) return [ownReport(circle, member, disputed, world)];
    const peer = circle.state.peers.get(member.id);
    return peer === undefined ? [] : [peerReport(member, peer, disputed, world)];
  });
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
  return {
    ...described(member, world),
    marks,
    counters: noEnvoys,
    ageMs: 0,
    staleAfterMs: toMs(world.config.staleAfterUs ?? interval) * (world.config.staleAfterUs === null ? 3 : 1),
    intervalMs: toMs(world.config.tier1Us),
    heardBy: "none",
    linkUp: null,
    skewMs: null,
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
  return {
    ...described(member, world),
    marks,
    counters: newest?.counters ?? noEnvoys,
    ageMs: age === null ? null : toMs(age),
    staleAfterMs: toMs(staleAfter(peer, world)),
    intervalMs: newest?.intervalMs ?? null,
    heardBy: peer.path,
    linkUp,
    skewMs: peer.skewMs,
    digest: newest?.digest ?? null,
    incarnation: newest?.incarnation ?? null,
  };
}

function stateMarks(member: Member, world: World): Mark[] {
  const marks: Mark[] = [];
  const state = world.roster.profile(member.id)?.message.state;
  const isLeaving = state === "leaving" || (member.id === world.self && world.phase === "leaving");
  if (state === "draining") marks.push("draining");
  if (isLeaving) marks.push("leaving");
  if (member.standing.is === "orphaned") marks.push("orphaned");
  return marks;
}

type Described = Pick<BoltReport, "id" | "name" | "order" | "patterns" | "version" | "addresses">;

function described(member: Member, world: World): Described {
  const profile = world.roster.profile(member.id)?.message;
  return {
    id: member.id,
    name: member.name,
    order: member.order,
    patterns: member.patterns.map(({ pattern }) => pattern),
    version: profile?.softwareVersion ?? null,
    addresses: profile?.addresses ?? member.addresses,
  };
}
