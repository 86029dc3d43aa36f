/** Bytes from anyone: whatever they are, they give a message or a refusal, and what was signed stays as it was. */
import { expect, test } from "vitest";
import fc from "fast-check";
import { Malformed } from "../../src/kernel/bytes.ts";
import { sha256 } from "../../src/kernel/digest.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import { encodeUtf8 } from "../../src/kernel/utf8.ts";
import { noEnvoys } from "../../src/turn/beacon.ts";
import type { JoinClaim } from "../../src/turn/peer.ts";
import type { StatusReport } from "../../src/turn/status.ts";
import { decodeBundle, encodeBundle } from "../../src/wire/bundle.ts";
import { datagramKeys, frameDatagram, signBeacon } from "../../src/wire/datagram.ts";
import { frameBytesMax } from "../../src/wire/frame.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { decodeFrame, encodeFrame, isPresenting } from "../../src/wire/frames.ts";
import { DatagramGate } from "../../src/wire/gate.ts";
import { checkJoin, signJoin } from "../../src/wire/join.ts";
import { readStatus } from "../../src/wire/status-text.ts";
import { micros } from "../../src/kernel/time.ts";
import { asking, presenting, removal } from "../support/peer-ends.ts";
import { keyOf, signerOf, toyVerifier } from "../support/toy-keys.ts";

const id = (name: string): RowId => toHex(sha256(encodeUtf8(name))) as RowId;
const [east, west, token] = [signerOf(keyOf("east")), signerOf(keyOf("west")), signerOf(keyOf("token"))];
const row = removal(west.id, east);
const beacon = signBeacon(
  {
    ...{ genesis: id("genesis"), author: east.id, incarnation: 3, number: 4, intervalMs: 200, wallMs: 5 },
    ...{ digest: "0f".repeat(16), head: id("head"), rank: 9, counters: noEnvoys, stopping: false },
  },
  east,
);
const claim: JoinClaim = {
  ...{ genesis: id("genesis"), mint: id("mint"), tokenKey: token.id, key: west.id, name: "west" },
  ...{ patterns: ["*.west.example.com"], addresses: { grpc: ["west:1530"], api: ["https://west:8443"] } },
};
const proof = signJoin(claim, west, token);

const status: StatusReport = {
  ...{ mode: "spanner", phase: "member", phaseWhy: "it joined", self: east.id, name: "east", spannerId: "prod" },
  ...{ genesis: id("genesis"), digest: "0f", rows: 3, isolated: false, multicastWorks: null, openInvites: 1 },
  bolts: [],
  contested: [],
  alarms: [{ kind: "fork", origin: west.id, heads: [id("a"), id("b")] }],
  undone: [],
  foreign: [{ tag: "00ff00ff", from: "10.0.0.1" }],
};

const refusal = { code: "TOKEN_SPENT", message: "This invite was used.", value: "x", next: "mint", retryAfterS: 5 };
const frames: readonly Frame[] = [
  { frame: "say", heldMs: 0, say: { say: "row", row } },
  { frame: "say", heldMs: 70, say: { say: "beacon", beacon } },
  { frame: "say", heldMs: 70, say: { say: "newest", beacon } },
  { frame: "say", heldMs: 0, say: { say: "hearing", multicast: true } },
  { frame: "request", request: { ask: "status" } },
  { frame: "request", request: { ask: "present", rows: [row], more: true } },
  { frame: "request", request: { ask: "join", proof, page: 2 } },
  { frame: "request", request: { ask: "redeem", proof, page: 0 } },
  { frame: "request", request: { ask: "offer", rows: [row], profiles: [] } },
  { frame: "request", request: { ask: "remove", target: west.id, cut: [id("cut")] } },
  { frame: "request", request: { ask: "beacon-of", author: east.id } },
  { frame: "reply", reply: { reply: "took" } },
  { frame: "reply", reply: { reply: "refused", refusal, row } },
  { frame: "reply", reply: { reply: "admitted", admit: id("admit"), rows: [row], page: 0, pages: 1 } },
  { frame: "reply", reply: { reply: "status", status } },
  { frame: "reply", reply: { reply: "beacon", beacon, fresh: null, heldMs: 12 } },
];

/** Bytes with a few changes: cut, longer, other bytes, pieces of another. */
function mangled(whole: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), take: fc.nat(40), of: fc.nat() });
  const changes = fc.array(change, { minLength: 1, maxLength: 6 });
  return fc.tuple(fc.nat(), changes, fc.nat(3)).map(([which, all, how]) => {
    let bytes = [...(whole[which % whole.length] ?? [])];
    for (const { at, byte, take, of } of all) {
      const place = at % (bytes.length + 1);
      const piece = how === 2 ? [...(whole[of % whole.length] ?? []).slice(0, take)] : [byte];
      if (how === 3) bytes = bytes.slice(0, place);
      else bytes.splice(place, how === 0 ? 1 : 0, ...piece);
    }
    return Uint8Array.from(bytes);
  });
}

test("WI-5 every kind of frame is decoded as it was encoded", () => {
  for (const frame of frames) expect(decodeFrame(encodeFrame(frame), toyVerifier)).toEqual(frame);
});

