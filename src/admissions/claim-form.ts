/** Whether a name and patterns may stand in a row; checked before anything is spent, for the row would be inert. */
import { encodeUtf8 } from "../kernel/utf8.ts";
import type { Refusal } from "../kernel/refusal.ts";
import { parsePattern } from "../pattern/glob.ts";
import type { Claimed } from "../roster/row.ts";
import { rowLimits } from "../roster/row.ts";
import { claimInvalid } from "./refusals.ts";

const nameForm = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** What a row holds besides the claim: head, keys, proofs and lengths, generously. */
const rowOverheadBytes = 1_024;

/** The first thing wrong with what a bolt claims, or null. */
export function claimRefusal(claimed: Claimed): Refusal | null {
  if (!nameForm.test(claimed.name)) {
    return claimInvalid("A bolt's name has 1 to 63 of a-z, 0-9 and -, and no - at its ends.", claimed.name);
  }
  const { grpc, api } = claimed.addresses;
  const long = [...grpc, ...api].find((address) => encodeUtf8(address).length > rowLimits.addressBytes);
  if (long !== undefined) return claimInvalid(`An address has at most ${rowLimits.addressBytes} bytes.`, long);
  if (grpc.length > rowLimits.addresses || api.length > rowLimits.addresses) {
    return claimInvalid(
      `A bolt has at most ${rowLimits.addresses} addresses of a kind.`,
      String(grpc.length + api.length),
    );
  }
  return patternsRefusal(claimed.patterns) ?? sizeRefusal(claimed);
}

/** The first thing wrong with a list of patterns, or null. */
export function patternsRefusal(patterns: readonly string[]): Refusal | null {
  if (patterns.length > rowLimits.patterns) {
    return claimInvalid(`A bolt has at most ${rowLimits.patterns} patterns.`, String(patterns.length));
  }
  for (const pattern of patterns) {
    const parsed = parsePattern(pattern);
    if (!parsed.ok) return claimInvalid(parsed.refusal.message, pattern);
  }
  return patternsBytes(patterns) + rowOverheadBytes > rowLimits.rowBytes
    ? claimInvalid(`The patterns of a bolt fit in ${rowLimits.rowBytes - rowOverheadBytes} bytes.`, patterns[0] ?? "")
    : null;
}

function sizeRefusal(claimed: Claimed): Refusal | null {
  const addresses = [...claimed.addresses.grpc, ...claimed.addresses.api];
  const bytes = patternsBytes(claimed.patterns) + patternsBytes(addresses) + rowOverheadBytes;
  return bytes > rowLimits.rowBytes
    ? claimInvalid(
        `Patterns and addresses fit in ${rowLimits.rowBytes - rowOverheadBytes} bytes together.`,
        claimed.name,
      )
    : null;
}

function patternsBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + encodeUtf8(text).length + 2, 0);
}
