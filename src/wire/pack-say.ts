/** One-way messages as protobuf. */
import { create } from "@bufbuild/protobuf";
import { absurd } from "../kernel/assert.ts";
import type { Say } from "../turn/peer.ts";
import { SaySchema } from "./gen/spanner_pb.ts";
import type * as wire from "./gen/spanner_pb.ts";
import { packBeacon, packSealed } from "./parts.ts";

export function packSay(say: Say, heldMs: number): wire.Say {
  return create(SaySchema, { heldMs: BigInt(Math.max(0, Math.round(heldMs))), say: packed(say) });
}

function packed(say: Say): Exclude<wire.Say["say"], { case: undefined }> {
  switch (say.say) {
    case "beacon":
      return { case: "beacon", value: packBeacon(say.beacon) };
    case "newest":
      return { case: "newest", value: packBeacon(say.beacon) };
    case "row":
      return { case: "row", value: packSealed(say.row) };
    case "hearing":
      return { case: "hearing", value: say.multicast };
    default:
      return absurd(say);
  }
}
