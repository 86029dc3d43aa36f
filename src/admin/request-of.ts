/** Turns a judged input into what the bolt is asked. Secrets are boxed here and opened nowhere in the core. */
import { fromHex } from "../kernel/hex.ts";
import type { BoltId } from "../kernel/id.ts";
import { done } from "../kernel/refusal.ts";
import type { Outcome } from "../kernel/refusal.ts";
import { toMs } from "../kernel/time.ts";
import { boxSecret } from "../host/secret.ts";
import { drawKey } from "../host/keys.ts";
import type { Seal } from "../host/seal-port.ts";
import type { AdminRequest } from "../turn/admin.ts";
import { decodeBundle } from "../wire/bundle.ts";
import { joinUrlRefusal } from "./join-url.ts";
import type { VerbName, VerbOrder } from "./verbs.ts";

export interface RequestTools {
  readonly seal: Pick<Seal, "generate">;
}

type Makers = { readonly [Name in VerbName]: (input: VerbOrder<Name>, tools: RequestTools) => Outcome<AdminRequest> };

const makers: Makers = {
  identity: () => done({ do: "identity" }),
  status: () => done({ do: "status" }),
  views: () => done({ do: "all-views" }),
  verify: () => done({ do: "verify" }),
  init: ({ dryRun }) => done({ do: "init", dryRun }),
  "bolt-show": ({ bolt }) => done({ do: "bolt-show", bolt }),
  invite: ({ ttl, bound, dryRun }) => done({ do: "invite", ttlMs: toMs(ttl), bound, dryRun }),
  "invite-list": () => done({ do: "invite-list" }),
  "invite-show": ({ invite }) => done({ do: "invite-show", invite }),
  "invite-revoke": ({ invite, dryRun }) => done({ do: "invite-revoke", invite, dryRun }),
  join: ({ code, from, allowAddress, dryRun }) => {
    const read = decodeBundle(code);
    if (!read.ok) return read;
    const refusal = joinUrlRefusal(from, allowAddress);
    if (refusal !== null) return { ok: false, refusal };
    const { bundle, tokenSeed: seed } = read.value;
    const tokenSeed = boxSecret("token key", seed);
    const urls = from.length === 0 ? bundle.addresses : from;
    return done({ do: "join", bundle, tokenSeed, from: urls, linkLocal: allowAddress, dryRun });
  },
  leave: ({ successor, dryRun }) => {
    const heir = successor === null ? null : { key: successor.key, consent: fromHex(successor.consent) };
    return done({ do: "leave", successor: heir, dryRun });
  },
  consent: ({ genesis, leaver }) => done({ do: "consent", genesis, leaver }),
  remove: ({ bolt, cut, recoverySeed, dryRun }, tools) => {
    const recovery = recoverySeed === null ? null : recoveryOf(recoverySeed, tools);
    return done({ do: "remove", bolt, cut, recovery, dryRun });
  },
  repoint: ({ bolt, address, dryRun }) => done({ do: "repoint", bolt, address, dryRun }),
  "route-explain": ({ hostname }) => done({ do: "route-explain", hostname }),
  evidence: ({ bolt, limit }) => done({ do: "evidence", bolt, limit }),
};

/** The request, or why the input makes none. */
export function requestOf(name: VerbName, input: unknown, tools: RequestTools): Outcome<AdminRequest> {
  const make = makers[name] as (input: unknown, tools: RequestTools) => Outcome<AdminRequest>;
  return make(input, tools);
}

function recoveryOf(
  seed: string,
  { seal }: RequestTools,
): { readonly publicKey: BoltId; readonly seed: ReturnType<typeof boxSecret> } {
  const { publicKey, secret } = drawKey(seal as Seal, fromHex(seed), "recovery key");
  return { publicKey, seed: secret };
}
