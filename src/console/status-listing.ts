/**
 * A status report as rows and heading lines: what people look at first, so it says what to do when something is off.
 */
import { ageText, shortId } from "./amount-text.ts";
import type { Tone } from "./colours.ts";
import type { Column, Listing } from "./listing.ts";
import { absurd } from "../kernel/assert.ts";
import type { Alarm } from "../roster/view.ts";
import type { BoltReport, StatusReport } from "../turn/status.ts";

/** Columns of bolts, wherever they are listed. */
export const boltColumns: readonly Column<BoltReport>[] = [
  { name: "NAME", of: ({ name }) => name },
  { name: "KEY", of: ({ id }) => shortId(id) },
  { name: "STATUS", of: statusText, tone: toneOf },
  { name: "AGE", of: ({ ageMs }) => ageText(ageMs), sortKey: ({ ageMs }) => ageMs },
  { name: "HEARD BY", of: heardText },
  { name: "ENVOYS", of: ({ counters }) => String(counters.envoys), sortKey: ({ counters }) => counters.envoys },
  { name: "CONVERGED", wide: true, of: ({ counters }) => String(counters.converged) },
  { name: "DEGRADED", wide: true, of: ({ counters }) => String(counters.degraded) },
  { name: "FAILED", wide: true, of: ({ counters }) => String(counters.failed) },
  { name: "OFFLINE", wide: true, of: ({ counters }) => String(counters.offline) },
  { name: "SKEW", wide: true, of: ({ skewMs }) => skewText(skewMs), sortKey: ({ skewMs }) => skewMs },
  { name: "PATTERNS", wide: true, of: ({ patterns }) => patterns.join(", ") },
  { name: "ADDRESS", wide: true, of: ({ addresses }) => addresses.grpc.join(", ") },
  { name: "VERSION", wide: true, of: ({ version }) => version ?? "-" },
];

/** The bolts of a report; the whole is the report. */
export function statusListing(status: StatusReport): Listing<BoltReport> {
  return {
    rows: status.bolts,
    columns: boltColumns,
    nameOf: ({ name }) => name,
    whole: (bolts) => ({ ...status, bolts }),
    heading: headingOf(status),
  };
}

/** The report without what ticks by itself, as text: whether something changed. */
export function sameness(status: StatusReport): string {
  const bolts = status.bolts.map((bolt) => ({ ...bolt, ageMs: null, skewMs: null }));
  return JSON.stringify({ ...status, bolts });
}

/** The marks of a bolt; `fresh` when there is nothing to remark. */
export function statusText({ marks, linkUp, ageMs }: BoltReport): string {
  const others = marks.filter((mark) => mark !== "this bolt");
  const isKnown = linkUp !== null || ageMs !== null || marks.includes("this bolt");
  const state = others.length > 0 ? others.join(", ") : isKnown ? "fresh" : "unknown";
  return marks.includes("this bolt") ? `this bolt, ${state}` : state;
}

function toneOf({ marks }: BoltReport): Tone {
  const others = marks.filter((mark) => mark !== "this bolt");
  if (others.length === 0) return "good";
  const isBad = others.some((mark) => ["stale", "contested", "duplicate", "orphaned", "isolated"].includes(mark));
  return isBad ? "bad" : "warning";
}

function heardText({ heardBy, marks }: BoltReport): string {
  return marks.includes("this bolt") ? "-" : heardBy;
}

/** A clock's difference to ours, with its sign. */
export function skewText(skewMs: number | null): string {
  if (skewMs === null) return "-";
  return `${skewMs < 0 ? "-" : "+"}${ageText(Math.abs(skewMs))}`;
}

type Line = readonly [label: string, text: string];

function headingOf(status: StatusReport): readonly Line[] {
  const { mode, phase, phaseWhy, name, self, spannerId, genesis, digest, rows, isolated, openInvites } = status;
  const lines: Line[] = [
    ["server", `${name}${self === null ? "" : ` (${shortId(self)})`}`],
    ["mode", mode],
    ["phase", phaseWhy === "" || phaseWhy === phase ? phase : `${phase}: ${phaseWhy}`],
  ];
  if (mode === "standalone") return lines;
  lines.push(["spanner", `${spannerId}${genesis === null ? "" : ` (genesis ${shortId(genesis)})`}`]);
  if (digest !== null) lines.push(["roster", `${rows} rows, digest ${digest}`]);
  if (status.multicastWorks !== null) lines.push(["multicast", multicastText(status.multicastWorks)]);
  if (openInvites > 0) lines.push(["invites", `${openInvites} open`]);
  if (isolated) lines.push(["isolated", "no other bolt is heard: what is shown here may be old"]);
  for (const contest of status.contested) {
    const { winner, winnerPattern, loser, loserPattern, witness } = contest;
    const names = `${nameOf(status, winner)} (${winnerPattern}) over ${nameOf(status, loser)} (${loserPattern})`;
    lines.push(["contest", `${names}, for example at ${witness}`]);
  }
  for (const alarm of status.alarms) lines.push(["alarm", alarmText(alarm, status)]);
  for (const { tag, from } of status.foreign) {
    lines.push(["foreign", `another spanner of the same id is heard from ${from} (genesis ${shortId(tag)})`]);
  }
  if (phase === "unadmitted") {
    lines.push(["next", "vigocli spanner init                               founds a new spanner"]);
    lines.push(["or", "vigocli spanner bolt join --code-file invite.txt   joins one"]);
  }
  return lines;
}

function multicastText(works: boolean): string {
  return works ? "works" : "does not work: no peer is heard by it, beacons come over streams";
}

/** The name of a bolt of the report, else the beginning of its key. */
export function nameOf({ bolts }: StatusReport, id: string): string {
  return bolts.find((bolt) => bolt.id === id)?.name ?? shortId(id);
}

function alarmText(alarm: Alarm, status: StatusReport): string {
  switch (alarm.kind) {
    case "twin-rows":
      return `${nameOf(status, alarm.origin)} signed two rows of one rank; its key may be in use twice`;
    case "fork":
      return `the rows of ${nameOf(status, alarm.origin)} fork; its data may have been restored from a backup`;
    case "many-rows":
      return `the roster has ${alarm.rows} rows, more than expected`;
    default:
      return absurd(alarm);
  }
}
