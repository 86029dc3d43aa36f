/**
 * `spanner bolt repoint`: an address of a peer that this bolt alone tries first, kept as a setting (GS-19). The roster
 * and what the peer says of itself stay as they are, and who answers there must prove the key all the same.
 */
import type { BoltId } from "../kernel/id.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { parseHostname } from "../pattern/hostname.ts";
import type { StoreFailure } from "../roster/durable.ts";
import { findBolt } from "../roster/find-bolt.ts";
import type { AdminRequest } from "../turn/admin.ts";
import type { CallId, World } from "../turn/turn.ts";
import { isSeated } from "./seats.ts";
import { repointSetting } from "./state.ts";
import type { Circle, GossipPurpose, GossipTurn } from "./state.ts";

type Repoint = Extract<AdminRequest, { do: "repoint" }>;
const ipv6LengthMax = 45;

/** The operator's order; the address counts once it is on disk. */
export function onRepoint(call: CallId, request: Repoint, turn: GossipTurn): void {
  const checked = check(request, turn.world);
  if (!checked.ok) return turn.respond(call, { answer: "refused", refusal: checked.refusal, row: null });
  const { bolt, address } = checked.value;
  if (request.dryRun) return turn.respond(call, { answer: "repointed", bolt, address, dryRun: true });
  const purpose = { for: "repoint", call, bolt, address } as const;
  turn.store([{ put: "setting", name: `${repointSetting}${bolt}`, value: address }], [], purpose);
}

export function onRepointed(
  { state }: Circle,
  { call, bolt, address }: Extract<GossipPurpose, { for: "repoint" }>,
  turn: GossipTurn,
): void {
  state.repointed = new Map([...state.repointed, [bolt, address]]);
  turn.respond(call, { answer: "repointed", bolt, address, dryRun: false });
}

export function onNotRepointed(call: CallId, why: StoreFailure, turn: GossipTurn): void {
  turn.respond(call, { answer: "refused", refusal: readOnly(why), row: null });
}

function check(request: Repoint, world: World): Outcome<{ readonly bolt: BoltId; readonly address: string }> {
  const found = findBolt(world.roster.view(), request.bolt);
  if (!found.ok) return found;
  const bolt = found.value.id;
  if (bolt === world.self) {
    const message = "A bolt needs no address for itself.";
    return refused({ code: "REPOINT_SELF", message, next: "change hostname in server.yaml" });
  }
  if (!isSeated(world.roster.view(), bolt)) {
    const message = "This bolt is no member any more; nobody connects to it.";
    return refused({ code: "BOLT_GONE", message, value: bolt, next: "vigocli spanner bolt list" });
  }
  const address = parseAddress(request.address);
  if (address === undefined) return refused(wrongAddress(request.address));
  return world.storeFailed === null ? done({ bolt, address }) : refused(readOnly(world.storeFailed));
}

/** HOST:PORT in one form: a hostname in lower case, an IPv4 address, or an IPv6 address in brackets. */
function parseAddress(text: string): string | undefined {
  const at = text.lastIndexOf(":");
  const [host, port] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) return undefined;
  if (host.startsWith("[")) {
    const isIpv6 = host.length <= ipv6LengthMax + 2 && /^\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]$/.test(host);
    return isIpv6 ? `${host.toLowerCase()}:${port}` : undefined;
  }
  const name = parseHostname(host);
  return name.ok ? `${name.value}:${port}` : undefined;
}

function wrongAddress(value: string): Refusal {
  return {
    code: "ADDRESS_INVALID",
    message: "An address is HOST:PORT, with an IPv6 address in brackets and a port from 1 to 65535.",
    value,
    next: "for example vigocli spanner bolt repoint B --address b.example.com:1530",
  };
}

function readOnly(why: StoreFailure): Refusal {
  const message = `Nothing was changed: the disk takes no writes (${why}).`;
  const next = "df -h and findmnt on the server's data_dir; once it takes writes again, restart the server";
  return { code: "STORAGE_READONLY", message, next };
}
