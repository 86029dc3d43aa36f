/** Invites as people see them: every MINT on the roster with what became of it (AD-10). Admins see who used one. */
import { done, refused } from "../kernel/refusal.ts";
import type { Outcome } from "../kernel/refusal.ts";
import { sorted } from "../kernel/order.ts";
import { compareRows } from "../roster/row.ts";
import type { RosterView, Token } from "../roster/view.ts";
import type { AdminAnswer, AdminRequest, InviteReport, InviteState } from "../turn/admin.ts";
import type { CallId, World } from "../turn/turn.ts";
import { nameOf } from "./standing.ts";
import type { AdmissionsTurn, Neighbours, Office } from "./state.ts";

/** `spanner invite list`, oldest first. */
export function onInviteList(call: CallId, office: Office, turn: AdmissionsTurn): void {
  const { world } = turn;
  const tokens = sorted(world.roster.view().tokens.values(), (a, b) =>
    compareRows(placeOf(a, world), placeOf(b, world)),
  );
  const invites = tokens.map((token) => inviteReport(token, world, office.neighbours));
  turn.respond(call, { answer: "invites", invites });
}

function placeOf(token: Token, world: World): Parameters<typeof compareRows>[0] {
  return { rank: world.roster.get(token.mint)?.message.rank ?? 0, id: token.mint };
}

/** `spanner invite show`. */
export function onInviteShow(
  call: CallId,
  request: Extract<AdminRequest, { do: "invite-show" }>,
  office: Office,
  turn: AdmissionsTurn,
): void {
  const found = findInvite(turn.world.roster.view(), request.invite);
  const answer: AdminAnswer = found.ok
    ? { answer: "invites", invites: [inviteReport(found.value, turn.world, office.neighbours)] }
    : { answer: "refused", refusal: found.refusal, row: null };
  turn.respond(call, answer);
}

/** The invite whose id begins so. */
export function findInvite(view: RosterView, text: string): Outcome<Token> {
  const wanted = text.toLowerCase();
  const found = [...view.tokens.values()].filter((token) => wanted !== "" && token.mint.startsWith(wanted));
  const first = found[0];
  const next = "vigocli spanner invite list -o wide";
  if (first === undefined) {
    return refused({ code: "INVITE_UNKNOWN", message: "No invite has an id that begins so.", value: text, next });
  }
  if (found.length === 1) return done(first);
  return refused({
    code: "INVITE_AMBIGUOUS",
    message: `${found.length} invites begin so; give more of the id.`,
    value: text,
    next,
  });
}

/** One invite with its state as of now. */
export function inviteReport(token: Token, world: World, neighbours: Neighbours): InviteReport {
  const view = world.roster.view();
  const admitted = token.admits.find((admit) => admit.counts) ?? token.admits[0];
  return {
    id: token.mint,
    minter: token.minter,
    minterName: nameOf(view, token.minter),
    mode: token.bound === null ? "bearer" : "key-bound",
    state: stateOf(token, world, neighbours),
    mintedMs: token.mintedMs,
    expiresMs: token.expiresMs,
    boundTo: token.bound,
    admitted: admitted?.key ?? null,
  };
}

/** Invites of all members that can still be used, as far as is known here. */
export function countOpenInvites(world: World, neighbours: Neighbours): number {
  let open = 0;
  for (const token of world.roster.view().tokens.values()) if (stateOf(token, world, neighbours) === "open") open++;
  return open;
}

function stateOf(token: Token, world: World, neighbours: Neighbours): InviteState {
  if (token.admits.length > 0) return "spent";
  if (token.revoked !== null) return "revoked";
  if (world.wallMs >= token.expiresMs) return "expired";
  return isVoid(token, world, neighbours) ? "void" : "open";
}

/** A bearer invite lives in one incarnation of its minter; any invite dies with its MINT. */
function isVoid(token: Token, world: World, neighbours: Neighbours): boolean {
  const view = world.roster.view();
  if (!view.counts(token.mint)) return true;
  if (token.bound !== null) return false;
  if (view.byId.get(token.minter)?.standing.is !== "member") return true;
  if (token.minter === world.self) return !world.lived.has(token.incarnation);
  return (neighbours.incarnationOf(token.minter) ?? token.incarnation) > token.incarnation;
}
