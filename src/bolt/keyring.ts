/**
 * What wire and the host may know of a bolt's trust: whose beacons are wanted, with whom to hold streams, who was
 * removed. Built anew only when the roster or an address changed.
 */
import type { BoltId } from "../kernel/id.ts";
import { must } from "../kernel/assert.ts";
import type { SignedRow } from "../roster/row.ts";
import type { Member } from "../roster/view.ts";
import type { Keyring, PeerAddress } from "./seam.ts";
import type { SharedWorld } from "./world.ts";

/** What gossip knows that the keyring shows. */
export interface KeyringSource {
  highWater(): ReadonlyMap<BoltId, { readonly incarnation: number; readonly number: number }>;
  /** Another map whenever an address changed. */
  repointed(): ReadonlyMap<BoltId, string>;
  /** This bolt has left, and its last row still has to reach someone. */
  lingers(): boolean;
}

export class KeyringKeeper {
  #version = 0;
  #cached: Keyring | null = null;
  #repointed: ReadonlyMap<BoltId, string> | null = null;
  #lingers = false;

  /** Call when roster, phase or an address changed. */
  forget(): void {
    this.#cached = null;
  }

  read(world: SharedWorld, source: KeyringSource): Keyring {
    if (source.repointed() !== this.#repointed || source.lingers() !== this.#lingers) this.forget();
    this.#cached ??= this.#build(world, source);
    return this.#cached;
  }

  #build(world: SharedWorld, source: KeyringSource): Keyring {
    this.#version++;
    const view = world.roster.view();
    const repointed = source.repointed();
    this.#repointed = repointed;
    this.#lingers = source.lingers();
    const removed = new Map<BoltId, SignedRow>();
    for (const member of view.taken) {
      if (member.standing.is !== "removed") continue;
      removed.set(member.id, must(world.roster.get(member.standing.row), "a counting REMOVE is held"));
    }
    const isIn = world.phase === "member" || world.phase === "leaving" || world.phase === "orphaned";
    const listens = isIn || this.#lingers;
    return {
      self: world.self,
      genesis: listens ? view.genesis : null,
      authors: source.highWater(),
      peers: listens ? view.members.filter((member) => member.id !== world.self).map((member) => address(member)) : [],
      removed,
      version: this.#version,
    };

    function address(member: Member): PeerAddress {
      const profile = world.roster.profile(member.id)?.message;
      const own = profile?.addresses.grpc ?? member.addresses.grpc;
      const local = repointed.get(member.id);
      return {
        bolt: member.id,
        grpc: local === undefined ? own : [local, ...own],
        tlsPin: profile?.tlsPin ?? null,
        caCertificate: profile?.caCertificate ?? new Uint8Array(0),
      };
    }
  }
}
