/** Carrying a proof to the minter. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import type { BenchBolt, Happening } from "../../support/turn-bench.ts";
import { codeOf, invite, joinRequest, keysAdmittedBy, spanner } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

function pair(): { bench: Bench; east: BenchBolt; west: BenchBolt; one: BenchBolt } {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  return { bench, east, west, one: bench.bolt("one") };
}

/** Performs what is pending until the next happening of this kind, and takes that one out. */
function until(bench: Bench, fits: (happening: Happening) => boolean): Happening {
  for (;;) {
    const next = must(bench.pending.shift(), "the happening waited for");
    if (fits(next)) return next;
    bench.perform(next);
  }
}

test("AD-7 T2 a bundle shown to another member is forwarded to the minter", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east);
  bench.gossip();
  expect(one.do(joinRequest(ticket, west))).toMatchObject({ answer: "joined", sponsor: east.id });
  expect(keysAdmittedBy(ticket.bundle.mint, west.disk.rows)).toEqual([one.id]);
});

test("AD-7 the relay stores the rows before it passes them on", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east);
  bench.gossip();
  const box = one.ask(joinRequest(ticket, west));
  const store = until(bench, (next) => next.is === "store" && next.bolt === west);
  bench.settle();
  expect(box.answer).toBeNull();
  bench.perform(store);
  bench.settle();
  expect(box.answer).toMatchObject({ answer: "joined" });
});

test("AD-7 T2 minter unreachable: TOKEN_UNVERIFIABLE, nothing spent, and where to mint instead", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east);
  bench.gossip();
  bench.cut(west, east);
  const answer = one.do(joinRequest(ticket, west));
  expect(codeOf(answer)).toBe("TOKEN_UNVERIFIABLE");
  expect(JSON.stringify(answer)).toContain("vigocli --server https://west.example spanner bolt invite");
  expect(keysAdmittedBy(ticket.bundle.mint, east.disk.rows)).toEqual([]);
});

test("AD-7 an invite the member has not heard of: TOKEN_UNVERIFIABLE, and its MINT is asked for", () => {
  const { east, west, one } = pair();
  const ticket = invite(east);
  expect(codeOf(one.do(joinRequest(ticket, west)))).toBe("TOKEN_UNVERIFIABLE");
  expect(west.facts).toContainEqual({ fact: "wanted", rows: [ticket.bundle.mint] });
});

test("AD-7 an answer lost between minter and relay: TOKEN_UNCERTAIN, until the minter's own word", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east);
  bench.gossip();
  const lose = (): void => {
    const lost = until(bench, (next) => next.is === "reply" && next.call.caller === west);
    if (lost.is === "reply") bench.end(lost.call, { ok: false, why: "late", perhapsDone: true });
    bench.settle();
  };
  const first = one.ask(joinRequest(ticket, west));
  lose();
  expect(codeOf(must(first.answer, "answered"))).toBe("TOKEN_UNCERTAIN");
  bench.cut(west, east);
  expect(codeOf(one.do(joinRequest(ticket, west)))).toBe("TOKEN_UNCERTAIN");
  bench.cuts.clear();
  expect(one.do(joinRequest(ticket, west))).toMatchObject({ answer: "joined", sponsor: east.id });
  expect(west.room.image().uncertain.size).toBe(0);
  expect(one.room.image().uncertain.size).toBe(0);
});

test("AD-3 any member holding the ADMIT of that key for that token answers with it, without the minter", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east);
  bench.gossip();
  const box = one.ask(joinRequest(ticket, east));
  until(bench, (next) => next.is === "reply" && next.call.caller === one);
  one.restart();
  expect(box.answer).toBeNull();
  bench.gossip();
  east.crash();
  expect(one.do(joinRequest(ticket, west))).toMatchObject({ answer: "joined", sponsor: east.id });
});

test("AD-7 the minter's refusal comes through the relay as it is", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east, null, 60_000);
  bench.gossip();
  bench.wallMs += 100_000;
  expect(codeOf(one.do(joinRequest(ticket, west)))).toBe("TOKEN_EXPIRED");
});

test("AD-7 a bolt that is asked by a relay does not relay again", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east);
  bench.gossip();
  const box = one.ask(joinRequest(ticket, west));
  const request = until(bench, (next) => next.is === "request" && next.call.caller === west);
  expect(box.answer).toBeNull();
  const proof = must(
    request.is === "request" && request.call.request.ask === "redeem" ? request.call.request : null,
    "redeem",
  );
  const codes: string[] = [];
  west.serve({ is: "bolt", bolt: east.id }, proof, bench.now, (reply) => codes.push(codeOf(reply)));
  expect(codes).toEqual(["TOKEN_UNVERIFIABLE"]);
});

test("AD-7 a relay whose disk fails passes nothing on: TOKEN_UNCERTAIN", () => {
  const { bench, east, west, one } = pair();
  const ticket = invite(east);
  bench.gossip();
  west.breaks = "full";
  expect(codeOf(one.do(joinRequest(ticket, west)))).toBe("TOKEN_UNCERTAIN");
  expect(codeOf(one.do(joinRequest(ticket, east)))).toBe("joined");
});
