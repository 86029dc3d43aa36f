/**
 * Drives one machine: feeds it inputs one at a time and performs its effects in order. The same file runs in the
 * simulator and in production; a host that dies between two effects dies between two lines of `#perform`.
 *
 *   port or carrier -> onX -> #feed -> machine.step -> effects -> ports        (inputs that come meanwhile wait)
 */
import { absurd, must } from "../kernel/assert.ts";
import { Malformed } from "../kernel/bytes.ts";
import { inDomain } from "../kernel/digest.ts";
import type { BoltId, RowId } from "../kernel/id.ts";
import { ofMs } from "../kernel/time.ts";
import type { Micros } from "../kernel/time.ts";
import type { Boot, Caller, Effect, Input, Machine } from "../bolt/seam.ts";
import type { Draft, Signed, Write } from "../roster/durable.ts";
import { successionBytes, successionDomain } from "../roster/row-codec.ts";
import type { AdminAnswer, AdminRequest } from "../turn/admin.ts";
import type { PeerReply, Say } from "../turn/peer.ts";
import type { CallId, CallOutcome } from "../turn/turn.ts";
import type { Codec } from "./codec.ts";
import type { Arrival } from "./frame.ts";
import type { Frame } from "../wire/frame.ts";
import { packet } from "./frame.ts";
import { drawKey, signerFromSecret } from "./keys.ts";
import type { CarrierOutcome, DatagramMessage, Ports } from "./ports.ts";
import type { Seal } from "./seal-port.ts";
import { signBeacon } from "../wire/datagram.ts";
import type { Signer } from "../wire/genuine.ts";
import { signJoin } from "../wire/join.ts";
import { signProfile, signRow } from "../wire/rows.ts";

/** Sees every input and what the machine did with it; for recordings and traces. */
export interface Observer {
  /** The machine as the next step will find it. */
  before(machine: Machine<unknown>, now: Micros): void;
  fed(input: Input, now: Micros, effects: readonly Effect[]): void;
}

export interface DriverParts {
  readonly machine: Machine<unknown>;
  readonly ports: Ports;
  readonly seal: Seal;
  /** The bolt's own key; null in standalone mode. */
  readonly self: Signer | null;
  readonly codec: Codec;
  readonly observer: Observer | null;
}

type Answer = PeerReply | AdminAnswer;

