/**
 * What must hold in every view at every moment: a token admits at most one key (I3), no member is named by a counting
 * REMOVE or LEAVE (I4), equal sets have equal digests and sets only grow (I6). Looks at rows, never at what the
 * bolt says of itself.
 */
import { hashText, mix32 } from "../../src/kernel/random.ts";
import type { Roster } from "../../src/roster/roster.ts";
import type { RosterView } from "../../src/roster/view.ts";

/** What a check found: the oracle and a sentence. */
export type Finding = readonly [oracle: string, text: string];

/** I3: of each token at most one key has counting ADMITs. */
export function tokenFindings(view: RosterView): Finding[] {
  const found: Finding[] = [];
  for (const token of view.tokens.values()) {
    const keys = new Set(token.admits.filter(({ counts }) => counts).map(({ key }) => key));
    if (keys.size > 1) found.push(["I3", `token ${token.mint.slice(0, 12)} admits ${keys.size} keys`]);
  }
  return found;
}

/** I4: nobody is a member against a REMOVE by an elder or the recovery key, or after its own LEAVE. */
export function memberFindings(roster: Roster): Finding[] {
  const view = roster.view();
  const found: Finding[] = [];
  for (const member of view.members) {
    for (const { message } of roster.index.removesOf(member.id)) {
      const author = view.byId.get(message.origin);
      const isElder = author === undefined ? message.origin === view.recoveryKey : author.order < member.order;
      if (isElder && view.counts(message.id)) {
        found.push(["I4", `${member.name} is a member against row ${message.id.slice(0, 12)}`]);
      }
    }
    const leave = roster.ofAuthor(member.id).find(({ message }) => message.body.kind === "leave");
    if (leave !== undefined && view.counts(leave.message.id))
      found.push(["I4", `${member.name} is a member that left`]);
  }
  return found;
}

/** A name for the set of rows and profiles a roster holds. */
export function setName(roster: Roster): string {
  let low = 0;
  let high = 0;
  for (const { message } of roster.index.all()) {
    const word = hashText(message.id);
    low = (low + word) | 0;
    high ^= mix32(word, 0x2545f491, 0x6c8e9cf5);
  }
  for (const { message } of roster.profiles()) {
    const word = hashText(`${message.origin} ${roster.profileHash(message.origin) ?? ""}`);
    low = (low + word) | 0;
    high ^= mix32(word, 0x2545f491, 0x6c8e9cf5);
  }
  return `${roster.size()} ${low >>> 0} ${high >>> 0}`;
}
