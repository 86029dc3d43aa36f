/** Messages with anything in them that they may hold, there and back; and their bytes cut and flipped. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Malformed } from "../../src/kernel/bytes.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import { micros } from "../../src/kernel/time.ts";
import type { Secret } from "../../src/kernel/verified.ts";
import type { Profile, SignedProfile } from "../../src/roster/profile.ts";
import type { RowDraft, SignedRow } from "../../src/roster/row.ts";
import { rowLimits } from "../../src/roster/row.ts";
import type { Beacon, SignedBeacon } from "../../src/turn/beacon.ts";
import { noEnvoys } from "../../src/turn/beacon.ts";
import type { JoinClaim, PeerReply, PeerRequest, Say } from "../../src/turn/peer.ts";
import { decodeBundle, encodeBundle } from "../../src/wire/bundle.ts";
import type { OpenBundle } from "../../src/wire/bundle.ts";
import { checkBeacon, datagramKeys, datagramOf, isMacRight, sealedOf } from "../../src/wire/datagram.ts";
import { signBeacon, unframeDatagram } from "../../src/wire/datagram.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { decodeFrame, encodeFrame } from "../../src/wire/frames.ts";
import { DatagramGate } from "../../src/wire/gate.ts";
import { signJoin } from "../../src/wire/join.ts";
import { fromRecordedText, recordedText } from "../../src/wire/recorded.ts";
import { checkRow, signProfile, signRow } from "../../src/wire/rows.ts";
import { keyOf, signerOf, toyVerifier } from "../support/toy-keys.ts";

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const hexOf = (length: number): fc.Arbitrary<string> => bytesOf(length).map(toHex);
const rowId = hexOf(32) as fc.Arbitrary<RowId>;
const boltId = fc.constantFrom("east", "west", "north").map(keyOf);
const count = fc.oneof(fc.nat(300), fc.nat({ max: Number.MAX_SAFE_INTEGER }));
const positive = count.map((value) => Math.max(1, value));
const small = fc.nat({ max: 0xffff_ffff });
// At most 48 bytes: every field of a message holds as much.
const text = fc.string({ unit: "binary", maxLength: 12 });
const texts = fc.array(text, { maxLength: 4 });
const addresses = fc.record({ grpc: texts, api: texts });
const flag = fc.boolean();
const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 4 });
const heldMs = fc.nat({ max: 1_000_000_000_000 });

const place = { genesis: rowId, incarnation: count, prev: rowId, seen: rowId, wallMs: count };
const head = fc.record({ ...place, origin: boltId, seq: positive, rank: positive });
const named = fc.constantFrom("claim" as const, "revoke" as const, "mint" as const);
const body: fc.Arbitrary<RowDraft["body"]> = fc
  .record({ kind: named, patterns: texts, mint: rowId, tokenKey: boltId, expiresMs: count })
  .map(({ kind, patterns, mint, tokenKey, expiresMs }) => {
    if (kind === "claim") return { kind, patterns };
    return kind === "revoke" ? { kind, mint } : { kind, tokenKey, expiresMs, bound: null };
  });
const row: fc.Arbitrary<SignedRow> = fc
  .record({ head, body })
  .map((draft) => signRow(draft, signerOf(draft.head.origin), toyVerifier));

const profile: fc.Arbitrary<SignedProfile> = fc
  .record<Profile>({
    ...{ genesis: rowId, origin: boltId, term: count, incarnation: count, seq: count, addresses, tlsPin: hexOf(32) },
    ...{ caCertificate: fc.uint8Array({ maxLength: 40 }), licence: fc.uint8Array({ maxLength: 40 }) },
    ...{ softwareVersion: text, state: fc.constantFrom("active", "draining", "leaving") },
  })
  .map((given) => signProfile(given, signerOf(given.origin)));

const counters = fc.tuple(...Object.keys(noEnvoys).map((name) => fc.tuple(fc.constant(name), count)));
const plainBeacon: fc.Arbitrary<Beacon> = fc.record({
  ...{ genesis: rowId, author: boltId, incarnation: count, number: count, intervalMs: count, wallMs: count },
  ...{ digest: hexOf(16), head: fc.option(rowId), rank: count, stopping: flag },
  counters: counters.map((all) => Object.fromEntries(all) as unknown as Beacon["counters"]),
});
const beacon: fc.Arbitrary<SignedBeacon> = plainBeacon.map((given) => signBeacon(given, signerOf(given.author)));

const claim: fc.Arbitrary<JoinClaim> = fc.record({
  ...{ genesis: rowId, mint: rowId, tokenKey: boltId, key: boltId, name: text, patterns: texts, addresses },
});
const proof = claim.map((given) => signJoin(given, signerOf(given.key), signerOf(given.tokenKey)));

const as = <const K extends string>(kind: K): fc.Arbitrary<K> => fc.constant(kind);
const span = { after: fc.option(boltId), upTo: fc.option(boltId) };
const heads = few(fc.record({ author: boltId, heads: few(rowId) }));
const stamps = few(fc.record({ author: boltId, stamp: hexOf(8) }));
const say: fc.Arbitrary<Say> = fc.oneof(
  fc.record({ say: fc.constantFrom("beacon", "newest"), beacon }),
  fc.record({ say: as("row"), row }),
  fc.record({ say: as("hearing"), multicast: flag }),
);
const request: fc.Arbitrary<PeerRequest> = fc.oneof(
  fc.record({
    ask: as("reconcile"),
    vector: fc.record({ heads, profiles: stamps, ...span }),
    digest: hexOf(32),
  }),
  fc.record({ ask: as("fetch"), ids: few(rowId), locator: few(fc.record({ author: boltId, ids: few(rowId) })) }),
  fc.record({ ask: as("offer"), rows: few(row), profiles: few(profile) }),
  fc.record({ ask: fc.constantFrom("redeem", "join"), proof, page: small }),
  fc.record({ ask: fc.constantFrom("beacon-of", "heads-of"), author: boltId }),
  fc.record({ ask: as("remove"), target: boltId, cut: fc.option(few(rowId)) }),
  fc.record({ ask: as("present"), rows: few(row), more: flag }),
  fc.record({ ask: as("status") }),
);
const refusal = fc.record(
  { code: fc.constantFrom("BUSY", "TOKEN_SPENT"), message: text, value: text, next: text, retryAfterS: small },
  { requiredKeys: ["code", "message"] },
);
const reply: fc.Arbitrary<PeerReply> = fc.oneof(
  fc.record({
    reply: as("reconcile"),
    ...{ rows: few(row), profiles: few(profile), theirs: heads, newer: heads, lacks: few(boltId), more: flag, ...span },
  }),
  fc.record({ reply: fc.constantFrom("fetch", "heads"), rows: few(row), more: flag }),
  fc.record({ reply: as("took") }),
  fc.record({ reply: as("admitted"), admit: rowId, rows: few(row), page: small, pages: small }),
  fc.record({ reply: as("beacon"), beacon: fc.option(beacon), fresh: fc.constant(null), heldMs }),
  fc.record({ reply: as("removed"), row: rowId }),
  fc.record({ reply: as("refused"), refusal, row: fc.option(row) }),
);
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ frame: as("say"), say, heldMs }),
  fc.record({ frame: as("request"), request }),
  fc.record({ frame: as("reply"), reply }),
);

/** The bytes cut somewhere, or with some bits flipped. */
function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 3 });
  return fc.tuple(bytes, fc.nat(), flag, flips).map(([whole, at, isCut, all]) => {
    if (isCut) return whole.slice(0, at % Math.max(1, whole.length));
    const changed = whole.slice();
    for (const [where, bit] of all) {
      const index = where % changed.length;
      changed[index] = (changed[index] ?? 0) ^ (1 << bit);
    }
    return changed;
  });
}

