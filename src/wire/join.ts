/**
 * A joiner's proof: its own key and the token's both sign the same claim (docs/rules/WIRE.md WI-4). Worthless to
 * whoever carries it, so any member may relay it.
 */
import { Malformed } from "../kernel/bytes.ts";
import { inDomain } from "../kernel/digest.ts";
import { idBytes } from "../kernel/id.ts";
import { joinClaimBytes, joinDomain } from "../roster/row-codec.ts";
import type { JoinClaim, JoinProof } from "../turn/peer.ts";
import { genuine } from "./genuine.ts";
import type { Signer, Verifier } from "./genuine.ts";

/** Signs a claim with both keys. */
export function signJoin(claim: JoinClaim, joiner: Signer, token: Signer): JoinProof {
  const bytes = joinClaimBytes(claim);
  const signed = inDomain(joinDomain, bytes);
  return genuine({ claim, tokenProof: token.sign(signed) }, joiner.id, bytes, joiner.sign(signed));
}

/** A proof from a joiner or a relay, or why it is none. */
export function checkJoin(
  claim: JoinClaim,
  keyProof: Uint8Array,
  tokenProof: Uint8Array,
  verifier: Verifier,
): JoinProof | Malformed {
  const bytes = joinClaimBytes(claim);
  const signed = inDomain(joinDomain, bytes);
  const key = idBytes(claim.key);
  const token = idBytes(claim.tokenKey);
  if (!verifier.acceptsKey(key) || !verifier.acceptsKey(token)) return new Malformed("a key is not acceptable");
  if (!verifier.verify(key, signed, keyProof)) return new Malformed("the joiner's signature does not hold");
  if (!verifier.verify(token, signed, tokenProof)) return new Malformed("the token's signature does not hold");
  return genuine({ claim, tokenProof }, claim.key, bytes, keyProof);
}

/** A proof of a recording: its signatures were checked before it got there. */
export function trustJoin(claim: JoinClaim, keyProof: Uint8Array, tokenProof: Uint8Array): JoinProof {
  return genuine({ claim, tokenProof }, claim.key, joinClaimBytes(claim), keyProof);
}
