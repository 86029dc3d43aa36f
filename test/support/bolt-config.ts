/** The configuration of a bolt in tests that feed one by hand. */
import { ofMs } from "../../src/kernel/time.ts";
import type { BoltConfig } from "../../src/turn/turn.ts";

export function benchConfig(name: string): BoltConfig {
  return {
    mode: "spanner",
    spannerId: "test",
    name,
    patterns: [`*.${name}.example.com`],
    addresses: { grpc: [`${name}:1530`], api: [`https://${name}:8443`] },
    tier1Us: ofMs(30_000),
    tier2Us: ofMs(300_000),
    staleAfterUs: null,
    multicast: true,
    tlsPin: "0".repeat(64),
    caCertificate: new Uint8Array(0),
    softwareVersion: "test",
    licence: new Uint8Array(0),
  };
}