/** Every signed thing in a message. */
function signedIn(value: unknown): { message: unknown; bytes: Uint8Array; signature: Uint8Array }[] {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [];
  if ("signature" in value) return [value as ReturnType<typeof signedIn>[number]];
  return Object.values(value).flatMap(signedIn);
}

test("WI-5 a frame of any kind with anything in it is decoded as it was encoded, signed bytes unchanged", () => {
  fc.assert(
    fc.property(frame, (given) => {
      expect(decodeFrame(encodeFrame(given), toyVerifier)).toEqual(given);
    }),
    { numRuns: 2_000 },
  );
});

test("WI-6 WI-2 T13 a cut or flipped frame gives Malformed or a frame whose signed parts are whole", () => {
  let read = 0;
  fc.assert(
    fc.property(damaged(frame.map(encodeFrame)), (bytes) => {
      const decoded = decodeFrame(bytes, toyVerifier);
      if (decoded instanceof Malformed) return;
      read++;
      for (const part of signedIn(decoded)) {
        const { message } = part;
        const sealed = sealedOf(part);
        if (typeof message !== "object" || message === null) throw new Error("a message is an object");
        if ("body" in message) expect(checkRow(sealed, toyVerifier)).toEqual(part);
        else if ("counters" in message) {
          expect(checkBeacon(sealed, (message as Beacon).genesis, toyVerifier)).toEqual(part);
        }
      }
      expect(decodeFrame(encodeFrame(decoded), toyVerifier)).toEqual(decoded);
    }),
    { numRuns: 4_000 },
  );
  // Flips that do no harm (a flag, a number) are read: the property is not about nothing.
  expect(read).toBeGreaterThan(50);
});

