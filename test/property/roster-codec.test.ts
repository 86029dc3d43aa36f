/** Bytes of rows and profiles under fuzzing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "../../src/kernel/bytes.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import { decodeProfile, encodeProfile } from "../../src/roster/profile-codec.ts";
import { decodeRow, encodeRow, rowIdOfPayload } from "../../src/roster/row-codec.ts";
import type { Body, Inert, RowHead } from "../../src/roster/row.ts";
import { makeProfile, RosterScript } from "../support/roster-builder.ts";

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const rowId = bytesOf(32).map((bytes) => toHex(bytes) as RowId);
const boltId = bytesOf(32).map((bytes) => toHex(bytes) as BoltId);
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const name = fc.string({ unit: "grapheme", maxLength: 8 });
const patterns = fc.array(name, { maxLength: 4 });
const claimed = { name, patterns, addresses: fc.record({ grpc: patterns, api: patterns }) };
const proof = bytesOf(64);
const as = <const K extends string>(kind: K): { readonly kind: fc.Arbitrary<K> } => ({ kind: fc.constant(kind) });

const laterBody: fc.Arbitrary<Exclude<Body, Inert>> = fc.oneof(
  fc.record({
    ...as("mint"),
    tokenKey: boltId,
    expiresMs: count,
    bound: fc.option(fc.record({ key: boltId, name, patterns })),
  }),
  fc.record({ ...as("revoke"), mint: rowId }),
  fc.record({
    ...as("admit"),
    mint: rowId,
    tokenKey: boltId,
    key: boltId,
    ...claimed,
    keyProof: proof,
    tokenProof: proof,
  }),
  fc.record({ ...as("claim"), patterns }),
  fc.record({ ...as("leave"), successor: fc.option(fc.record({ key: boltId, consent: proof })) }),
  fc.record({ ...as("remove"), target: boltId, cut: fc.array(rowId, { maxLength: 4 }) }),
);
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const laterHead: fc.Arbitrary<RowHead> = fc.record({
  genesis: rowId,
  origin: boltId,
  incarnation: count,
  seq: positive,
  prev: rowId,
  seen: rowId,
  rank: positive,
  wallMs: count,
});

test("RO-3 a row comes back from its bytes, and encodes to the same bytes", () => {
  fc.assert(
    fc.property(laterHead, laterBody, (head, body) => {
      const payload = encodeRow(head, body);
      const row = decodeRow(payload);
      expect(row).toEqual({ ...head, id: rowIdOfPayload(payload), body });
    }),
    { numRuns: 500 },
  );
});

test("RO-3 any bytes give a row or a refusal, and whatever is read encodes to those bytes and no others", () => {
  const flips = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  const mangled = fc.tuple(laterHead, laterBody, flips).map(([head, body, changes]) => {
    const payload = encodeRow(head, body);
    for (const [at, value] of changes) payload[at % payload.length] = value;
    return payload;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mangled), (payload) => {
      const row = decodeRow(payload);
      if (row instanceof Malformed || row.body.kind === "inert") return;
      expect(encodeRow(row, row.body)).toEqual(payload);
    }),
    { numRuns: 3_000 },
  );
});

test("RO-6 any bytes give a profile or a refusal, and whatever is read encodes to those bytes and no others", () => {
  const script = new RosterScript();
  const { bytes } = makeProfile("a", script.found("a").message.id);
  const mangled = fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { maxLength: 3 });
  fc.assert(
    fc.property(mangled, fc.uint8Array({ maxLength: 300 }), (changes, noise) => {
      const payload = bytes.slice();
      for (const [at, value] of changes) payload[at] = value;
      for (const each of [payload, noise]) {
        const profile = decodeProfile(each);
        if (!(profile instanceof Malformed)) expect(encodeProfile(profile)).toEqual(each);
      }
    }),
    { numRuns: 1_000 },
  );
});
