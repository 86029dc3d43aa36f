/** What a bolt's streams are opened with, what they tell, and their times. */
import type { BoltId } from "../../src/kernel/id.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import { encodeFrame } from "../../src/wire/frames.ts";
import type { Signer, Verifier } from "../../src/wire/genuine.ts";
import type { OutboxLimits } from "./outbox.ts";
import type { StreamEvents } from "./peer-stream.ts";
import type { ServerTls } from "./port.ts";

export interface PeersOrder {
  /** Empty: every address of the machine. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A pin given beside them is not needed: it follows from the certificate. */
  readonly tls: ServerTls & { readonly pin?: string };
  readonly self: Signer;
  readonly verifier: Verifier;
  readonly spannerId: string;
  readonly on: PeersEvents;
  readonly times?: Partial<PeerTimes>;
  readonly outbox?: OutboxLimits;
}

/** What peers say and ask is told as bytes: nobody has decoded them yet. */
export interface PeersEvents extends Pick<StreamEvents, "onSay" | "onRequest"> {
  onLink(peer: BoltId, isUp: boolean, why: string): void;
  /** A peer refused us and showed the row that explains it. */
  onShown(peer: BoltId, row: SignedRow): void;
  /** A bolt of another spanner of our name: its genesis in hex, and where it was met. */
  onForeign?(genesis: string, remote: string): void;
  /** Worth a line in the log, now and then. */
  onTrouble(peer: BoltId | null, why: string): void;
}

/** All in ms. */
export interface PeerTimes {
  /** A peer silent for so long is gone. */
  readonly silence: number;
  /** To connect to one address. */
  readonly connect: number;
  /** For the whole hello. */
  readonly greeting: number;
  readonly firstWait: number;
  readonly longestWait: number;
}

export interface PeersStats {
  readonly open: number;
  readonly strangers: number;
  readonly greetings: number;
  readonly connections: number;
  /** One-way messages dropped because a peer was too slow. */
  readonly dropped: number;
}

export const timesDefault: PeerTimes = {
  silence: 3_000,
  connect: 3_000,
  greeting: 5_000,
  firstWait: 200,
  longestWait: 15_000,
};
export const strangerReply = refusalFrame("NOT_A_MEMBER", "This key is not on the roster of the bolt that was asked.");
export const busyReply = refusalFrame("PEER_BUSY", "Too many calls are under way on this stream.");

function refusalFrame(code: string, message: string): Uint8Array {
  return encodeFrame({ frame: "reply", reply: { reply: "refused", refusal: { code, message }, row: null } });
}
