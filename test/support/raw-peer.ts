/**
 * The other end of a peer stream as an attacker would build it: says what a test tells it to, over real TLS, and shows
 * what comes back. And machines between two ends that pass on, change, or swallow.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { create } from "@bufbuild/protobuf";
import { Client } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { TlsMaterial } from "../../src/system/tls.ts";
import type { Hello, PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { CarriedSchema, HelloProofSchema, PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";
import type { Signer } from "../../src/wire/genuine.ts";
import { pinOf } from "../../transports/grpc/certificate.ts";
import { drawProcess, makeHello, signHello } from "../../transports/grpc/hello.ts";
import { JudgingCredentials } from "../../transports/grpc/judging-credentials.ts";
import { GrpcPort } from "../../transports/grpc/port.ts";
import { decode, encode, serviceDefinition, streamPath } from "../../transports/grpc/service.ts";
import { Happenings, genesis, spannerId } from "./peer-ends.ts";

export type Heard = PeerMessage["message"] | { readonly case: "ended"; readonly value: string };

/** One raw stream, dialled or accepted. */
export class RawPeer {
  readonly heard = new Happenings<Heard>();
  readonly #write: (message: PeerMessage) => void;
  readonly #pause: () => void;
  tlsPin = "";

  constructor(write: (message: PeerMessage) => void, pause: () => void) {
    this.#write = write;
    this.#pause = pause;
  }

  send(message: PeerMessage["message"]): void {
    this.#write(create(PeerMessageSchema, { message }));
  }

  carry(call: bigint, frame: Uint8Array, patienceMs = 5_000, isReply = false): void {
    this.send({ case: "carried", value: create(CarriedSchema, { call, frame, patienceMs, isReply }) });
  }

  /** Reads nothing more, as a peer that hangs. */
  pause(): void {
    this.#pause();
  }

  /** Waits for a message of that kind. */
  async wait<Case extends Heard["case"]>(kind: Case): Promise<Extract<Heard, { case: Case }>> {
    return (await this.heard.first((one) => one.case === kind, String(kind))) as Extract<Heard, { case: Case }>;
  }

  /** Says hello as `self` and proves it with `signer`, which may be another. */
  async greet(
    self: Signer,
    options: { signer?: Signer; tlsPin?: string; hello?: Partial<Hello> } = {},
  ): Promise<Hello> {
    const own = { ...makeHello(self.id, genesis, spannerId, drawProcess()), ...options.hello };
    this.send({ case: "hello", value: own });
    const { value: theirs } = await this.wait("hello");
    const pair = { dialler: own, acceptor: theirs, tlsPin: options.tlsPin ?? this.tlsPin };
    this.prove(signHello(pair, "dialler", options.signer ?? self));
    return theirs;
  }

  prove(signature: Uint8Array): void {
    this.send({ case: "proof", value: create(HelloProofSchema, { signature }) });
  }
}

/** Calls a port whatever its certificate. */
export function dialRaw(port: number): Promise<RawPeer> {
  return new Promise((resolve, reject) => {
    const credentials = new JudgingCredentials(undefined, (certificate) => {
      peer.tlsPin = pinOf(certificate);
      resolve(peer);
      return undefined;
    });
    const client = new Client(`127.0.0.1:${port}`, credentials, {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_http_proxy": 0,
      "grpc.max_send_message_length": -1,
    });
    const stream = client.makeBidiStreamRequest<PeerMessage, PeerMessage>(streamPath, encode, decode);
    const peer = new RawPeer(
      (message) => void stream.write(message),
      () => stream.pause(),
    );
    stream.on("data", (message: PeerMessage) => peer.heard.add(message.message));
    stream.on("error", (error) => {
      peer.heard.add({ case: "ended", value: error.message });
      reject(error);
    });
    stream.on("end", () => peer.heard.add({ case: "ended", value: "" }));
    onTestFinished(() => {
      client.close();
      credentials.destroy();
    });
  });
}

/** Listens as a bolt would; each stream that comes is handed to `onPeer`. */
export async function listenRaw(tls: TlsMaterial, onPeer: (peer: RawPeer) => void): Promise<GrpcPort> {
  const port = await GrpcPort.open("127.0.0.1", 0, { certChain: tls.certPem, key: tls.keyPem });
  port.addService(serviceDefinition, {
    Stream: (stream: ServerDuplexStream<PeerMessage, PeerMessage>) => {
      const peer = new RawPeer(
        (message) => void stream.write(message),
        () => stream.pause(),
      );
      stream.on("data", (message: PeerMessage) => peer.heard.add(message.message));
      stream.on("error", () => undefined);
      for (const event of ["end", "cancelled"]) stream.on(event, () => peer.heard.add({ case: "ended", value: "" }));
      onPeer(peer);
    },
  });
  onTestFinished(() => port.close());
  return port;
}

/** A wire between a port of its own and another port: passes bytes on until told to swallow or to cut them. */
export class Wire {
  readonly port: number;
  readonly #sockets: Socket[];
  readonly #state: { swallows: boolean };

  private constructor(port: number, sockets: Socket[], state: { swallows: boolean }) {
    this.port = port;
    this.#sockets = sockets;
    this.#state = state;
  }

  static async to(target: number): Promise<Wire> {
    const sockets: Socket[] = [];
    const state = { swallows: false };
    const server = createServer((near) => {
      const far = connect(target, "127.0.0.1");
      sockets.push(near, far);
      for (const [from, to] of [[near, far] as const, [far, near] as const]) {
        from.on("data", (bytes: Buffer) => {
          if (!state.swallows) to.write(bytes);
        });
        from.on("error", () => undefined);
        from.on("close", () => {
          if (!state.swallows) to.destroy();
        });
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return new Wire((server.address() as AddressInfo).port, sockets, state);
  }

  /** From now on nothing gets through, and nobody is told. */
  swallow(): void {
    this.#state.swallows = true;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
