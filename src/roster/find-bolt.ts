/** Finds the bolt an operator means: its name, its whole key, or an unambiguous beginning of either. */
import type { BoltId } from "../kernel/id.ts";
import { done, refused } from "../kernel/refusal.ts";
import type { Outcome } from "../kernel/refusal.ts";
import type { Member, RosterView } from "./view.ts";

/** A whole name or key wins over a beginning; `BOLT_UNKNOWN` or `BOLT_AMBIGUOUS` otherwise. Looks at all ever taken. */
export function findBolt(view: RosterView, text: string): Outcome<Member> {
  const wanted = text.toLowerCase();
  const whole = view.byId.get(wanted as BoltId) ?? only(view.members, (member) => member.name === wanted);
  if (whole !== undefined) return done(whole);
  const named = view.taken.filter((member) => member.name === wanted);
  const begun = named.length > 0 ? named : view.taken.filter((member) => begins(member, wanted));
  const first = begun[0];
  if (first === undefined || wanted === "") {
    return refused({
      code: "BOLT_UNKNOWN",
      message: "No bolt on the roster has this name or a key that begins so.",
      value: text,
      next: "vigocli spanner bolt list",
    });
  }
  if (begun.length === 1) return done(first);
  return refused({
    code: "BOLT_AMBIGUOUS",
    message: `${begun.length} bolts fit; give more of the key: ${begun.slice(0, 4).map(describe).join(", ")}.`,
    value: text,
    next: "vigocli spanner bolt list -o wide",
  });
}

function begins(member: Member, wanted: string): boolean {
  return member.id.startsWith(wanted) || member.name.startsWith(wanted);
}

function describe(member: Member): string {
  return `${member.name} (${member.id.slice(0, 12)})`;
}

function only(members: readonly Member[], fits: (member: Member) => boolean): Member | undefined {
  const found = members.filter(fits);
  return found.length === 1 ? found[0] : undefined;
}
