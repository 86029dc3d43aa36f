/**
 * Everything the room remembers, as plain data: this bolt's own voice, one record of each other bolt that has a seat,
 * exchanges under way, rows being pushed. Bounded by the seats of the roster and the limits below.
 * It dies with the process but for high-water marks and repointed addresses, which are writes.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Micros } from "../kernel/time.ts";
import { ofMs } from "../kernel/time.ts";
import type { Saved } from "../roster/durable.ts";
import type { OfferPage, Reconcile, ReconcileReply } from "../roster/exchange.ts";
import type { SignedRow } from "../roster/row.ts";
import type { SignedBeacon } from "../turn/beacon.ts";
import type { HeardPath } from "../turn/status.ts";
import type { CallId, Turn } from "../turn/turn.ts";

/** Bounds of what is kept and done at once. */
export const gossipLimits = {
  foreign: 16,
  pushes: 64,
  /** Rows of one merge that are passed on hot; a longer one is a bolt that catches up. */
  relayedRows: 4,
  recentRows: 256,
  pastDigests: 16,
  exchanges: 3,
  /** Steps of one exchange; a roster at its bounds takes about two hundred. */
  exchangeSteps: 2_000,
  presenters: 4,
  presentedRows: 16_384,
  livedIncarnations: 1_024,
} as const;

/** Spans of time that are the same for every bolt. */
export const gossipSpans: {
  readonly mismatchWait: Micros;
  readonly exchangeYoung: Micros;
  readonly exchangePatience: Micros;
  readonly pullPatience: Micros;
  readonly soonWait: Micros;
  readonly soonGap: Micros;
  readonly longestRest: Micros;
  readonly intervalShortest: Micros;
  readonly intervalLongest: Micros;
} = {
  /** A mismatch is exchanged after a random wait up to this. */
  mismatchWait: ofMs(300),
  /** Another exchange starts only when those under way are this old: they may explain the mismatch. */
  exchangeYoung: ofMs(500),
  exchangePatience: ofMs(5_000),
  pullPatience: ofMs(2_000),
  /** A change of own state is told after a random wait up to this. */
  soonWait: ofMs(100),
  soonGap: ofMs(1_000),
  longestRest: ofMs(60_000),
  intervalShortest: ofMs(100),
  intervalLongest: ofMs(3_600_000),
};

/** Place of a beacon among its author's: the higher incarnation, then the higher number, is newer. */
export interface Mark {
  incarnation: number;
  number: number;
}

/**
 * Signs that two processes sign with one key (duplicates.ts). `rival`: the highest beacon known of the lower of the two
 * incarnations last seen.
 */
export interface Signs {
  rival: Mark | null;
  count: number;
  firstAt: Micros;
  lastAt: Micros;
  isMarked: boolean;
}

/** What an open stream adds. */
export interface Link {
  /** What this bolt last said of hearing the peer by multicast; null before it said anything. */
  told: boolean | null;
  /** The peer said that it hears us by multicast. */
  spares: boolean;
}

/** Where the search for a newer beacon of one peer stands (freshness.ts); a round is named by when it began. */
export type Pull =
  | { readonly phase: "idle" }
  | { readonly phase: "asking-author"; readonly round: Micros }
  | { readonly phase: "asking-others"; readonly round: Micros; readonly open: number }
  | { readonly phase: "resting"; readonly until: Micros };

/** One other bolt that has a seat on the roster. */
export interface Peer {
  /** The newest beacon believed; shared with the keyring, so it is changed in place. {0, 0}: none ever. */
  readonly mark: Mark;
  /** That beacon; null when the mark comes from disk or none ever came. */
  newest: SignedBeacon | null;
  /** When that beacon came, less the time relays held it; before there is one, since when this bolt waits for it. */
  at: Micros;
  path: HeardPath;
  skewMs: number | null;
  multicastAt: Micros | null;
  multicastNumber: number;
  link: Link | null;
  pull: Pull;
  /** Rounds in a row that brought nothing newer. */
  pullRounds: number;
  /** When it was last shown its newest beacon. */
  shownAt: Micros | null;
  /** Exchanges that failed or moved nothing, in a row, and until when the next one rests. */
  setbacks: number;
  restUntil: Micros;
  /** The incarnation of the last beacon that came from the author itself. */
  directIncarnation: number;
  /** The wall clock in the first beacon of the incarnation held, ms. */
  beganWallMs: number;
  signs: Signs | null;
}

/** Whether the numbers of an incarnation may be used: only once it is on disk. */
export type Reservation =
  | { readonly phase: "none" }
  | { readonly phase: "storing"; readonly incarnation: number }
  | { readonly phase: "held"; readonly incarnation: number };

/** This bolt's own beacons. */
export interface Voice {
  self: BoltId | null;
  /** The beacon sent last; shared with the keyring, so it is changed in place. */
  readonly mark: Mark;
  reservation: Reservation;
  nextNumber: number;
  /** When the next regular beacon goes out; null: none does. */
  dueAt: Micros | null;
  /** When one goes out because own state changed. */
  soonAt: Micros | null;
  soonSentAt: Micros | null;
  startedWallMs: number;
  jumpedAt: Micros | null;
  signs: Signs | null;
}

