/** One message between two bolts, on a peer stream or at a join port. */
import type { PeerReply, PeerRequest, Say } from "../turn/peer.ts";

export type Frame =
  /** `heldMs`: how long the sender held what it relays. */
  | { readonly frame: "say"; readonly say: Say; readonly heldMs: number }
  | { readonly frame: "request"; readonly request: PeerRequest }
  | { readonly frame: "reply"; readonly reply: PeerReply };

/** A frame has at most so many bytes: 64 KiB of content and a little head. */
export const frameBytesMax = 66_560;
