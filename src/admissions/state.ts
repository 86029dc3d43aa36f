/**
 * Everything the room remembers, as plain data: one ceremony of this server's own (founding, joining, leaving), the
 * pen that writes its log one row at a time, tokens being spent, and bounded memories of who asked what.
 * The state dies with the process; what must outlive it is in rows.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { Micros } from "../kernel/time.ts";
import type { Secret } from "../kernel/verified.ts";
import type { SignedRow } from "../roster/row.ts";
import type { Bundle, LiveSettings } from "../turn/admin.ts";
import type { JoinProof, PeerReply } from "../turn/peer.ts";
import type { Phase } from "../turn/status.ts";
import type { CallId, Turn } from "../turn/turn.ts";

/** Bounds of what is kept in memory; past them the answer is BUSY, or the oldest entry is forgotten. */
export const admissionsLimits = {
  penQueue: 256,
  askersPerToken: 64,
  askers: 1_024,
  relays: 256,
  uncertain: 1_024,
  sources: 4_096,
  removals: 16,
  openInvites: 1_024,
  members: 1_024,
  joinUrls: 16,
  joinPages: 256,
} as const;

/** Whoever waits for an answer about a removal: an operator here, or another bolt on behalf of its operator. */
export interface Asked {
  readonly by: "admin" | "peer";
  readonly call: CallId;
}

/** Someone who waits for the outcome of a join proof. */
export interface Asker {
  readonly call: CallId;
  readonly via: "join" | "redeem";
  /** The network source of a stranger, to give its attempt back when it succeeds; null for a bolt. */
  readonly source: string | null;
  readonly proof: JoinProof;
  readonly page: number;
  readonly patience: Micros;
}

/** A token between unspent and spent; see redeem.ts for the arrows. */
export type Spending =
  | { readonly phase: "spending"; readonly key: BoltId; readonly proof: JoinProof; readonly askers: Asker[] }
  | { readonly phase: "doubtful"; readonly key: BoltId };

/** A row this bolt is to write as soon as the one before it is on disk. */
export type PenOrder =
  | { readonly write: "genesis"; readonly call: CallId; readonly recoveryKey: BoltId; readonly recoverySeed: Secret }
  | {
      readonly write: "mint";
      readonly call: CallId;
      readonly ttlMs: number;
      readonly bound: InviteBound | null;
      readonly tokenKey: BoltId;
      readonly tokenSeed: Secret;
    }
  | { readonly write: "revoke"; readonly call: CallId; readonly mint: RowId }
  | { readonly write: "admit"; readonly mint: RowId }
  /** `call` and `settings` are null for the claim of a start. */
  | {
      readonly write: "claim";
      readonly call: CallId | null;
      readonly patterns: readonly string[];
      readonly settings: LiveSettings | null;
    }
  | { readonly write: "leave"; readonly call: CallId; readonly successor: Successor | null }
  | {
      readonly write: "remove";
      readonly asked: Asked;
      readonly target: BoltId;
      /** null: every head held when the row is written. */
      readonly cut: readonly RowId[] | null;
      readonly notAsked: readonly string[];
      readonly recovery: Recovery | null;
    };

export interface InviteBound {
  readonly key: BoltId;
  readonly name: string;
  readonly patterns: readonly string[];
}
export interface Successor {
  readonly key: BoltId;
  readonly consent: Uint8Array;
}
export interface Recovery {
  readonly publicKey: BoltId;
  readonly seed: Secret;
}

/** What this server is in the middle of for itself; pictures in found.ts, join.ts and leave.ts. */
export type Ceremony =
  | { readonly phase: "idle" }
  | { readonly phase: "founding"; readonly call: CallId }
  | Asking
  | { readonly phase: "taking"; readonly call: CallId; readonly attempt: number; readonly bundle: Bundle }
  | { readonly phase: "leaving"; readonly call: CallId };

