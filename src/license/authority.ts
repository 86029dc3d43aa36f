/**
 * The files of an authority: `authority.pub`, its public key, which is part of every installation, and the private key,
 * which never leaves whoever issues licences. Each is one line of text.
 */
import { fromHex, toHex } from "../kernel/hex.ts";
import type { Outcome } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";

const publicForm = /^vigo-authority-1 ([0-9a-f]{64})\s*$/;
const secretForm = /^vigo-authority-secret-1 ([0-9a-f]{64})\s*$/;

/** The text of `authority.pub`. */
export function authorityText(publicKey: Uint8Array): string {
  return `vigo-authority-1 ${toHex(publicKey)}\n`;
}

/** The text of an authority's private key file. */
export function authoritySecretText(seed: Uint8Array): string {
  return `vigo-authority-secret-1 ${toHex(seed)}\n`;
}

/**
 * The public key in `authority.pub`, 64 hex digits, or `AUTHORITY_CORRUPT`. `acceptsKey` is the one rule for keys
 * (T10): under others anyone could sign.
 */
export function parseAuthority(text: string, acceptsKey: (key: Uint8Array) => boolean): Outcome<string> {
  const key = publicForm.exec(text)?.[1];
  const code = "AUTHORITY_CORRUPT";
  const next = "Copy authority.pub again, as vigolicense keygen printed it.";
  if (key === undefined) {
    const isSecret = secretForm.test(text);
    const message = isSecret
      ? "This is an authority's private key; only authority.pub belongs here."
      : "This is no public key of an authority.";
    return refused({ code, message, next });
  }
  if (acceptsKey(fromHex(key))) return done(key);
  return refused({
    code,
    message: "This public key is not one that signatures may be believed under.",
    value: key,
    next,
  });
}

/** The 32 secret bytes of an authority's private key file, or `AUTHORITY_CORRUPT`; the text is never repeated. */
export function parseAuthoritySecret(text: string): Outcome<Uint8Array> {
  const seed = secretForm.exec(text)?.[1];
  if (seed !== undefined) return done(fromHex(seed));
  const message = "This is no private key of an authority.";
  return refused({ code: "AUTHORITY_CORRUPT", message, next: "vigolicense keygen --out FILE makes one." });
}
