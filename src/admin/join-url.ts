/** Which URLs an operator may have asked for admission (T9): https, no credentials, and by default none link-local. */
import { isLinkLocal } from "../kernel/link-local.ts";
import type { Refusal } from "../kernel/refusal.ts";

/** Why one of them is not asked, or null. Names that turn out to be link-local are found when they are looked up. */
export function joinUrlRefusal(urls: readonly string[], linkLocal: boolean): Refusal | null {
  for (const text of urls) {
    const url = URL.canParse(text) ? new URL(text) : null;
    const isPlain = url?.protocol === "https:" && url.username === "" && url.password === "";
    if (!isPlain) {
      return refusal("A member is asked at an https URL without user and password.", text, "--from https://HOST:8443");
    }
    if (!linkLocal && isLinkLocal(url.hostname.replace(/^\[|\]$/gu, ""))) {
      return refusal("Link-local addresses are not asked.", text, "the same command with --allow-address");
    }
  }
  return null;
}

function refusal(message: string, value: string, next: string): Refusal {
  return { code: "ADDRESS_REFUSED", message, value, next };
}
