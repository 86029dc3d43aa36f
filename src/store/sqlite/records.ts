/**
 * Records of the database: the checksum each one carries (ST-8), and reading columns back as what they must be.
 * The checksum is the first half of SHA-256 over the table's name and all columns, each with its length before it.
 */
import { createHash } from "node:crypto";
import type { Value } from "./binding.ts";
import type { PlainEvidence, PlainMark, PlainProfile, PlainRow, PlainSetting } from "./messages.ts";

/** A record that is not as it was written. */
export class Damaged extends Error {
  override readonly name: string = "Damaged";
}

/** Columns to bind, in the order of the statement, the checksum last. */
export function rowColumns(row: PlainRow): readonly Value[] {
  return withChecksum("log_row", [row.id, row.payload, row.signature, row.judged]);
}

export function profileColumns(profile: PlainProfile): readonly Value[] {
  const { origin, genesis, term, incarnation, seq, payload, signature } = profile;
  const hash = createHash("sha256").update(payload).digest();
  return withChecksum("profile", [origin, genesis, term, incarnation, seq, hash, payload, signature]);
}

export function markColumns({ author, incarnation, number }: PlainMark): readonly Value[] {
  return withChecksum("high_water", [author, incarnation, number]);
}

export function settingColumns({ name, value }: PlainSetting): readonly Value[] {
  return withChecksum("setting", [utf8(name), utf8(value)]);
}

export function evidenceColumns({ about, wallMs, text }: PlainEvidence): readonly Value[] {
  return withChecksum("evidence", [about, wallMs, utf8(text)]);
}

/** The record in this result row. Throws `Damaged` naming it when its checksum does not hold. */
export function readRow(found: unknown): PlainRow {
  const columns = new Columns("log_row", found);
  const { bytes, text } = columns;
  const row = { id: bytes("id"), payload: bytes("payload"), signature: bytes("signature"), judged: text("judged") };
  columns.check(rowColumns(row));
  return row;
}

export function readProfile(found: unknown): PlainProfile {
  const columns = new Columns("profile", found);
  const { bytes, whole } = columns;
  const profile = {
    origin: bytes("origin"),
    genesis: bytes("genesis"),
    term: whole("term"),
    incarnation: whole("incarnation"),
    seq: whole("seq"),
    payload: bytes("payload"),
    signature: bytes("signature"),
  };
  columns.check(profileColumns(profile), bytes("hash"));
  return profile;
}

export function readMark(found: unknown): PlainMark {
  const columns = new Columns("high_water", found);
  const { bytes, whole } = columns;
  const mark = { author: bytes("author"), incarnation: whole("incarnation"), number: whole("number") };
  columns.check(markColumns(mark));
  return mark;
}

export function readSetting(found: unknown): PlainSetting {
  const columns = new Columns("setting", found);
  const setting = { name: columns.text("name"), value: columns.text("value") };
  columns.check(settingColumns(setting));
  return setting;
}

export function readEvidence(found: unknown): PlainEvidence {
  const columns = new Columns("evidence", found);
  const evidence = { about: columns.bytes("about"), wallMs: columns.whole("wall_ms"), text: columns.text("text") };
  columns.check(evidenceColumns(evidence));
  return evidence;
}

/** The columns of one result row. */
class Columns {
  readonly #table: string;
  readonly #found: Readonly<Record<string, unknown>>;

  constructor(table: string, found: unknown) {
    this.#table = table;
    this.#found = found as Readonly<Record<string, unknown>>;
  }

  readonly bytes = (name: string): Uint8Array => {
    const value = this.#found[name];
    if (!(value instanceof Uint8Array)) throw this.#damaged();
    return value;
  };

  readonly whole = (name: string): number => {
    const value = this.#found[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw this.#damaged();
    return value;
  };

  readonly text = (name: string): string => Buffer.from(this.bytes(name)).toString("utf8");

  /** Compares with the checksum that these columns should have, and a column derived from others with what it was. */
  check(expected: readonly Value[], derived?: Uint8Array): void {
    const isThere = (stored: Uint8Array): boolean =>
      expected.some((value) => value instanceof Uint8Array && Buffer.from(value).equals(stored));
    if (!isThere(this.bytes("checksum")) || (derived !== undefined && !isThere(derived))) throw this.#damaged();
  }

  #damaged(): Damaged {
    const [first] = Object.values(this.#found);
    const key = first instanceof Uint8Array ? Buffer.from(first).toString("hex") : String(first);
    return new Damaged(`a record of ${this.#table} is not as it was written: ${key}`);
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function withChecksum(table: string, columns: readonly Value[]): readonly Value[] {
  const hash = createHash("sha256").update(table);
  for (const column of columns) {
    const bytes = typeof column === "number" ? String(column) : column;
    const length = typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
    hash.update(`|${length}|`).update(bytes);
  }
  return [...columns, new Uint8Array(hash.digest().subarray(0, 16))];
}
