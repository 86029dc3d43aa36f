/**
 * What waits to be sent on one stream, bounded in messages and bytes (TR-8). The connection is given only so much at a
 * time, so that what waits can still be dropped or taken back: one-way messages go overboard first, the oldest first.
 *
 *   posted --room on the connection--> handed over --taken--> gone
 *      '--dropped, withdrawn, stream ended--> never sent
 */
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";

export interface OutboxLimits {
  /** Given to the connection and not yet taken by it. */
  readonly handedBytesMax: number;
  readonly waitingBytesMax: number;
  readonly waitingMax: number;
}

export const outboxLimits: OutboxLimits = {
  handedBytesMax: 262_144,
  waitingBytesMax: 4 * 1_048_576,
  waitingMax: 1_024,
};

/** Replies are not refused room: the calls they answer are counted where they arrive. */
export type PostKind = "say" | "call" | "reply";

interface Post {
  readonly kind: PostKind;
  readonly call: bigint;
  readonly message: PeerMessage;
  readonly bytes: number;
}

export class Outbox {
  readonly #write: (message: PeerMessage, written: () => void) => void;
  readonly #limits: OutboxLimits;
  readonly #waiting: Post[] = [];
  #waitingBytes = 0;
  #handedBytes = 0;
  #dropped = 0;

  constructor(write: (message: PeerMessage, written: () => void) => void, limits: OutboxLimits) {
    this.#write = write;
    this.#limits = limits;
  }

  /** One-way messages that were dropped for want of room. */
  get dropped(): number {
    return this.#dropped;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#handedBytes === 0;
  }

  /** False when there is no room: nothing of it will be sent. */
  post(kind: PostKind, call: bigint, message: PeerMessage, bytes: number): boolean {
    if (this.#waiting.length === 0 && this.#hasRoom(bytes)) {
      this.#hand({ kind, call, message, bytes });
      return true;
    }
    if (kind !== "reply" && !this.#makeRoom(bytes)) {
      if (kind === "say") this.#dropped++;
      return false;
    }
    this.#waiting.push({ kind, call, message, bytes });
    this.#waitingBytes += bytes;
    return true;
  }

  /** Takes a call back; false when it was handed over already. */
  withdraw(call: bigint): boolean {
    const at = this.#waiting.findIndex((post) => post.kind === "call" && post.call === call);
    if (at < 0) return false;
    this.#remove(at);
    return true;
  }

  /** Calls that were never handed over. */
  unsent(): ReadonlySet<bigint> {
    return new Set(this.#waiting.filter(({ kind }) => kind === "call").map(({ call }) => call));
  }

  #hasRoom(bytes: number): boolean {
    return this.#handedBytes === 0 || this.#handedBytes + bytes <= this.#limits.handedBytesMax;
  }

  #isFull(bytes: number): boolean {
    const { waitingMax, waitingBytesMax } = this.#limits;
    return this.#waiting.length >= waitingMax || this.#waitingBytes + bytes > waitingBytesMax;
  }

  /** Drops one-way messages, the oldest first, until it fits. */
  #makeRoom(bytes: number): boolean {
    while (this.#isFull(bytes)) {
      const at = this.#waiting.findIndex(({ kind }) => kind === "say");
      if (at < 0) return false;
      this.#remove(at);
      this.#dropped++;
    }
    return true;
  }

  #remove(at: number): void {
    const [post] = this.#waiting.splice(at, 1);
    this.#waitingBytes -= post?.bytes ?? 0;
  }

  #hand(post: Post): void {
    this.#handedBytes += post.bytes;
    this.#write(post.message, () => {
      this.#handedBytes -= post.bytes;
      this.#handMore();
    });
  }

  #handMore(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next.bytes); next = this.#waiting[0]) {
      this.#remove(0);
      this.#hand(next);
    }
  }
}
