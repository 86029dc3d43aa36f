/** Bundles that are not good, given to real servers: each is refused by its code and spends and changes nothing. */
import { afterEach, expect, test } from "vitest";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TrialServer } from "../../src/server/trial.ts";
import { expectAnswer } from "../../src/server/trial.ts";
import { decodeBundle, encodeBundle } from "../../src/wire/bundle.ts";
import type { OpenBundle } from "../../src/wire/bundle.ts";
import { newSigner } from "../support/peer-ends.ts";
import { cli, expectRefused, programFile } from "../support/run-program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { TrialFleet } from "../support/trial-fleet.ts";

const fleets: TrialFleet[] = [];
afterEach(async () => {
  await Promise.all(fleets.splice(0).map((fleet) => fleet.end()));
});

async function prepared(...order: Parameters<typeof TrialFleet.prepare>): Promise<TrialFleet> {
  const fleet = await TrialFleet.prepare(...order);
  fleets.push(fleet);
  return fleet;
}

/** A founder, and a server that is nowhere yet. */
async function foundedAndNew(): Promise<{ readonly east: TrialServer; readonly west: TrialServer }> {
  const fleet = await prepared({ names: ["east", "west"], multicast: "off" });
  await fleet.start();
  const [east, west] = [fleet.server("east"), fleet.server("west")];
  expectAnswer(await east.ask("init", {}), "founded");
  return { east, west };
}

async function invite(server: TrialServer, ttl = "1h"): Promise<string> {
  return expectAnswer(await server.ask("invite", { ttl }), "invited").code ?? "";
}

/** As the operator types it on the joining server. */
function joinWith(server: TrialServer, code: string, ...args: string[]): ReturnType<typeof cli> {
  return cli(server, ["spanner", "bolt", "join", "--code-file", "-", ...args], code);
}

/** A bundle with something else in it and a checksum that fits, as only an attacker makes one. */
function changed(code: string, change: Partial<OpenBundle["bundle"]>): string {
  const read = decodeBundle(code);
  if (!read.ok) throw new Error("the bundle was good");
  return encodeBundle({ ...read.value, bundle: { ...read.value.bundle, ...change } });
}

/** Nothing happened on either side: the one is alone, the other is nowhere, and the invite is as it was. */
async function expectUntouched(east: TrialServer, west: TrialServer, invites: readonly string[]): Promise<void> {
  const founder = expectAnswer(await east.ask("status", {}), "status").status;
  expect(founder.bolts.map(({ name }) => name)).toEqual(["east"]);
  const joiner = expectAnswer(await west.ask("status", {}), "status").status;
  expect([joiner.phase, joiner.rows]).toEqual(["unadmitted", 0]);
  const listed = expectAnswer(await east.ask("invite-list", {}), "invites").invites;
  expect(listed.map(({ state }) => state).sort()).toEqual([...invites].sort());
}

test("SV-12 T5 text that is no whole bundle is BUNDLE_CORRUPT, and the whole one still works", async () => {
  const { east, west } = await foundedAndNew();
  const code = await invite(east);
  const middle = Math.floor(code.length / 2);
  const other = code[middle] === "A" ? "B" : "A";
  const corrupt = {
    truncated: code.slice(0, -7),
    beheaded: code.slice(5),
    mistyped: code.slice(0, middle) + other + code.slice(middle + 1),
    twice: code + code,
    garbage: "please let me in",
    version: code.replace("vigo1-", "vigo9-"),
    steering: `\u001b[2J\u0007\u009b31m${code}`,
    reversed: `${code.slice(0, 20)}\u202e${code.slice(20)}`,
    zeros: `${code.slice(0, 20)}\0${code.slice(20)}`,
    empty: "",
    random: Buffer.from(Uint8Array.from({ length: 500 }, (_, at) => (at * 97 + 13) % 256)).toString("latin1"),
    long: "vigo1-".padEnd(12_000, "A"),
  };
  for (const text of Object.values(corrupt)) expectRefused(await joinWith(west, text), "BUNDLE_CORRUPT", 2);
  expectRefused(await joinWith(west, "x".repeat(100_000)), "REQUEST_INVALID", 2);
  await expectUntouched(east, west, ["open"]);
  // What mail does to a text, on the other hand, does no harm.
  const wrapped = `\r\n  ${code.slice(0, 60)}\r\n  ${code.slice(60)}\n`;
  expect((await joinWith(west, wrapped)).code).toBe(0);
});

