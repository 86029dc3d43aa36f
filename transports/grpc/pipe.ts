/**
 * One gRPC stream, whichever end opened it, as its users want it: messages in, messages out with a note when each was
 * taken, one end, and a way to cut it at once. Who reads it may change while it runs: first the hello, then the stream.
 *
 *   open --the other end, an error, end, cut--> ended, told once
 */
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";

/** What both stream kinds of grpc-js have in common. */
export interface Duplex {
  write(message: PeerMessage, written: () => void): boolean;
  end(): void;
  on(event: "data", told: (message: PeerMessage) => void): unknown;
  on(event: "error", told: (error: Error) => void): unknown;
  on(event: "end" | "close" | "cancelled", told: () => void): unknown;
}

export interface Reader {
  onMessage(message: PeerMessage): void;
  /** The last word; not told to whoever ended it. */
  onEnded(why: string): void;
}

/** How long the other end may take to see that the stream has ended. */
const lingerMs = 1_000;

export class Pipe {
  /** Address and port of the other end, for people. */
  readonly remote: string;
  readonly #duplex: Duplex;
  readonly #destroy: () => void;
  #reader: Reader | null = null;
  #endedBy: string | null = null;

  /** `destroy` takes the connection away, too; it may be called more than once. */
  constructor(remote: string, duplex: Duplex, destroy: () => void) {
    this.remote = remote;
    this.#duplex = duplex;
    this.#destroy = destroy;
    duplex.on("error", (error) => this.#ended(plain(error)));
    duplex.on("end", () => this.#ended("the peer ended the stream"));
    duplex.on("cancelled", () => this.#ended("the peer cut the stream"));
    duplex.on("close", () => this.#ended("the connection is gone"));
  }

  /** Why it ended; empty while it is open. */
  get why(): string {
    return this.#endedBy ?? "";
  }

  /** From now on `reader` gets what comes; the first one also gets the news of an end that came before. */
  attach(reader: Reader): void {
    const isFirst = this.#reader === null;
    this.#reader = reader;
    if (!isFirst) return;
    if (this.#endedBy !== null) return reader.onEnded(this.#endedBy);
    this.#duplex.on("data", (message) => {
      if (this.#endedBy === null) this.#reader?.onMessage(message);
    });
  }

  /** Sends a message. `written` is called once the connection has taken it, unless the stream ended before. */
  write(message: PeerMessage, written: () => void = ignore): void {
    if (this.#endedBy === null) this.#duplex.write(message, written);
  }

  /** Ends the stream after what was written; the connection soon follows. */
  end(): void {
    if (this.#endedBy !== null) return;
    this.#endedBy = "ended here";
    this.#duplex.end();
    setTimeout(this.#destroy, lingerMs).unref();
  }

  /** Cuts the stream and its connection at once. */
  cut(): void {
    if (this.#endedBy === null) {
      this.#endedBy = "cut here";
      this.#duplex.end();
    }
    this.#destroy();
  }

  #ended(why: string): void {
    if (this.#endedBy !== null) return;
    this.#endedBy = why;
    this.#duplex.end();
    this.#destroy();
    this.#reader?.onEnded(why);
  }
}

function ignore(): void {
  // Nobody waits for it.
}

/** What grpc-js says, without its code, its advice and the moment. */
function plain(error: Error): string {
  const details = "details" in error && typeof error.details === "string" ? error.details : error.message;
  const last = /Last error: (?:Error: )?(.+?)(?:\. Resolution note: .*)?$/u.exec(details)?.[1] ?? details;
  return last.replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/gu, "").slice(0, 200);
}
