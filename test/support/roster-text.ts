/** A roster as text, so that two are equal when and only when their texts are. */
import type { Roster } from "../../src/roster/roster.ts";

/** The whole view, and which rows count, in a form that shows every difference. */
export function viewText(roster: Roster): string {
  const view = roster.view();
  const counting = roster.index.all().map(({ message }) => `${message.id} ${view.counts(message.id)}`);
  // Lists made when they are asked for are no properties of the object.
  const { countingHeads, tokens, consumedTokens, orphans, undone, alarms } = view;
  const lists = { countingHeads, tokens, consumedTokens, orphans, undone, alarms };
  return JSON.stringify({ ...view, ...lists, counting }, (_, value: unknown) => {
    return value instanceof Map || value instanceof Set ? [...value] : value;
  });
}

/** The ids of all merged rows, in row order. */
export function rowIds(roster: Roster): readonly string[] {
  return roster.index.all().map(({ message }) => message.id);
}
