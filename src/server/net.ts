/** The carriers behind a running bolt: multicast group, peer streams, join calls; one NetPort over all of them. */
import type { Driver } from "../host/driver.ts";
import type { DatagramMessage, NetPort } from "../host/ports.ts";
import type { Packet } from "../host/frame.ts";
import { packet } from "../host/frame.ts";
import type { Seal } from "../host/seal-port.ts";
import type { Signer } from "../wire/genuine.ts";
import { encodeFrame } from "../wire/frames.ts";
import type { Frame } from "../wire/frame.ts";
import type { Log } from "../system/log.ts";
import { Refused } from "../system/refused.ts";
import type { TlsMaterial } from "../system/tls.ts";
import { Peers } from "../../transports/grpc/peers.ts";
import type { ServerTls } from "../../transports/grpc/port.ts";
import { callJoinPort } from "../../transports/join/join-call.ts";
import { MulticastGroup } from "../../transports/udp-multicast/group.ts";
import { interfaceAddress } from "../../transports/udp-multicast/interface-address.ts";
import { hostOf } from "./listening.ts";
import type { Opened } from "./opened.ts";

/** What a running bolt needs of the network. */
export interface Net {
  readonly port: NetPort;
  readonly grpcPort: number;
  /** From now on what arrives goes to this driver. */
  attach(driver: Driver): void;
  /** Datagrams dropped before anyone judged them, by reason. */
  drops(): ReadonlyMap<string, number>;
  /** New connections are shown this certificate. */
  setTls(tls: TlsMaterial): void;
  close(): Promise<void>;
}

/** Opens the sockets of a bolt. Throws `Refused` PORT_IN_USE or INTERFACE_UNKNOWN. */
export async function openNet(opened: Opened, self: Signer, seal: Seal, log: Log): Promise<Net> {
  const { config, tls } = opened;
  let driver: Driver | null = null;
  const group = openGroup(opened, log, (bytes, source) => driver?.onDatagram({ bytes }, source));
  const opening = Peers.open({
    host: hostOf(config.grpcListen),
    port: config.grpcListen.port,
    tls: serverTlsOf(tls),
    self,
    verifier: seal,
    spannerId: config.spannerId,
    on: {
      onLink: (peer, isUp, why) => driver?.onLink(peer, isUp, why),
      onSay: (peer, bytes) => driver?.onSay(peer, { bytes }),
      onRequest: (bolt, bytes, patience, answer) =>
        driver?.onRequest({ is: "bolt", bolt }, { bytes }, patience, (reply) => answer(reply.bytes())),
      onShown: (peer, row) =>
        driver?.onSay(peer, packet<Frame>({ frame: "say", say: { say: "row", row }, heldMs: 0 }, encodeFrame)),
      onTrouble: (peer, why) => log.warn("a peer cannot be reached", { peer, why }),
    },
  });
  // What stays open keeps a refused server from ending.
  opening.catch(() => group?.close());
  const { peers, port } = await opening;
  return {
    port: netPort(peers, group),
    grpcPort: port,
    attach: (attached) => void (driver = attached),
    drops: () => dropsOf(group),
    setTls: (next) => peers.swapTls(serverTlsOf(next)),
    close: async () => {
      group?.close();
      await peers.close();
    },
  };
}

function serverTlsOf(tls: TlsMaterial): ServerTls {
  return { certChain: `${tls.certPem}\n${tls.caPem}`, key: tls.keyPem };
}

function dropsOf(group: MulticastGroup | null): ReadonlyMap<string, number> {
  if (group === null) return new Map();
  const { oversize, overBudget, overrun } = group.stats();
  return new Map([
    ["oversize", oversize],
    ["over-budget", overBudget],
    ["overrun", overrun],
  ]);
}

function openGroup(
  { config }: Opened,
  log: Log,
  onDatagram: (bytes: Uint8Array, source: string) => void,
): MulticastGroup | null {
  const { use, group, port, interface: wanted } = config.multicast;
  if (use === "off") return null;
  const address = interfaceAddress(wanted);
  if (!address.ok) throw new Refused(address.refusal);
  let wasJoined: boolean | null = null;
  const onState = (isJoined: boolean, why: string): void => {
    if (isJoined === wasJoined) return;
    wasJoined = isJoined;
    if (isJoined) log.info("multicast group joined", { group, port });
    else log.warn("multicast does not work; beacons go over streams", { group, port, why });
  };
  return new MulticastGroup({ group, port, interface: address.value, onDatagram, onState });
}

function netPort(peers: Peers, group: MulticastGroup | null): NetPort {
  return {
    multicast: (datagram: Packet<DatagramMessage>) => group?.send(datagram.bytes()),
    tell: (to, frame) => peers.tell(to, frame.bytes()),
    call: (to, frame, patience, done) => peers.call(to, frame.bytes(), patience, done),
    join: (to, frame, patience, done) => {
      void callJoinPort({ ...to, frame: frame.bytes(), patience }).then(done);
    },
    keep: (keyring) => peers.keep(keyring),
  };
}
