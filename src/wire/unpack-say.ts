/** One-way messages from protobuf, checked. */
import { absurd } from "../kernel/assert.ts";
import { Malformed } from "../kernel/bytes.ts";
import type { Say } from "../turn/peer.ts";
import type * as wire from "./gen/spanner_pb.ts";
import type { Verifier } from "./genuine.ts";
import * as part from "./parts.ts";

export function unpackSay(message: wire.Say, verifier: Verifier): { readonly say: Say; readonly heldMs: number } {
  return { say: sayOf(message.say, verifier), heldMs: part.heldMs(message.heldMs) };
}

function sayOf(say: wire.Say["say"], verifier: Verifier): Say {
  switch (say.case) {
    case "beacon":
      return { say: "beacon", beacon: part.beacon(say.value, verifier) };
    case "newest":
      return { say: "newest", beacon: part.beacon(say.value, verifier) };
    case "row":
      return { say: "row", row: part.row(say.value, verifier) };
    case "hearing":
      return { say: "hearing", multicast: say.value };
    case undefined:
      throw new Malformed("a saying of an unknown kind");
    default:
      return absurd(say);
  }
}
