/** Redeeming: one token admits one key, whatever fails. */
import { expect, test } from "vitest";
import { ofMs } from "../../../src/kernel/time.ts";
import { must } from "../../../src/kernel/assert.ts";
import type { PeerReply } from "../../../src/turn/peer.ts";
import { signJoin } from "../../../src/wire/join.ts";
import type { Invite } from "../../support/bench-stories.ts";
import type { BenchBolt } from "../../support/turn-bench.ts";
import { keyOf, signerOf } from "../../support/toy-keys.ts";
import { codeOf, found, invite, inviteFor, joinRequest, keysAdmittedBy, spanner } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

/** The proof a joiner would send, straight to a bolt's join port. */
function show(to: BenchBolt, { bundle }: Invite, joiner: BenchBolt, over: object = {}): PeerReply {
  const { config } = joiner;
  const { genesis, mint, tokenKey } = bundle;
  const { name, patterns, addresses } = config;
  const claim = { genesis, mint, tokenKey, key: joiner.id, name, patterns, addresses, ...over };
  const proof = signJoin(claim, signerOf(claim.key), signerOf(claim.tokenKey));
  const answers: PeerReply[] = [];
  to.serve({ is: "stranger", source: "203.0.113.9" }, { ask: "join", proof, page: 0 }, ofMs(5_000), (reply) =>
    answers.push(reply),
  );
  to.bench.settle();
  return must(answers[0], "an answer");
}

test("AD-2 T3 two joiners race with one bundle: one row, the loser gets TOKEN_SPENT", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const [one, two] = [bench.bolt("one"), bench.bolt("two")];
  const first = one.ask(joinRequest(ticket, east));
  const second = two.ask(joinRequest(ticket, east));
  bench.settle();
  expect([first.answer, second.answer].map((answer) => codeOf(must(answer, "answered")))).toEqual([
    "joined",
    "TOKEN_SPENT",
  ]);
  expect(keysAdmittedBy(ticket.bundle.mint, east.disk.rows)).toEqual([one.id]);
});

test("AD-2 T1 a bundle used a second time: TOKEN_SPENT tells when, not by whom; the admin sees the key", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  one.do(joinRequest(ticket, east));
  const answer = bench.bolt("two").do(joinRequest(ticket, east));
  expect(codeOf(answer)).toBe("TOKEN_SPENT");
  expect(JSON.stringify(answer)).toContain("2027-01-15T08:00:00Z");
  expect(JSON.stringify(answer)).not.toContain(one.id);
  const shown = east.do({ do: "invite-show", invite: ticket.bundle.mint.slice(0, 10) });
  expect(shown).toMatchObject({ invites: [{ state: "spent", admitted: one.id }] });
});

test("AD-3 T3 the winner whose reply was lost asks again and gets the same row, also after expiry", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  const first = show(east, ticket, one);
  bench.wallMs += 86_400_000;
  const second = show(east, ticket, one);
  expect(first).toMatchObject({ reply: "admitted", page: 0 });
  expect(second).toEqual(first);
  expect(east.disk.rows).toHaveLength(3);
});

test("AD-3 T4 after a restart of the minter a key already admitted still gets its row", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  const first = show(east, ticket, one);
  east.restart();
  bench.settle();
  expect(show(east, ticket, one)).toEqual(first);
});

test("AD-6 T4 a restart of the minter voids its open bearer invites: TOKEN_VOID, nothing spent", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  east.restart();
  bench.settle();
  expect(codeOf(bench.bolt("one").do(joinRequest(ticket, east)))).toBe("TOKEN_VOID");
  expect(east.do({ do: "invite-list" })).toMatchObject({ invites: [{ state: "void" }] });
  expect(keysAdmittedBy(ticket.bundle.mint, east.disk.rows)).toEqual([]);
});

test("AD-6 an incarnation drawn by the running process does not void its invites", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  east.lived.add(5_000);
  expect(codeOf(bench.bolt("one").do(joinRequest(ticket, east)))).toBe("joined");
});

