/**
 * Plain values as text and back, for recordings: byte arrays, maps, sets and signed messages keep what they are, secret
 * boxes keep their label alone (T60, WI-12). A signed message is written as its bytes and read back from them, so a
 * recording cannot hold one whose parsed half differs.
 */
import { absurd } from "../kernel/assert.ts";
import { Malformed } from "../kernel/bytes.ts";
import { fromHex, toHex } from "../kernel/hex.ts";
import type { RowId } from "../kernel/id.ts";
import type { Secret, Verified } from "../kernel/verified.ts";
import { trustBeacon } from "./datagram.ts";
import type { Verifier } from "./genuine.ts";
import { trustJoin } from "./join.ts";
import type { Sealed } from "./rows.ts";
import { trustProfile, trustRow } from "./rows.ts";
import type { Row } from "../roster/row.ts";
import type { JoinClaim } from "../turn/peer.ts";

type Tagged =
  | { readonly $: "bytes"; readonly hex: string }
  | { readonly $: "map"; readonly of: readonly (readonly [unknown, unknown])[] }
  | { readonly $: "set"; readonly of: readonly unknown[] }
  | { readonly $: "secret"; readonly label: string }
  | { readonly $: "row"; readonly judged: string; readonly payload: string; readonly signature: string }
  | { readonly $: "profile"; readonly payload: string; readonly signature: string }
  | { readonly $: "beacon"; readonly genesis: RowId; readonly payload: string; readonly signature: string }
  | { readonly $: "join"; readonly claim: JoinClaim; readonly tokenProof: string; readonly signature: string };

/** The value as one line of JSON. */
export function recordedText(value: unknown): string {
  return JSON.stringify(tag(value));
}

/** The value again; `box` makes a stand-in for a secret that was not recorded. Throws `Malformed`. */
export function fromRecordedText(text: string, verifier: Verifier, box: (label: string) => Secret): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Malformed("a line of the recording is no JSON");
  }
  try {
    return untag(parsed, verifier, box);
  } catch (error) {
    // Whatever a damaged line trips over: odd hex, a list that is none, a tag nobody knows, nesting past the stack.
    throw error instanceof Malformed ? error : new Malformed("a line of the recording holds a value that is none");
  }
}

function tag(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { $: "bytes", hex: toHex(value) } satisfies Tagged;
  if (Array.isArray(value)) return value.map(tag);
  if (value instanceof Map) return { $: "map", of: [...value].map(([key, item]) => [tag(key), tag(item)]) };
  if (value instanceof Set) return { $: "set", of: [...value].map(tag) };
  if (isSigned(value)) return tagSigned(value);
  if (isSecret(value)) return { $: "secret", label: value.label } satisfies Tagged;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tag(item)]));
}

function isSigned(value: object): value is Verified<object> {
  return "message" in value && "signer" in value && "signature" in value && "bytes" in value;
}

function isSecret(value: object): value is Secret {
  return Object.isFrozen(value) && "label" in value && Object.keys(value).length === 1;
}

function tagSigned({ message, bytes, signature }: Verified<object>): Tagged {
  const sealed = { payload: toHex(bytes), signature: toHex(signature) };
  if ("body" in message) return { $: "row", judged: (message as Row).body.kind, ...sealed };
  if ("tlsPin" in message) return { $: "profile", ...sealed };
  if ("claim" in message) {
    const { claim, tokenProof } = message as { claim: JoinClaim; tokenProof: Uint8Array };
    return { $: "join", claim, tokenProof: toHex(tokenProof), signature: sealed.signature };
  }
  return { $: "beacon", genesis: (message as { genesis: RowId }).genesis, ...sealed };
}

function untag(value: unknown, verifier: Verifier, box: (label: string) => Secret): unknown {
  if (typeof value !== "object" || value === null) return value;
  const again = (inner: unknown): unknown => untag(inner, verifier, box);
  if (Array.isArray(value)) return value.map(again);
  if (!("$" in value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, again(item)]));
  const tagged = value as Tagged;
  switch (tagged.$) {
    case "bytes":
      return fromHex(tagged.hex);
    case "map":
      return new Map(tagged.of.map(([key, item]) => [again(key), again(item)]));
    case "set":
      return new Set(tagged.of.map(again));
    case "secret":
      return box(tagged.label);
    default:
      return untagSigned(tagged, verifier);
  }
}

function untagSigned(
  tagged: Extract<Tagged, { $: "row" | "profile" | "beacon" | "join" }>,
  verifier: Verifier,
): unknown {
  if (tagged.$ === "join") {
    return trustJoin(tagged.claim, fromHex(tagged.signature), fromHex(tagged.tokenProof));
  }
  const sealed: Sealed = { payload: fromHex(tagged.payload), signature: fromHex(tagged.signature) };
  const read = trusted(tagged, sealed, verifier);
  if (read instanceof Malformed) throw read;
  return read;
}

function trusted(
  tagged: Extract<Tagged, { $: "row" | "profile" | "beacon" }>,
  sealed: Sealed,
  verifier: Verifier,
): unknown {
  switch (tagged.$) {
    case "row":
      return trustRow(sealed, tagged.judged, verifier);
    case "profile":
      return trustProfile(sealed);
    case "beacon":
      return trustBeacon(sealed, tagged.genesis);
    default:
      return absurd(tagged);
  }
}
