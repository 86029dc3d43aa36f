/** Calls as protobuf. */
import { create } from "@bufbuild/protobuf";
import { absurd } from "../kernel/assert.ts";
import { idBytes } from "../kernel/id.ts";
import type { Fetch, Reconcile } from "../roster/exchange.ts";
import type { JoinProof, PeerRequest } from "../turn/peer.ts";
import {
  CutSchema,
  EmptySchema,
  FetchSchema,
  JoinSchema,
  OfferSchema,
  PresentSchema,
  ReconcileSchema,
  RemoveSchema,
  RequestSchema,
} from "./gen/spanner_pb.ts";
import type * as wire from "./gen/spanner_pb.ts";
import { bytesOf, packHeads, packSealed, packSpan } from "./parts.ts";

type Packed = Exclude<wire.Request["request"], { case: undefined }>;

export function packRequest(request: PeerRequest): wire.Request {
  return create(RequestSchema, { request: packed(request) });
}

function packed(request: PeerRequest): Packed {
  switch (request.ask) {
    case "reconcile":
      return { case: "reconcile", value: reconcile(request) };
    case "fetch":
      return { case: "fetch", value: fetch(request) };
    case "offer": {
      const [rows, profiles] = [request.rows.map(packSealed), request.profiles.map(packSealed)];
      return { case: "offer", value: create(OfferSchema, { rows, profiles }) };
    }
    case "redeem":
      return { case: "redeem", value: join(request.proof, request.page) };
    case "join":
      return { case: "join", value: join(request.proof, request.page) };
    case "beacon-of":
      return { case: "beaconOf", value: idBytes(request.author) };
    case "heads-of":
      return { case: "headsOf", value: idBytes(request.author) };
    case "remove": {
      const cut = request.cut === null ? {} : { cut: create(CutSchema, { rows: request.cut.map(idBytes) }) };
      return { case: "remove", value: create(RemoveSchema, { target: idBytes(request.target), ...cut }) };
    }
    case "present": {
      const rows = request.rows.map(packSealed);
      return { case: "present", value: create(PresentSchema, { rows, more: request.more }) };
    }
    case "status":
      return { case: "status", value: create(EmptySchema) };
    default:
      return absurd(request);
  }
}

function reconcile({ vector, digest }: Reconcile): wire.Reconcile {
  const profiles = vector.profiles.map(({ author, stamp }) => ({ author: idBytes(author), stamp: bytesOf(stamp) }));
  return create(ReconcileSchema, {
    vector: { heads: vector.heads.map(packHeads), profiles, span: packSpan(vector) },
    digest: bytesOf(digest),
  });
}

function fetch({ ids, locator }: Fetch): wire.Fetch {
  const locators = locator.map((one) => ({ author: idBytes(one.author), ids: one.ids.map(idBytes) }));
  return create(FetchSchema, { ids: ids.map(idBytes), locators });
}

function join({ message, signature }: JoinProof, page: number): wire.Join {
  const { claim, tokenProof } = message;
  return create(JoinSchema, {
    claim: {
      genesis: idBytes(claim.genesis),
      mint: idBytes(claim.mint),
      tokenKey: idBytes(claim.tokenKey),
      key: idBytes(claim.key),
      name: claim.name,
      patterns: [...claim.patterns],
      grpcAddresses: [...claim.addresses.grpc],
      apiAddresses: [...claim.addresses.api],
    },
    keyProof: signature,
    tokenProof,
    page,
  });
}
