/**
 * PROFILE: what a bolt says about itself now (addresses, pins, version, state, licence), as a signed register: of two
 * the higher (term, incarnation, seq) wins, ties by the hash of the signed bytes. Not a log row, never ordered.
 */
import type { BoltId, RowId } from "../kernel/id.ts";
import type { Verified } from "../kernel/verified.ts";
import type { Addresses } from "./row.ts";

/** What a bolt does with its envoys. */
export type ServiceState = "active" | "draining" | "leaving";

export interface Profile {
  readonly genesis: RowId;
  readonly origin: BoltId;
  readonly term: number;
  readonly incarnation: number;
  readonly seq: number;
  readonly addresses: Addresses;
  /** SHA-256 of the public key of its TLS certificate, hex. */
  readonly tlsPin: string;
  /** Its CA certificate in DER; empty in simulations. */
  readonly caCertificate: Uint8Array;
  readonly softwareVersion: string;
  readonly state: ServiceState;
  /** Its licence file as installed; empty without one. */
  readonly licence: Uint8Array;
}

export type SignedProfile = Verified<Profile>;

/** The order of registers of one origin, before the tie-break by hash. */
export function compareStamps(
  a: { term: number; incarnation: number; seq: number },
  b: { term: number; incarnation: number; seq: number },
): number {
  return a.term - b.term || a.incarnation - b.incarnation || a.seq - b.seq;
}

export const profileLimits = { bytes: 24_576, caCertificateBytes: 4096, licenceBytes: 8192, versionBytes: 64 } as const;
