/** Licence files over generated terms and mutated bytes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isHarmless } from "../../src/kernel/harmless-text.ts";
import type { LicenceTerms } from "../../src/license/licence.ts";
import { parseLicence, termsFault } from "../../src/license/licence.ts";
import { machineFingerprint } from "../../src/license/machine.ts";
import { authorityKey, licenceSeal, signedFile } from "../support/licences.ts";

const second = fc.integer({ min: 0, max: 4_000_000_000 }).map((at) => at * 1_000);
const terms: fc.Arbitrary<LicenceTerms> = fc
  .record({
    id: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
    customer: fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((text) => text.trim() === text && isHarmless(text)),
    tier: fc.constantFrom("free" as const, "commercial" as const),
    nodes: fc.integer({ min: 1, max: 10_000_000 }),
    issuedMs: second,
    expiresMs: second,
    machine: fc.option(
      fc.tuple(fc.string(), fc.string(), fc.string()).map(([machineId, mac, caSpki]) => {
        return machineFingerprint({ machineId, mac, caSpki });
      }),
    ),
  })
  .filter(({ issuedMs, expiresMs }) => expiresMs > issuedMs);

test("LI-1 all terms without fault come back the same", () => {
  fc.assert(
    fc.property(terms, (made) => {
      expect(termsFault(made)).toBeUndefined();
      expect(parseLicence(signedFile(made))).toMatchObject({ ok: true, value: made });
    }),
    { numRuns: 300 },
  );
});

test("LI-1 T56 any bytes give a licence or a refusal; nothing that was changed keeps its signature", () => {
  const file = signedFile();
  const edits = fc.array(fc.tuple(fc.nat(file.length), fc.nat(3), fc.uint8Array({ maxLength: 3 })), { maxLength: 4 });
  const mutated = edits.map((list) =>
    list.reduce((bytes, [at, cut, put]) => {
      return Uint8Array.of(...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut));
    }, file),
  );
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const parsed = parseLicence(bytes);
      if (!parsed.ok) return parsed.refusal.code === "LICENSE_CORRUPT";
      const { signedBytes, signature } = parsed.value;
      const isSame = Buffer.compare(bytes, file) === 0;
      return licenceSeal.verify(authorityKey.publicKey, signedBytes, signature) === isSame;
    }),
    { numRuns: 2_000 },
  );
});