test("SV-12 T7 T8 a bundle of another spanner, another founding or with a wrong pin spends nothing", async () => {
  const { east, west } = await foundedAndNew();
  const foreign = await prepared({ names: ["far"], multicast: "off", spannerId: "elsewhere" });
  const namesake = await prepared({ names: ["twin"], multicast: "off" });
  await Promise.all([foreign.start(), namesake.start()]);
  const [far, twin] = [foreign.server("far"), namesake.server("twin")];
  for (const server of [far, twin]) expectAnswer(await server.ask("init", {}), "founded");
  const code = await invite(east);
  const wrong = await joinWith(west, await invite(far));
  expectRefused(wrong, "WRONG_SPANNER", 4);
  expect(wrong.err).toContain("elsewhere");
  // Of the same name: the twin does not know this founding.
  expectRefused(await joinWith(west, code, "--from", twin.url), "WRONG_SPANNER", 4);
  expectRefused(await joinWith(west, changed(code, { pin: "0".repeat(64) })), "PIN_MISMATCH", 4);
  // Someone else's server at the minter's address: its certificate is looked at before anything is sent.
  expectRefused(await joinWith(west, changed(code, { addresses: [far.url] })), "PIN_MISMATCH", 4);
  await expectUntouched(east, west, ["open"]);
  expect((await joinWith(west, code)).code).toBe(0);
});

test("SV-12 T9 a join asks no address that may not be asked, and nothing that nobody listens at", async () => {
  const { east, west } = await foundedAndNew();
  const code = await invite(east);
  const urls = ["http://127.0.0.1:1", "file:///etc/passwd", "https://u:p@127.0.0.1:1", "https://169.254.169.254"];
  for (const url of urls) {
    expectRefused(await joinWith(west, code, "--from", url), "ADDRESS_REFUSED", 2);
  }
  expectRefused(await joinWith(west, code, "--from", "https://127.0.0.1:1"), "TOKEN_UNVERIFIABLE", 1);
  await expectUntouched(east, west, ["open"]);
});

test("SV-12 T1 a revoked bundle, one used before, and one for a key that is another's", async () => {
  const { east, west } = await foundedAndNew();
  const revoked = expectAnswer(await east.ask("invite", {}), "invited");
  expectAnswer(await east.ask("invite-revoke", { invite: revoked.invite?.id ?? "" }), "revoked");
  expectRefused(await joinWith(west, revoked.code ?? ""), "TOKEN_REVOKED", 4);
  const stranger = { key: newSigner().id, name: "west", patterns: ["*.west.example.com"] };
  const bound = expectAnswer(await east.ask("invite", { bound: stranger }), "invited");
  expectRefused(await joinWith(west, bound.code ?? ""), "KEY_REJECTED", 4);
  const code = await invite(east);
  expect((await joinWith(west, code)).code).toBe(0);
  const third = await prepared({ names: ["north"], multicast: "off" });
  await third.start();
  const north = third.server("north");
  const spent = await joinWith(north, code);
  expectRefused(spent, "TOKEN_SPENT", 6);
  expect(spent.err).toMatch(/was used at \d{4}-/u);
  expect(expectAnswer(await north.ask("status", {}), "status").status.phase).toBe("unadmitted");
});

test("SV-12 T4 a bearer bundle does not survive its minter's restart or restoring: TOKEN_VOID", async () => {
  const { east, west } = await foundedAndNew();
  const before = await invite(east);
  await east.end();
  const backup = join(tempFolder(), "data");
  cpSync(east.dataDir, backup, { recursive: true });
  await restart(east);
  expectRefused(await joinWith(west, before), "TOKEN_VOID", 4);
  const later = await invite(east);
  await east.end("SIGKILL");
  rmSync(east.dataDir, { recursive: true });
  cpSync(backup, east.dataDir, { recursive: true });
  await restart(east);
  for (const code of [before, later]) expectRefused(await joinWith(west, code), "TOKEN_VOID", 4);
  await expectUntouched(east, west, ["void"]);
  expect((await joinWith(west, await invite(east))).code).toBe(0);
});

test("SV-12 T6 an expired bundle tells both times, also when its minter's clock was set back", async () => {
  const { east, west } = await foundedAndNew();
  const { key } = expectAnswer(await west.ask("identity", {}), "identity");
  const bound = { key: key ?? "", name: "west", patterns: ["*.west.example.com"] };
  const code = expectAnswer(await east.ask("invite", { ttl: "1m", bound }), "invited").code ?? "";
  await east.end();
  await restart(east, 120_000);
  const expired = await joinWith(west, code);
  expectRefused(expired, "TOKEN_EXPIRED", 4);
  expect(expired.err.match(/\d{4}-\d\d-\d\dT[\d:]+Z/gu)).toHaveLength(2);
  await east.end();
  await restart(east);
  expectRefused(await joinWith(west, code), "TOKEN_EXPIRED", 4);
  await expectUntouched(east, west, ["expired"]);
});

/** Starts it again, with a wall clock that is ahead by so much. */
async function restart(server: TrialServer, aheadMs = 0): Promise<void> {
  const wrapper = join(tempFolder(), "vigosrv.mjs");
  const clock = `const now = Date.now; Date.now = () => now() + ${aheadMs};`;
  writeFileSync(wrapper, `${clock}\nawait import("${pathToFileURL(programFile("vigosrv")).href}");\n`);
  server.start([], wrapper);
  await server.ready(30_000);
}
