/**
 * Gathers what makes this machine this machine for a licence: machine id, primary network interface, TLS CA. A part
 * that cannot be found is an error that names it. src/license/machine.ts makes the text of it that licences carry.
 */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { NetworkInterfaceInfo } from "node:os";
import { compareText } from "../kernel/order.ts";
import { loadText } from "./files.ts";
import { Refused } from "./refused.ts";
import { pinOf } from "./pin.ts";

/** The three parts, each lower-case hex: as systemd writes it; six bytes with colons; SHA-256 of the CA's SPKI. */
export interface FingerprintParts {
  readonly machineId: string;
  readonly mac: string;
  readonly caSpki: string;
}

/** Where to look, for containers and tests; what is left out is the ordinary place. */
export interface FingerprintSources {
  readonly caPem: string;
  readonly machineIdFiles?: readonly string[];
  /** Interfaces by name, as node:os gives them. */
  readonly interfaces?: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
  /** Text in the form of /proc/net/route. */
  readonly routes?: string;
}

const machineIdFiles = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/** Gathers the parts from this machine. Throws `Refused` FINGERPRINT_INCOMPLETE naming the part that is missing. */
export function gatherFingerprint(sources: FingerprintSources): FingerprintParts {
  return {
    machineId: readMachineId(sources.machineIdFiles ?? machineIdFiles),
    mac: primaryMac(sources.interfaces ?? networkInterfaces(), sources.routes ?? readRoutes()),
    caSpki: pinOf(sources.caPem),
  };
}

function readMachineId(files: readonly string[]): string {
  for (const file of files) {
    const text = loadText(file, 4_096)?.trim().toLowerCase();
    if (text !== undefined && /^[0-9a-f]{32}$/.test(text)) return text;
  }
  const message = "The machine has no machine id, which its fingerprint needs.";
  throw incomplete(message, files.join(" "), "systemd-machine-id-setup, or dbus-uuidgen --ensure=/etc/machine-id");
}

/**
 * The hardware address of the interface that has the default route with the lowest metric; without such a route, of
 * the first interface by name that has one.
 */
function primaryMac(interfaces: NonNullable<FingerprintSources["interfaces"]>, routes: string): string {
  const names = Object.keys(interfaces).sort(compareText);
  for (const name of [...defaultRouteNames(routes), ...names]) {
    for (const { internal, mac } of interfaces[name] ?? []) {
      if (!internal && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac) && !/^[0:]+$/.test(mac)) return mac.toLowerCase();
    }
  }
  const message = "No network interface with a hardware address was found, which the machine's fingerprint needs.";
  throw incomplete(message, names.join(" "), "ip link");
}

function defaultRouteNames(routes: string): string[] {
  const defaults = routes.split("\n").flatMap((line) => {
    const [name, destination, , , , , metric, mask] = line.split(/\s+/);
    const isDefault = destination === "00000000" && mask === "00000000";
    return isDefault && name !== undefined ? [{ name, metric: Number(metric) }] : [];
  });
  return defaults.sort((a, b) => a.metric - b.metric || compareText(a.name, b.name)).map(({ name }) => name);
}

function readRoutes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return ""; // not Linux: the first interface by name will do
  }
}

function incomplete(message: string, value: string, next: string): Refused {
  return new Refused({ code: "FINGERPRINT_INCOMPLETE", message, value, next });
}
