/**
 * What bolts say to each other: one-way `Say`s, and calls (`PeerRequest` and its `PeerReply`). Wire gives them bytes.
 * Every list is bounded by wire so that a message stays within 64 KiB.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { Verified } from "../kernel/verified.ts";
import type { Fetch, FetchReply, Reconcile, ReconcileReply } from "../roster/exchange.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { Addresses, SignedRow } from "../roster/row.ts";
import type { Beacon, SignedBeacon } from "./beacon.ts";
import type { StatusReport } from "./status.ts";

/** One-way messages. `beacon` and `newest` are relays of signed ones; a bolt's own beacon is an effect of its own. */
export type Say =
  | { readonly say: "beacon"; readonly beacon: SignedBeacon }
  /** The newest beacon of yours that I hold, shown on connect and when you send a lower one. */
  | { readonly say: "newest"; readonly beacon: SignedBeacon }
  | { readonly say: "row"; readonly row: SignedRow }
  /** Whether I hear you by multicast: if so, spare the unicast. */
  | { readonly say: "hearing"; readonly multicast: boolean };

/** What a joiner asks for; both its key and the token key sign `joinClaimBytes` of it. */
export interface JoinClaim {
  readonly genesis: RowId;
  readonly mint: RowId;
  readonly tokenKey: BoltId;
  readonly key: BoltId;
  readonly name: string;
  readonly patterns: readonly string[];
  readonly addresses: Addresses;
}
/** A join claim whose two signatures wire checked: the signer is the joiner's key. */
export type JoinProof = Verified<{ readonly claim: JoinClaim; readonly tokenProof: Uint8Array }>;

export type PeerRequest =
  | ({ readonly ask: "reconcile" } & Reconcile)
  | ({ readonly ask: "fetch" } & Fetch)
  | { readonly ask: "offer"; readonly rows: readonly SignedRow[]; readonly profiles: readonly SignedProfile[] }
  /** Relays a joiner's proof to the minter; `page` pages through the chain of the answer. */
  | { readonly ask: "redeem"; readonly proof: JoinProof; readonly page: number }
  /** From a stranger, over the join port. */
  | { readonly ask: "join"; readonly proof: JoinProof; readonly page: number }
  | { readonly ask: "beacon-of"; readonly author: BoltId }
  | { readonly ask: "heads-of"; readonly author: BoltId }
  /** Asks an elder to remove a younger bolt on an operator's behalf. */
  | { readonly ask: "remove"; readonly target: BoltId; readonly cut: readonly RowId[] | null }
  /** A caller that is not on my roster shows the ancestry of its own ADMIT, oldest first. */
  | { readonly ask: "present"; readonly rows: readonly SignedRow[]; readonly more: boolean }
  | { readonly ask: "status" };

export type PeerReply =
  | ({ readonly reply: "reconcile" } & ReconcileReply)
  | ({ readonly reply: "fetch" } & FetchReply)
  | { readonly reply: "took" }
  /** An ADMIT and its ancestry in row order, one page; `pages` in all. */
  | {
      readonly reply: "admitted";
      readonly admit: RowId;
      readonly rows: readonly SignedRow[];
      readonly page: number;
      readonly pages: number;
    }
  /** `fresh` is the answerer's own, signed on the way out; it arrives as `beacon`. */
  | {
      readonly reply: "beacon";
      readonly beacon: SignedBeacon | null;
      readonly fresh: Beacon | null;
      readonly heldMs: number;
    }
  | { readonly reply: "heads"; readonly rows: readonly SignedRow[]; readonly more: boolean }
  | { readonly reply: "removed"; readonly row: RowId }
  | { readonly reply: "status"; readonly status: StatusReport }
  | {
      readonly reply: "refused";
      readonly refusal: Refusal;
      /** The REMOVE or ADMIT that explains it. */ readonly row: SignedRow | null;
    };
