/** Bytes of rows: round trips, refusals, inert bodies, ids and the proofs inside bodies. */
import { expect, test } from "vitest";
import { Malformed } from "../../../src/kernel/bytes.ts";
import { inDomain, sha256 } from "../../../src/kernel/digest.ts";
import { toHex } from "../../../src/kernel/hex.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import {
  decodeRow,
  encodeRow,
  innerProofs,
  joinClaimBytes,
  joinDomain,
  namedRows,
  rowDomain,
  rowIdOfPayload,
  successionBytes,
  successionDomain,
} from "../../../src/roster/row-codec.ts";
import { rowLimits } from "../../../src/roster/row.ts";
import type { Body, Inert, Row, RowHead } from "../../../src/roster/row.ts";
import { keyOf, makeUnknownRow } from "../../support/roster-builder.ts";

const id = (text: string): RowId =>
  rowIdOfPayload(Uint8Array.from([...text].map((character) => character.charCodeAt(0))));

const head: RowHead = {
  genesis: id("genesis"),
  origin: keyOf("a"),
  incarnation: 70_000,
  seq: 3,
  prev: id("prev"),
  seen: id("seen"),
  rank: 9,
  wallMs: 1_700_000_000_000,
};
const first: RowHead = { ...head, genesis: null, seq: 0, prev: null, seen: null, rank: 0 };
const addresses = { grpc: ["a.example:7443"], api: ["https://a.example"] };
const claimed = { name: "a", patterns: ["web-*", "db-[0-9]"], addresses };
const proof = new Uint8Array(64).fill(7);

const bodies: readonly Exclude<Body, Inert>[] = [
  { kind: "genesis", spannerId: "acme.prod", ...claimed, recoveryKey: keyOf("recovery") },
  { kind: "mint", tokenKey: keyOf("t"), expiresMs: 12, bound: null },
  { kind: "mint", tokenKey: keyOf("t"), expiresMs: 12, bound: { key: keyOf("b"), name: "b", patterns: ["x"] } },
  { kind: "revoke", mint: id("mint") },
  {
    kind: "admit",
    mint: id("mint"),
    tokenKey: keyOf("t"),
    key: keyOf("b"),
    ...claimed,
    keyProof: proof,
    tokenProof: proof,
  },
  { kind: "claim", patterns: [] },
  { kind: "leave", successor: null },
  { kind: "leave", successor: { key: keyOf("c"), consent: proof } },
  { kind: "remove", target: keyOf("b"), cut: [id("one"), id("two")] },
];

const headFor = (body: Body): RowHead => (body.kind === "genesis" ? first : head);

function read(payload: Uint8Array): Row {
  const row = decodeRow(payload);
  if (row instanceof Malformed) throw row;
  return row;
}

test("RO-3 every kind of row comes back from its bytes as it was written", () => {
  for (const body of bodies) {
    const payload = encodeRow(headFor(body), body);
    expect(read(payload)).toEqual({ ...headFor(body), id: rowIdOfPayload(payload), body });
  }
});

test("RO-4 the id is the hash of the signed bytes in the domain of rows, and every changed byte changes it", () => {
  const payload = encodeRow(head, { kind: "claim", patterns: ["x"] });
  const row = read(payload);
  expect(row.id).toBe(toHex(sha256(inDomain(rowDomain, payload))));
  for (const at of payload.keys()) {
    const other = payload.slice();
    other[at] = (other[at] ?? 0) ^ 1;
    const changed = decodeRow(other);
    if (!(changed instanceof Malformed)) expect(changed.id).not.toBe(row.id);
  }
});

test("RO-3 a truncated or prolonged row is refused", () => {
  for (const body of bodies) {
    const payload = encodeRow(headFor(body), body);
    for (let length = 0; length < payload.length; length++) {
      expect(decodeRow(payload.subarray(0, length))).toBeInstanceOf(Malformed);
    }
    expect(decodeRow(Uint8Array.from([...payload, 0]))).toBeInstanceOf(Malformed);
  }
});

