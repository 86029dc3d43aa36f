/** What passes the gate of datagrams, what it costs, and what is remembered. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { ofMs } from "../../../src/kernel/time.ts";
import type { Micros } from "../../../src/kernel/time.ts";
import { noEnvoys } from "../../../src/turn/beacon.ts";
import { datagramBytesMax, datagramKeys, datagramOf, frameDatagram } from "../../../src/wire/datagram.ts";
import { pushedRowBytesMax, sealedOf, signBeacon } from "../../../src/wire/datagram.ts";
import { DatagramGate } from "../../../src/wire/gate.ts";
import type { Verifier } from "../../../src/wire/genuine.ts";
import { signRow } from "../../../src/wire/rows.ts";
import { keyOf, signerOf, toyVerifier } from "../../support/toy-keys.ts";

const genesis = "1a".repeat(32) as RowId;
const keys = datagramKeys(genesis, "prod");
const east = signerOf(keyOf("east"));
const nobody = new Map<never, never>();

/** The claim of this number as a datagram. */
function claim(seq: number, patterns: readonly string[] = ["*.east"]): Uint8Array {
  const place = { genesis, prev: genesis, seen: genesis, wallMs: 5, incarnation: 1 };
  const head = { ...place, origin: east.id, seq, rank: seq };
  const row = signRow({ head, body: { kind: "claim", patterns } }, east, toyVerifier);
  return frameDatagram("row", sealedOf(row), keys);
}

/** A verifier that counts what it is asked. */
function counting(): { readonly verifier: Verifier; readonly asked: () => number } {
  let asked = 0;
  const verify: Verifier["verify"] = (...given) => {
    asked++;
    return toyVerifier.verify(...given);
  };
  return { verifier: { ...toyVerifier, verify }, asked: () => asked };
}

function judging(
  gate = new DatagramGate(),
  verifier: Verifier = toyVerifier,
): (bytes: Uint8Array, at?: Micros) => string {
  return (bytes, at = ofMs(0)) => {
    const judged = gate.judge(bytes, keys, nobody, verifier, at);
    return judged.ok ? judged.say.say : judged.why;
  };
}

test("WI-10 T16 T21 copies of a row that passed are dropped before signature and budget", () => {
  const { verifier, asked } = counting();
  const judge = judging(new DatagramGate(), verifier);
  const first = claim(1);
  expect(judge(first)).toBe("row");
  for (let copy = 0; copy < 200; copy++) expect(judge(first)).toBe("replayed");
  expect(asked()).toBe(1);
  // The copies left the budget as it was: 39 more rows pass at this moment.
  const later = Array.from({ length: 60 }, (_, at) => judge(claim(at + 2)));
  expect(later.filter((said) => said === "row")).toHaveLength(39);
  expect(later.at(-1)).toBe("rate");
  expect(asked()).toBe(40);
});

test("WI-10 T21 rows have a budget that grows by 20 a second and never beyond 40", () => {
  const judge = judging();
  let seq = 0;
  const passed = (tries: number, at: Micros): number =>
    Array.from({ length: tries }, () => judge(claim(++seq), at)).filter((said) => said === "row").length;
  expect(passed(50, ofMs(0))).toBe(40);
  expect(passed(50, ofMs(500))).toBe(10);
  expect(passed(50, ofMs(600_000))).toBe(40);
});

test("WI-10 T21 the last 256 rows are remembered, and no more are held", () => {
  const judge = judging();
  const rows = Array.from({ length: 257 }, (_, at) => claim(at + 1));
  for (const [at, row] of rows.entries()) expect(judge(row, ofMs(at * 100))).toBe("row");
  const [first, second] = [must(rows[0], "many"), must(rows[1], "many")];
  expect(judge(second, ofMs(60_000))).toBe("replayed");
  expect(judge(first, ofMs(60_000))).toBe("row");
});

test("WI-10 T15 a row that did not pass is not remembered: the genuine one comes through behind it", () => {
  const judge = judging();
  const genuine = claim(1);
  const forged = genuine.slice();
  forged.set([must(forged.at(-1), "bytes") ^ 1], forged.length - 1);
  expect(judge(forged)).toBe("mac");
  const unsigned = { payload: genuine.slice(85), signature: new Uint8Array(64) };
  expect(judge(frameDatagram("row", unsigned, keys))).toBe("signature");
  // Else a forger would push the genuine ones out of memory.
  expect(judge(frameDatagram("row", unsigned, keys))).toBe("signature");
  expect(judge(genuine)).toBe("row");
});

test("WI-1 T23 what is over 1,200 bytes is neither made nor read, down to the byte", () => {
  const judge = judging();
  const patterns = (last: number): string[] => [...Array.from({ length: 7 }, () => "a".repeat(110)), "b".repeat(last)];
  let length = 1;
  while (claim(1, patterns(length)).length < datagramBytesMax) length++;
  const [fits, over] = [claim(1, patterns(length)), claim(1, patterns(length + 1))];
  expect([fits.length, over.length]).toEqual([datagramBytesMax, datagramBytesMax + 1]);
  expect([judge(fits), judge(over)]).toEqual(["row", "oversize"]);
  expect(fits.length - 85).toBe(pushedRowBytesMax);
  const row = { head: rowHead, body: { kind: "claim" as const, patterns: patterns(length + 1) } };
  expect(datagramOf({ row: signRow(row, east, toyVerifier) }, keys)).toBeUndefined();
});

const rowHead = {
  ...{ genesis, prev: genesis, seen: genesis, wallMs: 5, incarnation: 1 },
  ...{ origin: east.id, seq: 1, rank: 1 },
};

test("WI-1 T15 a kind nobody knows, and a beacon as a row or a row as a beacon, are dropped", () => {
  const numbers = { incarnation: 1, number: 1, intervalMs: 200, wallMs: 5, rank: 1, counters: noEnvoys };
  const beacon = { genesis, author: east.id, digest: "0f".repeat(16), head: null, stopping: false, ...numbers };
  const sent = must(datagramOf({ beacon: signBeacon(beacon, east) }, keys), "fits");
  const of = (kind: number, bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 4 ? kind : byte));
  const marks = new Map([[east.id, { incarnation: 1, number: 1 }]]);
  const why = (bytes: Uint8Array): string => {
    const judged = new DatagramGate().judge(bytes, keys, marks, toyVerifier, ofMs(0));
    return judged.ok ? "taken" : judged.why;
  };
  expect([why(sent), why(of(0, sent)), why(of(3, sent))]).toEqual(["taken", "malformed", "malformed"]);
  // The kind is under the MAC.
  expect(why(of(2, sent))).toBe("mac");
  expect(why(frameDatagram("row", sealedOf(signBeacon(beacon, east)), keys))).toBe("signature");
});