test("AD-5 T6 expired: TOKEN_EXPIRED states both times, judged by the bolt that admits", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east, null, 60_000);
  bench.wallMs += 61_000;
  const answer = bench.bolt("one").do(joinRequest(ticket, east));
  expect(codeOf(answer)).toBe("TOKEN_EXPIRED");
  expect(JSON.stringify(answer)).toContain("2027-01-15T08:01:00Z");
  expect(JSON.stringify(answer)).toContain("2027-01-15T08:01:01Z");
});

test("AD-5 revoked before it was used: TOKEN_REVOKED", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  expect(codeOf(east.do({ do: "invite-revoke", invite: ticket.bundle.mint, dryRun: false }))).toBe("revoked");
  expect(codeOf(bench.bolt("one").do(joinRequest(ticket, east)))).toBe("TOKEN_REVOKED");
});

test("AD-5 T7 overlapping patterns are refused before the token is spent, naming both and a hostname", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const greedy = bench.bolt("greedy", { patterns: ["web*.example"] });
  const answer = greedy.do(joinRequest(ticket, east));
  expect(codeOf(answer)).toBe("PATTERN_OVERLAP");
  expect(JSON.stringify(answer)).toMatch(/web\*\.example.*\*\.east\.example/);
  expect(codeOf(bench.bolt("one").do(joinRequest(ticket, east)))).toBe("joined");
});

test("AD-5 PATTERN_OVERLAP against a bolt admitted but never heard names it and prints the remove line", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const lost = bench.bolt("lost", { patterns: ["*.west.example"] });
  show(east, invite(east), lost);
  east.heardOf = new Set();
  const next = bench.bolt("next", { patterns: ["*.west.example"] });
  const answer = next.do(joinRequest(invite(east), east));
  expect(codeOf(answer)).toBe("PATTERN_OVERLAP");
  expect(JSON.stringify(answer)).toContain(`vigocli spanner bolt remove ${lost.id}`);
});

test("AD-5 T7 a proof for another spanner: WRONG_SPANNER", () => {
  const bench = new Bench();
  const [east, west] = [found(bench, "east"), found(bench, "west")];
  expect(codeOf(show(west, invite(east), bench.bolt("one")))).toBe("WRONG_SPANNER");
  expect(codeOf(show(bench.bolt("nobody"), invite(east), bench.bolt("two")))).toBe("WRONG_SPANNER");
});

test("AD-5 T5 a proof by another token key than the invite's: BUNDLE_CORRUPT", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(codeOf(show(east, invite(east), bench.bolt("one"), { tokenKey: keyOf("guess") }))).toBe("BUNDLE_CORRUPT");
});

test("AD-5 T10 the recovery key is never admitted: KEY_REJECTED", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(codeOf(show(east, invite(east), bench.bolt("one"), { key: keyOf("recovery") }))).toBe("KEY_REJECTED");
});

test("AD-5 a key that is a member by another invite: ALREADY_MEMBER with its row, nothing spent", () => {
  const bench = new Bench();
  const [east, one] = spanner(bench, "east", "one") as [BenchBolt, BenchBolt];
  const ticket = invite(east);
  expect(show(east, ticket, one)).toMatchObject({
    refusal: { code: "ALREADY_MEMBER" },
    row: { message: { body: { key: one.id } } },
  });
  expect(codeOf(bench.bolt("two").do(joinRequest(ticket, east)))).toBe("joined");
});

test("AD-5 a key that left or was removed stays out: ALREADY_MEMBER, REMOVED with the row", () => {
  const bench = new Bench();
  const [east, one, two] = spanner(bench, "east", "one", "two") as [BenchBolt, BenchBolt, BenchBolt];
  one.do({ do: "leave", successor: null, dryRun: false });
  east.do({ do: "remove", bolt: "two", cut: null, recovery: null, dryRun: false });
  bench.gossip();
  const ticket = invite(east);
  expect(codeOf(show(east, ticket, one))).toBe("ALREADY_MEMBER");
  expect(show(east, ticket, two)).toMatchObject({
    refusal: { code: "REMOVED" },
    row: { message: { body: { kind: "remove", target: two.id } } },
  });
});

