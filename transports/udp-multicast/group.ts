/**
 * The multicast group of a spanner. One socket hears the group and shares its port with other bolts of this host; a
 * second one sends, so that what comes back from ourselves is known by its port. Never throws, works without multicast,
 * and says which it is (TR-13, TR-14, TR-16).
 *
 *   joining --joined--> joined --error, or the interface went away--> waiting, longer each time --> joining
 *      '------------------------- refused by the system ----------------^
 */
import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import type { Refusal } from "../../src/kernel/refusal.ts";
import { Intake, intakeLimits } from "./intake.ts";
import type { HandUp } from "./intake.ts";
import { candidates, ownAddresses } from "./interface-address.ts";
import type { OwnAddress } from "./interface-address.ts";

export interface GroupOrder {
  readonly group: string;
  readonly port: number;
  /** An IPv4 address of this machine; undefined lets the system choose. */
  readonly interface: string | undefined;
  /** Called for one datagram after the other, never from within `send`. */
  readonly onDatagram: HandUp;
  /** Told whenever the group is joined or cannot be, with the reason; the refusal says it for an operator. */
  readonly onState: (isJoined: boolean, why: string, refusal: Refusal | null) => void;
  /** First wait before joining again, and how often to look whether the interface is still there. */
  readonly retryMs?: number;
  readonly watchMs?: number;
  /** The machine's addresses, looked at each time. */
  readonly addresses?: () => readonly OwnAddress[];
}

export interface GroupStats {
  readonly sent: number;
  readonly received: number;
  /** Could not be sent: not joined, too large, or refused by the system. */
  readonly failed: number;
  /** Came, but were dropped: too large, over the budget of their source, overrun by newer ones. */
  readonly oversize: number;
  readonly overBudget: number;
  readonly overrun: number;
}

/** Datagrams above this are neither sent nor believed: they would be fragmented. */
const datagramBytesMax = 1_200;
const retryMsDefault = 1_000;
const retryMsMax = 60_000;
const watchMsDefault = 5_000;

interface Joined {
  readonly hears: Socket;
  readonly says: Socket;
  /** The port that our own datagrams come from, and the addresses that can be ours. */
  readonly ownPort: number;
  readonly own: ReadonlySet<string>;
  /** What the machine's addresses looked like. */
  readonly surroundings: string;
}

export class MulticastGroup {
  readonly #order: GroupOrder;
  readonly #addresses: () => readonly OwnAddress[];
  readonly #intake: Intake;
  readonly #watch: NodeJS.Timeout;
  #joined: Joined | null = null;
  #retry: NodeJS.Timeout | null = null;
  #failures = 0;
  #isClosed = false;
  #sent = 0;
  #received = 0;
  #failed = 0;
  #oversize = 0;

  /** Joins in the background; `onState` tells how that went. */
  constructor(order: GroupOrder) {
    this.#order = order;
    this.#addresses = order.addresses ?? ownAddresses;
    this.#intake = new Intake(
      intakeLimits,
      (bytes, source) => {
        if (this.#isClosed) return;
        this.#received++;
        order.onDatagram(bytes, source);
      },
      () => performance.now(),
    );
    this.#watch = setInterval(() => this.#look(), order.watchMs ?? watchMsDefault);
    this.#watch.unref();
    void this.#join();
  }

