/** The bounds of frames: what is larger, longer or more than it may be is refused before anything is made of it. */
import { create, toBinary } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { concat, Malformed } from "../../../src/kernel/bytes.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { exchangeLimits } from "../../../src/roster/exchange.ts";
import { makeProfile } from "../../support/roster-builder.ts";
import { signProfile, signRow } from "../../../src/wire/rows.ts";
import { frameBytesMax } from "../../../src/wire/frame.ts";
import { decodeFrame, encodeFrame, isPresenting } from "../../../src/wire/frames.ts";
import { FrameSchema } from "../../../src/wire/gen/spanner_pb.ts";
import type { Verifier } from "../../../src/wire/genuine.ts";
import { listMax } from "../../../src/wire/parts.ts";
import { keyOf, signerOf, toyVerifier } from "../../support/toy-keys.ts";

const genesis = "1a".repeat(32) as RowId;
const east = signerOf(keyOf("east"));
const id = new Uint8Array(32).fill(7);

function claim(seq: number): { payload: Uint8Array; signature: Uint8Array } {
  const place = { genesis, prev: genesis, seen: genesis, wallMs: 5, incarnation: 1 };
  const head = { ...place, origin: east.id, seq, rank: seq };
  const { bytes, signature } = signRow({ head, body: { kind: "claim", patterns: ["*"] } }, east, toyVerifier);
  return { payload: bytes, signature };
}

type Wire = NonNullable<MessageInitShape<typeof FrameSchema>["frame"]>;

function bytesOf(frame: Wire): Uint8Array {
  return toBinary(FrameSchema, create(FrameSchema, { frame }));
}

function why(bytes: Uint8Array, verifier: Verifier = toyVerifier): string {
  const frame = decodeFrame(bytes, verifier);
  return frame instanceof Malformed ? frame.message : "read";
}

const asks = (request: NonNullable<Extract<Wire, { case: "request" }>["value"]>["request"] & {}): string =>
  why(bytesOf({ case: "request", value: { request } }));
const says = (reply: NonNullable<Extract<Wire, { case: "reply" }>["value"]>["reply"] & {}): string =>
  why(bytesOf({ case: "reply", value: { reply } }));
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

test("WI-6 T23 T24 a frame that is too large is refused before a byte of it is decoded", () => {
  const rows = times(800, claim(1));
  const large = bytesOf({ case: "request", value: { request: { case: "present", value: { rows, more: true } } } });
  expect(large.length).toBeGreaterThan(frameBytesMax);
  let asked = 0;
  const verifier: Verifier = { ...toyVerifier, acceptsKey: () => ++asked > 0 };
  expect(why(large, verifier)).toBe(`a frame of ${large.length} bytes`);
  expect(asked).toBe(0);
  const fit = Math.floor(frameBytesMax / (large.length / 800)) - 1;
  const whole = bytesOf({
    case: "request",
    value: { request: { case: "present", value: { rows: rows.slice(0, fit), more: true } } },
  });
  expect(why(whole, verifier)).toBe("read");
  expect(asked).toBe(fit);
});

test("WI-6 T24 lists, texts and numbers have their bounds, and the last that fits is read", () => {
  const ids = (count: number): string => asks({ case: "fetch", value: { ids: times(count, id), locators: [] } });
  expect([ids(256), ids(257)]).toEqual(["read", "a list of 257 items"]);
  const locators = (count: number): string =>
    asks({ case: "fetch", value: { ids: [], locators: times(count, { author: id, ids: [] }) } });
  expect([locators(exchangeLimits.fetchAuthors), locators(65)]).toEqual(["read", "a list of 65 items"]);
  const cut = (count: number): string =>
    asks({ case: "remove", value: { target: id, cut: { rows: times(count, id) } } });
  expect([cut(64), cut(65)]).toEqual(["read", "a list of 65 items"]);
  // Empty items are the cheapest to send: the list is refused, not the first of them.
  expect(asks({ case: "offer", value: { rows: times(listMax + 1, {}), profiles: [] } })).toBe("a list of 4097 items");
  const held = (heldMs: bigint): string => says({ case: "beacon", value: { heldMs } });
  expect([held(1_000_000_000_000n), held(1_000_000_000_001n)]).toEqual(["read", expect.stringContaining("held")]);
  const message = (length: number): string =>
    says({ case: "refused", value: { code: "NO", message: "x".repeat(length) } });
  expect([message(2_048), message(2_049)]).toEqual(["read", "a text of 2049 characters"]);
});

