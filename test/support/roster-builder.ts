/**
 * Writes rows for tests without wire: a script of who founds, mints, admits, claims, leaves and removes, in one world
 * where by default everyone holds every row written so far. `place` moves a row elsewhere: another `prev` forks a log,
 * an older `seen` backdates.
 */
import { must } from "../../src/kernel/assert.ts";
import { Malformed } from "../../src/kernel/bytes.ts";
import { sha256 } from "../../src/kernel/digest.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import { encodeUtf8 } from "../../src/kernel/utf8.ts";
import { encodeProfile } from "../../src/roster/profile-codec.ts";
import type { Profile, SignedProfile } from "../../src/roster/profile.ts";
import { decodeRow, encodeRow } from "../../src/roster/row-codec.ts";
import { bySignedOrder } from "../../src/roster/row-index.ts";
import type { Body, Inert, RowHead, SignedRow } from "../../src/roster/row.ts";
import { unsigned } from "./verified.ts";

/** Where a row is written; what is left out is as of everything written so far. */
export interface Place {
  readonly prev?: RowId;
  readonly seen?: RowId;
  readonly incarnation?: number;
  readonly wallMs?: number;
  /** Overrides what would follow from prev and seen: for rows of wrong form. */
  readonly seq?: number;
  readonly rank?: number;
}

type Written = Exclude<Body, Inert>;

/** The key of a bolt, token or recovery key called so. */
export function keyOf(name: string): BoltId {
  return toHex(sha256(encodeUtf8(`key of ${name}`))) as BoltId;
}

/** A verified row of this head and body. */
export function makeRow(head: RowHead, body: Written): SignedRow {
  return readRow(encodeRow(head, body));
}

/** A verified row of a kind that this version does not know. */
export function makeUnknownRow(head: RowHead, code: number): SignedRow {
  const known = encodeRow(head, { kind: "leave", successor: null });
  // The last three bytes say: kind 6, one byte of body, no successor.
  const payload = known.slice();
  payload[payload.length - 3] = code;
  return readRow(payload);
}

function readRow(payload: Uint8Array): SignedRow {
  const row = decodeRow(payload);
  if (row instanceof Malformed) throw row;
  return unsigned(row, row.origin, payload);
}

/** A verified profile of this bolt; differing `softwareVersion` gives differing bytes. */
export function makeProfile(name: string, genesis: RowId, stamp: Partial<Profile> = {}): SignedProfile {
  const profile: Profile = {
    genesis,
    origin: keyOf(name),
    term: 0,
    incarnation: 1,
    seq: 1,
    addresses: { grpc: [`${name}.example:7443`], api: [`https://${name}.example`] },
    tlsPin: toHex(sha256(encodeUtf8(name))),
    caCertificate: new Uint8Array(0),
    softwareVersion: "test",
    state: "active",
    licence: new Uint8Array(0),
    ...stamp,
  };
  return unsigned(profile, profile.origin, encodeProfile(profile));
}

/** One spanner's rows, as they are written. */
export class RosterScript {
  readonly rows: SignedRow[] = [];
  readonly #byId = new Map<RowId, SignedRow>();
  readonly #last = new Map<BoltId, RowId>();
  readonly #mints = new Map<string, RowId>();
  readonly #recovery: string;

  /** `recovery` names the spanner's recovery key: scripts with different ones are foreign to each other. */
  constructor(recovery = "recovery") {
    this.#recovery = recovery;
  }

  get genesis(): RowId {
    return must(this.rows[0], "found first").message.id;
  }

