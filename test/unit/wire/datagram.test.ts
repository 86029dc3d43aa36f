/** Datagrams as strangers, thieves and clumsy carriers would send them. */
import { expect, test } from "vitest";
import { Malformed } from "../../../src/kernel/bytes.ts";
import { inDomain, sha256 } from "../../../src/kernel/digest.ts";
import { toHex } from "../../../src/kernel/hex.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { must } from "../../../src/kernel/assert.ts";
import { ofMs } from "../../../src/kernel/time.ts";
import type { Beacon } from "../../../src/turn/beacon.ts";
import { noEnvoys } from "../../../src/turn/beacon.ts";
import { checkBeacon, datagramKeys, datagramOf, encodeBeacon, frameDatagram } from "../../../src/wire/datagram.ts";
import { signBeacon } from "../../../src/wire/datagram.ts";
import { DatagramGate } from "../../../src/wire/gate.ts";
import type { HighWater, Judged } from "../../../src/wire/gate.ts";
import { newSigner, seal } from "../../support/peer-ends.ts";

const genesis = toHex(sha256(Uint8Array.of(1))) as RowId;
const other = toHex(sha256(Uint8Array.of(2))) as RowId;
const keys = datagramKeys(genesis, "prod");
const author = newSigner();
const known: HighWater = new Map([[author.id, { incarnation: 1, number: 5 }]]);

function beacon(over: Partial<Beacon> = {}): Beacon {
  const counted = { genesis, author: author.id, incarnation: 1, number: 5, intervalMs: 30_000, wallMs: 1_000 };
  const held = { digest: "ab".repeat(16), head: other, rank: 7, counters: noEnvoys, stopping: false };
  return { ...counted, ...held, ...over };
}

function sealedBeacon(over: Partial<Beacon> = {}): { payload: Uint8Array; signature: Uint8Array } {
  const { bytes, signature } = signBeacon(beacon(over), author);
  return { payload: bytes, signature };
}

function judge(bytes: Uint8Array, gate: DatagramGate = new DatagramGate(), marks: HighWater = known): Judged {
  return gate.judge(bytes, keys, marks, seal, ofMs(0));
}

function whyOf(judged: Judged): string {
  return judged.ok ? "taken" : judged.why;
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
}

const good = must(datagramOf({ beacon: signBeacon(beacon(), author) }, keys), "a beacon fits");

test("WI-1 T15 T23 T27 each kind of wrong datagram is dropped for its reason, and counted", () => {
  const gate = new DatagramGate();
  const wrong: Readonly<Record<string, Uint8Array>> = {
    oversize: new Uint8Array(1_201),
    truncated: good.slice(0, 85),
    magic: changed(good, 0),
    foreign: changed(good, 5),
    "foreign-spanner": frameDatagram("beacon", sealedBeacon(), datagramKeys(other, "prod")),
    malformed: changed(good, 85),
    "unknown-author": changed(good, 86),
    replayed: must(datagramOf({ beacon: signBeacon(beacon({ number: 4 }), author) }, keys), "fits"),
    mac: changed(good, 13),
    signature: frameDatagram("beacon", { ...sealedBeacon(), signature: new Uint8Array(64) }, keys),
  };
  for (const [why, bytes] of Object.entries(wrong)) expect([why, whyOf(judge(bytes, gate))]).toEqual([why, why]);
  expect([...gate.drops()].sort()).toEqual(
    Object.keys(wrong)
      .map((why) => [why, 1])
      .sort(),
  );
  expect(whyOf(judge(good, gate))).toBe("taken");
});

test("WI-1 T15 strangers who know no key of the spanner cost no signature, and not more than a MAC", () => {
  let verified = 0;
  const counting = { ...seal, acceptsKey: () => true, verify: () => ++verified < 0 };
  const gate = new DatagramGate();
  for (let at = 0; at < good.length; at++) gate.judge(changed(good, at), keys, known, counting, ofMs(at * 100));
  expect(verified).toBe(0);
});

