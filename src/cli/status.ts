/** `spanner status`: this bolt's view, everybody's (--all-views), whether rosters agree (--verify), and --watch. */
import type { Command } from "commander";
import { ClientRefused } from "../admin/client.ts";
import { ageText, shortId } from "../console/amount-text.ts";
import type { Column } from "../console/listing.ts";
import { Redraw } from "../console/redraw.ts";
import { refusalText } from "../console/refusal-text.ts";
import type { StatusReport, BoltReport } from "../turn/status.ts";
import { Refused } from "../system/refused.ts";
import { attach, withExample } from "./actions.ts";
import type { Session } from "./session.ts";
import { answerOf, badUsage } from "./session.ts";
import { sameness, statusListing, statusText } from "../console/status-listing.ts";
import type { CliWorld } from "./world.ts";

interface StatusOptions {
  readonly allViews: boolean;
  readonly verify: boolean;
  readonly watch: boolean;
}

const watchMs = 1_000;

export function addStatus(spanner: Command, world: CliWorld): void {
  const command = spanner
    .command("status")
    .description("This bolt's view of its spanner: who is in it, how old what it holds of them is, what is off.")
    .option("--all-views", "who sees whom, and how old; exit 3 when a bolt does not answer", false)
    .option("--verify", "compare the rosters of all reachable bolts; exit 1 when they differ", false)
    .option("--watch", "show it again and again, until interrupted", false);
  withExample(
    command,
    "vigocli spanner status --watch",
    "vigocli spanner status -o json | jq '.bolts[] | {name, ageMs}'",
    "vigocli spanner status --verify && echo all bolts agree",
  );
  attach<StatusOptions>(command, world, async (session, { allViews, verify, watch }) => {
    if (Number(allViews) + Number(verify) + Number(watch) > 1) {
      const message = "--all-views, --verify and --watch do not go together.";
      throw badUsage(message, "spanner status", "vigocli spanner status --help");
    }
    if (allViews) return showViews(session);
    if (verify) return showVerified(session);
    if (watch) return showAgain(session);
    session.show(statusListing(await askStatus(session)));
  });
}

/** This bolt's report. */
export async function askStatus(session: Session): Promise<StatusReport> {
  return answerOf(await session.ask("status", {}), "status").status;
}

async function showAgain(session: Session): Promise<void> {
  const { world } = session;
  const isTable = session.form === "table" || session.form === "wide";
  const redraw = new Redraw(world.outIsTerminal && isTable, world.out);
  do {
    const { text, changes } = await frame(session);
    redraw.show(text, changes);
  } while (await world.pause(watchMs));
}

/** A server that restarts is no reason to end. */
async function frame(session: Session): Promise<{ readonly text: string; readonly changes: string }> {
  try {
    const status = await askStatus(session);
    return { text: session.textOf(statusListing(status)), changes: sameness(status) };
  } catch (caught) {
    if (!(caught instanceof ClientRefused)) throw caught;
    if (!session.world.outIsTerminal) session.world.err(refusalText(caught.refusal, session.paint));
    const text = session.world.outIsTerminal ? refusalText(caught.refusal, session.paint) : "";
    return { text, changes: caught.refusal.code };
  }
}

async function showViews(session: Session): Promise<void> {
  const { views, complete } = answerOf(await session.ask("views", {}), "all-views");
  type View = (typeof views)[number];
  const seen = views.flatMap(({ status }) => status?.bolts ?? []);
  const subjects = [...new Map(seen.map((bolt) => [bolt.id, bolt.name])).entries()];
  const columns: readonly Column<View>[] = [
    { name: "VIEWER", of: ({ name }) => name },
    { name: "KEY", wide: true, of: ({ bolt }) => shortId(bolt) },
    { name: "DIGEST", of: ({ status }) => status?.digest?.slice(0, 8) ?? "-" },
    ...subjects.map(([id, name]): Column<View> => ({ name, of: (view) => sightOf(view.status, id) })),
    {
      name: "ANSWER",
      of: ({ missing }) => missing ?? "yes",
      tone: ({ missing }) => (missing === null ? "good" : "bad"),
    },
  ];
  session.show({ rows: views, columns, nameOf: ({ name }) => name, whole: (rows) => ({ views: rows, complete }) });
  if (complete) return;
  const missing = views.filter((view) => view.missing !== null).map(({ name }) => name);
  throw unanswered(missing);
}

function sightOf(status: StatusReport | null, id: string): string {
  const bolt = status?.bolts.find((one) => one.id === id);
  if (bolt === undefined) return status === null ? "?" : "unknown";
  if (bolt.marks.includes("this bolt")) return "itself";
  return `${ageText(bolt.ageMs)}${remark(bolt)}`;
}

function remark(bolt: BoltReport): string {
  const text = statusText(bolt);
  return text === "fresh" ? "" : ` (${text})`;
}

async function showVerified(session: Session): Promise<void> {
  const verified = answerOf(await session.ask("verify", {}), "verify");
  const { equal, complete, digests, firstDifference } = verified;
  type Digest = (typeof digests)[number];
  const columns: readonly Column<Digest>[] = [
    { name: "NAME", of: ({ name }) => name },
    { name: "KEY", of: ({ bolt }) => shortId(bolt) },
    { name: "DIGEST", of: ({ digest }) => digest ?? "-" },
    { name: "ANSWER", of: ({ missing }) => missing ?? "yes" },
  ];
  const whole = (rows: readonly Digest[]): unknown => ({ equal, complete, digests: rows, firstDifference });
  session.show({ rows: digests, columns, nameOf: ({ name }) => name, whole });
  if (!equal) throw differing(firstDifference);
  if (!complete) throw unanswered(digests.filter(({ missing }) => missing !== null).map(({ name }) => name));
  session.note("The rosters of all bolts are equal.");
}

interface Difference {
  readonly row: string;
  readonly heldBy: readonly string[];
  readonly missingAt: readonly string[];
  readonly says: string;
}

function differing(first: Difference | null): Refused {
  const code = "ROSTERS_DIFFER";
  const next =
    "vigocli spanner status --verify again after a minute; they come together by themselves when bolts are linked";
  if (first === null) return new Refused({ code, message: "The rosters of these bolts differ.", next });
  const { row, heldBy, missingAt, says } = first;
  const where = `held by ${heldBy.join(", ")}, missing at ${missingAt.join(", ")}`;
  const message = `The rosters differ first in a row (${says}) ${where}.`;
  return new Refused({ code, message, value: row, next });
}

function unanswered(names: readonly string[]): Refused {
  const message = `${names.length} of the bolts did not answer.`;
  return new Refused({ code: "ANSWERS_MISSING", message, value: names.join(", "), next: "vigocli doctor" });
}
