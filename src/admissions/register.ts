/**
 * This bolt's PROFILE: written when it becomes a member and whenever what it says has changed (AD-15). It must come
 * above any it ever signed: one signed by an incarnation above ours makes the bolt jump first.
 */
import { equalBytes } from "../kernel/bytes.ts";
import { must } from "../kernel/assert.ts";
import type { Profile } from "../roster/profile.ts";
import type { World } from "../turn/turn.ts";
import { sameTexts } from "./judge.ts";
import { isMember } from "./standing.ts";
import type { AdmissionsTurn, Office } from "./state.ts";

/** Writes the register when it says something else than the roster's newest. */
export function registerProfile(office: Office, turn: AdmissionsTurn): void {
  const { world } = turn;
  if (office.state.profileIsBeingWritten || !isMember(world) || world.storeFailed !== null) return;
  const self = must(world.self, "a member has a key");
  const held = world.roster.profile(self)?.message;
  const wanted = profileOf(world, held);
  if (held !== undefined) {
    if (saysTheSame(held, wanted)) return;
    if (held.incarnation > world.incarnation) return turn.offer({ fact: "jump", above: held.incarnation });
  }
  office.state.profileIsBeingWritten = true;
  turn.store([], [{ sign: "profile", profile: wanted }], { for: "profile" });
}

function profileOf(world: World, held: Profile | undefined): Profile {
  const { config } = world;
  const { addresses, tlsPin, caCertificate, softwareVersion, licence } = config;
  return {
    genesis: must(world.roster.view().genesis, "a member has a genesis"),
    origin: must(world.self, "a member has a key"),
    term: held?.term ?? 0,
    incarnation: world.incarnation,
    seq: held?.incarnation === world.incarnation ? held.seq + 1 : 1,
    addresses,
    tlsPin,
    caCertificate,
    softwareVersion,
    state: held?.state ?? "active",
    licence,
  };
}

function saysTheSame(a: Profile, b: Profile): boolean {
  return (
    a.tlsPin === b.tlsPin &&
    a.softwareVersion === b.softwareVersion &&
    a.state === b.state &&
    sameTexts(a.addresses.grpc, b.addresses.grpc) &&
    sameTexts(a.addresses.api, b.addresses.api) &&
    equalBytes(a.caCertificate, b.caCertificate) &&
    equalBytes(a.licence, b.licence)
  );
}

/** The register is on disk, or the disk failed; what changed in the meantime is written next. */
export function onProfileWritten(office: Office, turn: AdmissionsTurn): void {
  office.state.profileIsBeingWritten = false;
  registerProfile(office, turn);
}