test("WI-6 a code is a code, ids have 32 bytes, signatures 64, and what is missing is missed", () => {
  for (const code of ["", "x", "No", "A\n", "1A", `A${"B".repeat(64)}`]) {
    expect([code, says({ case: "refused", value: { code, message: "" } })]).toEqual([code, "a refusal without a code"]);
  }
  for (const length of [0, 31, 33]) {
    expect(asks({ case: "beaconOf", value: new Uint8Array(length) })).toBe(`a key of ${length} bytes`);
    expect(says({ case: "removed", value: new Uint8Array(length) })).toBe(`a row id of ${length} bytes`);
  }
  expect(asks({ case: "reconcile", value: { digest: id } })).toBe("a vector is missing");
  expect(asks({ case: "reconcile", value: { digest: id, vector: { heads: [], profiles: [] } } })).toBe(
    "a span is missing",
  );
  const vector = { heads: [], profiles: [], span: {} };
  expect(asks({ case: "reconcile", value: { digest: id, vector } })).toBe("read");
  expect(asks({ case: "reconcile", value: { digest: id.slice(1), vector } })).toBe("31 bytes where 32 belong");
  expect(asks({ case: "join", value: {} })).toBe("a claim is missing");
  expect(says({ case: "beacon", value: { beacon: { genesis: id } } })).toBe("a beacon's content is missing");
  const kinds: Wire[] = [
    { case: "say", value: {} },
    { case: "request", value: {} },
    { case: "reply", value: {} },
  ];
  for (const kind of kinds) expect(why(bytesOf(kind))).toMatch(/ of an unknown kind$/u);
  expect(why(new Uint8Array(0))).toBe("a frame of an unknown kind");
});

test("WI-2 T10 T13 one bad row or profile spoils the frame it came in", () => {
  const offer = (rows: (typeof good)[], profiles: (typeof good)[] = []): string =>
    asks({ case: "offer", value: { rows, profiles } });
  const good = claim(1);
  const { message } = makeProfile("east", genesis);
  const profile = signProfile({ ...message, origin: east.id }, east);
  const sealed = { payload: profile.bytes, signature: profile.signature };
  expect(offer([good, claim(2)], [sealed])).toBe("read");
  const short = { ...good, signature: good.signature.slice(1) };
  expect(offer([good, short])).toBe("row signature does not hold");
  expect(offer([claim(2), { ...good, signature: claim(2).signature }])).toBe("row signature does not hold");
  expect(offer([good], [{ ...sealed, signature: good.signature }])).toBe("profile signature does not hold");
  // A row's signature says nothing of a profile of the same bytes, and the other way round.
  expect(offer([sealed])).not.toBe("read");
  const bytes = bytesOf({ case: "request", value: { request: { case: "offer", value: { rows: [good] } } } });
  expect(why(bytes, { ...toyVerifier, acceptsKey: () => false })).toBe("row signature does not hold");
});

test("WI-6 T45 nesting without end and lengths that lie give Malformed", () => {
  expect(why(new Uint8Array(60_000).fill(0x0b))).toBe("not a frame");
  expect(why(Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f))).toBe("not a frame");
  expect(why(Uint8Array.of(0x12, 0x7f, 0x4a))).toBe("not a frame");
});

test("WI-9 T5 T22 a present with anything behind it is none, however it is decoded", () => {
  const present = encodeFrame({ frame: "request", request: { ask: "present", rows: [], more: true } });
  const status = encodeFrame({ frame: "request", request: { ask: "status" } });
  expect([isPresenting(present), isPresenting(status)]).toEqual([true, false]);
  // Of two requests in one frame the last is decoded: a stranger would ask whatever it likes.
  const smuggled = concat(present, status);
  expect(decodeFrame(smuggled, toyVerifier)).toMatchObject({ request: { ask: "status" } });
  expect(isPresenting(smuggled)).toBe(false);
  const inner = concat(present.slice(2), status.slice(2));
  const inside = concat(Uint8Array.of(0x12, inner.length), inner);
  expect(decodeFrame(inside, toyVerifier)).toMatchObject({ request: { ask: "status" } });
  expect(isPresenting(inside)).toBe(false);
});

test("WI-11 T24 an answer larger than a frame is refused in so many words, and that fits", () => {
  const read = decodeFrame(bytesOf({ case: "say", value: { say: { case: "row", value: claim(1) } } }), toyVerifier);
  if (read instanceof Malformed || read.frame !== "say" || read.say.say !== "row") throw new Error("a row is read");
  const { row } = read.say;
  const bytes = encodeFrame({ frame: "reply", reply: { reply: "heads", rows: times(800, row), more: false } });
  expect(bytes.length).toBeLessThan(frameBytesMax);
  const refused = { frame: "reply", reply: { reply: "refused", refusal: { code: "ANSWER_TOO_LARGE" } } };
  expect(decodeFrame(bytes, toyVerifier)).toMatchObject(refused);
});
