/** Bytes and order of profiles. */
import { expect, test } from "vitest";
import { Malformed } from "../../../src/kernel/bytes.ts";
import { compareProfiles, decodeProfile, encodeProfile, profileHash } from "../../../src/roster/profile-codec.ts";
import { profileLimits } from "../../../src/roster/profile.ts";
import { makeProfile, RosterScript } from "../../support/roster-builder.ts";

const { id: genesis } = new RosterScript().found("a").message;

test("RO-6 a profile comes back from its bytes as it was written", () => {
  for (const state of ["active", "draining", "leaving"] as const) {
    const { message, bytes } = makeProfile("a", genesis, { state, licence: Uint8Array.of(1, 2), term: 3 });
    expect(decodeProfile(bytes)).toEqual(message);
  }
});

test("RO-6 a profile that is truncated, prolonged, over a limit or of an unknown state is refused", () => {
  const { message, bytes } = makeProfile("a", genesis);
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeProfile(bytes.subarray(0, length))).toBeInstanceOf(Malformed);
  }
  expect(decodeProfile(Uint8Array.from([...bytes, 0]))).toBeInstanceOf(Malformed);
  expect(decodeProfile(new Uint8Array(profileLimits.bytes + 1))).toBeInstanceOf(Malformed);
  const licence = new Uint8Array(profileLimits.licenceBytes + 1);
  expect(decodeProfile(encodeProfile({ ...message, licence }))).toBeInstanceOf(Malformed);
  const strange = bytes.slice();
  strange[bytes.length - 2] = 9;
  expect(decodeProfile(strange)).toBeInstanceOf(Malformed);
});

test("RO-6 term goes before incarnation, that before seq, and the hash decides between equals", () => {
  const rising = [
    makeProfile("a", genesis, { incarnation: 1, seq: 9 }),
    makeProfile("a", genesis, { incarnation: 2, seq: 1 }),
    makeProfile("a", genesis, { term: 1, incarnation: 1, seq: 1 }),
  ];
  for (const [at, profile] of rising.entries()) {
    for (const [other, against] of rising.entries()) {
      expect(Math.sign(compareProfiles(profile, against))).toBe(Math.sign(at - other));
    }
  }
  const twins = [
    makeProfile("a", genesis, { softwareVersion: "x" }),
    makeProfile("a", genesis, { softwareVersion: "y" }),
  ];
  const [one, two] = [twins[0] ?? makeProfile("a", genesis), twins[1] ?? makeProfile("a", genesis)];
  expect(Math.sign(compareProfiles(one, two))).toBe(profileHash(one) > profileHash(two) ? 1 : -1);
});
