/**
 * Tier 1: what a bolt says of itself every interval, in one small signed datagram. Digest, counters and flags share one
 * signature, so nobody can mix those of two beacons (T20).
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Verified } from "../kernel/verified.ts";

/** Envoys of a bolt by state; all zero until it serves any. */
export interface Counters {
  readonly envoys: number;
  readonly converged: number;
  readonly degraded: number;
  readonly failed: number;
  readonly noData: number;
  readonly changed: number;
  readonly diverged: number;
  readonly offline: number;
}

export const noEnvoys: Counters = {
  envoys: 0,
  converged: 0,
  degraded: 0,
  failed: 0,
  noData: 0,
  changed: 0,
  diverged: 0,
  offline: 0,
};

export interface Beacon {
  readonly genesis: RowId;
  readonly author: BoltId;
  readonly incarnation: number;
  /** Grows by one with each beacon of an incarnation. */
  readonly number: number;
  /** What the author's tier-1 interval is, in ms: `stale_after` defaults to three of them. */
  readonly intervalMs: number;
  /** The author's wall clock when it wrote this, for skew only. */
  readonly wallMs: number;
  /** First 16 bytes of the roster digest, as 32 hex digits. */
  readonly digest: string;
  /** The author's own last row, or null before it wrote one. */
  readonly head: RowId | null;
  /** The highest rank of any row it holds. */
  readonly rank: number;
  readonly counters: Counters;
  /** The author is shutting down in order: not an outage. */
  readonly stopping: boolean;
}

export type SignedBeacon = Verified<Beacon>;
