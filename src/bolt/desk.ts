/**
 * Who asked for what: outcomes come back by ticket or call, and the desk knows the room and purpose they belong to.
 * Tickets complete in the order they were given out (BO-1); everything here is plain and bounded.
 */
import { Bug, invariant } from "../kernel/assert.ts";
import { clonePlain } from "../kernel/clone.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { SignedRow } from "../roster/row.ts";
import type { CallId } from "../turn/turn.ts";
import type { Ticket } from "./seam.ts";

export type RoomName = "admissions" | "gossip" | "reporter";

/** A purpose as its room gave it; only that room reads it again. */
export interface Errand {
  readonly room: RoomName;
  readonly purpose: unknown;
}

/** What a ticket waits for. `take`: rows and profiles of others, merged once they are on disk. */
export type Waiting =
  | { readonly waits: "store"; readonly errand: Errand | null }
  | {
      readonly waits: "take";
      readonly errand: Errand | null;
      readonly rows: readonly SignedRow[];
      readonly profiles: readonly SignedProfile[];
    }
  | { readonly waits: "released"; readonly rows: readonly SignedRow[] }
  | { readonly waits: "draw"; readonly errand: Errand }
  | { readonly waits: "load"; readonly errand: Errand };

/** Plain state of a desk. */
export interface DeskImage {
  readonly nextTicket: number;
  readonly nextCall: number;
  readonly tickets: ReadonlyMap<Ticket, Waiting>;
  readonly calls: ReadonlyMap<CallId, Errand>;
  readonly open: ReadonlySet<CallId>;
}

/** How much may be under way at once; more is a bug of a room, which keeps its own smaller bounds. */
export const deskLimits = { tickets: 65_536, calls: 4_096, open: 4_096 } as const;

export const emptyDesk: DeskImage = {
  nextTicket: 1,
  nextCall: 1,
  tickets: new Map(),
  calls: new Map(),
  open: new Set(),
};

export class Desk {
  #nextTicket: number;
  #nextCall: number;
  readonly #tickets: Map<Ticket, Waiting>;
  readonly #calls: Map<CallId, Errand>;
  /** Calls of others that still wait for our answer. */
  readonly #open: Set<CallId>;

  constructor(image: DeskImage) {
    this.#nextTicket = image.nextTicket;
    this.#nextCall = image.nextCall;
    this.#tickets = new Map(image.tickets);
    this.#calls = new Map(image.calls);
    this.#open = new Set(image.open);
  }

  ticket(waiting: Waiting): Ticket {
    invariant(this.#tickets.size < deskLimits.tickets, "too many tickets under way");
    const ticket = this.#nextTicket++;
    this.#tickets.set(ticket, waiting);
    return ticket;
  }

  /** Ends a ticket; a `Bug` when the host never got it or ended it before. */
  endTicket(ticket: Ticket): Waiting {
    const waiting = this.#tickets.get(ticket);
    if (waiting === undefined) throw new Bug(`outcome of an unknown ticket ${ticket}`);
    this.#tickets.delete(ticket);
    return waiting;
  }

  call(errand: Errand): CallId {
    invariant(this.#calls.size < deskLimits.calls, "too many calls under way");
    const call = this.#nextCall++;
    this.#calls.set(call, errand);
    return call;
  }

  endCall(call: CallId): Errand {
    const errand = this.#calls.get(call);
    if (errand === undefined) throw new Bug(`outcome of an unknown call ${call}`);
    this.#calls.delete(call);
    return errand;
  }

  /** Notes a call of someone else; false when too many already wait. */
  open(call: CallId): boolean {
    if (this.#open.size >= deskLimits.open) return false;
    this.#open.add(call);
    return true;
  }

  /** True the first time a call is answered. */
  answered(call: CallId): boolean {
    return this.#open.delete(call);
  }

  /** Nothing durable, no call of ours and no answer is outstanding. */
  isIdle(): boolean {
    return this.#tickets.size === 0 && this.#open.size === 0;
  }

  /** How much is under way, for bounds checked from outside. */
  load(): { readonly tickets: number; readonly calls: number; readonly open: number } {
    return { tickets: this.#tickets.size, calls: this.#calls.size, open: this.#open.size };
  }

  image(): DeskImage {
    return {
      nextTicket: this.#nextTicket,
      nextCall: this.#nextCall,
      tickets: clonePlain(this.#tickets),
      calls: clonePlain(this.#calls),
      open: new Set(this.#open),
    };
  }
}
