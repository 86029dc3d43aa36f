/**
 * What the bolt offers every room, so that it can route outcomes without knowing what they were for.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Deadline } from "../kernel/deadline.ts";
import type { Micros } from "../kernel/time.ts";
import type { Secret } from "../kernel/verified.ts";
import type { LoadPage, Signed, StoreFailure } from "../roster/durable.ts";
import type { AdminRequest } from "./admin.ts";
import type { PeerRequest } from "./peer.ts";
import type { CallId, CallOutcome, Fact, Turn } from "./turn.ts";

/** Who asks a room: a member named by its stream, or someone without a name. */
export type PeerCaller =
  { readonly is: "bolt"; readonly bolt: BoltId } | { readonly is: "stranger"; readonly source: string };

/** One room of a bolt. `Purpose` tags what it asked for; all state is plain and comes out with `image`. */
export interface Room<Purpose, State> {
  handlesAdmin(request: AdminRequest): boolean;
  onAdmin(call: CallId, request: AdminRequest, turn: Turn<Purpose>): void;
  handlesPeer(request: PeerRequest): boolean;
  onPeer(call: CallId, from: PeerCaller, request: PeerRequest, patience: Micros, turn: Turn<Purpose>): void;
  onStored(signed: readonly Signed[], purpose: Purpose, turn: Turn<Purpose>): void;
  onStoreFailed(why: StoreFailure, purpose: Purpose, turn: Turn<Purpose>): void;
  onDrawn(publicKey: BoltId, secret: Secret, purpose: Purpose, turn: Turn<Purpose>): void;
  onLoaded(page: LoadPage, purpose: Purpose, turn: Turn<Purpose>): void;
  onReply(outcome: CallOutcome, purpose: Purpose, turn: Turn<Purpose>): void;
  onFact(fact: Fact, turn: Turn<Purpose>): void;
  onDue(turn: Turn<Purpose>): void;
  deadline(): Deadline | undefined;
  image(): State;
}