test("WI-5 WI-1 a beacon or row goes through a datagram as it was, and through none of another spanner", () => {
  const message = fc.oneof(
    beacon.map((given) => ({ beacon: given })),
    row.map((given) => ({ row: given })),
  );
  fc.assert(
    fc.property(message, rowId, (given, genesis) => {
      const isBeacon = "beacon" in given;
      const keys = datagramKeys(isBeacon ? given.beacon.message.genesis : genesis, "prod");
      const bytes = datagramOf(given, keys);
      if (bytes === undefined) return;
      const framed = unframeDatagram(bytes, keys);
      if (typeof framed === "string") throw new Error(framed);
      expect(isMacRight(framed, keys)).toBe(true);
      const marks = new Map<BoltId, { incarnation: number; number: number }>();
      if (isBeacon) marks.set(given.beacon.message.author, { incarnation: 0, number: 0 });
      const judged = new DatagramGate().judge(bytes, keys, marks, toyVerifier, micros(0));
      const said = isBeacon ? { say: "beacon", beacon: given.beacon } : { say: "row", row: given.row };
      expect(judged).toEqual({ ok: true, say: said });
      expect(unframeDatagram(bytes, datagramKeys(keys.genesis, "other"))).toBe("foreign");
    }),
    { numRuns: 1_000 },
  );
});

test("WI-1 WI-2 T15 T23 a cut or flipped datagram is dropped for a reason, whatever it held", () => {
  const genesis = "1a".repeat(32) as RowId;
  const keys = datagramKeys(genesis, "prod");
  const ours = plainBeacon.map((given) => signBeacon({ ...given, genesis }, signerOf(given.author)));
  const whole = fc.oneof(
    ours.map((given) => datagramOf({ beacon: given }, keys) ?? new Uint8Array(1)),
    row.map((given) => datagramOf({ row: given }, keys) ?? new Uint8Array(1)),
  );
  const marks = new Map(["east", "west", "north"].map((name) => [keyOf(name), { incarnation: 0, number: 0 }]));
  fc.assert(
    fc.property(whole, fc.nat(), fc.nat(7), (bytes, at, bit) => {
      const cut = bytes.slice(0, at % bytes.length);
      const flipped = bytes.map((byte, index) => (index === at % bytes.length ? byte ^ (1 << bit) : byte));
      for (const wrong of [cut, flipped]) {
        expect(new DatagramGate().judge(wrong, keys, marks, toyVerifier, micros(0)).ok).toBe(false);
      }
    }),
    { numRuns: 2_000 },
  );
});

