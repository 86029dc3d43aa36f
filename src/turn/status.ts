/**
 * What a bolt says about the spanner when asked: plain data for the CLI, the page, checkers and peers. Ages are of what
 * this bolt holds at the moment of the answer.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Alarm, Contest, Undone } from "../roster/view.ts";
import type { Counters } from "./beacon.ts";

/** What a server is to its spanner. */
export type Phase =
  "standalone" | "unadmitted" | "founding" | "joining" | "member" | "orphaned" | "leaving" | "left" | "removed";

/** Marks of a bolt as seen from here, in this order. */
export type Mark =
  | "this bolt"
  | "stale"
  | "link down"
  | "stopping"
  | "contested"
  | "duplicate"
  | "draining"
  | "leaving"
  | "orphaned"
  | "isolated"
  | "never heard";

/** How this bolt's beacons come from that one. */
export type HeardPath = "multicast" | "stream" | "relay" | "none";

export interface BoltReport {
  readonly id: BoltId;
  readonly name: string;
  readonly order: number;
  readonly patterns: readonly string[];
  readonly marks: readonly Mark[];
  readonly counters: Counters;
  /** Age of the newest beacon held; null when none was ever held (and 0 of this bolt itself). */
  readonly ageMs: number | null;
  readonly staleAfterMs: number;
  readonly intervalMs: number | null;
  readonly heardBy: HeardPath;
  /** Whether a stream to it is open; null of this bolt itself. */
  readonly linkUp: boolean | null;
  /** Its clock less ours when its newest beacon came, including the time on the way; null when unknown. */
  readonly skewMs: number | null;
  readonly version: string | null;
  readonly addresses: { readonly grpc: readonly string[]; readonly api: readonly string[] };
  /** The roster digest its newest beacon told (32 hex digits). */
  readonly digest: string | null;
  readonly incarnation: number | null;
}

export interface StatusReport {
  readonly mode: "standalone" | "spanner";
  readonly phase: Phase;
  readonly phaseWhy: string;
  readonly self: BoltId | null;
  readonly name: string;
  readonly spannerId: string;
  readonly genesis: RowId | null;
  /** First 16 bytes of the roster digest, as 32 hex digits; null without a roster. */
  readonly digest: string | null;
  readonly rows: number;
  readonly isolated: boolean;
  /** Whether any peer is heard by multicast; null when it is switched off or there is no peer. */
  readonly multicastWorks: boolean | null;
  readonly bolts: readonly BoltReport[];
  readonly contested: readonly Contest[];
  readonly alarms: readonly Alarm[];
  readonly undone: readonly Undone[];
  readonly openInvites: number;
  /** Bolts of the same spanner_id but another genesis that were heard: the genesis tag, and where from. */
  readonly foreign: readonly { readonly tag: string; readonly from: string }[];
}
