/** Calls from protobuf, checked. */
import { absurd } from "../kernel/assert.ts";
import { Malformed } from "../kernel/bytes.ts";
import type { Fetch, Reconcile } from "../roster/exchange.ts";
import { exchangeLimits } from "../roster/exchange.ts";
import { rowLimits } from "../roster/row.ts";
import type { JoinProof, PeerRequest } from "../turn/peer.ts";
import type * as wire from "./gen/spanner_pb.ts";
import type { Verifier } from "./genuine.ts";
import { checkJoin } from "./join.ts";
import * as part from "./parts.ts";

export function unpackRequest({ request }: wire.Request, verifier: Verifier): PeerRequest {
  switch (request.case) {
    case "reconcile":
      return { ask: "reconcile", ...reconcile(request.value) };
    case "fetch":
      return { ask: "fetch", ...fetch(request.value) };
    case "offer": {
      const { rows, profiles } = request.value;
      return { ask: "offer", rows: part.rows(rows, verifier), profiles: part.profiles(profiles, verifier) };
    }
    case "redeem":
      return { ask: "redeem", proof: join(request.value, verifier), page: request.value.page };
    case "join":
      return { ask: "join", proof: join(request.value, verifier), page: request.value.page };
    case "beaconOf":
      return { ask: "beacon-of", author: part.boltId(request.value) };
    case "headsOf":
      return { ask: "heads-of", author: part.boltId(request.value) };
    case "remove": {
      const { target, cut } = request.value;
      const rows = cut === undefined ? null : part.listOf(cut.rows, part.rowId, rowLimits.cutHeads);
      return { ask: "remove", target: part.boltId(target), cut: rows };
    }
    case "present":
      return { ask: "present", rows: part.rows(request.value.rows, verifier), more: request.value.more };
    case "status":
      return { ask: "status" };
    case undefined:
      throw new Malformed("a request of an unknown kind");
    default:
      return absurd(request);
  }
}

function reconcile({ vector, digest }: wire.Reconcile): Reconcile {
  const { heads, profiles, span } = part.need(vector, "a vector");
  const stamps = part.listOf(profiles, ({ author, stamp }) => {
    return { author: part.boltId(author), stamp: part.hexOf(stamp, 8) };
  });
  return {
    vector: { heads: part.listOf(heads, part.heads), profiles: stamps, ...part.span(span) },
    digest: part.hexOf(digest, 32),
  };
}

function fetch({ ids, locators }: wire.Fetch): Fetch {
  const locator = part.listOf(
    locators,
    (one) => ({ author: part.boltId(one.author), ids: part.listOf(one.ids, part.rowId) }),
    exchangeLimits.fetchAuthors,
  );
  return { ids: part.listOf(ids, part.rowId, exchangeLimits.fetchIds), locator };
}

function join({ claim, keyProof, tokenProof }: wire.Join, verifier: Verifier): JoinProof {
  const given = part.need(claim, "a claim");
  const name = part.text(given.name, rowLimits.nameBytes);
  const pattern = (text: string): string => part.text(text, rowLimits.patternBytes);
  const read = checkJoin(
    {
      genesis: part.rowId(given.genesis),
      mint: part.rowId(given.mint),
      tokenKey: part.boltId(given.tokenKey),
      key: part.boltId(given.key),
      name,
      patterns: part.listOf(given.patterns, pattern, rowLimits.patterns),
      addresses: part.addresses(given.grpcAddresses, given.apiAddresses),
    },
    part.signature(keyProof),
    part.signature(tokenProof),
    verifier,
  );
  if (read instanceof Malformed) throw read;
  return read;
}