  /** Sends to the group; lost when it is not joined. */
  send(bytes: Uint8Array): void {
    const { group, port } = this.#order;
    if (this.#joined === null || bytes.length > datagramBytesMax) {
      this.#failed++;
      return;
    }
    try {
      this.#joined.says.send(bytes, port, group, (error) => {
        if (error === null) this.#sent++;
        else this.#failed++;
      });
    } catch {
      this.#failed++; // the socket was closed under us
    }
  }

  stats(): GroupStats {
    const { overBudget, overrun } = this.#intake;
    return {
      sent: this.#sent,
      received: this.#received,
      failed: this.#failed,
      oversize: this.#oversize,
      overBudget,
      overrun,
    };
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watch);
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#leave();
    this.#intake.clear();
  }

  async #join(): Promise<void> {
    const all = this.#addresses();
    let last: unknown = null;
    for (const address of candidates(this.#order.interface, all)) {
      if (this.#isClosed) return;
      const hears = createSocket({ type: "udp4", reuseAddr: true });
      const says = createSocket({ type: "udp4" });
      try {
        await this.#open(hears, says, address);
        if (this.#isClosed) return discard(hears, says);
        this.#settle(hears, says, all);
        return;
      } catch (error) {
        discard(hears, says);
        last = error;
      }
    }
    this.#lost(last);
  }

  async #open(hears: Socket, says: Socket, address: string | undefined): Promise<void> {
    const { group, port } = this.#order;
    // Bound to the group itself, the socket hears nothing that was sent elsewhere; Windows cannot do that.
    await bound(hears, process.platform === "win32" ? { port } : { address: group, port });
    hears.addMembership(group, address);
    await bound(says, address === undefined ? { port: 0 } : { address, port: 0 });
    if (address !== undefined) says.setMulticastInterface(address);
    says.setMulticastTTL(1);
    says.setMulticastLoopback(true);
  }

  #settle(hears: Socket, says: Socket, all: readonly OwnAddress[]): void {
    const said = says.address();
    const own = new Set([said.address, ...all.map(({ address }) => address)]);
    const joined = { hears, says, ownPort: said.port, own, surroundings: textOf(all) };
    this.#joined = joined;
    this.#failures = 0;
    for (const socket of [hears, says]) {
      socket.on("error", (error) => {
        if (this.#joined === joined) this.#lost(error);
      });
    }
    hears.on("message", (message, from) => this.#heard(message, from, joined));
    this.#order.onState(true, "joined", null);
  }

  #heard(message: Buffer, from: RemoteInfo, { ownPort, own }: Joined): void {
    if (from.port === ownPort && own.has(from.address)) return;
    if (message.length > datagramBytesMax) this.#oversize++;
    else this.#intake.take(message, from.address, from.port);
  }

  /** Memberships vanish with their interface and no one is told, so we look. */
  #look(): void {
    const joined = this.#joined;
    if (joined === null || textOf(this.#addresses()) === joined.surroundings) return;
    this.#leave();
    void this.#join();
  }

  #lost(caught: unknown): void {
    this.#leave();
    if (this.#isClosed) return;
    const why = caught instanceof Error ? caught.message : "the group cannot be joined";
    this.#order.onState(false, why, refusalOf(caught, `${this.#order.group}:${this.#order.port}`));
    const waitMs = Math.min(retryMsMax, (this.#order.retryMs ?? retryMsDefault) * 2 ** Math.min(10, this.#failures++));
    this.#retry = setTimeout(() => void this.#join(), waitMs * (0.75 + Math.random() / 2));
    this.#retry.unref();
  }

  #leave(): void {
    const joined = this.#joined;
    this.#joined = null;
    if (joined !== null) discard(joined.hears, joined.says);
  }
}

/** What the system's error means to an operator. */
function refusalOf(caught: unknown, value: string): Refusal {
  const code = caught instanceof Error && "code" in caught ? String(caught.code) : "";
  if (code === "EADDRINUSE") {
    const message = "Another program uses the UDP port of the multicast group and does not share it.";
    return {
      code: "MULTICAST_PORT_IN_USE",
      message,
      value,
      next: "change spanner.transport.multicast_port on all bolts",
    };
  }
  if (code === "EACCES" || code === "EPERM") {
    const message = "This process has no right to use the UDP port of the multicast group.";
    return { code: "MULTICAST_DENIED", message, value, next: "choose a multicast_port above 1023, or allow the port" };
  }
  const message = "The multicast group cannot be joined on this machine; beacons go over peer streams.";
  const next = "correct spanner.transport.interface in server.yaml, or set multicast: off";
  return { code: "MULTICAST_UNAVAILABLE", message, value, next };
}

function bound(socket: Socket, where: { readonly address?: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(where, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

/** Closes sockets in whatever state they are. */
function discard(...sockets: readonly Socket[]): void {
  for (const socket of sockets) {
    socket.removeAllListeners();
    socket.on("error", () => undefined);
    try {
      socket.close();
    } catch {
      // It was closed by its own error.
    }
  }
}

function textOf(all: readonly OwnAddress[]): string {
  return all
    .map(({ name, address }) => `${name} ${address}`)
    .sort()
    .join(", ");
}