test("WI-1 T16 T19 an older number is dropped, a new incarnation passes however high the numbers were", () => {
  const high: HighWater = new Map([[author.id, { incarnation: 1, number: Number.MAX_SAFE_INTEGER - 1 }]]);
  expect(whyOf(judge(good, new DatagramGate(), high))).toBe("replayed");
  const fresh = must(datagramOf({ beacon: signBeacon(beacon({ incarnation: 2, number: 0 }), author) }, keys), "fits");
  expect(whyOf(judge(fresh, new DatagramGate(), high))).toBe("taken");
});

test("WI-1 T21 one author has a budget, which grows back and is not that of others", () => {
  const gate = new DatagramGate();
  const second = newSigner();
  const marks: HighWater = new Map([...known, [second.id, { incarnation: 1, number: 5 }]]);
  const of = (name: typeof author): Uint8Array =>
    must(datagramOf({ beacon: signBeacon(beacon({ author: name.id }), name) }, keys), "fits");
  const [mine, theirs] = [of(author), of(second)];
  const said = Array.from({ length: 60 }, () => whyOf(gate.judge(mine, keys, marks, seal, ofMs(0))));
  expect(said.filter((why) => why === "taken")).toHaveLength(40);
  expect(said.at(-1)).toBe("rate");
  expect(whyOf(gate.judge(theirs, keys, marks, seal, ofMs(0)))).toBe("taken");
  expect(whyOf(gate.judge(mine, keys, marks, seal, ofMs(1_000)))).toBe("taken");
});

test("WI-2 T20 no byte of a beacon can be changed, and no part of one put into another", () => {
  const sealed = sealedBeacon();
  for (let at = 0; at < sealed.payload.length; at++) {
    const payload = changed(sealed.payload, at);
    expect([at, checkBeacon({ ...sealed, payload }, genesis, seal)]).toEqual([at, expect.any(Malformed)]);
  }
  // Digest, counters and flags of two good beacons of one author.
  const parts: Partial<Beacon>[] = [
    { digest: "cd".repeat(16) },
    { counters: { ...noEnvoys, envoys: 9 } },
    { stopping: true },
    { head: null },
    { rank: 8 },
    { number: 6 },
  ];
  for (const part of parts) {
    const mixed = { payload: encodeBeacon(beacon(part)), signature: sealed.signature };
    expect(checkBeacon(mixed, genesis, seal)).toBeInstanceOf(Malformed);
    expect(checkBeacon(sealedBeacon(part), genesis, seal)).not.toBeInstanceOf(Malformed);
  }
});

test("WI-2 T15 the signature covers the genesis, the kind of message and the author's key", () => {
  const sealed = sealedBeacon();
  expect(checkBeacon(sealed, other, seal)).toBeInstanceOf(Malformed);
  const elsewhere = author.sign(inDomain("vigo.row.1", sealed.payload));
  expect(checkBeacon({ ...sealed, signature: elsewhere }, genesis, seal)).toBeInstanceOf(Malformed);
  const stranger = newSigner();
  const { signature } = signBeacon(beacon(), stranger);
  expect(checkBeacon({ ...sealed, signature }, genesis, seal)).toBeInstanceOf(Malformed);
  expect(checkBeacon({ ...sealed, signature: sealed.signature.slice(0, 63) }, genesis, seal)).toBeInstanceOf(Malformed);
});

test("WI-3 T27 a beacon of another version is not read, signed or not", () => {
  const { payload } = sealedBeacon();
  const next = payload.map((byte, at) => (at === 0 ? byte + 1 : byte));
  const signature = author.sign(inDomain("vigo.beacon.1", next));
  expect(checkBeacon({ payload: next, signature }, genesis, seal)).toBeInstanceOf(Malformed);
  expect(whyOf(judge(frameDatagram("beacon", { payload: next, signature }, keys)))).toBe("malformed");
});
