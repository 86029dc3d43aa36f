/** `spanner invite`: list, show, revoke. Minting is `spanner bolt invite`. */
import type { Command } from "commander";
import { shortId } from "../console/amount-text.ts";
import type { Column } from "../console/listing.ts";
import { wallText } from "../kernel/wall-text.ts";
import type { InviteReport } from "../turn/admin.ts";
import { Refused } from "../system/refused.ts";
import { asMutation, attach, doneText, withExample } from "./actions.ts";
import type { MutationOptions } from "./actions.ts";
import { answerOf } from "./session.ts";
import type { CliWorld } from "./world.ts";

const columns: readonly Column<InviteReport>[] = [
  { name: "ID", of: ({ id }) => shortId(id) },
  { name: "STATE", of: ({ state }) => state, tone: ({ state }) => (state === "open" ? "good" : "quiet") },
  { name: "MODE", of: ({ mode }) => mode },
  { name: "MINTER", of: ({ minterName }) => minterName },
  { name: "FOR", of: ({ boundTo }) => boundTo?.name ?? "whoever carries it" },
  { name: "EXPIRES", of: ({ expiresMs }) => wallText(expiresMs), sortKey: ({ expiresMs }) => expiresMs },
  { name: "MINTED", wide: true, of: ({ mintedMs }) => wallText(mintedMs), sortKey: ({ mintedMs }) => mintedMs },
  { name: "ADMITTED", wide: true, of: ({ admitted }) => shortId(admitted) },
];

export function addInviteCommands(spanner: Command, world: CliWorld): void {
  const group = spanner.command("invite").description("Invites that were minted: look at them, withdraw them.");
  withExample(group, "vigocli spanner invite list --filter state=open", "vigocli spanner invite revoke 4f2a");
  const list = group.command("list").description("All invites known here.");
  withExample(list, "vigocli spanner invite list -o wide");
  attach(list, world, async (session) => {
    const { invites } = answerOf(await session.ask("invite-list", {}), "invites");
    session.show({ rows: invites, columns, nameOf: ({ id }) => id, whole: (rows) => rows });
  });
  const show = group
    .command("show")
    .description("One invite, without its secret.")
    .argument("<invite>", "its id or the beginning of it");
  withExample(show, "vigocli spanner invite show 4f2a");
  attach(show, world, async (session, _options, [invite = ""]) => {
    const [found] = answerOf(await session.ask("invite-show", { invite }), "invites").invites;
    if (found === undefined)
      throw new Refused({ code: "INVITE_UNKNOWN", message: "There is no such invite.", value: invite });
    session.showFacts(factsOf(found), found, found.id);
  });
  addRevoke(group, world);
}

function addRevoke(group: Command, world: CliWorld): void {
  const revoke = asMutation(
    group
      .command("revoke")
      .description("Withdraw an invite: nobody can join with it any more.")
      .argument("<invite>", "its id or the beginning of it"),
  );
  withExample(revoke, "vigocli spanner invite revoke 4f2a --yes");
  attach<MutationOptions>(revoke, world, async (session, { dryRun }, [invite = ""]) => {
    await session.confirm(`Withdraw the invite ${invite} for good?`, dryRun);
    const revoked = answerOf(await session.ask("invite-revoke", { invite, dryRun }), "revoked");
    session.showFacts(factsOf(revoked.invite), { invite: revoked.invite, dryRun }, revoked.invite.id);
    session.note(doneText(dryRun, `Invite ${shortId(revoked.invite.id)} is withdrawn.`));
  });
}

function factsOf(invite: InviteReport): readonly (readonly [string, string])[] {
  const { boundTo } = invite;
  return [
    ["id", invite.id],
    ["state", invite.state],
    ["mode", invite.mode],
    ["minter", `${invite.minterName} (${shortId(invite.minter)})`],
    ["minted", wallText(invite.mintedMs)],
    ["expires", wallText(invite.expiresMs)],
    ["for", boundTo === null ? "whoever carries it" : `${boundTo.name} (${boundTo.key})`],
    ["patterns", boundTo === null ? "-" : boundTo.patterns.join(", ")],
    ["admitted", invite.admitted ?? "-"],
  ];
}