/** A joiner on its way through the URLs, and through the pages of the one it asks. */
export interface Asking {
  readonly phase: "asking";
  readonly call: CallId;
  readonly attempt: number;
  readonly bundle: Bundle;
  readonly tokenSeed: Secret;
  readonly from: readonly string[];
  readonly linkLocal: boolean;
  /** Index of the URL being asked. */
  readonly at: number;
  readonly page: number;
  /** The ADMIT and page count that page 0 announced; null before it came. */
  readonly announced: { readonly admit: RowId; readonly pages: number } | null;
  readonly rows: readonly SignedRow[];
  /** The most telling failure so far. */
  readonly worst: JoinFailure | null;
}

/** Why one URL gave no admission; `weight` says which failure to tell when all fail. */
export interface JoinFailure {
  readonly weight: number;
  readonly refusal: Refusal;
}

/** Tokens left to a source, in thousandths, as of `at`. */
export interface Bucket {
  readonly millis: number;
  readonly at: Micros;
}

/** A removal that still hears what others hold of the target. */
export interface Removal {
  readonly asked: Asked;
  readonly target: BoltId;
  readonly recovery: Recovery | null;
  readonly open: number;
  readonly notAsked: readonly string[];
}

export interface AdmissionsState {
  /** What the roster says this server is, as last seen. */
  standing: { readonly phase: Phase; readonly why: string };
  ceremony: Ceremony;
  attempt: number;
  readonly pen: { writing: PenOrder | null; queue: PenOrder[] };
  readonly spending: Map<RowId, Spending>;
  /** How many calls wait in `spending`, and how many for a minter elsewhere. */
  askers: number;
  relays: number;
  /** `mint:key` pairs that may have been redeemed although no answer came; oldest first. */
  readonly uncertain: Set<string>;
  readonly attempts: Map<string, Bucket>;
  readonly removals: Map<number, Removal>;
  nextRemoval: number;
  profileIsBeingWritten: boolean;
}

/** A room that knows nothing yet. */
export function emptyAdmissions(): AdmissionsState {
  return {
    standing: { phase: "unadmitted", why: "This server has neither founded nor joined a spanner." },
    ceremony: { phase: "idle" },
    attempt: 0,
    pen: { writing: null, queue: [] },
    spending: new Map(),
    askers: 0,
    relays: 0,
    uncertain: new Set(),
    attempts: new Map(),
    removals: new Map(),
    nextRemoval: 1,
    profileIsBeingWritten: false,
  };
}

/** What an outcome was asked for. */
export type AdmissionsPurpose =
  | { readonly for: "row" }
  | { readonly for: "profile" }
  | { readonly for: "consent"; readonly call: CallId }
  | { readonly for: "recovery-key"; readonly call: CallId }
  | { readonly for: "token-key"; readonly call: CallId; readonly ttlMs: number; readonly bound: InviteBound | null }
  | { readonly for: "relay"; readonly asker: Asker; readonly minter: BoltId }
  | { readonly for: "relayed"; readonly asker: Asker; readonly reply: PeerReply }
  | { readonly for: "join-page"; readonly attempt: number }
  | { readonly for: "joined"; readonly attempt: number; readonly admit: RowId; readonly sponsor: BoltId }
  | { readonly for: "heads"; readonly removal: number; readonly bolt: BoltId; readonly rounds: number }
  | { readonly for: "heads-taken"; readonly removal: number; readonly bolt: BoltId; readonly rounds: number }
  | {
      readonly for: "elder";
      readonly call: CallId;
      readonly target: BoltId;
      readonly cut: readonly RowId[] | null;
      readonly elder: BoltId;
      /** Elders to try next, oldest first. */
      readonly others: readonly BoltId[];
    };

export type AdmissionsTurn = Turn<AdmissionsPurpose>;

/** What the room may know of the neighbourhood, which gossip hears. */
export interface Neighbours {
  /** Whether any beacon of this bolt ever came. */
  hasHeard(bolt: BoltId): boolean;
  /** The highest incarnation a beacon of it showed; null when none came. */
  incarnationOf(bolt: BoltId): number | null;
}

/** The room's memory and its view of the neighbourhood, as its files hand them to each other. */
export interface Office {
  readonly state: AdmissionsState;
  readonly neighbours: Neighbours;
}
