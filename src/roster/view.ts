/**
 * What a set of rows means: the roster view, one pure function of the set. `walk.ts` computes it; everyone else reads.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Addresses } from "./row.ts";

/** A place in (rank, row id) order. */
export interface Age {
  readonly rank: number;
  readonly id: RowId;
}

/** A pattern and how old the claim to it is: as old as the admission, or as the CLAIM that brought it. */
export interface ClaimedPattern {
  readonly pattern: string;
  readonly age: Age;
}

/** Where a key that was taken by the walk stands. `orphaned` here means past the cap of members. */
export type Standing =
  | { readonly is: "member" }
  | { readonly is: "orphaned"; readonly why: "over-cap" }
  | { readonly is: "left"; readonly row: RowId; readonly successor: BoltId | null }
  | { readonly is: "removed"; readonly row: RowId; readonly by: BoltId };

/** One key taken by the walk; `order` 0 is the oldest. */
export interface Member {
  readonly id: BoltId;
  readonly order: number;
  readonly name: string;
  /** The row that made it a member: GENESIS, an ADMIT, or the LEAVE that named it successor. */
  readonly admittedBy: RowId;
  readonly sponsor: BoltId;
  readonly age: Age;
  readonly patterns: readonly ClaimedPattern[];
  /** Addresses as of admission; a PROFILE says newer ones. */
  readonly addresses: Addresses;
  readonly standing: Standing;
}

/** A key with an ADMIT that does not count; `why` names the REMOVE whose cut it falls beyond, where one does. */
export interface Orphan {
  readonly id: BoltId;
  readonly admit: RowId;
  readonly why: { readonly because: "beyond-cut" | "not-authorised"; readonly row: RowId | null };
}

/** An acknowledged statement that a later row undid. */
export interface Undone {
  readonly row: RowId;
  readonly by: RowId;
}

/** What is known of an invite. */
export interface Token {
  readonly mint: RowId;
  readonly minter: BoltId;
  readonly tokenKey: BoltId;
  readonly incarnation: number;
  readonly expiresMs: number;
  readonly mintedMs: number;
  readonly bound: { readonly key: BoltId; readonly name: string; readonly patterns: readonly string[] } | null;
  readonly revoked: RowId | null;
  /** ADMITs that name it, counting or not, in row order: (key, row). */
  readonly admits: readonly { readonly key: BoltId; readonly row: RowId; readonly counts: boolean }[];
}

/** Two members claim hostnames in common; the older claim wins, everywhere alike. */
export interface Contest {
  readonly winner: BoltId;
  readonly winnerPattern: string;
  readonly loser: BoltId;
  readonly loserPattern: string;
  readonly witness: string;
}

/** Something an operator should look at, derived from the set. */
export type Alarm =
  | { readonly kind: "twin-rows"; readonly origin: BoltId; readonly rows: readonly RowId[] }
  | { readonly kind: "fork"; readonly origin: BoltId; readonly heads: readonly RowId[] }
  | { readonly kind: "many-rows"; readonly rows: number };

export interface RosterView {
  /** null while the set is empty. */
  readonly genesis: RowId | null;
  readonly spannerId: string;
  readonly founder: BoltId | null;
  readonly recoveryKey: BoltId | null;
  /** Every key taken, oldest first, also those that left or were removed. */
  readonly taken: readonly Member[];
  /** Those of `taken` whose standing is member, oldest first. */
  readonly members: readonly Member[];
  readonly byId: ReadonlyMap<BoltId, Member>;
  readonly orphans: ReadonlyMap<BoltId, Orphan>;
  readonly tokens: ReadonlyMap<RowId, Token>;
  readonly consumedTokens: ReadonlySet<RowId>;
  readonly undone: readonly Undone[];
  readonly alarms: readonly Alarm[];
  /** Heads of each author among counting rows; authors in id order, heads in row order. */
  readonly countingHeads: ReadonlyMap<BoltId, readonly RowId[]>;
  counts(row: RowId): boolean;
}
