/**
 * Network namespaces of a test's own: one per machine, joined by a bridge in one more, so that a cable can be pulled.
 * Needs root and iproute2; everything is removed by name when the test ends.
 */
import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";

export interface Machine {
  readonly namespace: string;
  readonly address: string;
}

export class Network {
  readonly machines: readonly Machine[];
  readonly #bridge: string;

  constructor(count: number) {
    const tag = `v${process.pid % 100_000}`;
    this.#bridge = `${tag}b`;
    this.machines = Array.from({ length: count }, (_, at) => {
      return { namespace: `${tag}n${at}`, address: `10.77.0.${at + 1}` };
    });
    onTestFinished(() => this.#remove());
    this.#make();
  }

  /** Pulls the cable of a machine, or plugs it in again. */
  plug(machine: Machine, isPlugged: boolean): void {
    const at = this.machines.indexOf(machine);
    ip("-n", this.#bridge, "link", "set", `port${at}`, isPlugged ? "up" : "down");
  }

  #make(): void {
    ip("netns", "add", this.#bridge);
    ip("-n", this.#bridge, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
    ip("-n", this.#bridge, "link", "set", "br0", "up");
    for (const [at, { namespace, address }] of this.machines.entries()) {
      ip("netns", "add", namespace);
      ip("-n", this.#bridge, "link", "add", `port${at}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
      ip("-n", this.#bridge, "link", "set", `port${at}`, "master", "br0", "up");
      ip("-n", namespace, "addr", "add", `${address}/24`, "dev", "eth0");
      ip("-n", namespace, "link", "set", "eth0", "up");
      ip("-n", namespace, "link", "set", "lo", "up");
      ip("-n", namespace, "route", "add", "default", "dev", "eth0");
    }
  }

  #remove(): void {
    for (const namespace of [...this.machines.map((machine) => machine.namespace), this.#bridge]) {
      try {
        ip("netns", "delete", namespace);
      } catch {
        // It was never made, because an earlier step failed.
      }
    }
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}
