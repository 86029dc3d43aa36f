/** Replies from protobuf, checked. */
import { absurd } from "../kernel/assert.ts";
import { Malformed } from "../kernel/bytes.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { ReconcileReply } from "../roster/exchange.ts";
import type { SignedRow } from "../roster/row.ts";
import type { PeerReply } from "../turn/peer.ts";
import type * as wire from "./gen/spanner_pb.ts";
import type { Verifier } from "./genuine.ts";
import * as part from "./parts.ts";
import { readStatus } from "./status-text.ts";

/** Characters of a refusal's texts. */
const refusalCharacters = 2_048;
const codeForm = /^[A-Z][A-Z0-9_]{1,63}$/;

export function unpackReply({ reply }: wire.Reply, verifier: Verifier): PeerReply {
  switch (reply.case) {
    case "reconcile":
      return { reply: "reconcile", ...reconcile(reply.value, verifier) };
    case "fetch":
      return { reply: "fetch", rows: part.rows(reply.value.rows, verifier), more: reply.value.more };
    case "took":
      return { reply: "took" };
    case "admitted": {
      const { admit, rows, page, pages } = reply.value;
      return { reply: "admitted", admit: part.rowId(admit), rows: part.rows(rows, verifier), page, pages };
    }
    case "beacon": {
      const { beacon, heldMs } = reply.value;
      const held = beacon === undefined ? null : part.beacon(beacon, verifier);
      return { reply: "beacon", beacon: held, fresh: null, heldMs: part.heldMs(heldMs) };
    }
    case "heads":
      return { reply: "heads", rows: part.rows(reply.value.rows, verifier), more: reply.value.more };
    case "removed":
      return { reply: "removed", row: part.rowId(reply.value) };
    case "status":
      return { reply: "status", status: readStatus(reply.value) };
    case "refused":
      return { reply: "refused", ...refusal(reply.value, verifier) };
    case undefined:
      throw new Malformed("a reply of an unknown kind");
    default:
      return absurd(reply);
  }
}

function reconcile(reply: wire.ReconcileReply, verifier: Verifier): ReconcileReply {
  return {
    rows: part.rows(reply.rows, verifier),
    profiles: part.profiles(reply.profiles, verifier),
    theirs: part.listOf(reply.theirs, part.heads),
    newer: part.listOf(reply.newer, part.heads),
    lacks: part.listOf(reply.lacks, part.boltId),
    ...part.span(reply.span),
    more: reply.more,
  };
}

/** A refusal; a code that is none of ours is told as such. */
export function refusal(
  given: wire.Refusal,
  verifier: Verifier,
): { readonly refusal: Refusal; readonly row: SignedRow | null } {
  const { code, message, value, next, retryAfterS, row } = given;
  if (!codeForm.test(code)) throw new Malformed("a refusal without a code");
  return {
    refusal: {
      code,
      message: part.text(message, refusalCharacters),
      ...(value === undefined ? {} : { value: part.text(value, refusalCharacters) }),
      ...(next === undefined ? {} : { next: part.text(next, refusalCharacters) }),
      ...(retryAfterS === undefined ? {} : { retryAfterS }),
    },
    row: row === undefined ? null : part.row(row, verifier),
  };
}
