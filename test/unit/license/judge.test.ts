/** What a licence is worth here and now, and which of several is in force. */
import { expect, test } from "vitest";
import { toHex } from "../../../src/kernel/hex.ts";
import { authorityText, parseAuthority, parseAuthoritySecret } from "../../../src/license/authority.ts";
import type { LicenceBench, LicenceVerdict } from "../../../src/license/judge.ts";
import { freeNodes, judgeLicence, licenceInForce } from "../../../src/license/judge.ts";
import type { LicenceTerms } from "../../../src/license/licence.ts";
import { machineFingerprint } from "../../../src/license/machine.ts";
import {
  authorityKey,
  benchOf,
  dayMs,
  goodTerms,
  licenceSeal,
  machineParts,
  noonMs,
  signedLicence,
  strangerKey,
} from "../../support/licences.ts";

function judged(terms: Partial<LicenceTerms> = {}, bench: Partial<LicenceBench> = {}): LicenceVerdict {
  return judgeLicence(signedLicence(terms), benchOf(bench));
}

const failedChecks = ({ checks }: LicenceVerdict): string[] =>
  checks.filter(({ passed }) => !passed).map(({ check }) => check);

test("LI-6 a commercial licence of the installed authority for this machine starts spanner mode", () => {
  const verdict = judged();
  expect(failedChecks(verdict)).toEqual([]);
  expect(verdict).toMatchObject({ isGenuine: true, isOurs: true, isCurrent: true, canStart: true });
  expect(licenceInForce([verdict], "spanner")).toMatchObject({
    ok: true,
    value: { tier: "commercial", nodes: 5_000, isCurrent: true, isMachineBound: true, expiresMs: goodTerms.expiresMs },
  });
});

test("LI-4 T56 a licence signed by another key is not genuine, whatever authority it names", () => {
  const foreign = judgeLicence(signedLicence({}, strangerKey), benchOf());
  expect(foreign).toMatchObject({ isGenuine: false, canStart: false });
  expect(failedChecks(foreign)).toEqual(["authority", "signature"]);
  const own = signedLicence();
  const forged = judgeLicence({ ...signedLicence({}, strangerKey), authority: own.authority }, benchOf());
  expect(failedChecks(forged)).toEqual(["signature"]);
  expect(failedChecks(judgeLicence(own, benchOf({ authority: null })))).toEqual(["authority", "signature"]);
});

test("LI-4 T10 an authority is a key that signatures may be believed under, in its file's form", () => {
  const accepts = (key: Uint8Array): boolean => licenceSeal.acceptsKey(key);
  const text = authorityText(authorityKey.publicKey);
  expect(parseAuthority(text, accepts)).toEqual({ ok: true, value: toHex(authorityKey.publicKey) });
  const smallOrder = authorityText(Uint8Array.of(1, ...new Uint8Array(31)));
  for (const bad of ["", "x", smallOrder, text.replace("1 ", "2 "), text + text]) {
    expect(parseAuthority(bad, accepts)).toMatchObject({ refusal: { code: "AUTHORITY_CORRUPT" } });
  }
  expect(parseAuthoritySecret(text)).toMatchObject({ refusal: { code: "AUTHORITY_CORRUPT" } });
});

test.each([
  ["machineId", "the machine id differs"],
  ["mac", "the network interface differs"],
  ["caSpki", "the TLS CA differs"],
])("LI-5 T56 another %s is another machine, and is named", (part, sentence) => {
  const verdict = judged({}, { machine: machineFingerprint({ ...machineParts, [part]: "other" }) });
  expect(verdict).toMatchObject({ isGenuine: true, isOurs: false, canStart: false });
  expect(verdict.checks.find(({ check }) => check === "machine")?.says).toContain(sentence);
});

test("LI-5 all parts that differ are named, and an incomplete fingerprint matches nothing", () => {
  const machine = machineFingerprint({ ...machineParts, machineId: "other", caSpki: "other" });
  expect(judged({}, { machine }).checks[2]?.says).toContain("the machine id and the TLS CA differ.");
  expect(judged({}, { machine: null })).toMatchObject({ isOurs: false });
  expect(judged({ machine: null }, { machine: null, mode: "standalone" })).toMatchObject({ isOurs: true });
});

