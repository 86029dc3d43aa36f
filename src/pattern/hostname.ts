/**
 * The grammar of hostnames (RFC 1123 section 2.1, lengths of RFC 1035): labels of 1 to 63 letters, digits and
 * hyphens, no hyphen at either end of a label, 253 characters in all, no trailing dot. International names come in
 * their ASCII form (xn--...). Only what passes here is ever routed, stored or matched (T31). Carries PA-1 and PA-2.
 */
import type { Outcome } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { dotPlace, nameCharacter, placeOf } from "./alphabet.ts";

declare const hostnameBrand: unique symbol;

/** A valid hostname in lower case. */
export type Hostname = string & { readonly [hostnameBrand]: true };

/** Characters of a hostname and of one label, at most. */
export const hostnameLimit = 253;
export const labelLimit = 63;

/**
 * The hostname in lower case, or `HOSTNAME_INVALID` with a sentence that says what is wrong and where, counted from 1.
 * The message never repeats characters outside printable ASCII; `value` is the raw text.
 */
export function parseHostname(text: string): Outcome<Hostname> {
  const wrong = wrongWith(text);
  if (wrong === undefined) return done(text.toLowerCase() as Hostname);
  return refused({
    code: "HOSTNAME_INVALID",
    message: wrong,
    value: text,
    next: "Give the name as DNS knows it, for example web1.east.example.com.",
  });
}

/** Whether the text is a hostname already in lower case. */
export function isHostname(text: string): text is Hostname {
  return wrongWith(text) === undefined && text === text.toLowerCase();
}

function wrongWith(text: string): string | undefined {
  if (text === "") return "A hostname is empty.";
  if (text.length > hostnameLimit) {
    return `A hostname has at most ${hostnameLimit} characters; this one has ${text.length}.`;
  }
  let labelStart = 0;
  for (let at = 0; at <= text.length; at++) {
    const place = at === text.length ? dotPlace : placeOf(text.charCodeAt(at));
    if (place < 0) return wrongCharacter(text, at);
    if (place !== dotPlace) continue;
    const wrong = wrongLabel(text, labelStart, at);
    if (wrong !== undefined) return wrong;
    labelStart = at + 1;
  }
  return undefined;
}

function wrongCharacter(text: string, at: number): string {
  const allowed = "a hostname holds letters, digits, hyphens and dots only";
  const isForeign = text.charCodeAt(at) > 0x7f;
  const hint = isForeign ? "; write an international name in its xn-- form" : "";
  return `Character ${at + 1} is ${nameCharacter(text, at)}: ${allowed}${hint}.`;
}

function wrongLabel(text: string, start: number, end: number): string | undefined {
  if (start === end) {
    if (end === text.length) return "A hostname ends without a dot.";
    return start === 0 ? "A hostname begins without a dot." : `Characters ${end} and ${end + 1} are two dots in a row.`;
  }
  if (end - start > labelLimit) {
    const where = `the one that begins at character ${start + 1} has ${end - start}`;
    return `A part between dots has at most ${labelLimit} characters; ${where}.`;
  }
  if (text[start] === "-") return `Character ${start + 1} is a hyphen at the beginning of a part between dots.`;
  if (text[end - 1] === "-") return `Character ${end} is a hyphen at the end of a part between dots.`;
  return undefined;
}
