/**
 * The answer to an admitted key: its ADMIT with all ancestry in row order, cut into pages of at most 64 KiB. The
 * ancestry of a row is fixed by the row, so every holder cuts the same pages, whoever is asked for each (AD-9).
 */
import type { RowId } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { ancestryOf, rowBytes } from "../roster/exchange.ts";
import type { Roster } from "../roster/roster.ts";
import type { SignedRow } from "../roster/row.ts";
import type { PeerReply } from "../turn/peer.ts";
import { returnAttempt } from "./attempts.ts";
import type { AdmissionsTurn, Asker, Office } from "./state.ts";

/** Bytes of rows a page holds, short of 64 KiB by what the message around them needs. */
const pageBytes = 60 * 1024;

/** One page; a page past the last is empty and says how many there are. */
export function admittedPage(roster: Roster, admit: RowId, page: number): PeerReply {
  const pages = pagesOf(ancestryOf(roster, admit));
  return { reply: "admitted", admit, rows: pages[page] ?? [], page, pages: pages.length };
}

/** Cuts rows into pages, each as full as it gets. */
export function pagesOf(rows: readonly SignedRow[]): readonly (readonly SignedRow[])[] {
  const pages: SignedRow[][] = [];
  let current: SignedRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const more = rowBytes(row);
    if (current.length > 0 && bytes + more > pageBytes) {
      pages.push(current);
      current = [];
      bytes = 0;
    }
    current.push(row);
    bytes += more;
  }
  if (current.length > 0) pages.push(current);
  return pages;
}

/** Shows the page asked for; an attempt that ends so costs its source nothing. */
export function answerAdmitted(asker: Asker, admit: RowId, office: Office, turn: AdmissionsTurn): void {
  if (asker.source !== null) returnAttempt(office.state.attempts, asker.source, turn.world.now);
  turn.respond(asker.call, admittedPage(turn.world.roster, admit, asker.page));
}

/** Says no, and leaves a line for the audit. */
export function answerRefused(
  asker: Asker,
  refusal: Refusal,
  turn: AdmissionsTurn,
  row: SignedRow | null = null,
): void {
  turn.note({ what: "join-refused", about: asker.proof.message.claim.key, detail: refusal.code });
  turn.respond(asker.call, { reply: "refused", refusal, row });
}
