/** Commands about membership: what is asked, what is shown where, and what is refused before anything is asked. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ClientRefused } from "../../../src/admin/client.ts";
import type { AnswerJson } from "../../../src/admin/answer-json.ts";
import { east, genesis, inviteReport, json, runAt, statusAnswer, west } from "../../support/cli-world.ts";
import type { Answers } from "../../support/cli-world.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const seed = "5e".repeat(32);

function founded(dryRun = false): AnswerJson {
  if (dryRun) return { answer: "founded", genesis: null, recoveryKey: null, recoverySeed: null, dryRun };
  return { answer: "founded", genesis, recoveryKey: west, recoverySeed: seed, dryRun };
}

const founding: Answers = (verb, input) => {
  if (verb !== "init") return statusAnswer();
  return founded((input as { dryRun: boolean }).dryRun);
};

test("CL-5 init shows spanner, genesis and the recovery key once, with the advice on stderr", async () => {
  const { code, out, err, asked } = await runAt("spanner init", founding);
  expect(code).toBe(0);
  expect(asked[0]).toEqual({ verb: "init", input: { dryRun: false } });
  expect(out).toContain("alexander4-prod");
  expect(out).toContain(genesis);
  expect(out.split(seed)).toHaveLength(2);
  expect(err).toContain("offline");
  expect(err).not.toContain(seed);
});

test("CL-5 the recovery key is shown also when the server does not answer a second time", async () => {
  const answers: Answers = (verb) =>
    verb === "init" ? founded() : Promise.reject(new ClientRefused({ code: "UNREACHABLE", message: "Gone." }));
  const { code, out } = await runAt("spanner init", answers);
  expect(code).toBe(0);
  expect(out).toContain(seed);
});

test("CL-5 init as JSON has the recovery seed", async () => {
  const { out } = await runAt("spanner init -o json", founding);
  expect(JSON.parse(out)).toEqual({
    spannerId: "alexander4-prod",
    genesis,
    recoveryKey: west,
    recoverySeed: seed,
    dryRun: false,
  });
});

test("CL-5 with --recovery-out the key goes to a file of mode 0600 and not to stdout", async () => {
  const folder = tempFolder();
  const { code, out, err } = await runAt("spanner init --recovery-out r.key", founding, { workingFolder: folder });
  expect(code).toBe(0);
  expect(out + err).not.toContain(seed);
  expect(readFileSync(join(folder, "r.key"), "utf8")).toBe(`${seed}\n`);
  expect(statSync(join(folder, "r.key")).mode & 0o777).toBe(0o600);
});

test("CL-5 an existing recovery file is refused before anything is asked, and a refused init leaves none", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "r.key"), "old");
  const there = await runAt("spanner init --recovery-out r.key", founding, { workingFolder: folder });
  expect(there.code).toBe(2);
  expect(there.err).toContain("FILE_EXISTS");
  expect(there.asked).toEqual([]);
  const refusal = { code: "ALREADY_MEMBER", message: "This server is a member." };
  const refused: Answers = () => json({ answer: "refused", refusal, row: null });
  const conflict = await runAt("spanner init --recovery-out new.key", refused, { workingFolder: folder });
  expect(conflict.code).toBe(6);
  expect(existsSync(join(folder, "new.key"))).toBe(false);
});

test("CL-3 a dry run of init is handed to the server and needs no file and no confirmation", async () => {
  const { code, asked, err } = await runAt("spanner init --dry-run --recovery-out r.key", founding);
  expect(code).toBe(0);
  expect(asked[0]).toEqual({ verb: "init", input: { dryRun: true } });
  expect(err).toContain("nothing was changed");
});

const left: Answers = () => json({ answer: "left", row: genesis, dryRun: false });

test("CL-3 without a terminal and without --yes leave, remove and revoke are refused unasked", async () => {
  for (const line of ["spanner leave", "spanner bolt remove west-1", "spanner invite revoke 4f2a"]) {
    const { code, err, asked, out } = await runAt(line, left);
    expect([code, asked, out]).toEqual([2, [], ""]);
    expect(err).toContain("CONFIRMATION_NEEDED");
  }
});

test("CL-3 with --yes it is done, on a terminal it is asked, and a no changes nothing", async () => {
  expect((await runAt("spanner leave --yes", left)).asked).toHaveLength(1);
  const questions: string[] = [];
  const asking = (answer: boolean): { canConfirm: boolean; confirm: (question: string) => Promise<boolean> } => ({
    canConfirm: true,
    confirm: async (question) => {
      questions.push(question);
      return answer;
    },
  });
  expect((await runAt("spanner leave", left, asking(true))).code).toBe(0);
  const no = await runAt("spanner leave", left, asking(false));
  expect([no.code, no.asked]).toEqual([2, []]);
  expect(questions).toHaveLength(2);
});

test("CL-3 a dry run of a removal needs no confirmation", async () => {
  const answers: Answers = () =>
    json({ answer: "removed", target: west, row: null, by: east, cut: [], notAsked: ["north-1"], dryRun: true });
  const { code, asked, out, err } = await runAt("spanner bolt remove west-1 --dry-run", answers);
  expect(code).toBe(0);
  expect(asked[0]?.input).toEqual({ bolt: "west-1", cut: null, recoverySeed: null, dryRun: true });
  expect(out).toContain("north-1");
  expect(err).toContain("Dry run");
});

test("CL-3 a removal takes cuts and the recovery key from a file that only its owner can read", async () => {
  const folder = tempFolder();
  const answers: Answers = () =>
    json({ answer: "removed", target: west, row: genesis, by: east, cut: [genesis], notAsked: [], dryRun: false });
  writeFileSync(join(folder, "open.key"), seed, { mode: 0o644 });
  writeFileSync(join(folder, "r.key"), `${seed}\n`, { mode: 0o600 });
  const line = `spanner bolt remove west-1 --yes --cut ${genesis.toUpperCase()} --recovery-key-file`;
  const open = await runAt(`${line} open.key`, answers, { workingFolder: folder });
  expect([open.code, open.asked]).toEqual([4, []]);
  expect(open.err).toContain("SECRET_MODE");
  const { asked, out } = await runAt(`${line} r.key`, answers, { workingFolder: folder });
  expect(asked[0]?.input).toEqual({ bolt: "west-1", cut: [genesis], recoverySeed: seed, dryRun: false });
  expect(out).toMatch(/by: +the recovery key\n/u);
});

test("CL-2 leaving with half a successor is bad usage", async () => {
  const { code, err, asked } = await runAt(`spanner leave --successor ${west}`, left);
  expect([code, asked]).toEqual([2, []]);
  expect(err).toContain("--successor and --consent go together");
  const whole = await runAt(`spanner leave --yes --successor ${west} --consent ${"ab".repeat(64)}`, left);
  expect(whole.asked[0]?.input).toMatchObject({ successor: { key: west, consent: "ab".repeat(64) } });
  expect(whole.err).toContain("on the successor");
});

const minted: Answers = () => ({
  answer: "invited",
  invite: inviteReport(),
  bundle: null,
  code: "vigo1-abc",
  dryRun: false,
});

test("CL-4 an invite is its text on stdout and nothing else there", async () => {
  const { out, err, asked, code } = await runAt("spanner bolt invite --ttl 2h", minted);
  expect([code, out]).toEqual([0, "vigo1-abc\n"]);
  expect(err).not.toContain("vigo1-abc");
  expect(asked[0]?.input).toEqual({ ttl: "2h", bound: null, dryRun: false });
});

test("CL-4 an invite goes to a file of mode 0600 with --out, and may be bound to a key", async () => {
  const folder = tempFolder();
  const line = `spanner bolt invite --out i.txt --for ${west} --name west-1 --patterns a.example.com,b.example.com`;
  const { out, asked } = await runAt(line, minted, { workingFolder: folder });
  expect(out).toBe("");
  expect(readFileSync(join(folder, "i.txt"), "utf8")).toBe("vigo1-abc\n");
  expect(statSync(join(folder, "i.txt")).mode & 0o777).toBe(0o600);
  const bound = { key: west, name: "west-1", patterns: ["a.example.com", "b.example.com"] };
  expect(asked[0]?.input).toEqual({ ttl: "24h", bound, dryRun: false });
  expect((await runAt("spanner bolt invite --name west-1", minted)).code).toBe(2);
});

const joined: Answers = () => json({ answer: "joined", bolt: west, sponsor: east, admit: genesis, dryRun: false });

test("CL-4 join takes the invite from an argument, a file or stdin, and from exactly one of them", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "i.txt"), " vigo1-abc\n");
  const world = { workingFolder: folder, readInput: async () => "vigo1-abc\r\n" };
  for (const source of ["--code vigo1-abc", "--code-file i.txt", "--code-file -"]) {
    const { asked, code } = await runAt(`spanner bolt join --from https://a:1 ${source}`, joined, world);
    expect(code).toBe(0);
    const input = { code: "vigo1-abc", from: ["https://a:1"], allowAddress: false, dryRun: false };
    expect(asked[0]).toEqual({ verb: "join", input });
  }
  const { asked } = await runAt("spanner bolt join --code vigo1-abc --allow-address", joined);
  expect(asked[0]?.input).toMatchObject({ allowAddress: true });
  expect((await runAt("spanner bolt join", joined)).code).toBe(2);
  expect((await runAt("spanner bolt join --code x --code-file y", joined)).code).toBe(2);
  expect((await runAt("spanner bolt join --code-file absent", joined)).err).toContain("FILE_MISSING");
});

test("CL-2 the other verbs ask what was typed and show the answer", async () => {
  const identity = await runAt("spanner identity -o name", () =>
    json({ answer: "identity", key: east, name: "east-1", patterns: [], tlsPin: "cd" }),
  );
  expect(identity.out).toBe(`${east}\n`);
  const consent = await runAt(`spanner consent --genesis ${genesis} --leaver ${east}`, () =>
    json({ answer: "consent", key: west, consent: new Uint8Array(64).fill(1) }),
  );
  expect(consent.out).toContain("01".repeat(64));
  const show = await runAt("spanner invite show 9e -o json", () =>
    json({ answer: "invites", invites: [inviteReport()] }),
  );
  expect(JSON.parse(show.out)).toEqual(inviteReport());
  const list = await runAt("spanner invite list --no-headers", () =>
    json({ answer: "invites", invites: [inviteReport()] }),
  );
  expect(list.out).toMatch(/^9e9e9e9e9e {2}open {2}bearer {2}east-1 {2}whoever carries it {2}2026-03-03/u);
  const repoint = await runAt("spanner bolt repoint west-1 --address w:1530", (verb) =>
    verb === "repoint" ? json({ answer: "repointed", bolt: west, address: "w:1530", dryRun: false }) : statusAnswer(),
  );
  expect(repoint.asked[0]?.input).toEqual({ bolt: "west-1", address: "w:1530", dryRun: false });
  const revoke = await runAt("spanner invite revoke 9e --yes", () =>
    json({ answer: "revoked", invite: inviteReport({ state: "revoked" }), dryRun: false }),
  );
  expect(revoke.out).toContain("revoked");
});

test("CL-2 route explain shows owner, reason and what would change it", async () => {
  const route = {
    hostname: "web-1.west.example.com",
    owner: west,
    ownerName: "west-1",
    pattern: "*.west.example.com",
    because: "It is the only pattern that fits.",
    others: [],
    nearest: [],
    wouldChange: ["A pin."],
  };
  const { out, asked } = await runAt("spanner route explain web-1.west.example.com", () =>
    json({ answer: "route", route }),
  );
  expect(asked[0]?.input).toEqual({ hostname: "web-1.west.example.com" });
  expect(out).toContain("owner:    west-1 (eeeeeeeeee)");
  expect(out).toContain("A pin.");
});

test("CL-2 refusals go to stderr with code, value and next, or as JSON, and decide the exit code", async () => {
  const refusal = {
    code: "BOLT_UNKNOWN",
    message: "No such bolt.",
    value: "n\u001b[2J",
    next: "vigocli spanner bolt list",
  };
  const answers: Answers = () => json({ answer: "refused", refusal, row: null });
  const text = await runAt("spanner bolt show n", answers);
  expect([text.code, text.out]).toEqual([2, ""]);
  expect(text.err).toBe('BOLT_UNKNOWN: No such bolt. Value: "n\\u001b[2J". Next: vigocli spanner bolt list\n');
  const shown = await runAt("spanner bolt show n -o json", answers);
  expect(JSON.parse(shown.err)).toEqual({ error: refusal });
});

test("CL-2 a server that does not answer in time ends with 5, one that cannot be reached with 1", async () => {
  const failing = (isTimeout: boolean): Answers => {
    const refusal = { code: isTimeout ? "TIMEOUT" : "UNREACHABLE", message: "No answer." };
    return () => Promise.reject(new ClientRefused(refusal, isTimeout));
  };
  expect((await runAt("spanner status", failing(true))).code).toBe(5);
  expect((await runAt("spanner status", failing(false))).code).toBe(1);
});

test("CL-2 usage errors are refusals with exit 2, and name the help to read", async () => {
  for (const line of [
    "spanner statsu",
    "spanner status --bogus",
    "-o xml spanner status",
    "--timeout 30 spanner status",
  ]) {
    const { code, err, out } = await runAt(line);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^BAD_USAGE: .* Next: /u);
  }
  const { err } = await runAt("spanner bogus -o json");
  expect(JSON.parse(err)).toMatchObject({ error: { code: "BAD_USAGE" } });
});

test("CL-2 --quiet leaves out remarks, never errors", async () => {
  expect((await runAt("spanner init --quiet", founding)).err).toBe("");
  expect((await runAt("spanner leave --quiet")).err).toContain("CONFIRMATION_NEEDED");
});
