/**
 * A room's turn as the bolt grants it: every wish becomes an effect, tagged at the desk with the room and its purpose.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Random } from "../kernel/random.ts";
import type { Micros } from "../kernel/time.ts";
import type { Draft, LoadQuery, Write } from "../roster/durable.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { SignedRow } from "../roster/row.ts";
import type { AdminAnswer } from "../turn/admin.ts";
import type { Beacon } from "../turn/beacon.ts";
import type { PeerReply, PeerRequest, Say } from "../turn/peer.ts";
import type { CallId, CallTarget, Drawn, Fact, JoinOrder, Note, Turn, World } from "../turn/turn.ts";
import type { Desk, RoomName } from "./desk.ts";
import type { Outbox } from "./outbox.ts";

export class RoomTurn implements Turn<unknown> {
  readonly world: World;
  readonly random: Random;
  readonly #room: RoomName;
  readonly #desk: Desk;
  readonly #outbox: Outbox;

  constructor(room: RoomName, world: World, random: Random, desk: Desk, outbox: Outbox) {
    this.#room = room;
    this.world = world;
    this.random = random;
    this.#desk = desk;
    this.#outbox = outbox;
  }

  store(writes: readonly Write[], drafts: readonly Draft[], purpose: unknown): void {
    const ticket = this.#desk.ticket({ waits: "store", errand: { room: this.#room, purpose } });
    this.#outbox.effect({ do: "store", ticket, writes, drafts });
  }

  draw(what: Drawn, purpose: unknown): void {
    const ticket = this.#desk.ticket({ waits: "draw", errand: { room: this.#room, purpose } });
    this.#outbox.effect({ do: "draw", ticket, what });
  }

  load(query: LoadQuery, purpose: unknown): void {
    const ticket = this.#desk.ticket({ waits: "load", errand: { room: this.#room, purpose } });
    this.#outbox.effect({ do: "load", ticket, query });
  }

  call(to: CallTarget, request: PeerRequest | JoinOrder, patience: Micros, purpose: unknown): void {
    const call = this.#desk.call({ room: this.#room, purpose });
    this.#outbox.effect({ do: "call", call, to, request, patience });
  }

  respond(call: CallId, answer: PeerReply | AdminAnswer): void {
    if (this.#desk.answered(call)) this.#outbox.effect({ do: "respond", call, answer });
  }

  tell(to: BoltId, say: Say): void {
    this.#outbox.effect({ do: "tell", to, say });
  }

  multicast(say: Say): void {
    if (this.world.config.multicast) this.#outbox.effect({ do: "multicast", say });
  }

  beacon(beacon: Beacon, multicast: boolean, to: readonly BoltId[]): void {
    const group = multicast && this.world.config.multicast;
    if (group || to.length > 0) this.#outbox.effect({ do: "beacon", beacon, multicast: group, to });
  }

  take(rows: readonly SignedRow[], profiles: readonly SignedProfile[], purpose: unknown): void {
    const errand = purpose === null ? null : { room: this.#room, purpose };
    this.#outbox.take({ rows, profiles, errand });
  }

  offer(fact: Fact): void {
    this.#outbox.fact(fact);
  }

  note(note: Note): void {
    this.#outbox.effect({ do: "note", note });
  }
}
