/**
 * The seam between a bolt and the world: inputs in, effects out, as plain data, synchronously. Simulator and production
 * drive the same machine through the same driver; nothing else may touch it.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Deadline } from "../kernel/deadline.ts";
import type { Micros } from "../kernel/time.ts";
import type { Secret } from "../kernel/verified.ts";
import type { Draft, LoadPage, LoadQuery, Saved, Signed, StoreFailure, Write } from "../roster/durable.ts";
import type { SignedRow } from "../roster/row.ts";
import type { AdminAnswer, AdminRequest } from "../turn/admin.ts";
import type { Beacon } from "../turn/beacon.ts";
import type { PeerReply, PeerRequest, Say } from "../turn/peer.ts";
import type { StatusReport } from "../turn/status.ts";
import type { BoltConfig, CallId, CallOutcome, CallTarget, Drawn, JoinOrder, Note } from "../turn/turn.ts";

/** Names one durable transaction, draw or load until its outcome comes. Completes in order. */
export type Ticket = number;

/** What a machine is born with. */
export interface Boot {
  /** Seeds every draw the core makes; the host takes it from its own randomness. */
  readonly seed: number;
  /** The identity made at first boot; null in standalone mode. */
  readonly key: BoltId | null;
  readonly config: BoltConfig;
  readonly saved: Saved;
  readonly wallMs: number;
}

/** Who asks. Peer bolts are named by the signed hello of their stream. */
export type Caller =
  | { readonly is: "bolt"; readonly bolt: BoltId }
  | { readonly is: "stranger"; readonly source: string }
  | { readonly is: "admin"; readonly user: string };

export type Asked = { readonly peer: PeerRequest } | { readonly admin: AdminRequest };

export type Input =
  | { readonly in: "start"; readonly boot: Boot }
  /** Finish what is under way within the grace, then the effect `stopped` comes. */
  | { readonly in: "stop"; readonly grace: Micros }
  | { readonly in: "wall"; readonly wallMs: number }
  | { readonly in: "due" }
  | { readonly in: "link"; readonly peer: BoltId; readonly up: boolean; readonly why: string }
  /** `from` is the bolt at the other end of the stream; null for a datagram. `heldMs`: how long the sender held it. */
  | {
      readonly in: "heard";
      readonly via: "multicast" | "stream";
      readonly from: BoltId | null;
      readonly heldMs: number;
      readonly message: Say;
    }
  /** A datagram of our spanner_id under another genesis; `tag` shows which. */
  | { readonly in: "foreign"; readonly tag: string; readonly from: string }
  | {
      readonly in: "request";
      readonly call: CallId;
      readonly from: Caller;
      readonly asked: Asked;
      readonly patience: Micros;
    }
  | { readonly in: "reply"; readonly call: CallId; readonly outcome: CallOutcome }
  | { readonly in: "stored"; readonly ticket: Ticket; readonly signed: readonly Signed[] }
  | { readonly in: "store-failed"; readonly ticket: Ticket; readonly why: StoreFailure }
  | { readonly in: "loaded"; readonly ticket: Ticket; readonly page: LoadPage }
  | { readonly in: "drawn"; readonly ticket: Ticket; readonly publicKey: BoltId; readonly secret: Secret };

export type Effect =
  | { readonly do: "multicast"; readonly say: Say }
  | { readonly do: "tell"; readonly to: BoltId; readonly say: Say }
  /** Sign once, then send to the group when asked and to each peer named. */
  | { readonly do: "beacon"; readonly beacon: Beacon; readonly multicast: boolean; readonly to: readonly BoltId[] }
  | {
      readonly do: "call";
      readonly call: CallId;
      readonly to: CallTarget;
      readonly request: PeerRequest | JoinOrder;
      readonly patience: Micros;
    }
  | { readonly do: "respond"; readonly call: CallId; readonly answer: PeerReply | AdminAnswer }
  | {
      readonly do: "store";
      readonly ticket: Ticket;
      readonly writes: readonly Write[];
      readonly drafts: readonly Draft[];
    }
  | { readonly do: "load"; readonly ticket: Ticket; readonly query: LoadQuery }
  | { readonly do: "draw"; readonly ticket: Ticket; readonly what: Drawn }
  | { readonly do: "note"; readonly note: Note }
  | { readonly do: "stopped" };

/** A peer the host should keep one stream with, and where it may be tried. */
export interface PeerAddress {
  readonly bolt: BoltId;
  readonly grpc: readonly string[];
  readonly tlsPin: string | null;
  readonly caCertificate: Uint8Array;
}

/** What wire needs to judge datagrams cheaply and the host to hold streams; read, never written, by them. */
export interface Keyring {
  readonly self: BoltId | null;
  /** GENESIS id of the spanner it is a member of, or is joining; null otherwise: then datagrams are dropped. */
  readonly genesis: string | null;
  /** High-water mark of each author whose beacons are wanted. */
  readonly authors: ReadonlyMap<BoltId, { readonly incarnation: number; readonly number: number }>;
  /** Members to hold streams with; grows and shrinks with the roster. */
  readonly peers: readonly PeerAddress[];
  /** Keys refused with the row that explains it. */
  readonly removed: ReadonlyMap<BoltId, SignedRow>;
  /** Changes whenever anything above but high-water marks changed. */
  readonly version: number;
}

/** A deterministic machine: `step` is the only door in, its return the only door out. */
export interface Machine<Image> {
  step(input: Input, now: Micros): readonly Effect[];
  deadline(): Deadline | undefined;
  /** Its account of itself at a moment not before its last step; ages count until then. */
  view(now: Micros): StatusReport;
  keyring(): Keyring;
  /** Plain state; a machine restored from it has the same future. */
  image(): Image;
}
