/**
 * The port that peer bolts call: TLS, HTTP/2, and a bound on connections. Sockets are our own, so that a dead one can
 * be cut; the certificate can be swapped while it listens (TR-10).
 */
import { X509Certificate } from "node:crypto";
import { createServer } from "node:net";
import type { Server as TcpServer, Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { ConnectionInjector, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { pinOf } from "./certificate.ts";
import { listenOptions } from "./service.ts";

/** What the server shows, in PEM; the chain begins with its own certificate. */
export interface ServerTls {
  readonly certChain: string;
  readonly key: string;
}

const handshakeMs = 5_000;
const connectionsMax = 40_000;
const closeMs = 1_000;

export class GrpcPort {
  readonly port: number;
  readonly #tcp: TcpServer;
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly #credentials: SwappableCredentials;
  readonly #sockets = new Map<string, Socket>();
  #pins: readonly string[];

  private constructor(tcp: TcpServer, port: number, credentials: SwappableCredentials) {
    this.port = port;
    this.#tcp = tcp;
    this.#credentials = credentials;
    this.#pins = [pinOfPem(credentials.shown.certChain)];
    this.#server = new Server(listenOptions);
    this.#injector = this.#server.createConnectionInjector(credentials);
    tcp.on("connection", (socket: Socket) => this.#take(socket));
  }

  /**
   * Listens; an empty host is every address of the machine, port 0 any free one. Rejects with the system's error
   * (EADDRINUSE, EACCES, EADDRNOTAVAIL) or with what is wrong with certificate and key.
   */
  static async open(host: string, port: number, tls: ServerTls): Promise<GrpcPort> {
    const credentials = new SwappableCredentials(tls);
    const tcp = createServer({ noDelay: true });
    tcp.maxConnections = connectionsMax;
    await new Promise<void>((resolve, reject) => {
      tcp.once("error", reject);
      tcp.listen(host === "" ? { port } : { host, port }, () => {
        tcp.off("error", reject);
        resolve();
      });
    });
    const bound = tcp.address();
    return new GrpcPort(tcp, bound !== null && typeof bound === "object" ? bound.port : port, credentials);
  }

  addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(definition, implementation);
  }

  /** Pins of the certificates that a connection may have begun with, the newest first. */
  pins(): readonly string[] {
    return this.#pins;
  }

  /** From now on new connections are shown this certificate; those that stand go on. Throws when it is unusable. */
  swapTls(tls: ServerTls): void {
    this.#credentials.swap(tls);
    this.#pins = [...new Set([pinOfPem(tls.certChain), ...this.#pins])].slice(0, 2);
  }

  /** Cuts the connection that comes from there. */
  cut(remote: string): void {
    this.#sockets.get(remote)?.destroy();
  }

  connectionCount(): number {
    return this.#sockets.size;
  }

  /** Takes no more connections, lets what is being sent go out, then closes all. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    this.#injector.drain(closeMs);
    const cut = setTimeout(() => this.#sockets.forEach((socket) => socket.destroy()), closeMs);
    await closed;
    clearTimeout(cut);
    this.#injector.destroy();
    this.#server.forceShutdown();
  }

  #take(socket: Socket): void {
    const remote = `${socket.remoteAddress ?? ""}:${socket.remotePort ?? 0}`;
    this.#sockets.set(remote, socket);
    socket.once("close", () => {
      if (this.#sockets.get(remote) === socket) this.#sockets.delete(remote);
    });
    socket.on("error", () => socket.destroy());
    this.#injector.injectConnection(socket);
  }
}

/** Server credentials of one certificate, which may be exchanged for another. */
class SwappableCredentials extends ServerCredentials {
  #shown: ServerTls;

  constructor(tls: ServerTls) {
    super({ requestCert: false, handshakeTimeout: handshakeMs, minVersion: "TLSv1.2" }, contextOf(tls));
    this.#shown = tls;
  }

  get shown(): ServerTls {
    return this.#shown;
  }

  swap(tls: ServerTls): void {
    this.updateSecureContextOptions(contextOf(tls));
    this.#shown = tls;
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** Throws when certificate and key do not belong together; grpc-js would only stop serving. */
function contextOf({ certChain, key }: ServerTls): { readonly cert: string; readonly key: string } {
  createSecureContext({ cert: certChain, key });
  return { cert: certChain, key };
}

function pinOfPem(certChain: string): string {
  return pinOf(new X509Certificate(certChain));
}
