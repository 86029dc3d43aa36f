/** The joiner: whom it asks, what it believes. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import type { SignedRow } from "../../../src/roster/row.ts";
import type { BenchBolt } from "../../support/turn-bench.ts";
import { keyOf } from "../../support/toy-keys.ts";
import { codeOf, found, invite, inviteFor, joinRequest, spanner } from "../../support/bench-stories.ts";
import { Bench } from "../../support/turn-bench.ts";

test("AD-11 a joiner becomes a member, registers its profile and can invite", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const one = bench.bolt("one");
  const box = one.ask(joinRequest(invite(east), east));
  expect(one.phase).toBe("joining");
  bench.settle();
  expect(box.answer).toMatchObject({ answer: "joined", bolt: one.id, sponsor: east.id });
  expect(one.phase).toBe("member");
  expect(one.roster.profile(one.id)?.message.tlsPin).toBe("pin of one");
  expect(bench.bolt("two").do(joinRequest(invite(one), one))).toMatchObject({ answer: "joined", sponsor: one.id });
});

test("AD-11 without --from the bundle's own addresses are asked", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  expect(codeOf(bench.bolt("one").do(joinRequest(invite(east))))).toBe("joined");
});

test("AD-11 the same join asked again is answered with the same admission", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  const first = one.do(joinRequest(ticket, east));
  expect(one.do(joinRequest(ticket, east))).toEqual(first);
});

test("AD-11 a member joins nothing else: ALREADY_MEMBER, also when it is alone in its spanner", () => {
  const bench = new Bench();
  const [east, west] = [found(bench, "east"), found(bench, "west")];
  expect(codeOf(west.do(joinRequest(invite(east), east)))).toBe("ALREADY_MEMBER");
});

test("AD-11 T7 a bundle for another spanner_id is refused before anyone is asked: WRONG_SPANNER", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const one = bench.bolt("one", { spannerId: "other" });
  const box = one.ask(joinRequest(invite(east), east));
  expect(bench.pending).toEqual([]);
  expect(codeOf(must(box.answer, "answered"))).toBe("WRONG_SPANNER");
});

test("AD-1 a dry run of join asks nobody", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const request = { ...joinRequest(invite(east), east), dryRun: true } as const;
  const one = bench.bolt("one");
  expect(one.do(request as ReturnType<typeof joinRequest>)).toMatchObject({
    answer: "joined",
    admit: null,
    dryRun: true,
  });
  expect(one.phase).toBe("unadmitted");
});

test("AD-11 T8 the minter's pin is checked where --from is the minter: PIN_MISMATCH, nothing sent", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  bench.urls.set("https://east.example", bench.bolt("thief").id);
  const answer = bench.bolt("one").do(joinRequest(ticket));
  expect(codeOf(answer)).toBe("PIN_MISMATCH");
  expect(JSON.stringify(answer)).toContain("https://east.example");
});

test("AD-11 T8 the pin applies only where --from is the minter", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const ticket = invite(east);
  bench.gossip();
  expect(codeOf(bench.bolt("one").do(joinRequest(ticket, west)))).toBe("joined");
});

test("AD-11 T8 a member impersonated at --from is not believed, whatever rows it shows", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const ticket = invite(east);
  bench.gossip();
  const one = bench.bolt("one");
  const admitBy = (bolt: BenchBolt, key = one.id): SignedRow =>
    bolt.forge({
      ...{ kind: "admit", mint: ticket.bundle.mint, tokenKey: ticket.bundle.tokenKey, key, name: "one" },
      ...{
        patterns: [],
        addresses: { grpc: [], api: [] },
        keyProof: new Uint8Array(64),
        tokenProof: new Uint8Array(64),
      },
    });
  const other = found(bench, "other");
  const shown = [
    { admit: keyOf("nothing"), rows: [] },
    { admit: must(other.disk.rows[0], "a genesis").message.id, rows: other.disk.rows },
    ...[admitBy(west), admitBy(east), admitBy(east, keyOf("else"))].map((row) => ({
      admit: row.message.id,
      rows: [...east.disk.rows, row],
    })),
    { admit: must(east.disk.rows[0], "a genesis").message.id, rows: east.disk.rows },
  ];
  const codes = shown.map(({ admit, rows }) => {
    bench.impostors.set("https://thief.example", () => {
      return {
        ok: true,
        reply: { reply: "admitted", admit: admit as SignedRow["message"]["id"], rows, page: 0, pages: 1 },
      };
    });
    return codeOf(
      one.do({ ...joinRequest(ticket), from: ["https://thief.example"] } as ReturnType<typeof joinRequest>),
    );
  });
  expect(codes).toEqual([
    "WRONG_SPANNER",
    "WRONG_SPANNER",
    "TOKEN_UNCERTAIN",
    "TOKEN_UNCERTAIN",
    "TOKEN_UNCERTAIN",
    "TOKEN_UNCERTAIN",
  ]);
  expect(one.phase).toBe("unadmitted");
  expect(one.disk.rows).toEqual([]);
});

test("AD-11 T8 an honest member after an impostor still brings the joiner in", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  bench.impostors.set("https://thief.example", () => ({ ok: true, reply: { reply: "took" } }));
  const request = { ...joinRequest(ticket), from: ["https://thief.example", "https://east.example"] };
  expect(codeOf(bench.bolt("one").do(request as ReturnType<typeof joinRequest>))).toBe("joined");
});

test("AD-6 T4 the minter itself, by its pin, knows the invite no more: TOKEN_VOID; others may yet hear of it", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const refusal = { code: "TOKEN_UNVERIFIABLE", message: "This bolt has not heard of the invite yet." };
  const unheard = { ok: true, reply: { reply: "refused", refusal, row: null } } as const;
  bench.impostors.set("https://east.example", () => unheard);
  bench.impostors.set("https://west.example", () => unheard);
  const one = bench.bolt("one");
  expect(codeOf(one.do(joinRequest(ticket)))).toBe("TOKEN_VOID");
  const elsewhere = { ...joinRequest(ticket), from: ["https://west.example"] } as ReturnType<typeof joinRequest>;
  expect(codeOf(one.do(elsewhere))).toBe("TOKEN_UNVERIFIABLE");
  bench.impostors.clear();
  expect(codeOf(one.do(joinRequest(ticket)))).toBe("joined");
});

test("AD-11 nobody answers: TOKEN_UNVERIFIABLE; an answer lost: TOKEN_UNCERTAIN until it is settled", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  bench.cut(one, east);
  expect(codeOf(one.do(joinRequest(ticket, east)))).toBe("TOKEN_UNVERIFIABLE");
  bench.impostors.set("https://east.example", () => ({ ok: false, why: "late", perhapsDone: true }));
  expect(codeOf(one.do(joinRequest(ticket, east)))).toBe("TOKEN_UNCERTAIN");
  bench.impostors.clear();
  expect(codeOf(one.do(joinRequest(ticket, east)))).toBe("TOKEN_UNCERTAIN");
  bench.cuts.clear();
  expect(codeOf(one.do(joinRequest(ticket, east)))).toBe("joined");
});

test("AD-11 the joiner's own disk fails after it was admitted: the same key joins once it is mended", () => {
  const bench = new Bench();
  const east = found(bench, "east");
  const ticket = invite(east);
  const one = bench.bolt("one");
  one.breaks = "full";
  expect(codeOf(one.do(joinRequest(ticket, east)))).toBe("STORAGE_READONLY");
  expect(one.phase).toBe("unadmitted");
  one.breaks = null;
  one.restart();
  expect(codeOf(one.do(joinRequest(ticket, east)))).toBe("joined");
});

test("AD-11 no address at all: NO_ADDRESS", () => {
  const bench = new Bench();
  const east = found(bench, "east", { addresses: { grpc: [], api: [] } });
  expect(codeOf(bench.bolt("one").do(joinRequest(invite(east))))).toBe("NO_ADDRESS");
});

test("AD-18 a bolt whose admission stopped counting is orphaned and returns with a key-bound invite", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const before = must(west.disk.rows.at(-1), "a row").message.id;
  const one = bench.bolt("one");
  one.do(joinRequest(invite(west), west));
  expect(one.phase).toBe("member");
  const cut = [west.roster.view().byId.get(west.id)?.admittedBy ?? before];
  expect(codeOf(east.do({ do: "remove", bolt: "west", cut, recovery: null, dryRun: false }))).toBe("removed");
  bench.gossip();
  bench.settle();
  expect([west.phase, one.phase]).toEqual(["removed", "orphaned"]);
  expect(codeOf(west.do(joinRequest(invite(east), east)))).toBe("REMOVED");
  const ticket = inviteFor(east, one);
  expect(one.do(joinRequest(ticket, east))).toMatchObject({ answer: "joined", sponsor: east.id });
  expect(one.phase).toBe("member");
});

test("AD-11 AD-13 a successor shows any invite of the spanner and is given the LEAVE that names it", () => {
  const bench = new Bench();
  const [east, west] = spanner(bench, "east", "west") as [BenchBolt, BenchBolt];
  const heir = bench.bolt("heir");
  const genesis = must(east.roster.view().genesis, "a genesis");
  const consent = heir.do({ do: "consent", genesis, leaver: west.id });
  if (consent.answer !== "consent") throw new Error(codeOf(consent));
  const successor = { key: heir.id, consent: consent.consent };
  expect(codeOf(west.do({ do: "leave", successor, dryRun: false }))).toBe("left");
  bench.gossip();
  const ticket = invite(east);
  expect(heir.do(joinRequest(ticket, east))).toMatchObject({ answer: "joined", sponsor: west.id });
  expect(heir.phase).toBe("member");
  expect(east.do({ do: "invite-show", invite: ticket.bundle.mint })).toMatchObject({ invites: [{ state: "open" }] });
});
