/**
 * What the network does to each directed link right now: the sum of all rules in force. A link's state is put together
 * at the first question after a rule came or went, so a quiet network costs one look-up a message.
 */

/** Something that holds on links from one of `from` to one of `to`; null means every bolt. */
export interface Rule {
  readonly from: ReadonlySet<number> | null;
  readonly to: ReadonlySet<number> | null;
  readonly does:
    /** Nothing gets through; `multicast` leaves streams alone and the other way round. */
    | { readonly effect: "cut"; readonly carries: "all" | "multicast" | "streams" }
    /** A datagram is lost, a segment of a stream sent again; `burst` more go with it. */
    | { readonly effect: "loss"; readonly perMillion: number; readonly burst: number; readonly multicastOnly: boolean }
    | { readonly effect: "delay"; readonly minUs: number; readonly maxUs: number }
    | { readonly effect: "duplicate"; readonly perMillion: number }
    /** A datagram comes up to so much later, so that others overtake it. */
    | { readonly effect: "reorder"; readonly perMillion: number; readonly byUs: number }
    /** One bit of a datagram flips. */
    | { readonly effect: "corrupt"; readonly perMillion: number }
    /** Datagrams above so many bytes are dropped. */
    | { readonly effect: "mtu"; readonly bytes: number };
}

/** All rules of one link together. */
export interface LinkState {
  readonly cutsMulticast: boolean;
  readonly cutsStreams: boolean;
  readonly datagramLossPerMillion: number;
  readonly streamLossPerMillion: number;
  readonly burst: number;
  readonly minUs: number;
  readonly spanUs: number;
  readonly duplicatePerMillion: number;
  readonly reorderPerMillion: number;
  readonly reorderUs: number;
  readonly corruptPerMillion: number;
  readonly mtuBytes: number;
}

/** Bolts a world can hold: the table of links is this many squared at most. */
export const boltsMax = 1_024;

export class Weather {
  readonly #rules = new Map<number, Rule>();
  readonly #kept: Rule[] = [];
  readonly #links = new Map<number, LinkState>();
  #next = 1;
  #baseMinUs: number;
  #baseMaxUs: number;

  constructor(baseMinUs: number, baseMaxUs: number) {
    this.#baseMinUs = baseMinUs;
    this.#baseMaxUs = baseMaxUs;
  }

  /** Puts a rule in force; its number takes it out again. */
  add(rule: Rule): number {
    const number = this.#next++;
    this.#rules.set(number, rule);
    this.#links.clear();
    return number;
  }

  /** A rule that belongs to the place itself: healing does not end it. */
  keep(rule: Rule): void {
    this.#kept.push(rule);
    this.#links.clear();
  }

  remove(number: number): void {
    this.#rules.delete(number);
    this.#links.clear();
  }

  clear(): void {
    this.#rules.clear();
    this.#links.clear();
  }

  /** The link from one bolt to another. */
  link(from: number, to: number): LinkState {
    const key = from * boltsMax + to;
    const held = this.#links.get(key);
    if (held !== undefined) return held;
    const made = this.#sum(from, to);
    this.#links.set(key, made);
    return made;
  }

  #sum(from: number, to: number): LinkState {
    const sum = {
      cutsMulticast: false,
      cutsStreams: false,
      datagramLossPerMillion: 0,
      streamLossPerMillion: 0,
      burst: 0,
      minUs: this.#baseMinUs,
      spanUs: this.#baseMaxUs - this.#baseMinUs,
      duplicatePerMillion: 0,
      reorderPerMillion: 0,
      reorderUs: 0,
      corruptPerMillion: 0,
      mtuBytes: Infinity,
    };
    for (const rule of [...this.#kept, ...this.#rules.values()]) {
      if (holdsOn(rule, from, to)) apply(rule.does, sum);
    }
    return sum;
  }
}

type Mutable = { -readonly [Key in keyof LinkState]: LinkState[Key] };

function holdsOn(rule: Rule, from: number, to: number): boolean {
  return (rule.from === null || rule.from.has(from)) && (rule.to === null || rule.to.has(to));
}

function apply(does: Rule["does"], sum: Mutable): void {
  switch (does.effect) {
    case "cut":
      if (does.carries !== "streams") sum.cutsMulticast = true;
      if (does.carries !== "multicast") sum.cutsStreams = true;
      return;
    case "loss":
      sum.datagramLossPerMillion = either(sum.datagramLossPerMillion, does.perMillion);
      if (!does.multicastOnly) sum.streamLossPerMillion = either(sum.streamLossPerMillion, does.perMillion);
      sum.burst = Math.max(sum.burst, does.burst);
      return;
    case "delay":
      sum.minUs += does.minUs;
      sum.spanUs += does.maxUs - does.minUs;
      return;
    case "duplicate":
      sum.duplicatePerMillion = either(sum.duplicatePerMillion, does.perMillion);
      return;
    case "reorder":
      sum.reorderPerMillion = either(sum.reorderPerMillion, does.perMillion);
      sum.reorderUs = Math.max(sum.reorderUs, does.byUs);
      return;
    case "corrupt":
      sum.corruptPerMillion = either(sum.corruptPerMillion, does.perMillion);
      return;
    case "mtu":
      sum.mtuBytes = Math.min(sum.mtuBytes, does.bytes);
      return;
  }
}

/** The chance in a million that at least one of two independent things happens. */
function either(a: number, b: number): number {
  return Math.round(a + b - (a * b) / 1_000_000);
}
