/**
 * What a command hands over to be shown: plain rows, the columns a table makes of them, a name for each, and the JSON
 * value they belong to. One listing is shown in any form (CN-1); sorting and filtering come before the form (CN-2).
 */
import type { Outcome } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { nearWord } from "../kernel/near-word.ts";
import { compareText } from "../kernel/order.ts";
import type { Tone } from "./colours.ts";

export interface Column<Row> {
  /** Upper case, as the header shows it. */
  readonly name: string;
  readonly of: (row: Row) => string;
  /** Shown with `-o wide` alone. */
  readonly wide?: boolean;
  /** What rows are sorted by when the text would sort wrongly; null comes last. */
  readonly sortKey?: (row: Row) => number | null;
  readonly tone?: (row: Row) => Tone | undefined;
}

export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly nameOf: (row: Row) => string;
  /** The JSON value of the whole answer, with these rows in it. */
  readonly whole: (rows: readonly Row[]) => unknown;
  /** Lines above the table: [label, text]. */
  readonly heading?: readonly (readonly [label: string, text: string])[];
}

export interface Selection {
  /** A column; a minus in front turns the order round. */
  readonly sortBy?: string | undefined;
  /** `field=value`, all of which must hold. */
  readonly filters: readonly string[];
}

/** The listing with the rows that were asked for, in the order asked for; `BAD_USAGE` for a field it has not. */
export function select<Row>(listing: Listing<Row>, { sortBy, filters }: Selection): Outcome<Listing<Row>> {
  let rows = listing.rows;
  for (const filter of filters) {
    const at = filter.indexOf("=");
    if (at < 1) return usage("A filter is written field=value.", filter, "--filter name=east-1");
    const column = columnOf(listing, filter.slice(0, at));
    if (!column.ok) return column;
    const wanted = filter.slice(at + 1).toLowerCase();
    rows = rows.filter((row) => holds(column.value.of(row), wanted));
  }
  if (sortBy === undefined) return done({ ...listing, rows });
  const isFalling = sortBy.startsWith("-");
  const column = columnOf(listing, isFalling ? sortBy.slice(1) : sortBy);
  if (!column.ok) return column;
  const sorted = rows.toSorted((a, b) => compareBy(column.value, a, b));
  return done({ ...listing, rows: isFalling ? sorted.reverse() : sorted });
}

/** The whole text, or one of the words it lists: `stale, link down` holds `stale`. */
function holds(text: string, wanted: string): boolean {
  const lower = text.toLowerCase();
  return lower === wanted || lower.split(", ").includes(wanted);
}

function compareBy<Row>({ of, sortKey }: Column<Row>, a: Row, b: Row): number {
  if (sortKey === undefined) return compareText(of(a), of(b));
  const [left, right] = [sortKey(a), sortKey(b)];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return left - right;
}

function columnOf<Row>({ columns }: Listing<Row>, field: string): Outcome<Column<Row>> {
  const plain = (name: string): string => name.toLowerCase().replace(/[ _]/gu, "-");
  const found = columns.find(({ name }) => plain(name) === plain(field));
  if (found !== undefined) return done(found);
  const names = columns.map(({ name }) => plain(name));
  const near = nearWord(plain(field), names);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  return usage(`There is no such field.${hint}`, field, `one of ${names.join(", ")}`);
}

function usage(message: string, value: string, next: string): ReturnType<typeof refused> {
  return refused({ code: "BAD_USAGE", message, value, next });
}
