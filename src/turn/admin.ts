/**
 * What an operator asks of a bolt (through vigocli, the REST API or a scenario) and what it answers: plain data.
 * Every mutation takes `dryRun`, which walks the same path and stops before the first effect that lasts.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { Secret } from "../kernel/verified.ts";
import type { SignedRow } from "../roster/row.ts";
import type { StatusReport } from "./status.ts";

/** What a bundle says, without its secret. */
export interface Bundle {
  readonly genesis: RowId;
  readonly spannerId: string;
  readonly mint: RowId;
  readonly minter: BoltId;
  readonly tokenKey: BoltId;
  readonly expiresMs: number;
  /** SHA-256 of the public key of the minter's API certificate, hex. */
  readonly pin: string;
  /** The minter's https URLs. */
  readonly addresses: readonly string[];
}

/** Settings an operator may change while the server runs. */
export interface LiveSettings {
  readonly patterns: readonly string[];
  readonly tier1Ms: number;
  readonly tier2Ms: number;
  /** null: three intervals of each author. */
  readonly staleAfterMs: number | null;
  /** Of the certificate that is shown from now on. */
  readonly tlsPin: string;
  readonly caCertificate: Uint8Array;
  readonly licence: Uint8Array;
}

export type AdminRequest =
  | { readonly do: "identity" }
  | { readonly do: "init"; readonly dryRun: boolean }
  | { readonly do: "status" }
  /** Asks every reachable bolt for its status: who sees whom how old, and whose digest differs. */
  | { readonly do: "all-views" }
  /** Compares rosters of all reachable bolts and names the first differing row. */
  | { readonly do: "verify" }
  | { readonly do: "bolt-show"; readonly bolt: string }
  | {
      readonly do: "invite";
      readonly ttlMs: number;
      readonly bound: { readonly key: BoltId; readonly name: string; readonly patterns: readonly string[] } | null;
      readonly dryRun: boolean;
    }
  | { readonly do: "invite-list" }
  | { readonly do: "invite-show"; readonly invite: string }
  | { readonly do: "invite-revoke"; readonly invite: string; readonly dryRun: boolean }
  | {
      readonly do: "join";
      readonly bundle: Bundle;
      readonly tokenSeed: Secret;
      /** URLs to ask, in order: `--from`, else the bundle's. */
      readonly from: readonly string[];
      /** Link-local addresses may be asked (T9). */
      readonly linkLocal: boolean;
      readonly dryRun: boolean;
    }
  | {
      readonly do: "leave";
      readonly successor: { readonly key: BoltId; readonly consent: Uint8Array } | null;
      readonly dryRun: boolean;
    }
  /** Signs this (never admitted) server's consent to succeed a leaver. */
  | { readonly do: "consent"; readonly genesis: RowId; readonly leaver: BoltId }
  | {
      readonly do: "remove";
      readonly bolt: string;
      readonly cut: readonly RowId[] | null;
      readonly recovery: { readonly publicKey: BoltId; readonly seed: Secret } | null;
      readonly dryRun: boolean;
    }
  | { readonly do: "repoint"; readonly bolt: string; readonly address: string; readonly dryRun: boolean }
  | { readonly do: "route-explain"; readonly hostname: string }
  | { readonly do: "reconfigure"; readonly settings: LiveSettings; readonly dryRun: boolean }
  | { readonly do: "evidence"; readonly bolt: string | null; readonly limit: number };

export type InviteState = "open" | "spent" | "revoked" | "expired" | "void";

export interface InviteReport {
  readonly id: RowId;
  readonly minter: BoltId;
  readonly minterName: string;
  readonly mode: "bearer" | "key-bound";
  readonly state: InviteState;
  readonly mintedMs: number;
  readonly expiresMs: number;
  readonly boundTo: { readonly key: BoltId; readonly name: string; readonly patterns: readonly string[] } | null;
  readonly admitted: BoltId | null;
}

/** Why a hostname goes where it goes. */
export interface RouteReport {
  readonly hostname: string;
  readonly owner: BoltId | null;
  readonly ownerName: string | null;
  readonly pattern: string | null;
  readonly because: string;
  readonly others: readonly {
    readonly bolt: BoltId;
    readonly name: string;
    readonly pattern: string;
    readonly why: string;
  }[];
  readonly nearest: readonly { readonly bolt: BoltId; readonly name: string; readonly pattern: string }[];
  readonly wouldChange: readonly string[];
}

/** One bolt's answer in a fan-out, or why it has none. */
export interface ViewOf {
  readonly bolt: BoltId;
  readonly name: string;
  readonly status: StatusReport | null;
  readonly missing: string | null;
}

export type AdminAnswer =
  | {
      readonly answer: "identity";
      readonly key: BoltId | null;
      readonly name: string;
      readonly patterns: readonly string[];
      readonly tlsPin: string;
    }
  | {
      readonly answer: "founded";
      readonly genesis: RowId | null;
      readonly recoveryKey: BoltId | null;
      readonly recoverySeed: Secret | null;
      readonly dryRun: boolean;
    }
  | { readonly answer: "status"; readonly status: StatusReport }
  | { readonly answer: "all-views"; readonly views: readonly ViewOf[]; readonly complete: boolean }
  | {
      readonly answer: "verify";
      readonly equal: boolean;
      readonly complete: boolean;
      readonly digests: readonly {
        readonly bolt: BoltId;
        readonly name: string;
        readonly digest: string | null;
        readonly missing: string | null;
      }[];
      readonly firstDifference: {
        readonly row: RowId;
        readonly heldBy: readonly string[];
        readonly missingAt: readonly string[];
        readonly says: string;
      } | null;
    }
  | { readonly answer: "bolt"; readonly status: StatusReport; readonly bolt: BoltId }
  | {
      readonly answer: "invited";
      readonly invite: InviteReport | null;
      readonly bundle: Bundle | null;
      readonly tokenSeed: Secret | null;
      readonly dryRun: boolean;
    }
  | { readonly answer: "invites"; readonly invites: readonly InviteReport[] }
  | { readonly answer: "revoked"; readonly invite: InviteReport; readonly dryRun: boolean }
  | {
      readonly answer: "joined";
      readonly bolt: BoltId;
      readonly sponsor: BoltId | null;
      readonly admit: RowId | null;
      readonly dryRun: boolean;
    }
  | { readonly answer: "left"; readonly row: RowId | null; readonly dryRun: boolean }
  | { readonly answer: "consent"; readonly key: BoltId; readonly consent: Uint8Array }
  | {
      readonly answer: "removed";
      readonly target: BoltId;
      readonly row: RowId | null;
      readonly by: BoltId | null;
      readonly cut: readonly RowId[];
      readonly notAsked: readonly string[];
      readonly dryRun: boolean;
    }
  | { readonly answer: "repointed"; readonly bolt: BoltId; readonly address: string; readonly dryRun: boolean }
  | { readonly answer: "route"; readonly route: RouteReport }
  | { readonly answer: "reconfigured"; readonly claimed: boolean; readonly dryRun: boolean }
  | {
      readonly answer: "evidence";
      readonly evidence: readonly { readonly about: BoltId; readonly wallMs: number; readonly text: string }[];
    }
  | { readonly answer: "refused"; readonly refusal: Refusal; readonly row: SignedRow | null };
