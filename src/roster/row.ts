/**
 * The rows a bolt's log is made of: one signed statement each, named by the hash of what was signed.
 * Field order and meaning follow docs/rules/ROSTER.md; `row-codec.ts` gives them their bytes.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Verified } from "../kernel/verified.ts";

/** What every row says besides its body. */
export interface RowHead {
  /** The id of the GENESIS row of its spanner; null only in that row itself. */
  readonly genesis: RowId | null;
  readonly origin: BoltId;
  /** Drawn at every start of the author, above all before. */
  readonly incarnation: number;
  /** One more than that of `prev` in the author's own log; 0 in GENESIS, 1 in any other first row. */
  readonly seq: number;
  /** The author's last row; of a first row GENESIS, the ADMIT of its key, or the LEAVE that names it. */
  readonly prev: RowId | null;
  /** The highest-ranked row its author held when writing; null only in GENESIS. */
  readonly seen: RowId | null;
  /** One more than the larger rank of `prev` and `seen`; 0 in GENESIS. */
  readonly rank: number;
  /** The author's wall clock, for display. */
  readonly wallMs: number;
}

/** Where a bolt can be reached, as its owner says: hints, never trust. */
export interface Addresses {
  /** host:port of agents and peers. */
  readonly grpc: readonly string[];
  /** https URLs of operators, pages and joins. */
  readonly api: readonly string[];
}

/** Name, patterns and addresses that a joiner asks for and its ADMIT repeats. */
export interface Claimed {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly addresses: Addresses;
}

export interface Genesis extends Claimed {
  readonly kind: "genesis";
  readonly spannerId: string;
  readonly recoveryKey: BoltId;
}
/** An invite exists; it is named by this row's id. */
export interface Mint {
  readonly kind: "mint";
  readonly tokenKey: BoltId;
  readonly expiresMs: number;
  /** null: a bearer invite. */
  readonly bound: { readonly key: BoltId; readonly name: string; readonly patterns: readonly string[] } | null;
}
export interface Revoke {
  readonly kind: "revoke";
  readonly mint: RowId;
}
export interface Admit extends Claimed {
  readonly kind: "admit";
  readonly mint: RowId;
  readonly tokenKey: BoltId;
  readonly key: BoltId;
  /** The joiner's signature over its claim (proof of possession), 64 bytes. */
  readonly keyProof: Uint8Array;
  /** The token key's signature over the same claim, 64 bytes. */
  readonly tokenProof: Uint8Array;
}
export interface Claim {
  readonly kind: "claim";
  readonly patterns: readonly string[];
}
export interface Leave {
  readonly kind: "leave";
  /** A key that was never a member and takes over patterns, age and placements; its consent is its signature. */
  readonly successor: { readonly key: BoltId; readonly consent: Uint8Array } | null;
}
export interface Remove {
  readonly kind: "remove";
  readonly target: BoltId;
  /** Heads of the target's log that still count, with their ancestors; the ADMIT's id for an empty log. */
  readonly cut: readonly RowId[];
}
/** A row of a kind this version does not know, or whose body is over a limit: merged, relayed, counts as nothing. */
export interface Inert {
  readonly kind: "inert";
  readonly code: number;
  readonly why: string;
}

/** What a row says. */
export type Body = Genesis | Mint | Revoke | Admit | Claim | Leave | Remove | Inert;

/** A row as read from its bytes. */
export interface Row extends RowHead {
  readonly id: RowId;
  readonly body: Body;
}

/** A row whose signature was checked. */
export type SignedRow = Verified<Row>;

/** What a bolt asks its host to sign as its next row. */
export interface RowDraft {
  readonly head: RowHead;
  readonly body: Exclude<Body, Inert>;
}

/** Limits on what a row may hold; past them a body is inert. */
export const rowLimits = {
  rowBytes: 16_384,
  nameBytes: 63,
  spannerIdBytes: 128,
  patterns: 64,
  patternBytes: 253,
  addresses: 16,
  addressBytes: 300,
  cutHeads: 64,
} as const;

/** Members that are neither removed nor left; those past it are orphaned until a seat is free. */
export const memberLimit = 1_024;

/** Negative, zero or positive as `a` comes before, with or after `b` in (rank, row id) order. */
export function compareRows(a: { rank: number; id: RowId }, b: { rank: number; id: RowId }): number {
  return a.rank !== b.rank ? a.rank - b.rank : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
