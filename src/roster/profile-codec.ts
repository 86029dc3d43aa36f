/**
 * A profile's bytes: what its author signs in `profileDomain`. One value has one encoding; anything else is refused,
 * for a register that cannot be read cannot be ordered (RO-6).
 */
import { absurd, invariant } from "../kernel/assert.ts";
import { decoding, Malformed, Reader, Writer } from "../kernel/bytes.ts";
import { sha256 } from "../kernel/digest.ts";
import { toHex } from "../kernel/hex.ts";
import { boltIdOf, idBytes, rowIdOf } from "../kernel/id.ts";
import { compareText } from "../kernel/order.ts";
import { compareStamps, profileLimits } from "./profile.ts";
import type { Profile, ServiceState, SignedProfile } from "./profile.ts";
import { readAddresses, writeTexts } from "./row-body.ts";

/** What profiles are signed in. */
export const profileDomain = "vigo.profile.1";

const profileVersion = 1;
const pinBytes = 64;
const states: readonly ServiceState[] = ["active", "draining", "leaving"];

/** The payload of a profile. Throws `Bug` past the frame limit: writers check what they were given first. */
export function encodeProfile(profile: Profile): Uint8Array {
  const writer = new Writer().byte(profileVersion).fixed(idBytes(profile.genesis)).fixed(idBytes(profile.origin));
  writer.varint(profile.term).varint(profile.incarnation).varint(profile.seq);
  writeTexts(writer, profile.addresses.grpc);
  writeTexts(writer, profile.addresses.api);
  writer.text(profile.tlsPin).blob(profile.caCertificate).text(profile.softwareVersion);
  writer.byte(codeOf(profile.state)).blob(profile.licence);
  const payload = writer.finish();
  invariant(payload.length <= profileLimits.bytes, `a profile of ${payload.length} bytes is over the limit`);
  return payload;
}

/** The profile in these bytes, or why there is none. Never throws. */
export function decodeProfile(payload: Uint8Array): Profile | Malformed {
  if (payload.length > profileLimits.bytes) return new Malformed("profile is over its limit of bytes");
  return decoding(() => readProfile(payload));
}

/** SHA-256 of the signed bytes as 64 hex digits: names one state of a register. */
export function profileHash(profile: SignedProfile): string {
  return toHex(sha256(profile.bytes));
}

/** Positive when `a` wins over `b` as the register of one origin, 0 when they are one. */
export function compareProfiles(a: SignedProfile, b: SignedProfile): number {
  return compareStamps(a.message, b.message) || compareText(profileHash(a), profileHash(b));
}

function readProfile(payload: Uint8Array): Profile {
  const reader = new Reader(payload);
  if (reader.byte() !== profileVersion) throw new Malformed("a profile of another version");
  const profile: Profile = {
    genesis: rowIdOf(reader.fixed(32)),
    origin: boltIdOf(reader.fixed(32)),
    term: reader.varint(),
    incarnation: reader.varint(),
    seq: reader.varint(),
    addresses: readAddresses(reader),
    tlsPin: reader.text(pinBytes),
    caCertificate: reader.blob(profileLimits.caCertificateBytes),
    softwareVersion: reader.text(profileLimits.versionBytes),
    state: stateOf(reader.byte()),
    licence: reader.blob(profileLimits.licenceBytes),
  };
  reader.end();
  return profile;
}

function codeOf(state: ServiceState): number {
  switch (state) {
    case "active":
      return 0;
    case "draining":
      return 1;
    case "leaving":
      return 2;
    default:
      return absurd(state);
  }
}

function stateOf(code: number): ServiceState {
  const state = states[code];
  if (state === undefined) throw new Malformed("a service state this version does not know");
  return state;
}
