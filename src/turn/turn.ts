/**
 * What a room may ask of its bolt while it has its turn. A room never sees another room: it reads `world`, asks for
 * effects here, and gets their outcomes back as plain data tagged with the `Purpose` it gave, never as a closure,
 * so that the state of a machine stays plain.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Random } from "../kernel/random.ts";
import type { Micros } from "../kernel/time.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Draft, LoadQuery, Signed, StoreFailure, Write } from "../roster/durable.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { Roster } from "../roster/roster.ts";
import type { SignedRow } from "../roster/row.ts";
import type { AdminAnswer, LiveSettings } from "./admin.ts";
import type { Beacon } from "./beacon.ts";
import type { JoinClaim, PeerReply, PeerRequest, Say } from "./peer.ts";
import type { Phase } from "./status.ts";

/** Names one call until it is answered: of another's call to us, or of ours. */
export type CallId = number;

/** What a bolt is started with and what may change by `reconfigure`. */
export interface BoltConfig {
  readonly mode: "standalone" | "spanner";
  readonly spannerId: string;
  readonly name: string;
  readonly patterns: readonly string[];
  readonly addresses: { readonly grpc: readonly string[]; readonly api: readonly string[] };
  readonly tier1Us: Micros;
  readonly tier2Us: Micros;
  /** null: three intervals of each author. */
  readonly staleAfterUs: Micros | null;
  readonly multicast: boolean;
  readonly tlsPin: string;
  readonly caCertificate: Uint8Array;
  readonly softwareVersion: string;
  readonly licence: Uint8Array;
}

/** The shared state every room may read in its turn. */
export interface World {
  readonly now: Micros;
  /** The bolt's wall clock in ms, never below its persisted floor. */
  readonly wallMs: number;
  readonly self: BoltId | null;
  /** Drawn at this start; `lived` holds all of this process's, should a peer make it jump. */
  readonly incarnation: number;
  readonly lived: ReadonlySet<number>;
  readonly config: BoltConfig;
  readonly roster: Roster;
  readonly phase: Phase;
  /** Streams open now. */
  readonly links: ReadonlySet<BoltId>;
  /** Whether the disk takes writes; a reason when not. */
  readonly storeFailed: StoreFailure | null;
}

/** Why a call of ours ended without a reply. `perhapsDone`: the request may have arrived. */
export type CallFailure = {
  readonly why: "unreachable" | "wrong-identity" | "refused" | "late";
  readonly perhapsDone: boolean;
};
export type CallOutcome = { readonly ok: true; readonly reply: PeerReply } | ({ readonly ok: false } & CallFailure);

/** A join port: its https URL, the pin of its certificate when one is known, and whether it may be link-local. */
export interface JoinAddress {
  readonly url: string;
  readonly pin: string | null;
  readonly linkLocal: boolean;
}
export type CallTarget = { readonly bolt: BoltId } | JoinAddress;

/** What rooms tell each other through the bolt, offered in a fixed order until quiet. */
export type Fact =
  | { readonly fact: "merged"; readonly rows: readonly SignedRow[]; readonly profiles: readonly SignedProfile[] }
  | { readonly fact: "phase"; readonly phase: Phase; readonly why: string }
  | { readonly fact: "own-row"; readonly row: SignedRow }
  | { readonly fact: "roster-behind"; readonly peer: BoltId }
  /** An accepted `reconfigure`: the bolt takes the settings over into its config. */
  | { readonly fact: "settings"; readonly settings: LiveSettings }
  /** A peer holds a beacon of ours above our incarnation: the bolt draws one above it. */
  | { readonly fact: "jump"; readonly above: number }
  /** Ask this peer about these rows: something waits for them. */
  | { readonly fact: "wanted"; readonly rows: readonly RowId[] };

/** What is worth a log line and a counter; never holds a secret. */
export interface Note {
  readonly what: string;
  readonly about?: BoltId;
  readonly detail?: string;
}

/** Everything drawn by the host, never by the core. */
export type Drawn = "token-key" | "recovery-key";

export interface Turn<Purpose> {
  readonly world: World;
  readonly random: Random;
  /** Makes writes durable and drafts signed; `onStored` comes with the purpose. Completes in the order asked. */
  store(writes: readonly Write[], drafts: readonly Draft[], purpose: Purpose): void;
  /** `onDrawn` comes with the purpose. */
  draw(what: Drawn, purpose: Purpose): void;
  /** `onLoaded` comes with the purpose. */
  load(query: LoadQuery, purpose: Purpose): void;
  /** `onReply` comes with the purpose, always, at the latest after `patience`. */
  call(to: CallTarget, request: PeerRequest | JoinOrder, patience: Micros, purpose: Purpose): void;
  /** Answers a call of a peer, a stranger or an operator; at most once each. */
  respond(call: CallId, answer: PeerReply | AdminAnswer): void;
  tell(to: BoltId, say: Say): void;
  multicast(say: Say): void;
  /** Signed once by the host, then sent to the group (when asked) and to each peer named. */
  beacon(beacon: Beacon, multicast: boolean, to: readonly BoltId[]): void;
  /**
   * Rows and profiles from elsewhere: stored first, then merged; what was news comes to all rooms as the fact `merged`,
   * then `onStored` comes with the purpose (none when it is null). Rows of a `store` draft are merged by themselves.
   */
  take(rows: readonly SignedRow[], profiles: readonly SignedProfile[], purpose: Purpose | null): void;
  offer(fact: Fact): void;
  note(note: Note): void;
}

/** A join as the joiner's core orders it: the host signs the claim with the bolt's key and the token's. */
export interface JoinOrder {
  readonly ask: "join-order";
  readonly claim: JoinClaim;
  readonly tokenSeed: Secret;
  readonly page: number;
}

/** Outcomes as a room gets them back. */
export interface RoomOutcomes<Purpose> {
  onStored(signed: readonly Signed[], purpose: Purpose, turn: Turn<Purpose>): void;
  onStoreFailed(why: StoreFailure, purpose: Purpose, turn: Turn<Purpose>): void;
  onReply(outcome: CallOutcome, purpose: Purpose, turn: Turn<Purpose>): void;
}
