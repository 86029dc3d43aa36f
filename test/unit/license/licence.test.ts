/** The licence file: one form, strictly read. */
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../../src/kernel/utf8.ts";
import { parseLicence, termsFault } from "../../../src/license/licence.ts";
import { authorityKey, goodTerms, licenceSeal, signedFile, thisMachine } from "../../support/licences.ts";

const text = decodeUtf8(signedFile()) ?? "";

test("LI-1 a licence is lines that people can read, and comes back as it was", () => {
  expect(text.split("\n").slice(0, 8)).toEqual([
    "vigo-licence-1",
    "id: lic-1",
    "customer: Example Ltd",
    "tier: commercial",
    "nodes: 5000",
    "issued: 2026-03-01T12:00:00Z",
    "expires: 2027-03-01T12:00:00Z",
    `machine: ${thisMachine}`,
  ]);
  const parsed = parseLicence(signedFile());
  expect(parsed).toMatchObject({ ok: true, value: goodTerms });
  expect(parsed.ok && parsed.value.file).toEqual(signedFile());
  expect(parseLicence(signedFile({ machine: null, customer: "Müller: & Söhne" }))).toMatchObject({
    value: { machine: null, customer: "Müller: & Söhne" },
  });
});

test.each([
  ["nothing", ""],
  ["another file", "hello\n"],
  ["a newer version", text.replace("vigo-licence-1", "vigo-licence-2")],
  ["Windows line ends", text.replaceAll("\n", "\r\n")],
  ["a missing line", text.replace("nodes: 5000\n", "")],
  ["a line twice", text.replace("nodes: 5000\n", "nodes: 5000\nnodes: 5000\n")],
  ["lines in another order", text.replace("tier: commercial\nnodes: 5000", "nodes: 5000\ntier: commercial")],
  ["text behind it", `${text}\n`],
  ["a cut end", text.slice(0, -2)],
  ["no end of line", text.slice(0, -1)],
  ["another number form", text.replace("5000", "05000")],
  ["an exponent", text.replace("5000", "5e3")],
  ["no number", text.replace("5000", "many")],
  ["no nodes", text.replace("5000", "0")],
  ["an unknown tier", text.replace("commercial", "platinum")],
  ["a date alone", text.replace("2027-03-01T12:00:00Z", "2027-03-01")],
  ["a day that does not exist", text.replace("2027-03-01", "2027-02-30")],
  ["an end before its issue", text.replace("2027-03-01", "2025-03-01")],
  ["a cut fingerprint", text.replace(thisMachine, thisMachine.slice(0, -1))],
  ["upper-case hex", text.replace(/signature: .*/, (line) => line.toUpperCase().replace("SIGNATURE", "signature"))],
  ["a control character", text.replace("Example", "Exam\u0007ple")],
  ["a mirrored customer", text.replace("Example", "Exam\u202eple")],
  ["blanks at an end", text.replace("Example Ltd", "Example Ltd ")],
])("LI-1 T56 %s is LICENSE_CORRUPT", (_what, changed) => {
  expect(changed).not.toBe(text);
  const parsed = parseLicence(encodeUtf8(changed));
  expect(parsed).toMatchObject({ ok: false, refusal: { code: "LICENSE_CORRUPT" } });
});

test("LI-1 T56 bytes that are no text, and too many, are LICENSE_CORRUPT", () => {
  expect(parseLicence(Uint8Array.of(0xff, 0xfe))).toMatchObject({ refusal: { code: "LICENSE_CORRUPT" } });
  expect(parseLicence(new Uint8Array(8_193).fill(65))).toMatchObject({ refusal: { code: "LICENSE_CORRUPT" } });
});

test("LI-2 T56 a change of any byte that leaves it readable breaks the signature", () => {
  const file = signedFile();
  let readable = 0;
  for (let at = 0; at < file.length; at++) {
    const changed = file.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    const parsed = parseLicence(changed);
    if (!parsed.ok) continue;
    readable++;
    const { signedBytes, signature } = parsed.value;
    expect(licenceSeal.verify(authorityKey.publicKey, signedBytes, signature)).toBe(false);
  }
  expect(readable).toBeGreaterThan(200);
});

test("LI-2 a signature over the same lines without the domain is none", () => {
  const parsed = parseLicence(signedFile());
  if (!parsed.ok) throw new Error("a good licence was refused");
  const head = encodeUtf8(text.slice(0, text.indexOf("signature: ")));
  const bare = licenceSeal.sign(authorityKey, head);
  expect(licenceSeal.verify(authorityKey.publicKey, parsed.value.signedBytes, bare)).toBe(false);
});

test.each([
  [{ id: "A" }, "The id"],
  [{ id: "../x" }, "The id"],
  [{ customer: "" }, "A customer"],
  [{ customer: "x".repeat(201) }, "A customer"],
  [{ customer: "a\nnodes: 9" }, "A customer"],
  [{ nodes: 0 }, "A licence has"],
  [{ nodes: 1.5 }, "A licence has"],
  [{ nodes: 10_000_001 }, "A licence has"],
  [{ issuedMs: 1 }, "The times"],
  [{ expiresMs: Number.NaN }, "The times"],
  [{ expiresMs: goodTerms.issuedMs }, "A licence expires"],
])("LI-3 terms with %j are not signed", (changes, sentence) => {
  expect(termsFault({ ...goodTerms, ...changes })).toContain(sentence);
});

test("LI-3 good terms have no fault", () => {
  expect(termsFault(goodTerms)).toBeUndefined();
});
