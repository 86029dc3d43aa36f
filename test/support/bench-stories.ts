/** What most tests on the turn bench begin with: a spanner, an invite, a join. */
import { must } from "../../src/kernel/assert.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import type { Secret } from "../../src/kernel/verified.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import type { AdminAnswer, AdminRequest, Bundle } from "../../src/turn/admin.ts";
import type { PeerReply } from "../../src/turn/peer.ts";
import type { BoltConfig } from "../../src/turn/turn.ts";
import type { Bench, BenchBolt } from "./turn-bench.ts";

/** Shorthands that most tests begin with. */
export function found(bench: Bench, name: string, config: Partial<BoltConfig> = {}): BenchBolt {
  const bolt = bench.bolt(name, config);
  const answer = bolt.do({ do: "init", dryRun: false });
  if (answer.answer !== "founded") throw new Error(`not founded: ${JSON.stringify(answer)}`);
  return bolt;
}

export interface Invite {
  readonly bundle: Bundle;
  readonly tokenSeed: Secret;
}

export type Bound = Extract<AdminRequest, { do: "invite" }>["bound"];

export function invite(bolt: BenchBolt, bound: Bound = null, ttlMs: number = 3_600_000): Invite {
  const answer = bolt.do({ do: "invite", ttlMs, bound, dryRun: false });
  if (answer.answer !== "invited" || answer.bundle === null || answer.tokenSeed === null) {
    throw new Error(`not invited: ${JSON.stringify(answer)}`);
  }
  return { bundle: answer.bundle, tokenSeed: answer.tokenSeed };
}

/** An invite bound to the bolt as it is configured. */
export function inviteFor(minter: BenchBolt, joiner: BenchBolt): Invite {
  return invite(minter, { key: joiner.id, name: joiner.config.name, patterns: joiner.config.patterns });
}

export function joinRequest({ bundle, tokenSeed }: Invite, ...from: readonly BenchBolt[]): AdminRequest {
  const urls = from.map((bolt) => must(bolt.config.addresses.api[0], "a url"));
  return { do: "join", bundle, tokenSeed, from: urls, linkLocal: false, dryRun: false };
}

/** A spanner of a founder and `names`, each admitted by the founder, everyone linked and up to date. */
export function spanner(bench: Bench, founder: string, ...names: readonly string[]): BenchBolt[] {
  const first = found(bench, founder);
  const bolts = [first];
  for (const name of names) {
    const bolt = bench.bolt(name);
    const answer = bolt.do(joinRequest(invite(first), first));
    if (answer.answer !== "joined") throw new Error(`not joined: ${JSON.stringify(answer)}`);
    bolts.push(bolt);
  }
  bench.gossip();
  bench.settle();
  bench.link();
  return bolts;
}

/** The refusal's code, or what the answer was instead. */
export function codeOf(answer: AdminAnswer | PeerReply): string {
  if ("refusal" in answer) return answer.refusal.code;
  return "answer" in answer ? answer.answer : answer.reply;
}

/** Keys of all ADMITs of a token in a set of rows. */
export function keysAdmittedBy(mint: RowId, rows: readonly SignedRow[]): BoltId[] {
  const keys = new Set<BoltId>();
  for (const { message } of rows) {
    if (message.body.kind === "admit" && message.body.mint === mint) keys.add(message.body.key);
  }
  return [...keys];
}
