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

/** The frame as bytes. */
export function encodeFrame(frame: Frame): Uint8Array {
  return toBinary(FrameSchema, create(FrameSchema, { frame: packed(frame) }));
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

/** Whether these bytes begin as a `present` does: all that a stranger may ask, found out without decoding (WI-9). */
export function isPresenting(bytes: Uint8Array): boolean {
  if (bytes[0] !== requestTag) return false;
  let at = 1;
  while (at < 6 && ((bytes[at] ?? 0) & 0x80) !== 0) at++;
  return bytes[at + 1] === presentTag;
}