export class Driver {
  readonly #parts: DriverParts;
  readonly #waiting: Input[] = [];
  readonly #answers = new Map<CallId, (answer: Answer) => void>();
  #nextCall = 1;
  #isFeeding = false;
  #keyringVersion = -1;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  start(boot: Boot): void {
    this.#feed({ in: "start", boot });
  }

  stop(grace: Micros): void {
    this.#feed({ in: "stop", grace });
  }

  /** The moment asked for by `wake` has come. */
  onDue(): void {
    this.#feed({ in: "due" });
  }

  /** A reading of the wall clock, now and then and after a jump. */
  onWall(): void {
    this.#feed({ in: "wall", wallMs: this.#parts.ports.clock.wallMs() });
  }

  onLink(peer: BoltId, up: boolean, why: string): void {
    this.#feed({ in: "link", peer, up, why });
  }

  /** A datagram of the group. */
  onDatagram(arrival: Arrival<DatagramMessage>, source: string): void {
    const { machine, ports, codec } = this.#parts;
    const judged = codec.judge(arrival, machine.keyring(), ports.clock.now(), source);
    if (judged.ok) this.#feed({ in: "heard", via: "multicast", from: null, heldMs: 0, message: judged.say });
    else if (judged.foreign !== undefined) this.#feed({ in: "foreign", ...judged.foreign });
  }

  /** A one-way message on the stream of a peer. */
  onSay(peer: BoltId, arrival: Arrival<Frame>): void {
    const frame = this.#parts.codec.read(arrival);
    if (frame instanceof Malformed || frame.frame !== "say") return this.#parts.codec.spoiled(peer);
    this.#feed({ in: "heard", via: "stream", from: peer, heldMs: frame.heldMs, message: frame.say });
  }

  /** A call by a peer or, at the join port, by a stranger. `answer` is called at most once. */
  onRequest(
    from: Exclude<Caller, { is: "admin" }>,
    arrival: Arrival<Frame>,
    patience: Micros,
    answer: (reply: Arrival<Frame> & { bytes(): Uint8Array }) => void,
  ): void {
    const { codec } = this.#parts;
    const frame = codec.read(arrival);
    const respond = (reply: Answer): void => {
      if ("reply" in reply) answer(packet<Frame>({ frame: "reply", reply: this.#sealReply(reply) }, codec.encode));
    };
    if (frame instanceof Malformed || frame.frame !== "request") {
      const why = frame instanceof Malformed ? frame.message : "not a request";
      const refusal = { code: "REQUEST_INVALID", message: `The request cannot be read: ${why}.` };
      return respond({ reply: "refused", refusal, row: null });
    }
    this.#ask(from, { peer: frame.request }, patience, respond);
  }

  /** A request of an operator whose role the host has checked. */
  onAdmin(user: string, request: AdminRequest, answer: (answer: AdminAnswer) => void): void {
    this.#ask({ is: "admin", user }, { admin: request }, ofMs(30_000), (given) => {
      if ("answer" in given) answer(given);
    });
  }

  #ask(
    from: Caller,
    asked: Extract<Input, { in: "request" }>["asked"],
    patience: Micros,
    answer: (answer: Answer) => void,
  ): void {
    const call = this.#nextCall++;
    this.#answers.set(call, answer);
    this.#feed({ in: "request", call, from, asked, patience });
  }

  #feed(input: Input): void {
    this.#waiting.push(input);
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#step(next);
    } finally {
      this.#isFeeding = false;
    }
    this.#parts.ports.wake(this.#parts.machine.deadline()?.at);
  }

  #step(input: Input): void {
    const { machine, ports, observer } = this.#parts;
    const now = ports.clock.now();
    observer?.before(machine, now);
    const effects = machine.step(input, now);
    observer?.fed(input, now, effects);
    this.#followKeyring();
    for (const effect of effects) this.#perform(effect);
  }

  /** Before any effect: a new member's first beacon needs the keys of its spanner. */
  #followKeyring(): void {
    const { machine, ports, codec } = this.#parts;
    const keyring = machine.keyring();
    if (keyring.version === this.#keyringVersion) return;
    this.#keyringVersion = keyring.version;
    codec.follow(keyring.genesis as RowId | null);
    ports.net.keep(keyring);
  }

  #perform(effect: Effect): void {
    const { ports, codec } = this.#parts;
    switch (effect.do) {
      case "multicast":
        return ports.net.multicast(packet(effect.say, codec.datagram));
      case "tell":
        return ports.net.tell(effect.to, packet<Frame>({ frame: "say", say: effect.say, heldMs: 0 }, codec.encode));
      case "beacon":
        return this.#beacon(effect);
      case "call":
        return this.#call(effect);
      case "respond":
        return this.#respond(effect.call, effect.answer);
      case "store":
        return this.#store(effect);
      case "load":
        return ports.store.load(effect.query, (page) => this.#feed({ in: "loaded", ticket: effect.ticket, page }));
      case "draw": {
        const drawn = drawKey(this.#parts.seal, ports.draw(32), effect.what);
        return this.#feed({ in: "drawn", ticket: effect.ticket, ...drawn });
      }
      case "note":
        return ports.note(effect.note);
      case "stopped":
        return ports.stopped();
      default:
        return absurd(effect);
    }
  }

  #beacon({ beacon, multicast, to }: Extract<Effect, { do: "beacon" }>): void {
    const { ports, codec } = this.#parts;
    const say: Say = { say: "beacon", beacon: signBeacon(beacon, this.#self()) };
    if (multicast) ports.net.multicast(packet(say, codec.datagram));
    if (to.length === 0) return;
    const frame = packet<Frame>({ frame: "say", say, heldMs: 0 }, codec.encode);
    for (const peer of to) ports.net.tell(peer, frame);
  }

  #call({ call, to, request, patience }: Extract<Effect, { do: "call" }>): void {
    const { ports, codec } = this.#parts;
    const done = (outcome: CarrierOutcome): void => this.#feed({ in: "reply", call, outcome: this.#outcome(outcome) });
    if (request.ask !== "join-order") {
      const frame = packet<Frame>({ frame: "request", request }, codec.encode);
      if ("bolt" in to) return ports.net.call(to.bolt, frame, patience, done);
      return ports.net.join(to, frame, patience, done);
    }
    const token = signerFromSecret(this.#parts.seal, request.tokenSeed);
    const proof = signJoin(request.claim, this.#self(), token);
    const frame = packet<Frame>(
      { frame: "request", request: { ask: "join", proof, page: request.page } },
      codec.encode,
    );
    if ("url" in to) ports.net.join(to, frame, patience, done);
    else ports.net.call(to.bolt, frame, patience, done);
  }

  #outcome(outcome: CarrierOutcome): CallOutcome {
    if (!outcome.ok) return outcome;
    const frame = this.#parts.codec.read(outcome.reply);
    if (frame instanceof Malformed || frame.frame !== "reply") return { ok: false, why: "refused", perhapsDone: true };
    return { ok: true, reply: frame.reply };
  }

  #respond(call: CallId, answer: Answer): void {
    const give = this.#answers.get(call);
    this.#answers.delete(call);
    give?.(answer);
  }

  #store({ ticket, writes, drafts }: Extract<Effect, { do: "store" }>): void {
    const signed = drafts.map((draft) => this.#sign(draft));
    const all: Write[] = [...writes, ...signed.flatMap(writeOf)];
    this.#parts.ports.store.commit(all, (failure) => {
      if (failure === null) this.#feed({ in: "stored", ticket, signed });
      else this.#feed({ in: "store-failed", ticket, why: failure });
    });
  }

  #sign(draft: Draft): Signed {
    const { seal } = this.#parts;
    switch (draft.sign) {
      case "row": {
        const signer = draft.as === null ? this.#self() : signerFromSecret(seal, draft.as);
        return { signed: "row", row: signRow(draft.draft, signer, seal) };
      }
      case "profile":
        return { signed: "profile", profile: signProfile(draft.profile, this.#self()) };
      case "consent": {
        const self = this.#self();
        const bytes = successionBytes(draft.genesis, draft.leaver, self.id);
        return { signed: "consent", signature: self.sign(inDomain(successionDomain, bytes)) };
      }
      default:
        return absurd(draft);
    }
  }

  /** A fresh beacon in a reply is signed on its way out. */
  #sealReply(reply: PeerReply): PeerReply {
    if (reply.reply !== "beacon" || reply.fresh === null) return reply;
    return { ...reply, beacon: signBeacon(reply.fresh, this.#self()), fresh: null };
  }

  #self(): Signer {
    return must(this.#parts.self, "a server without an identity signs nothing");
  }
}

function writeOf(signed: Signed): Write[] {
  switch (signed.signed) {
    case "row":
      return [{ put: "row", row: signed.row }];
    case "profile":
      return [{ put: "profile", profile: signed.profile }];
    case "consent":
      return [];
    default:
      return absurd(signed);
  }
}
