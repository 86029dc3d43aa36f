/**
 * The ladder of rooms: imports point only down, and rooms on one rung do not know each other (TI-1).
 * The table below is the law; what is not in it is refused too.
 */
import { importsOf } from "./source.ts";
import type { Source } from "./source.ts";

/** Rooms from the bottom up. A room is the longest path here that a file's path begins with. */
export const ladder: readonly (readonly string[])[] = [
  ["src/kernel"],
  ["src/pattern"],
  ["src/roster", "src/policy"],
  ["src/census"],
  ["src/turn"],
  ["src/admissions", "src/gossip", "src/fleet", "src/query", "src/license", "src/standby", "src/envoy"],
  ["src/bolt"],
  ["src/wire"],
  ["src/host"],
  ["src/seal", "src/reading", "src/console"],
  ["src/store", "src/system", "src/config", "transports/udp-multicast", "transports/grpc", "transports/join"],
  ["sim"],
  ["src/admin"],
  ["src/cli", "src/web", "src/agent"],
  ["src/server", "sim/real"],
];

/** Who may import transports: the places that put a whole process together. */
const composers = ["src/server/", "sim/real/", "src/agent/main.ts"];

/** What the simulator must not see, because simulation would no longer be all there is: real disks and machines. */
const outsideOfSim = ["src/store/sqlite", "src/system/", "transports/"];

const rungs = new Map(ladder.flatMap((rooms, rung) => rooms.map((room) => [room, rung] as const)));

/** Imports that climb, cross, or reach what is closed to them. Tests may import anything. */
export function ladderFindings(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    if (source.path.startsWith("test/")) return [];
    const from = roomOf(source.path);
    if (from === null) return [`TI-1 no rung: ${source.path} is in no room of the ladder`];
    return importsOf(source)
      .filter(({ isRelative }) => isRelative)
      .flatMap(({ target, line }) => {
        const why = whyNot(source.path, from, target);
        return why === null ? [] : [`TI-1 ${why}: ${source.path}:${line} imports ${target}`];
      });
  });
}

function roomOf(path: string): string | null {
  const rooms = [...rungs.keys()].filter((room) => path.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0] ?? null;
}

function whyNot(path: string, from: string, target: string): string | null {
  const to = roomOf(target);
  if (to === null) return "what is imported is in no room of the ladder";
  if (from === to) return null;
  const fromRung = rungs.get(from) ?? 0;
  const toRung = rungs.get(to) ?? 0;
  if (toRung === fromRung) return `${from} and ${to} stand on one rung and do not know each other`;
  if (toRung > fromRung) return `imports point only down, and ${to} stands above ${from}`;
  if (to === "sim" && path.startsWith("src/")) return "nothing in src imports sim";
  if (target.startsWith("transports/") && !composers.some((prefix) => path.startsWith(prefix))) {
    return "only what composes a process imports transports";
  }
  if (from === "sim" && outsideOfSim.some((prefix) => target.startsWith(prefix))) {
    return "the simulator sees no real disk, machine or transport";
  }
  return null;
}
