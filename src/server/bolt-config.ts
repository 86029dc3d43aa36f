/** What the core is told of server.yaml, of this machine and of its licence. */
import { X509Certificate } from "node:crypto";
import type { ServerConfig } from "../config/server-config.ts";
import { toMs } from "../kernel/time.ts";
import type { TlsMaterial } from "../system/tls.ts";
import type { LiveSettings } from "../turn/admin.ts";
import type { BoltConfig } from "../turn/turn.ts";
import type { Opened } from "./opened.ts";

/** This build, as peers are told. */
export const softwareVersion = "0.1.0";

/** Ports in force: those of the config unless it left them to the system. */
export interface Ports {
  readonly grpc: number;
  readonly api: number;
}

export function boltConfigOf(opened: Opened, ports: Ports): BoltConfig {
  const { config, tls } = opened;
  return {
    mode: config.mode,
    spannerId: config.spannerId,
    name: config.name,
    patterns: config.patterns,
    addresses: addressesOf(config, ports),
    tier1Us: config.tier1Us,
    tier2Us: config.tier2Us,
    staleAfterUs: config.staleAfterUs,
    multicast: config.multicast.use !== "off",
    ...certificateOf(tls),
    softwareVersion,
    licence: opened.licenceFile,
  };
}

/** What may change by a reload. */
export function liveSettingsOf(config: ServerConfig, tls: TlsMaterial, licence: Uint8Array): LiveSettings {
  return {
    patterns: config.patterns,
    tier1Ms: toMs(config.tier1Us),
    tier2Ms: toMs(config.tier2Us),
    staleAfterMs: config.staleAfterUs === null ? null : toMs(config.staleAfterUs),
    ...certificateOf(tls),
    licence,
  };
}

function certificateOf(tls: TlsMaterial): Pick<BoltConfig, "tlsPin" | "caCertificate"> {
  return { tlsPin: tls.pin, caCertificate: new Uint8Array(new X509Certificate(tls.caPem).raw) };
}

function addressesOf(config: ServerConfig, ports: Ports): BoltConfig["addresses"] {
  const host = config.hostname.includes(":") ? `[${config.hostname}]` : config.hostname;
  return { grpc: [`${host}:${ports.grpc}`], api: [`https://${host}:${ports.api}`] };
}
