/** Writes for tests of stores: real rows and profiles, sealed by the stand-in. */
import { createStandInSeal } from "../../src/seal/stand-in.ts";
import { signerOf } from "../../src/host/keys.ts";
import type { Seal } from "../../src/host/seal-port.ts";
import { must } from "../../src/kernel/assert.ts";
import { toHex } from "../../src/kernel/hex.ts";
import { rowIdOf } from "../../src/kernel/id.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import type { Write } from "../../src/roster/durable.ts";
import type { Profile, SignedProfile } from "../../src/roster/profile.ts";
import type { RowDraft, SignedRow } from "../../src/roster/row.ts";
import type { Signer } from "../../src/wire/genuine.ts";
import { signProfile, signRow } from "../../src/wire/rows.ts";

/** The seal behind everything here. */
export const seal: Seal = createStandInSeal(1);

/** The bolt called so. */
export function boltOf(name: string): Signer {
  const seed = new Uint8Array(32);
  new TextEncoder().encodeInto(name, seed);
  return signerOf(seal, seal.generate(seed));
}

export function idOf(name: string): BoltId {
  return boltOf(name).id;
}

/** As many claims of one bolt after a GENESIS, each naming the one before. */
export function someRows(count: number, name = "founder"): readonly SignedRow[] {
  const signer = boltOf(name);
  const rows: SignedRow[] = [];
  const write = (draft: RowDraft): void => void rows.push(signRow(draft, signer, seal));
  const first = { genesis: null, prev: null, seen: null, seq: 0, rank: 0 };
  const fixed = { origin: signer.id, incarnation: 1, wallMs: 1_700_000_000_000 };
  const addresses = { grpc: [`${name}.example:7443`], api: [`https://${name}.example`] };
  const founding = {
    kind: "genesis",
    spannerId: "test",
    name,
    patterns: ["*"],
    addresses,
    recoveryKey: signer.id,
  } as const;
  write({ head: { ...fixed, ...first }, body: founding });
  while (rows.length < count) {
    const last = must(rows[rows.length - 1], "founded").message;
    const genesis = must(rows[0], "founded").message.id;
    const place = { genesis, prev: last.id, seen: last.id, seq: last.seq + 1, rank: last.rank + 1 };
    write({ head: { ...fixed, ...place }, body: { kind: "claim", patterns: [`host-${rows.length}-*`] } });
  }
  return rows.slice(0, count);
}

/** An ADMIT by the founder of `someRows(1)` whose proofs do not hold: it counts as nothing. */
export function unprovenAdmit(): SignedRow {
  const signer = boltOf("founder");
  const [founding] = someRows(1);
  const genesis = must(founding, "a row").message.id;
  const proof = new Uint8Array(64).fill(7);
  const place = { genesis, prev: genesis, seen: genesis, seq: 1, rank: 1, incarnation: 1, wallMs: 0 };
  const claimed = { name: "joiner", patterns: ["j-*"], addresses: { grpc: [], api: [] } };
  const keys = { mint: genesis, tokenKey: idOf("token"), key: idOf("joiner"), keyProof: proof, tokenProof: proof };
  return signRow({ head: { ...place, origin: signer.id }, body: { kind: "admit", ...keys, ...claimed } }, signer, seal);
}

/** A profile of the bolt called so; differing stamps and versions give differing bytes. */
export function profileOf(name: string, stamp: Partial<Profile> = {}): SignedProfile {
  const signer = boltOf(name);
  const profile: Profile = {
    genesis: genesisOf("spanner"),
    origin: signer.id,
    term: 0,
    incarnation: 1,
    seq: 1,
    addresses: { grpc: [`${name}.example:7443`], api: [] },
    tlsPin: toHex(new Uint8Array(32).fill(1)),
    caCertificate: new Uint8Array([1, 2, 3]),
    softwareVersion: "test",
    state: "active",
    licence: new Uint8Array(0),
    ...stamp,
  };
  return signProfile(profile, signer);
}

/** The genesis of the spanner called so. */
export function genesisOf(name: string): RowId {
  const hash = new Uint8Array(32);
  new TextEncoder().encodeInto(name, hash);
  return rowIdOf(hash);
}

export function rowWrite(row: SignedRow): Write {
  return { put: "row", row };
}

export function settingWrite(name: string, value: string): Write {
  return { put: "setting", name, value };
}

export function evidenceWrite(about: string, number: number): Write {
  return { put: "evidence", about: idOf(about), wallMs: number, text: `seen ${number}` };
}

export function markWrite(author: string, incarnation: number, number: number): Write {
  return { put: "high-water", author: idOf(author), incarnation, number };
}