test("LI-6 T56 the refusal to start names every check that failed", () => {
  const machine = machineFingerprint({ ...machineParts, mac: "other" });
  const outcome = licenceInForce([judged({ tier: "free" }, { machine })], "spanner");
  expect(outcome).toMatchObject({ ok: false, refusal: { code: "LICENSE_REFUSED", value: "lic-1" } });
  const message = outcome.ok ? "" : outcome.refusal.message;
  expect(message).toContain("licence lic-1 failed machine, tier:");
  expect(message).toContain("the network interface differs");
  expect(message).toContain("spanner mode requires commercial");
  expect(licenceInForce([], "spanner")).toMatchObject({
    refusal: { code: "LICENSE_REFUSED", message: expect.stringContaining("none is installed") as string },
  });
});

test.each([
  ["free", { tier: "free" }],
  ["unbound", { machine: null }],
] as const)("LI-6 a licence that is %s serves standalone but not spanner mode", (_what, terms) => {
  expect(licenceInForce([judged(terms)], "spanner").ok).toBe(false);
  const standalone = licenceInForce([judged(terms, { mode: "standalone" })], "standalone");
  expect(standalone).toMatchObject({ ok: true, value: { nodes: 5_000 } });
});

test("LI-7 T56 an expired licence starts, and is not current, from its very end on", () => {
  expect(judged({}, { nowMs: goodTerms.expiresMs - 1 })).toMatchObject({ isCurrent: true, canStart: true });
  const expired = judged({}, { nowMs: goodTerms.expiresMs });
  expect(expired).toMatchObject({ isCurrent: false, canStart: true });
  expect(licenceInForce([expired], "spanner")).toMatchObject({ ok: true, value: { isCurrent: false, nodes: 5_000 } });
  const standalone = judged({}, { nowMs: goodTerms.expiresMs, mode: "standalone" });
  expect(licenceInForce([standalone], "standalone")).toMatchObject({ value: { isCurrent: false } });
});

test("LI-7 T56 a licence from the future starts, and says to check the clock", () => {
  expect(judged({}, { nowMs: noonMs - dayMs })).toMatchObject({ isCurrent: true });
  const early = judged({}, { nowMs: noonMs - dayMs - 1 });
  expect(early).toMatchObject({ isCurrent: false, canStart: true });
  expect(early.checks.find(({ check }) => check === "time")?.says).toContain("check the clock");
});

test("LI-8 the best licence counts: current, then more nodes, then a later end, then its id", () => {
  const nowMs = noonMs + 10 * dayMs;
  const expired = judged({ id: "expired", nodes: 9_000, expiresMs: noonMs + dayMs }, { nowMs });
  const small = judged({ id: "small", nodes: 200 }, { nowMs });
  const short = judged({ id: "short", nodes: 500, expiresMs: noonMs + 20 * dayMs }, { nowMs });
  const long = judged({ id: "long", nodes: 500 }, { nowMs });
  const twin = judged({ id: "aaa", nodes: 500 }, { nowMs });
  const chosen = (...verdicts: LicenceVerdict[]): string | undefined => {
    const both = [verdicts, verdicts.toReversed()].map((list) => licenceInForce(list, "spanner"));
    expect(both[0]).toEqual(both[1]);
    return both[0]?.ok === true ? both[0].value.licence?.id : "refused";
  };
  expect(chosen(expired, small)).toBe("small");
  expect(chosen(small, short)).toBe("short");
  expect(chosen(small, short, long)).toBe("long");
  expect(chosen(small, short, long, twin)).toBe("aaa");
  expect(chosen(expired)).toBe("expired");
  expect(chosen(judgeLicence(signedLicence({ nodes: 99_999 }, strangerKey), benchOf({ nowMs })), small)).toBe("small");
});

test("LI-8 standalone without a better licence has the built-in free tier", () => {
  const builtIn = { ok: true, value: { licence: null, tier: "free", nodes: 100, expiresMs: null, isCurrent: true } };
  expect(licenceInForce([], "standalone")).toMatchObject(builtIn);
  expect(licenceInForce([judged({ nodes: freeNodes }, { mode: "standalone" })], "standalone")).toMatchObject(builtIn);
  const forged = judgeLicence(signedLicence({}, strangerKey), benchOf({ mode: "standalone" }));
  expect(licenceInForce([forged], "standalone")).toMatchObject(builtIn);
  const more = judged({ nodes: freeNodes + 1 }, { mode: "standalone" });
  expect(licenceInForce([more], "standalone")).toMatchObject({ value: { nodes: 101 } });
});
