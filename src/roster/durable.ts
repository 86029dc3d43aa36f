/**
 * What rooms ask to be made durable: complete plain writes, and drafts that the host signs and stores in the same
 * transaction. A standby can replay writes without knowing why they were made.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Profile, SignedProfile } from "./profile.ts";
import type { RowDraft, SignedRow } from "./row.ts";

/**
 * One durable write. The last of a name wins, but registers only rise: a profile gives way to a higher one of its bolt
 * or to one of another spanner, a high-water mark to a higher one.
 */
export type Write =
  | { readonly put: "row"; readonly row: SignedRow }
  | { readonly put: "profile"; readonly profile: SignedProfile }
  /** The highest beacon of a peer: replay protection across restarts. */
  | { readonly put: "high-water"; readonly author: BoltId; readonly incarnation: number; readonly number: number }
  /** Small state of one room as JSON text. */
  | { readonly put: "setting"; readonly name: string; readonly value: string }
  /** Something odd that was seen, kept for the operator; at most 1,000, the oldest go. */
  | { readonly put: "evidence"; readonly about: BoltId; readonly wallMs: number; readonly text: string };

/** Something to be signed and stored in one go; `stored` brings it back signed, in the order of the drafts. */
export type Draft =
  | { readonly sign: "row"; readonly draft: RowDraft; /** Null: the bolt's own key. */ readonly as: Secret | null }
  | { readonly sign: "profile"; readonly profile: Profile }
  /** This bolt's consent to take over from a leaver. */
  | { readonly sign: "consent"; readonly genesis: RowId; readonly leaver: BoltId };

/** A draft after the host signed and stored it. */
export type Signed =
  | { readonly signed: "row"; readonly row: SignedRow }
  | { readonly signed: "profile"; readonly profile: SignedProfile }
  | { readonly signed: "consent"; readonly signature: Uint8Array };

/** Everything durable, as a host loads it at boot. Rows come from own checksummed disk and are not checked again. */
export interface Saved {
  readonly rows: readonly SignedRow[];
  readonly profiles: readonly SignedProfile[];
  readonly highWater: readonly { readonly author: BoltId; readonly incarnation: number; readonly number: number }[];
  readonly settings: ReadonlyMap<string, string>;
}

/** Questions about durable state that is not kept in memory; answered in pages. */
export type LoadQuery = { readonly load: "evidence"; readonly about: BoltId | null; readonly limit: number };
export interface LoadPage {
  readonly evidence: readonly { readonly about: BoltId; readonly wallMs: number; readonly text: string }[];
}

export type StoreFailure = "full" | "read-only" | "fsync" | "stopped";
