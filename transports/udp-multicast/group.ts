/**
 * The multicast group of a spanner: datagrams out to whoever hears them, datagrams in from anyone. Never a reason to
 * stop: a group that cannot be joined, or is lost with its interface, is tried again, and streams carry on meanwhile.
 *
 *   joining --joined--> joined --error--> waiting --retry--> joining          any --close--> closed
 */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";

export interface GroupOrder {
  readonly group: string;
  readonly port: number;
  /** An IPv4 address of this machine; undefined lets the system choose. */
  readonly interface: string | undefined;
  readonly onDatagram: (bytes: Uint8Array, source: string) => void;
  /** Told whenever the group is joined or lost, with the reason. */
  readonly onState: (isJoined: boolean, why: string) => void;
  readonly retryMs?: number;
}

export interface GroupStats {
  readonly sent: number;
  readonly received: number;
  readonly failed: number;
}

/** Datagrams above this are not sent: they would be fragmented. */
const datagramBytesMax = 1_200;
const retryMsDefault = 5_000;
/** Own datagrams come back from the group; so many of the newest are known again. */
const ownKept = 32;

export class MulticastGroup {
  readonly #order: GroupOrder;
  readonly #own: Buffer[] = [];
  #socket: Socket | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;
  #stats = { sent: 0, received: 0, failed: 0 };

  constructor(order: GroupOrder) {
    this.#order = order;
    this.#join();
  }

  /** Sends to the group; lost when it is not joined. */
  send(bytes: Uint8Array): void {
    const { group, port } = this.#order;
    if (this.#socket === null || bytes.length > datagramBytesMax) {
      this.#stats.failed++;
      return;
    }
    const own = Buffer.from(bytes);
    this.#own.push(own);
    if (this.#own.length > ownKept) this.#own.shift();
    this.#socket.send(own, port, group, (error) => {
      if (error === null) this.#stats.sent++;
      else this.#stats.failed++;
    });
  }

  stats(): GroupStats {
    return { ...this.#stats };
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#drop();
  }

  #join(): void {
    const { group, port } = this.#order;
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    socket.on("error", (error) => this.#lost(socket, error.message));
    socket.on("message", (message, from) => this.#received(message, from.address));
    // Bound to the group itself, the socket hears nothing that was sent elsewhere.
    socket.bind({ address: group, port }, () => {
      try {
        socket.addMembership(group, this.#order.interface);
        if (this.#order.interface !== undefined) socket.setMulticastInterface(this.#order.interface);
        socket.setMulticastTTL(1);
        socket.setMulticastLoopback(true);
      } catch (error) {
        return this.#lost(socket, error instanceof Error ? error.message : "the group cannot be joined");
      }
      if (this.#isClosed) return socket.close();
      this.#socket = socket;
      this.#order.onState(true, "joined");
    });
  }

  #lost(socket: Socket, why: string): void {
    socket.removeAllListeners();
    socket.on("error", () => undefined);
    try {
      socket.close();
    } catch {
      // It was closed by the error itself.
    }
    this.#socket = null;
    if (this.#isClosed) return;
    this.#order.onState(false, why);
    this.#retry = setTimeout(() => this.#join(), this.#order.retryMs ?? retryMsDefault);
    this.#retry.unref();
  }

  #received(message: Buffer, source: string): void {
    const at = this.#own.findIndex((own) => own.equals(message));
    if (at >= 0) {
      this.#own.splice(at, 1);
      return;
    }
    this.#stats.received++;
    this.#order.onDatagram(new Uint8Array(message), source);
  }

  #drop(): void {
    this.#socket?.removeAllListeners();
    this.#socket?.close();
    this.#socket = null;
  }
}
