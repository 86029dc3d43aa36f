/**
 * Sorts rows from elsewhere by whether they may go to disk now: a row whose named rows are held, or come before it in
 * the same taking, is ready; one that came too early waits in memory only, so a peer cannot fill the disk with rows
 * that hang in the air.
 */
import { sorted } from "../kernel/order.ts";
import type { RowId } from "../kernel/id.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { Roster } from "../roster/roster.ts";
import { namedRows } from "../roster/row-codec.ts";
import { compareRows } from "../roster/row.ts";
import type { SignedRow } from "../roster/row.ts";

/** `ready` in row order; profiles only those that are news. */
export function sortTaken(
  roster: Roster,
  taking: { readonly rows: readonly SignedRow[]; readonly profiles: readonly SignedProfile[] },
): { readonly ready: SignedRow[]; readonly early: SignedRow[]; readonly profiles: SignedProfile[] } {
  const ready: SignedRow[] = [];
  const early: SignedRow[] = [];
  const coming = new Set<RowId>();
  const isThere = (id: RowId): boolean => coming.has(id) || roster.get(id) !== undefined;
  for (const row of sorted(taking.rows, (a, b) => compareRows(a.message, b.message))) {
    const { id, prev, seen, body } = row.message;
    if (isThere(id)) continue;
    const named = [prev, seen, ...namedRows(body)].filter((name) => name !== null);
    if (named.every(isThere)) {
      ready.push(row);
      coming.add(id);
    } else early.push(row);
  }
  return { ready, early, profiles: taking.profiles.filter((profile) => roster.isNewProfile(profile)) };
}