test("AD-5 a claim that no row could hold: CLAIM_INVALID", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  expect(codeOf(show(east, ticket, one, { name: "No Name" }))).toBe("CLAIM_INVALID");
  expect(codeOf(show(east, ticket, one, { patterns: ["[z-a].example"] }))).toBe("CLAIM_INVALID");
  expect(codeOf(show(east, ticket, one, { patterns: Array.from({ length: 65 }, (_, n) => `h${n}.example`) }))).toBe(
    "CLAIM_INVALID",
  );
  expect(codeOf(show(east, ticket, one))).toBe("admitted");
});

test("AD-5 a full disk spends nothing: STORAGE_READONLY before anything is acknowledged", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  east.breaks = "full";
  expect(codeOf(show(east, ticket, bench.bolt("one")))).toBe("STORAGE_READONLY");
  east.breaks = null;
  east.storeFailed = null;
  expect(codeOf(show(east, ticket, bench.bolt("two")))).toBe("admitted");
});

test("AD-2 a failed fsync binds the token to its key: others and the key itself are told TOKEN_UNCERTAIN", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  east.breaks = "fsync";
  expect(codeOf(show(east, ticket, one))).toBe("TOKEN_UNCERTAIN");
  east.breaks = null;
  east.storeFailed = null;
  expect(codeOf(show(east, ticket, bench.bolt("two")))).toBe("TOKEN_UNCERTAIN");
  east.restart();
  bench.settle();
  expect(codeOf(show(east, ticket, one))).toBe("admitted");
  expect(codeOf(show(east, ticket, bench.bolt("two")))).toBe("TOKEN_SPENT");
});

test("AD-4 two joiners with overlapping patterns: the second is judged when its turn comes", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const [first, second] = [invite(east), invite(east)];
  const one = bench.bolt("one", { patterns: ["*.west.example"] });
  const two = bench.bolt("two", { patterns: ["a.west.example"] });
  const answers = [one.ask(joinRequest(first, east)), two.ask(joinRequest(second, east))];
  bench.settle();
  expect(answers.map(({ answer }) => codeOf(must(answer, "answered")))).toEqual(["joined", "PATTERN_OVERLAP"]);
  expect(keysAdmittedBy(second.bundle.mint, east.disk.rows)).toEqual([]);
  expect(east.roster.view().alarms).toEqual([]);
});

test("AD-2 a racer whose rival is refused gets its chance", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const [first, second] = [invite(east), invite(east)];
  const [one, two, three] = [
    bench.bolt("one", { patterns: ["*.west.example"] }),
    bench.bolt("two", { patterns: ["a.west.example"] }),
    bench.bolt("three"),
  ];
  // `two` holds the second token while it waits for the pen behind `one`, and is then refused.
  const answers = [
    one.ask(joinRequest(first, east)),
    two.ask(joinRequest(second, east)),
    three.ask(joinRequest(second, east)),
  ];
  bench.settle();
  expect(answers.map(({ answer }) => codeOf(must(answer, "answered")))).toEqual([
    "joined",
    "PATTERN_OVERLAP",
    "joined",
  ]);
});

test("AD-6 a key-bound invite is redeemed by any member, also after a restart of both", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const one = bench.bolt("one");
  const ticket = inviteFor(east, one);
  bench.gossip();
  east.crash();
  west.restart();
  bench.settle();
  const answer = one.do(joinRequest(ticket, west));
  expect(answer).toMatchObject({ answer: "joined", sponsor: west.id });
});

test("AD-6 a key-bound invite serves its key, name and patterns alone", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const one = bench.bolt("one");
  const ticket = inviteFor(east, one);
  expect(codeOf(show(east, ticket, bench.bolt("thief")))).toBe("KEY_REJECTED");
  expect(codeOf(show(east, ticket, one, { name: "other" }))).toBe("INVITE_MISMATCH");
  expect(codeOf(show(east, ticket, one, { patterns: [] }))).toBe("INVITE_MISMATCH");
  expect(codeOf(show(east, ticket, one))).toBe("admitted");
});

