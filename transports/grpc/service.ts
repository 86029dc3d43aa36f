/** The one method of VigoSpanner as grpc-js wants it: messages are PeerMessage, bounded before they are decoded. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ChannelOptions, ServiceDefinition } from "@grpc/grpc-js";
import { frameBytesMax } from "../../src/wire/frame.ts";
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { CarriedSchema, PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";

/** The largest message on a stream: a frame and a little head. */
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

/**
 * What cannot be read becomes a message without content, which ends the stream. The copy is a plain array of its own:
 * rows that are kept would otherwise hold on to a slab of Buffers.
 */
export function decode(bytes: Buffer): PeerMessage {
  try {
    return fromBinary(PeerMessageSchema, new Uint8Array(bytes));
  } catch {
    return create(PeerMessageSchema, {});
  }
}

/**
 * "I am still here": a reply to no call. Each side says it when it has said nothing else for a while, and neither side
 * answers it (TR-6).
 */
export function stillHere(): PeerMessage {
  const value = create(CarriedSchema, { call: 0n, isReply: true });
  return create(PeerMessageSchema, { message: { case: "carried", value } });
}

/** Whoever calls, sizes are bounded before anything is allocated. */
const sizes = {
  "grpc.max_receive_message_length": messageBytesMax,
  "grpc.max_send_message_length": messageBytesMax,
  "grpc.enable_channelz": 0,
} as const;

/** Streams of one connection, and how long one may stay without any. The ping clears away what is dead below us. */
export const listenOptions: ChannelOptions = {
  ...sizes,
  "grpc.max_concurrent_streams": 16,
  "grpc.max_connection_idle_ms": 60_000,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 20_000,
};

/** One try, one connection, no proxy: who dials again, and when, is decided here and not in grpc-js. */
export const dialOptions: ChannelOptions = {
  ...sizes,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.client_idle_timeout_ms": 2_147_483_647,
};