test("WI-6 T23 any bytes give a frame or Malformed, and what a changed frame gives was signed by its signer", () => {
  const any = fc.oneof(fc.uint8Array({ maxLength: 400 }), mangled(frames.map(encodeFrame)));
  fc.assert(
    fc.property(any, (bytes) => {
      const frame = decodeFrame(bytes, toyVerifier);
      if (frame instanceof Malformed || frame.frame !== "say" || frame.say.say !== "row") return;
      expect(frame.say.row.bytes).toEqual(row.bytes);
    }),
    { numRuns: 20_000 },
  );
  expect(decodeFrame(new Uint8Array(frameBytesMax + 1), toyVerifier)).toBeInstanceOf(Malformed);
});

test("WI-1 T15 T16 any datagram is dropped for a reason or is the very one that was signed", () => {
  const keys = datagramKeys(id("genesis"), "prod");
  const sealed = { payload: beacon.bytes, signature: beacon.signature };
  const whole = [frameDatagram("beacon", sealed, keys), frameDatagram("row", { ...sealed, payload: row.bytes }, keys)];
  const marks = new Map([[east.id, { incarnation: 3, number: 4 }]]);
  let now = 0;
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 1_300 }), mangled(whole)), (bytes) => {
      const judged = new DatagramGate().judge(bytes, keys, marks, toyVerifier, micros(now++));
      if (judged.ok) expect(judged.say).toEqual({ say: "beacon", beacon });
    }),
    { numRuns: 20_000 },
  );
});

test("WI-4 T5 T8 a join proof holds for its own claim alone", () => {
  const check = (over: Partial<JoinClaim>): unknown =>
    checkJoin({ ...claim, ...over }, proof.signature, proof.message.tokenProof, toyVerifier);
  expect(check({})).toEqual(proof);
  const others: Partial<JoinClaim>[] = [
    { genesis: id("x") },
    { mint: id("x") },
    { name: "thief" },
    { patterns: [] },
    { patterns: ["*"] },
    { addresses: { grpc: [], api: [] } },
    { key: keyOf("thief") },
    { tokenKey: keyOf("thief") },
  ];
  for (const over of others) expect([over, check(over)]).toEqual([over, expect.any(Malformed)]);
  // Each signature is that of its own key: they cannot change places.
  expect(checkJoin(claim, proof.message.tokenProof, proof.signature, toyVerifier)).toBeInstanceOf(Malformed);
});

test("WI-7 T13 a peer's status has the shape it claims, whatever JSON it is", () => {
  expect(readStatus(JSON.stringify({ ...status, surplus: 1 }))).toEqual(status);
  const keys = Object.keys(status);
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      try {
        const read = readStatus(JSON.stringify({ ...status, [key]: value }));
        expect(Object.keys(read).sort()).toEqual([...keys].sort());
        expect(typeof (read as unknown as Record<string, unknown>)[key]).toBe(typeof value);
      } catch (caught) {
        expect(caught).toBeInstanceOf(Malformed);
      }
    }),
    { numRuns: 5_000 },
  );
  for (const text of ["", "null", "[]", "{", "NaN", '{"__proto__": {}}'])
    expect(() => readStatus(text)).toThrow(Malformed);
});

test("WI-8 T5 a bundle survives white space, and any other change of its text is BUNDLE_CORRUPT", () => {
  const bundle = {
    ...{ genesis: id("genesis"), spannerId: "prod", mint: id("mint"), minter: east.id, tokenKey: token.id as BoltId },
    ...{ expiresMs: 1_900_000_000_000, pin: "0f".repeat(32), addresses: ["https://east:8443"] },
  };
  const open = { bundle, tokenSeed: sha256(Uint8Array.of(9)) };
  const code = encodeBundle(open);
  fc.assert(
    fc.property(fc.nat(code.length), fc.constantFrom(" ", "\n", "\r\n", "\t"), (at, gap) => {
      expect(decodeBundle(code.slice(0, at) + gap + code.slice(at))).toEqual({ ok: true, value: open });
    }),
  );
  const letter = fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((one) => !/\s/u.test(one));
  fc.assert(
    fc.property(fc.nat(code.length - 1), letter, fc.nat(2), (at, one, how) => {
      const after = code.slice(how === 1 ? at : at + 1);
      const text = code.slice(0, at) + (how === 2 ? "" : one) + after;
      const read = decodeBundle(text);
      if (text === code) return expect(read.ok).toBe(true);
      expect(read).toMatchObject({ ok: false, refusal: { code: "BUNDLE_CORRUPT" } });
    }),
    { numRuns: 5_000 },
  );
});

test("WI-9 a present is known by its first bytes, and nothing else is taken for one", () => {
  expect(isPresenting(presenting)).toBe(true);
  expect(isPresenting(asking)).toBe(false);
  for (const frame of frames) {
    const isPresent = frame.frame === "request" && frame.request.ask === "present";
    expect(isPresenting(encodeFrame(frame))).toBe(isPresent);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => typeof isPresenting(bytes) === "boolean"));
});