test("AD-6 a bearer invite of a bolt that left is void", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const ticket = invite(west);
  west.do({ do: "leave", successor: null, dryRun: false });
  bench.gossip();
  expect(codeOf(show(east, ticket, bench.bolt("one")))).toBe("TOKEN_VOID");
  expect(codeOf(show(west, ticket, bench.bolt("two")))).toBe("NOT_A_MEMBER");
});

test("AD-9 a long ancestry comes in pages that every holder cuts alike", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const patterns = (at: number): string[] =>
    Array.from({ length: 60 }, (_, n) => `p${at}-${n}.${"x".repeat(60)}.example`);
  for (let at = 0; at < 40; at++) {
    east.do({
      do: "reconfigure",
      settings: {
        patterns: patterns(at),
        tier1Ms: 1000,
        tier2Ms: 5000,
        staleAfterMs: null,
        tlsPin: "0".repeat(64),
        caCertificate: new Uint8Array(0),
        licence: new Uint8Array(0),
      },
      dryRun: false,
    });
  }
  const ticket = invite(east);
  const one = bench.bolt("one");
  expect(one.do(joinRequest(ticket, east))).toMatchObject({ answer: "joined" });
  const pages = (bolt: BenchBolt): PeerReply[] => {
    const replies: PeerReply[] = [];
    const first = show(bolt, ticket, one);
    const count = first.reply === "admitted" ? first.pages : 0;
    for (let page = 0; page < count; page++) {
      const { genesis, mint, tokenKey } = ticket.bundle;
      const { name, patterns: claimed, addresses } = one.config;
      const claim = { genesis, mint, tokenKey, key: one.id, name, patterns: claimed, addresses };
      const proof = signJoin(claim, signerOf(one.id), signerOf(tokenKey));
      bolt.serve({ is: "stranger", source: "pages" }, { ask: "join", proof, page }, ofMs(5_000), (reply) =>
        replies.push(reply),
      );
    }
    return replies;
  };
  const cut = pages(east);
  expect(cut.length).toBeGreaterThan(2);
  for (const page of cut) {
    const rows = page.reply === "admitted" ? page.rows : [];
    expect(rows.reduce((sum, row) => sum + row.bytes.length + 64, 0)).toBeLessThan(64 * 1024);
  }
  expect(pages(one)).toEqual(cut);
});

test("AD-12 T5 attempts of one source are limited; those that end in an admission are not counted", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  for (let at = 0; at < 30; at++) expect(codeOf(show(east, ticket, one))).toBe("admitted");
  const two = bench.bolt("two");
  const codes = Array.from({ length: 21 }, () => codeOf(show(east, ticket, two)));
  expect(codes.filter((code) => code === "TOKEN_SPENT")).toHaveLength(20);
  expect(show(east, ticket, two)).toMatchObject({ refusal: { code: "RATE_LIMITED", retryAfterS: 3 } });
  bench.now = (bench.now + 3_000_000) as typeof bench.now;
  expect(codeOf(show(east, ticket, two))).toBe("TOKEN_SPENT");
  expect(codeOf(show(east, ticket, two))).toBe("RATE_LIMITED");
});

test("AD-12 T5 the memory of sources is bounded", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  const { genesis, mint } = ticket.bundle;
  const { name, patterns, addresses } = one.config;
  const claim = { genesis, mint, tokenKey: keyOf("guess"), key: one.id, name, patterns, addresses };
  const proof = signJoin(claim, signerOf(one.id), signerOf(claim.tokenKey));
  for (let at = 0; at < 5_000; at++) {
    east.serve({ is: "stranger", source: `host ${at}` }, { ask: "join", proof, page: 0 }, ofMs(5_000), () => undefined);
  }
  expect(east.room.image().attempts.size).toBe(4_096);
});
