/**
 * What the host signs and judges signatures with. Two things stand behind it: the one Ed25519 rule of all bolts, and
 * a stand-in for big simulations. Both pass one contract suite.
 */

/** A key pair; the seed is the private half and never leaves the host. Both have 32 bytes. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly seed: Uint8Array;
}

export interface Seal {
  /** The key pair of 32 random bytes which the caller drew; the same bytes give the same pair. */
  generate(seed: Uint8Array): KeyPair;
  /** The signature of the bytes, 64 bytes long; signing the same bytes again gives the same one. */
  sign(key: KeyPair, bytes: Uint8Array): Uint8Array;
  /** True when the key is accepted and the signature valid under it. Any lengths are judged, nothing throws. */
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
  /** True when signatures under the key may be believed at all. Any length is judged, nothing throws. */
  acceptsKey(publicKey: Uint8Array): boolean;
}