  get recoveryKey(): BoltId {
    return keyOf(this.#recovery);
  }

  /** GENESIS. */
  found(name: string, patterns: readonly string[] = [`${name}-*`], place: Place = {}): SignedRow {
    const body: Written = {
      kind: "genesis",
      spannerId: "test.spanner",
      ...claimed(name, patterns),
      recoveryKey: this.recoveryKey,
    };
    const head = { genesis: null, origin: keyOf(name), prev: null, seen: null, rank: 0, seq: 0 };
    return this.#keep(makeRow({ ...head, incarnation: place.incarnation ?? 1, wallMs: place.wallMs ?? 0 }, body));
  }

  /** MINT of a token called `token`; `bound` names the one bolt it is for. */
  mint(
    by: string,
    token: string,
    bound: { name: string; patterns?: readonly string[] } | null = null,
    place: Place = {},
  ): SignedRow {
    const to =
      bound === null
        ? null
        : { key: keyOf(bound.name), name: bound.name, patterns: bound.patterns ?? [`${bound.name}-*`] };
    const row = this.write(by, { kind: "mint", tokenKey: keyOf(token), expiresMs: 1_000_000, bound: to }, place);
    this.#mints.set(token, row.message.id);
    return row;
  }

  revoke(by: string, token: string, place: Place = {}): SignedRow {
    return this.write(by, { kind: "revoke", mint: this.mintOf(token) }, place);
  }

  /** ADMIT of the bolt `name` by this token. */
  admit(
    by: string,
    token: string,
    name: string,
    patterns: readonly string[] = [`${name}-*`],
    place: Place = {},
  ): SignedRow {
    const proof = new Uint8Array(64);
    const body: Written = {
      kind: "admit",
      mint: this.mintOf(token),
      tokenKey: keyOf(token),
      key: keyOf(name),
      ...claimed(name, patterns),
      keyProof: proof,
      tokenProof: proof,
    };
    const row = this.write(by, body, place);
    if (!this.#last.has(keyOf(name))) this.#last.set(keyOf(name), row.message.id);
    return row;
  }

  /** MINT and ADMIT in one. */
  join(by: string, name: string, patterns: readonly string[] = [`${name}-*`]): SignedRow {
    this.mint(by, `token of ${name}`);
    return this.admit(by, `token of ${name}`, name, patterns);
  }

  claim(by: string, patterns: readonly string[], place: Place = {}): SignedRow {
    return this.write(by, { kind: "claim", patterns }, place);
  }

  /** LEAVE, naming a successor or none. */
  leave(by: string, successor: string | null = null, place: Place = {}): SignedRow {
    const to = successor === null ? null : { key: keyOf(successor), consent: new Uint8Array(64) };
    const row = this.write(by, { kind: "leave", successor: to }, place);
    if (to !== null && !this.#last.has(to.key)) this.#last.set(to.key, row.message.id);
    return row;
  }

  /** REMOVE; the cut defaults to the target's last row. */
  remove(by: string, target: string, cut?: readonly RowId[], place: Place = {}): SignedRow {
    return this.write(by, { kind: "remove", target: keyOf(target), cut: cut ?? [this.lastOf(target)] }, place);
  }

  /** REMOVE by the recovery key. */
  recover(target: string, cut?: readonly RowId[], place: Place = {}): SignedRow {
    return this.remove(this.#recovery, target, cut, place);
  }

  /** A row of a kind this version does not know. */
  unknown(by: string, code: number, place: Place = {}): SignedRow {
    return this.#keep(makeUnknownRow(this.headOf(by, place), code));
  }

  write(by: string, body: Written, place: Place = {}): SignedRow {
    return this.#keep(makeRow(this.headOf(by, place), body));
  }

  /** The last row of this bolt, or the one that lets it begin its log. */
  lastOf(name: string): RowId {
    const last = this.#last.get(keyOf(name)) ?? (name === this.#recovery ? this.genesis : undefined);
    return must(last, `${name} was never admitted`);
  }

  mintOf(token: string): RowId {
    return must(this.#mints.get(token), `no token ${token}`);
  }

  row(id: RowId): SignedRow {
    return must(this.#byId.get(id), `no row ${id}`);
  }

  /** The head of the next row of this bolt. */
  headOf(name: string, place: Place = {}): RowHead {
    const prev = this.row(place.prev ?? this.lastOf(name)).message;
    const seen = this.row(
      place.seen ?? must([...this.rows].sort(bySignedOrder).at(-1), "found first").message.id,
    ).message;
    return {
      genesis: this.genesis,
      origin: keyOf(name),
      incarnation: place.incarnation ?? 1,
      seq: place.seq ?? (prev.origin === keyOf(name) ? prev.seq + 1 : 1),
      prev: prev.id,
      seen: seen.id,
      rank: place.rank ?? 1 + Math.max(prev.rank, seen.rank),
      wallMs: place.wallMs ?? 0,
    };
  }

  /** Takes a row over that was made elsewhere. */
  keep(row: SignedRow): SignedRow {
    return this.#keep(row);
  }

  #keep(row: SignedRow): SignedRow {
    this.rows.push(row);
    this.#byId.set(row.message.id, row);
    this.#last.set(row.message.origin, row.message.id);
    return row;
  }
}

function claimed(
  name: string,
  patterns: readonly string[],
): Pick<Extract<Written, { kind: "admit" }>, "name" | "patterns" | "addresses"> {
  return { name, patterns, addresses: { grpc: [`${name}.example:7443`], api: [`https://${name}.example`] } };
}
