/** The one method of VigoSpanner as grpc-js wants it: messages are PeerMessage, bounded before they are decoded. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { frameBytesMax } from "../../src/wire/frame.ts";
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";

/** The largest message on a stream. */
export const messageBytesMax: number = frameBytesMax + 1_024;

export const streamPath = "/vigo.spanner.v1.VigoSpanner/Stream";

export const serviceDefinition: ServiceDefinition = {
  Stream: {
    path: streamPath,
    requestStream: true,
    responseStream: true,
    requestSerialize: encode,
    requestDeserialize: decode,
    responseSerialize: encode,
    responseDeserialize: decode,
  },
};

export function encode(message: PeerMessage): Buffer {
  return Buffer.from(toBinary(PeerMessageSchema, message));
}

/** What cannot be read becomes a message without content, which ends the stream. */
export function decode(bytes: Buffer): PeerMessage {
  try {
    return fromBinary(PeerMessageSchema, bytes);
  } catch {
    return create(PeerMessageSchema, {});
  }
}

/** Options of both ends: no compression, small messages, silence noticed within three seconds. */
export const channelOptions = {
  "grpc.max_receive_message_length": messageBytesMax,
  "grpc.max_send_message_length": messageBytesMax,
  "grpc.keepalive_time_ms": 2_000,
  "grpc.keepalive_timeout_ms": 1_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_retries": 0,
} as const;
