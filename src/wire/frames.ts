/**
 * Frames as bytes and back (WI-5, WI-6). Decoding believes nothing: size first, then the schema, then every bound, and
 * signed parts become `Verified` only after their signatures were checked.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { absurd } from "../kernel/assert.ts";
import { Malformed } from "../kernel/bytes.ts";
import type { Frame } from "./frame.ts";
import { frameBytesMax } from "./frame.ts";
import { FrameSchema } from "./gen/spanner_pb.ts";
import type { Verifier } from "./genuine.ts";
import { packReply } from "./pack-reply.ts";
import { packRequest } from "./pack-request.ts";
import { packSay } from "./pack-say.ts";
import { unpackReply } from "./unpack-reply.ts";
import { unpackRequest } from "./unpack-request.ts";
import { unpackSay } from "./unpack-say.ts";

/** The frame as bytes. A reply that does not fit a frame is refused instead, so that nobody waits for it (WI-11). */
export function encodeFrame(frame: Frame): Uint8Array {
  const bytes = toBinary(FrameSchema, create(FrameSchema, { frame: packed(frame) }));
  if (frame.frame !== "reply" || bytes.length <= frameBytesMax) return bytes;
  const message = `The answer has ${bytes.length} bytes, more than a message between bolts may have.`;
  const refusal = { code: "ANSWER_TOO_LARGE", message, next: "ask that bolt itself with vigocli" };
  return encodeFrame({ frame: "reply", reply: { reply: "refused", refusal, row: null } });
}

type Packed = Exclude<ReturnType<typeof create<typeof FrameSchema>>["frame"], { case: undefined }>;

function packed(frame: Frame): Packed {
  switch (frame.frame) {
    case "say":
      return { case: "say", value: packSay(frame.say, frame.heldMs) };
    case "request":
      return { case: "request", value: packRequest(frame.request) };
    case "reply":
      return { case: "reply", value: packReply(frame.reply) };
    default:
      return absurd(frame);
  }
}

/** The frame of any bytes, or why they are none. Never throws. */
export function decodeFrame(bytes: Uint8Array, verifier: Verifier): Frame | Malformed {
  if (bytes.length > frameBytesMax) return new Malformed(`a frame of ${bytes.length} bytes`);
  try {
    return unpacked(bytes, verifier);
  } catch (error) {
    // The protobuf library throws errors of several kinds at bytes it cannot read; all of them mean this.
    return error instanceof Malformed ? error : new Malformed("not a frame");
  }
}

function unpacked(bytes: Uint8Array, verifier: Verifier): Frame {
  const { frame } = fromBinary(FrameSchema, bytes);
  switch (frame.case) {
    case "say":
      return { frame: "say", ...unpackSay(frame.value, verifier) };
    case "request":
      return { frame: "request", request: unpackRequest(frame.value, verifier) };
    case "reply":
      return { frame: "reply", reply: unpackReply(frame.value, verifier) };
    case undefined:
      throw new Malformed("a frame of an unknown kind");
    default:
      return absurd(frame);
  }
}

/** Fields of Frame and Request that hold a `present`, as the first bytes of such a frame show them. */
const requestTag = 0x12;
const presentTag = 0x4a;

/**
 * Whether these bytes are one `present` and nothing else: all that a stranger may ask, found out without decoding
 * (WI-9). A field behind it would take its place when decoded, so there may be none.
 */
export function isPresenting(bytes: Uint8Array): boolean {
  const request = fillingFrom(bytes, 0, requestTag);
  return request !== undefined && fillingFrom(bytes, request, presentTag) !== undefined;
}

/** Where the content begins of a field that begins here and reaches to the end; undefined when there is none. */
function fillingFrom(bytes: Uint8Array, start: number, tag: number): number | undefined {
  if (bytes[start] !== tag) return undefined;
  let length = 0;
  for (let at = start + 1; at < start + 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 0x80 ** (at - start - 1);
    if (byte < 0x80) return at + 1 + length === bytes.length ? at + 1 : undefined;
  }
  return undefined;
}