const bundle: fc.Arbitrary<OpenBundle> = fc.record({
  bundle: fc.record({
    ...{ genesis: rowId, spannerId: text, mint: rowId, minter: boltId, tokenKey: boltId, expiresMs: count },
    ...{ pin: hexOf(32), addresses: fc.array(text, { maxLength: rowLimits.addresses }) },
  }),
  tokenSeed: bytesOf(32),
});

test("WI-8 a bundle comes back from its text, and any text gives a bundle or BUNDLE_CORRUPT", () => {
  fc.assert(
    fc.property(bundle, fc.nat(), (given, at) => {
      const code = encodeBundle(given);
      expect(decodeBundle(code)).toEqual({ ok: true, value: given });
      expect(decodeBundle(code.slice(0, at % code.length))).toMatchObject({ refusal: { code: "BUNDLE_CORRUPT" } });
    }),
    { numRuns: 500 },
  );
  const near = fc.string({ unit: "binary", maxLength: 300 }).map((rest) => `vigo1-${rest}`);
  const alphabet = fc.stringMatching(/^[\w-]*$/u).map((rest) => `vigo1-${rest}`);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), near, alphabet), (given) => {
      expect(decodeBundle(given)).toMatchObject({ ok: false, refusal: { code: "BUNDLE_CORRUPT" } });
    }),
    { numRuns: 3_000 },
  );
});

const box = (label: string): Secret => Object.freeze({ label }) as Secret;

test("WI-12 what is recorded is read back as it was, maps, sets, bytes and signed messages too", () => {
  const value = fc.record({
    ...{ frame, proof, profile, bytes: bytesOf(9), nothing: fc.constant(null), number: fc.integer(), plain: text },
    map: fc
      .array(
        fc.tuple(
          boltId,
          few(rowId).map((ids) => new Set(ids)),
        ),
      )
      .map((entries) => new Map(entries)),
    secret: text.map(box),
  });
  fc.assert(
    fc.property(value, (given) => {
      const line = recordedText(given);
      expect(line).not.toContain("\n");
      expect(fromRecordedText(line, toyVerifier, box)).toEqual(given);
    }),
    { numRuns: 500 },
  );
});

test("WI-12 a damaged line of a recording is read as something or is Malformed, never another exception", () => {
  const line = fc
    .record({ frame, bytes: bytesOf(4), map: fc.constant(new Map([[1, new Set([2])]])) })
    .map(recordedText);
  const change = fc.tuple(fc.nat(), fc.constantFrom("", "0", "z", '"', "}", "[", '"$":', "null"));
  const tagged = fc.record({
    $: fc.constantFrom("bytes", "map", "set", "secret", "row", "profile", "beacon", "join", "other"),
    ...{ hex: fc.jsonValue(), of: fc.jsonValue(), claim: fc.jsonValue(), payload: fc.jsonValue() },
    ...{ signature: fc.constantFrom("", "00", "zz", 7), tokenProof: fc.constant("00"), genesis: fc.jsonValue() },
  });
  const changed = fc.tuple(line, fc.array(change, { minLength: 1, maxLength: 3 })).map(([whole, all]) => {
    let damagedLine = whole;
    for (const [at, put] of all) {
      const where = at % damagedLine.length;
      damagedLine = damagedLine.slice(0, where) + put + damagedLine.slice(where + 1);
    }
    return damagedLine;
  });
  fc.assert(
    fc.property(
      fc.oneof(
        changed,
        tagged.map((given) => JSON.stringify(given)),
      ),
      (given) => {
        try {
          fromRecordedText(given, toyVerifier, box);
        } catch (caught) {
          expect(caught).toBeInstanceOf(Malformed);
        }
      },
    ),
    { numRuns: 3_000 },
  );
});
