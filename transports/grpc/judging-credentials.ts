/**
 * Channel credentials that look at the server's certificate themselves, on the connection that is then used, before
 * HTTP/2 begins. The ready-made ones of grpc-js cannot: they never call `checkServerIdentity` unless a root vouches for
 * the certificate, and show an unvouched one to nobody. Each object is for one connection.
 */
import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { connect } from "node:tls";
import { ChannelCredentials, credentials } from "@grpc/grpc-js";
import type { CallCredentials, experimental } from "@grpc/grpc-js";

/** Judges a certificate: an error refuses the connection. */
export type Judge = (certificate: X509Certificate) => Error | undefined;

export class JudgingCredentials extends ChannelCredentials {
  readonly #servername: string | undefined;
  readonly #judge: Judge;
  readonly #sockets = new Set<Socket>();

  /** `servername`: what to ask for by SNI; undefined when the peer is named by address. */
  constructor(servername: string | undefined, judge: Judge) {
    super();
    this.#servername = servername;
    this.#judge = judge;
  }

  /** Ends the connection at once. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    _target: unknown,
    _options: unknown,
    callCredentials?: CallCredentials,
  ): experimental.SecureConnector {
    return {
      connect: (socket) => this.#connect(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials ?? credentials.createEmpty(),
      destroy: () => undefined,
    };
  }

  #connect(socket: Socket): Promise<experimental.SecureConnectResult> {
    return new Promise((resolve, reject) => {
      const name = this.#servername === undefined ? {} : { servername: this.#servername };
      // Nobody vouches for a peer's certificate by its chain alone: the judge decides, then the hello.
      const tls = connect({ socket, ALPNProtocols: ["h2"], minVersion: "TLSv1.3", rejectUnauthorized: false, ...name });
      this.#sockets.add(tls);
      const refuse = (error: Error): void => {
        tls.destroy();
        reject(error);
      };
      tls.on("error", refuse);
      tls.once("close", () => {
        this.#sockets.delete(tls);
        reject(new Error("the connection was closed"));
      });
      tls.once("secureConnect", () => {
        const certificate = tls.getPeerX509Certificate();
        if (certificate === undefined) return refuse(new Error("it shows no certificate"));
        const fault = this.#judge(certificate);
        if (fault !== undefined) return refuse(fault);
        if (tls.alpnProtocol !== "h2") return refuse(new Error("it does not speak HTTP/2"));
        resolve({ socket: tls, secure: true });
      });
    });
  }
}