/** One exchange with one peer; see exchange-driver.ts for the arrows. */
export interface Session {
  readonly number: number;
  readonly startedAt: Micros;
  /** The roster digest it began with. */
  readonly digest: string;
  step: SessionStep;
  steps: number;
  hasOffered: boolean;
}
export type SessionStep =
  | { readonly phase: "wanting" }
  | { readonly phase: "taking-wanted" }
  | { readonly phase: "asking" }
  | { readonly phase: "taking"; readonly reply: ReconcileReply }
  | { readonly phase: "fetching"; readonly reply: ReconcileReply; readonly size: number }
  | { readonly phase: "taking-fetched"; readonly reply: ReconcileReply; readonly size: number }
  | { readonly phase: "offering"; readonly pages: readonly OfferPage[]; readonly next: Reconcile | null }
  | { readonly phase: "presenting"; readonly rows: readonly SignedRow[] };

/** An exchange that is to begin. `differs` is looked at again then; `asked` is not. */
export interface Wish {
  readonly at: Micros;
  readonly why: "differs" | "asked";
}

export interface Exchanges {
  readonly wishes: Map<BoltId, Wish>;
  readonly running: Map<BoltId, Session>;
  /** Not after the first wish; null without one. */
  soonest: Micros | null;
  nextSession: number;
  auditAt: Micros | null;
  /** How often in a row rows were wanted that nobody asked had. */
  wantedTries: number;
  /** Our digest, whole and as told, and those before it, newest last. */
  fullDigest: string;
  digest: string;
  past: string[];
}

/** A row on its way to the group, copy by copy. */
export interface Push {
  readonly row: SignedRow;
  readonly isOwn: boolean;
  copiesLeft: number;
  at: Micros;
}

export interface Pushes {
  queue: Push[];
  /** Rows that came by multicast not long ago: nobody need pass them on. */
  recent: RowId[];
}

/** A stranger that shows its admission, page by page. */
export interface Presenter {
  readonly since: Micros;
  readonly rows: SignedRow[];
}

export interface GossipState {
  phase: "created" | "running" | "stopping";
  readonly voice: Voice;
  readonly peers: Map<BoltId, Peer>;
  /** High-water marks of keys that have no seat now. */
  readonly marks: Map<BoltId, Mark>;
  /** Authors whose mark rose since it was last written. */
  readonly unwritten: Set<BoltId>;
  writeMarksAt: Micros | null;
  /** Not after the moment when some peer needs a look (freshness.ts). */
  lookAt: Micros | null;
  readonly exchanges: Exchanges;
  readonly pushes: Pushes;
  foreign: { readonly tag: string; readonly from: string }[];
  /** Replaced, never changed: the keyring compares. */
  repointed: ReadonlyMap<BoltId, string>;
  readonly presenters: Map<BoltId, Presenter>;
  judgedAt: Micros | null;
  /** Its own LEAVE stands, and nobody has it yet (farewell.ts). */
  lingers: boolean;
  hasTakenLeave: boolean;
}

/** What an outcome was asked for. */
export type GossipPurpose =
  | { readonly for: "marks" }
  | { readonly for: "evidence" }
  | { readonly for: "reserve"; readonly incarnation: number }
  | { readonly for: "pull"; readonly author: BoltId; readonly from: BoltId; readonly round: Micros }
  | { readonly for: "exchange"; readonly peer: BoltId; readonly session: number }
  | { readonly for: "farewell" }
  | { readonly for: "offered"; readonly call: CallId; readonly rows: readonly RowId[] }
  | { readonly for: "presented"; readonly call: CallId }
  | { readonly for: "repoint"; readonly call: CallId; readonly bolt: BoltId; readonly address: string };

export type GossipTurn = Turn<GossipPurpose>;

/** The room's memory, and the marks by author as the keyring reads them: seated bolts and this one. */
export interface Circle {
  readonly state: GossipState;
  readonly authors: Map<BoltId, Mark>;
}

/** The state before the start, from what the disk kept. */
export function emptyGossip(highWater: Saved["highWater"], settings: ReadonlyMap<string, string>): GossipState {
  const marks = highWater.map(({ author, incarnation, number }) => [author, { incarnation, number }] as const);
  return {
    phase: "created",
    voice: {
      self: null,
      mark: { incarnation: 0, number: 0 },
      reservation: { phase: "none" },
      nextNumber: 0,
      dueAt: null,
      soonAt: null,
      soonSentAt: null,
      startedWallMs: 0,
      jumpedAt: null,
      signs: null,
    },
    peers: new Map(),
    marks: new Map(marks),
    unwritten: new Set(),
    writeMarksAt: null,
    lookAt: null,
    exchanges: {
      wishes: new Map(),
      running: new Map(),
      soonest: null,
      nextSession: 1,
      auditAt: null,
      wantedTries: 0,
      fullDigest: "",
      digest: "",
      past: [],
    },
    pushes: { queue: [], recent: [] },
    foreign: [],
    repointed: savedAddresses(settings),
    presenters: new Map(),
    judgedAt: null,
    lingers: false,
    hasTakenLeave: false,
  };
}

/** Settings that hold the address of a peer begin so and end with its key. */
export const repointSetting = "repoint/";

function savedAddresses(settings: ReadonlyMap<string, string>): ReadonlyMap<BoltId, string> {
  const saved = [...settings].filter(([name]) => name.startsWith(repointSetting));
  return new Map(saved.map(([name, address]) => [name.slice(repointSetting.length) as BoltId, address] as const));
}
