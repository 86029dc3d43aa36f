/** Replies as protobuf. */
import { create } from "@bufbuild/protobuf";
import { absurd, invariant } from "../kernel/assert.ts";
import { idBytes } from "../kernel/id.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { ReconcileReply } from "../roster/exchange.ts";
import type { SignedRow } from "../roster/row.ts";
import type { PeerReply } from "../turn/peer.ts";
import {
  AdmittedSchema,
  BeaconReplySchema,
  EmptySchema,
  ReconcileReplySchema,
  RefusalSchema,
  ReplySchema,
  RowsReplySchema,
} from "./gen/spanner_pb.ts";
import type * as wire from "./gen/spanner_pb.ts";
import { packBeacon, packHeads, packSealed, packSpan } from "./parts.ts";

type Packed = Exclude<wire.Reply["reply"], { case: undefined }>;

export function packReply(reply: PeerReply): wire.Reply {
  return create(ReplySchema, { reply: packed(reply) });
}

function packed(reply: PeerReply): Packed {
  switch (reply.reply) {
    case "reconcile":
      return { case: "reconcile", value: reconcile(reply) };
    case "fetch":
      return { case: "fetch", value: rowsReply(reply.rows, reply.more) };
    case "took":
      return { case: "took", value: create(EmptySchema) };
    case "admitted": {
      const { admit, rows, page, pages } = reply;
      const value = create(AdmittedSchema, { admit: idBytes(admit), rows: rows.map(packSealed), page, pages });
      return { case: "admitted", value };
    }
    case "beacon":
      return { case: "beacon", value: beaconReply(reply) };
    case "heads":
      return { case: "heads", value: rowsReply(reply.rows, reply.more) };
    case "removed":
      return { case: "removed", value: idBytes(reply.row) };
    case "status":
      return { case: "status", value: JSON.stringify(reply.status) };
    case "refused":
      return { case: "refused", value: refusal(reply.refusal, reply.row) };
    default:
      return absurd(reply);
  }
}

function reconcile(reply: ReconcileReply): wire.ReconcileReply {
  return create(ReconcileReplySchema, {
    rows: reply.rows.map(packSealed),
    profiles: reply.profiles.map(packSealed),
    theirs: reply.theirs.map(packHeads),
    newer: reply.newer.map(packHeads),
    lacks: reply.lacks.map(idBytes),
    span: packSpan(reply),
    more: reply.more,
  });
}

function rowsReply(rows: readonly SignedRow[], more: boolean): wire.RowsReply {
  return create(RowsReplySchema, { rows: rows.map(packSealed), more });
}

function beaconReply({ beacon, fresh, heldMs }: Extract<PeerReply, { reply: "beacon" }>): wire.BeaconReply {
  invariant(fresh === null, "a fresh beacon is signed before it is packed");
  const held = BigInt(Math.max(0, Math.round(heldMs)));
  return create(BeaconReplySchema, beacon === null ? { heldMs: held } : { beacon: packBeacon(beacon), heldMs: held });
}

/** A refusal with the row that explains it. */
export function refusal(given: Refusal, row: SignedRow | null): wire.Refusal {
  const { code, message, value, next, retryAfterS } = given;
  return create(RefusalSchema, {
    code,
    message,
    ...(value === undefined ? {} : { value }),
    ...(next === undefined ? {} : { next }),
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
    ...(row === null ? {} : { row: packSealed(row) }),
  });
}
