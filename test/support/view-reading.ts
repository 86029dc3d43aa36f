/** Reads a script's rows as a view, with bolts by the names the script calls them. */
import { expect } from "vitest";
import type { RowId } from "../../src/kernel/id.ts";
import { Roster } from "../../src/roster/roster.ts";
import type { Admit, SignedRow } from "../../src/roster/row.ts";
import type { Member, RosterView } from "../../src/roster/view.ts";
import { keyOf, RosterScript } from "./roster-builder.ts";

const names = [..."abcdefgh"];

/** Founded by a, who admitted the others in this order. */
export function spanner(...others: string[]): RosterScript {
  const script = new RosterScript();
  script.found("a");
  for (const name of others) script.join("a", name);
  return script;
}

/** The view of all rows; each must be of right form. */
export function read(script: RosterScript): RosterView {
  const roster = Roster.create();
  expect(roster.merge(script.rows)).toMatchObject({ refused: [], waiting: 0 });
  return roster.view();
}

/** A key that was taken. */
export function takenAs(view: RosterView, name: string): Member {
  const found = view.byId.get(keyOf(name));
  if (found === undefined) throw new Error(`${name} is not taken`);
  return found;
}

/** Keys taken, oldest first, in one word of their one-letter names. */
export function taken(view: RosterView): string {
  return view.taken.map(({ id }) => nameOf(id)).join("");
}

/** Members, oldest first, likewise. */
export function members(view: RosterView): string {
  return view.members.map(({ id }) => nameOf(id)).join("");
}

/** Patterns with the row they are as old as. */
export function patternsOf(view: RosterView, name: string): [string, RowId][] {
  return takenAs(view, name).patterns.map(({ pattern, age }) => [pattern, age.id]);
}

/** The body of an ADMIT. */
export function admitIn({ message }: SignedRow): Admit {
  if (message.body.kind !== "admit") throw new Error(`${message.body.kind} is no ADMIT`);
  return message.body;
}

function nameOf(id: string): string {
  return names.find((name) => keyOf(name) === id) ?? id;
}