test("RO-3 a head that does not fit its kind is refused", () => {
  const genesis = bodies[0];
  if (genesis?.kind !== "genesis") throw new Error("the first body is GENESIS");
  const claim = { kind: "claim", patterns: [] } as const;
  expect(decodeRow(encodeRow(head, genesis))).toBeInstanceOf(Malformed);
  expect(decodeRow(encodeRow({ ...first, rank: 1 }, genesis))).toBeInstanceOf(Malformed);
  expect(decodeRow(encodeRow(first, claim))).toBeInstanceOf(Malformed);
  expect(decodeRow(encodeRow({ ...head, prev: null }, claim))).toBeInstanceOf(Malformed);
  expect(decodeRow(encodeRow({ ...head, seq: 0 }, claim))).toBeInstanceOf(Malformed);
});

test("RO-3 a row over its limit of bytes is refused unread (T24)", () => {
  expect(decodeRow(new Uint8Array(rowLimits.rowBytes + 1))).toBeInstanceOf(Malformed);
  const patterns = Array.from({ length: 80 }, () => "x".repeat(250));
  expect(() => encodeRow(head, { kind: "claim", patterns })).toThrow("over the limit");
});

test("RO-5 a kind of a later version is read as inert", () => {
  const row = makeUnknownRow(head, 9).message;
  expect(row.body).toMatchObject({ kind: "inert", code: 9 });
  expect(row.prev).toBe(head.prev);
  expect(innerProofs(row)).toEqual([]);
  expect(namedRows(row.body)).toEqual([]);
});

test("RO-5 a body over a limit is read as inert with the reason (T24)", () => {
  const cases: readonly Exclude<Body, Inert>[] = [
    { kind: "claim", patterns: Array.from({ length: rowLimits.patterns + 1 }, () => "x") },
    { kind: "claim", patterns: ["x".repeat(rowLimits.patternBytes + 1)] },
    { kind: "genesis", spannerId: "s".repeat(rowLimits.spannerIdBytes + 1), ...claimed, recoveryKey: keyOf("r") },
    {
      kind: "mint",
      tokenKey: keyOf("t"),
      expiresMs: 1,
      bound: { key: keyOf("b"), name: "n".repeat(64), patterns: [] },
    },
    { kind: "remove", target: keyOf("b"), cut: Array.from({ length: rowLimits.cutHeads + 1 }, () => id("x")) },
  ];
  for (const body of cases) expect(read(encodeRow(headFor(body), body)).body).toMatchObject({ kind: "inert" });
});

test("RO-9 a row names its mint or its cut", () => {
  expect(bodies.map((body) => namedRows(body).length)).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 2]);
});

test("RO-18 an ADMIT carries the joiner's and the token's signature over the same claim", () => {
  const body = bodies[4];
  if (body?.kind !== "admit") throw new Error("the fifth body is an ADMIT");
  const bytes = joinClaimBytes({ ...body, genesis: id("genesis") });
  const proofs = innerProofs(read(encodeRow(head, body)));
  expect(proofs.map((each) => [toHex(each.publicKey), each.domain, each.bytes])).toEqual([
    [body.key, joinDomain, bytes],
    [body.tokenKey, joinDomain, bytes],
  ]);
  expect(joinClaimBytes({ ...body, genesis: id("elsewhere") })).not.toEqual(bytes);
  expect(joinClaimBytes({ ...body, genesis: id("genesis"), patterns: ["web-*"] })).not.toEqual(bytes);
});

test("RO-18 a LEAVE carries its successor's consent, GENESIS a recovery key to be acceptable (T10)", () => {
  const leave = innerProofs(read(encodeRow(head, { kind: "leave", successor: { key: keyOf("c"), consent: proof } })));
  const bytes = successionBytes(id("genesis"), keyOf("a"), keyOf("c"));
  expect(leave).toMatchObject([{ domain: successionDomain, bytes, signature: proof }]);
  const genesis = bodies[0];
  if (genesis?.kind !== "genesis") throw new Error("the first body is GENESIS");
  const proofs = innerProofs(read(encodeRow(first, genesis)));
  expect(proofs.map((each) => [toHex(each.publicKey), each.signature])).toEqual([[keyOf("recovery"), null]]);
});
