/**
 * Rows and profiles as they travel: payload and signature. Checked ones become `Verified`; the proofs inside a body
 * are checked here too, and a body whose proof does not hold counts as nothing (WI-2).
 */
import { Malformed } from "../kernel/bytes.ts";
import { inDomain } from "../kernel/digest.ts";
import { idBytes } from "../kernel/id.ts";
import type { BoltId } from "../kernel/id.ts";
import type { Profile, SignedProfile } from "../roster/profile.ts";
import { decodeProfile, encodeProfile, profileDomain } from "../roster/profile-codec.ts";
import { decodeRow, encodeRow, innerProofs, rowDomain } from "../roster/row-codec.ts";
import type { Row, RowDraft, SignedRow } from "../roster/row.ts";
import { genuine } from "./genuine.ts";
import type { Signer, Verifier } from "./genuine.ts";

/** Bytes as signed, with the signature beside them. */
export interface Sealed {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** A row from elsewhere, or why it is none. */
export function checkRow(sealed: Sealed, verifier: Verifier): SignedRow | Malformed {
  const row = decodeRow(sealed.payload);
  if (row instanceof Malformed) return row;
  if (!isSignedBy(row.origin, rowDomain, sealed, verifier)) return new Malformed("row signature does not hold");
  return genuine(withProvenBody(row, verifier), row.origin, sealed.payload, sealed.signature);
}

/**
 * A row from own checksummed disk: its signature was checked before it got there. So were the proofs in its body, when
 * it was kept as `judged`, the kind of body it counted as; a body that counts as another kind now (a kind this version
 * came to know, or one whose proofs did not hold) is judged anew.
 */
export function trustRow(sealed: Sealed, judged: string, verifier: Verifier): SignedRow | Malformed {
  const row = decodeRow(sealed.payload);
  if (row instanceof Malformed) return row;
  const known = row.body.kind === judged ? row : withProvenBody(row, verifier);
  return genuine(known, row.origin, sealed.payload, sealed.signature);
}

/** Signs a draft. */
export function signRow(draft: RowDraft, signer: Signer, verifier: Verifier): SignedRow {
  const payload = encodeRow(draft.head, draft.body);
  const signature = signer.sign(inDomain(rowDomain, payload));
  const row = decodeRow(payload);
  if (row instanceof Malformed) throw row;
  return genuine(withProvenBody(row, verifier), row.origin, payload, signature);
}

/** A profile from elsewhere, or why it is none. */
export function checkProfile(sealed: Sealed, verifier: Verifier): SignedProfile | Malformed {
  const profile = decodeProfile(sealed.payload);
  if (profile instanceof Malformed) return profile;
  if (!isSignedBy(profile.origin, profileDomain, sealed, verifier)) {
    return new Malformed("profile signature does not hold");
  }
  return genuine(profile, profile.origin, sealed.payload, sealed.signature);
}

/** A profile from own checksummed disk. */
export function trustProfile(sealed: Sealed): SignedProfile | Malformed {
  const profile = decodeProfile(sealed.payload);
  if (profile instanceof Malformed) return profile;
  return genuine(profile, profile.origin, sealed.payload, sealed.signature);
}

export function signProfile(profile: Profile, signer: Signer): SignedProfile {
  const payload = encodeProfile(profile);
  return genuine(profile, signer.id, payload, signer.sign(inDomain(profileDomain, payload)));
}

function isSignedBy(key: BoltId, domain: string, sealed: Sealed, verifier: Verifier): boolean {
  const publicKey = idBytes(key);
  return (
    sealed.signature.length === 64 &&
    verifier.acceptsKey(publicKey) &&
    verifier.verify(publicKey, inDomain(domain, sealed.payload), sealed.signature)
  );
}

function withProvenBody(row: Row, verifier: Verifier): Row {
  for (const { publicKey, domain, bytes, signature } of innerProofs(row)) {
    const holds =
      verifier.acceptsKey(publicKey) &&
      (signature === null || verifier.verify(publicKey, inDomain(domain, bytes), signature));
    if (!holds) return { ...row, body: { kind: "inert", code: 0, why: "a proof in it does not hold" } };
  }
  return row;
}
