/** Minting, listing and revoking invites. */
import { expect, test } from "vitest";
import type { BenchBolt } from "../../support/turn-bench.ts";
import { keyOf } from "../../support/toy-keys.ts";
import { codeOf, found, invite, inviteFor, joinRequest, spanner } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

const hourMs = 3_600_000;

test("AD-10 T5 an invite publishes the public half of its token key only", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const { bundle, tokenSeed } = invite(east);
  expect(bundle).toMatchObject({
    minter: east.id,
    spannerId: "bench",
    pin: "pin of east",
    addresses: ["https://east.example"],
  });
  expect(east.disk.rows.at(-1)?.message.body).toEqual({
    kind: "mint",
    tokenKey: bundle.tokenKey,
    expiresMs: bench.wallMs + hourMs,
    bound: null,
  });
  expect(tokenSeed.label).toBe("toy");
  expect(JSON.stringify(east.room.image())).not.toContain("toy");
});

test("AD-10 an invite lives from one minute to 30 days: TTL_INVALID", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  for (const ttlMs of [0, 59_999, 30 * 24 * hourMs + 1, 0.5, Number.NaN]) {
    expect(codeOf(east.do({ do: "invite", ttlMs, bound: null, dryRun: false }))).toBe("TTL_INVALID");
  }
  expect(codeOf(east.do({ do: "invite", ttlMs: 30 * 24 * hourMs, bound: null, dryRun: false }))).toBe("invited");
});

test("AD-10 only a member invites: NOT_A_MEMBER", () => {
  const bench = new Bench();
  expect(codeOf(bench.bolt("one").do({ do: "invite", ttlMs: hourMs, bound: null, dryRun: false }))).toBe(
    "NOT_A_MEMBER",
  );
});

test("AD-1 a dry run of invite and of revoke changes nothing", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(east.do({ do: "invite", ttlMs: hourMs, bound: null, dryRun: true })).toMatchObject({
    answer: "invited",
    bundle: null,
  });
  const { bundle } = invite(east);
  const rows = east.disk.rows.length;
  expect(east.do({ do: "invite-revoke", invite: bundle.mint, dryRun: true })).toMatchObject({
    invite: { state: "open" },
    dryRun: true,
  });
  expect(east.disk.rows).toHaveLength(rows);
});

test("AD-10 a key-bound invite that could never be used is refused when it is asked for", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const ask = (key: typeof east.id, name: string, patterns: string[]): string =>
    codeOf(east.do({ do: "invite", ttlMs: hourMs, bound: { key, name, patterns }, dryRun: false }));
  expect(ask(west.id, "west", [])).toBe("ALREADY_MEMBER");
  expect(ask(keyOf("recovery"), "safe", [])).toBe("KEY_REJECTED");
  expect(ask(keyOf("new"), "new", ["a.west.example"])).toBe("PATTERN_OVERLAP");
  expect(ask(keyOf("new"), "-new-", [])).toBe("CLAIM_INVALID");
  expect(ask(keyOf("new"), "new", ["*.new.example"])).toBe("invited");
});

test("AD-10 invites are listed with what became of them, and found by the beginning of their id", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const one = bench.bolt("one");
  const bound = inviteFor(east, one);
  const spent = invite(east);
  bench.bolt("two").do(joinRequest(spent, east));
  const revoked = invite(east);
  east.do({ do: "invite-revoke", invite: revoked.bundle.mint, dryRun: false });
  invite(east, null, 60_000);
  invite(east);
  bench.wallMs += 60_000;
  bench.gossip();
  const states = (bolt: BenchBolt): string[] => {
    const answer = bolt.do({ do: "invite-list" });
    return answer.answer === "invites" ? answer.invites.map(({ mode, state }) => `${mode} ${state}`) : [codeOf(answer)];
  };
  const expected = [
    "bearer spent",
    "key-bound open",
    "bearer spent",
    "bearer revoked",
    "bearer expired",
    "bearer open",
  ];
  expect(states(east)).toEqual(expected);
  expect(states(west)).toEqual(expected);
  east.restart();
  expect(states(east)).toEqual([...expected.slice(0, 5), "bearer void"]);
  expect(east.do({ do: "invite-show", invite: bound.bundle.mint.slice(0, 12) })).toMatchObject({
    invites: [{ id: bound.bundle.mint, minterName: "east", boundTo: { key: one.id } }],
  });
  expect(codeOf(east.do({ do: "invite-show", invite: "zz" }))).toBe("INVITE_UNKNOWN");
  expect(codeOf(east.do({ do: "invite-show", invite: "" }))).toBe("INVITE_UNKNOWN");
});

test("AD-10 only the minter revokes, and only what is unspent: NOT_THE_MINTER, TOKEN_SPENT", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const ticket = invite(east);
  bench.gossip();
  expect(codeOf(west.do({ do: "invite-revoke", invite: ticket.bundle.mint, dryRun: false }))).toBe("NOT_THE_MINTER");
  bench.bolt("one").do(joinRequest(ticket, east));
  expect(codeOf(east.do({ do: "invite-revoke", invite: ticket.bundle.mint, dryRun: false }))).toBe("TOKEN_SPENT");
});

test("AD-4 a revoke that comes after the join that spends the token is refused when its turn comes", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const joining = bench.bolt("one").ask(joinRequest(ticket, east));
  const request = bench.pending.shift();
  if (request !== undefined) bench.perform(request);
  const revoking = east.ask({ do: "invite-revoke", invite: ticket.bundle.mint, dryRun: false });
  bench.settle();
  expect(joining.answer).toMatchObject({ answer: "joined" });
  expect(revoking.answer).toMatchObject({ refusal: { code: "TOKEN_SPENT" } });
});
