/** The multicast group on loopback: real sockets, several bolts on one host, floods, and machines without multicast. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import type { Refusal } from "../../src/kernel/refusal.ts";
import { MulticastGroup } from "../../transports/udp-multicast/group.ts";
import type { GroupOrder } from "../../transports/udp-multicast/group.ts";
import { Intake, intakeLimits } from "../../transports/udp-multicast/intake.ts";
import type { OwnAddress } from "../../transports/udp-multicast/interface-address.ts";
import { candidates, interfaceAddress } from "../../transports/udp-multicast/interface-address.ts";
import { Happenings, bytesOf, textOf } from "../support/peer-ends.ts";

type Seen = { readonly text: string; readonly source: string } | { readonly isJoined: boolean; readonly code: string };

/** A port that no other test uses. */
let nextPort = 20_000 + Math.floor(Math.random() * 20_000);

function newGroup(port: number, changes: Partial<GroupOrder> = {}): { group: MulticastGroup; seen: Happenings<Seen> } {
  const seen = new Happenings<Seen>();
  const group = new MulticastGroup({
    group: "224.0.0.45",
    port,
    interface: "127.0.0.1",
    onDatagram: (bytes, source) => seen.add({ text: textOf(bytes), source }),
    onState: (isJoined, _why, refusal: Refusal | null) => seen.add({ isJoined, code: refusal?.code ?? "" }),
    retryMs: 10,
    ...changes,
  });
  onTestFinished(() => group.close());
  return { group, seen };
}

async function joined(seen: Happenings<Seen>): Promise<void> {
  await seen.first((one) => "isJoined" in one && one.isJoined, "joined");
}

function texts(seen: Happenings<Seen>): string[] {
  return seen.all.flatMap((one) => ("text" in one ? [one.text] : []));
}

test("TR-13 T29 three bolts on one host share the group, and nobody hears itself", async () => {
  const port = nextPort++;
  const all = [newGroup(port), newGroup(port), newGroup(port)];
  for (const { seen } of all) await joined(seen);
  for (const [at, { group }] of all.entries()) group.send(bytesOf(`from ${at}`));
  for (const { seen } of all) await seen.until(() => texts(seen).length === 2, "both others");
  // Whatever came back to its sender came before the others' last words, or comes before these.
  for (const [at, { group }] of all.entries()) group.send(bytesOf(`again ${at}`));
  for (const { seen } of all) await seen.until(() => texts(seen).length === 4, "both others again");
  for (const [at, { seen }] of all.entries()) {
    const others = [0, 1, 2].filter((one) => one !== at);
    expect(texts(seen).sort()).toEqual(
      [...others.map((one) => `again ${one}`), ...others.map((one) => `from ${one}`)].sort(),
    );
    expect(seen.all.every((one) => !("source" in one) || one.source === "127.0.0.1")).toBe(true);
  }
});

test("TR-13 two bolts may send the very same bytes: they hear each other all the same", async () => {
  const port = nextPort++;
  const [a, b] = [newGroup(port), newGroup(port)];
  await joined(a.seen);
  await joined(b.seen);
  a.group.send(bytesOf("the same row"));
  b.group.send(bytesOf("the same row"));
  for (const { seen } of [a, b]) await seen.until(() => texts(seen).length === 1, "the other's");
});

test("TR-14 T23 too large a datagram is neither sent nor handed up, and random bytes are only bytes", async () => {
  const port = nextPort++;
  const { group, seen } = newGroup(port);
  await joined(seen);
  group.send(new Uint8Array(1_201));
  expect(group.stats()).toMatchObject({ failed: 1, sent: 0 });
  const attacker = createSocket("udp4");
  onTestFinished(() => void attacker.close());
  attacker.bind(0, "127.0.0.1");
  await once(attacker, "listening");
  attacker.setMulticastInterface("127.0.0.1");
  for (const bytes of [new Uint8Array(1_201), new Uint8Array(60_000), Uint8Array.of(0xff, 0, 7), bytesOf("last")]) {
    attacker.send(bytes, port, "224.0.0.45");
  }
  await seen.until(() => texts(seen).includes("last"), "last");
  expect(texts(seen)).toEqual([textOf(Uint8Array.of(0xff, 0, 7)), "last"]);
  expect(group.stats().oversize).toBe(2);
});

test("TR-13 what is sent to the port but not to the group is not heard", async () => {
  const port = nextPort++;
  const { seen } = newGroup(port);
  const other = newGroup(port);
  await joined(seen);
  await joined(other.seen);
  const attacker = createSocket("udp4");
  onTestFinished(() => void attacker.close());
  await new Promise<void>((resolve) => attacker.send(bytesOf("straight"), port, "127.0.0.1", () => resolve()));
  other.group.send(bytesOf("through the group"));
  await seen.until(() => texts(seen).length > 0, "the group");
  expect(texts(seen)).toEqual(["through the group"]);
});

test("TR-14 sending before joining, after closing, and into nothing never throws and is counted", async () => {
  const { group, seen } = newGroup(nextPort++);
  group.send(bytesOf("too early"));
  await joined(seen);
  group.close();
  group.send(bytesOf("too late"));
  expect(group.stats()).toMatchObject({ failed: 2, sent: 0 });
});

test("TR-16 a port that another program does not share is refused by its code, joined once it is free", async () => {
  const port = nextPort++;
  const greedy = createSocket({ type: "udp4", reuseAddr: false });
  greedy.bind(port, "0.0.0.0");
  await once(greedy, "listening");
  const { seen } = newGroup(port);
  await seen.first((one) => "code" in one && one.code === "MULTICAST_PORT_IN_USE", "refused");
  greedy.close();
  await joined(seen);
});

test("TR-16 an address that this machine does not have is refused, again and again, and said", async () => {
  const { group, seen } = newGroup(nextPort++, { interface: "192.0.2.77" });
  await seen.until(() => seen.all.length >= 3, "three tries");
  expect(seen.all[0]).toEqual({ isJoined: false, code: "MULTICAST_UNAVAILABLE" });
  group.send(bytesOf("nothing"));
  expect(group.stats().failed).toBe(1);
});

test("TR-16 when the machine's addresses change the group is joined anew", async () => {
  const port = nextPort++;
  let addresses: OwnAddress[] = [{ name: "lo", address: "127.0.0.1", isLoopback: true }];
  const { group, seen } = newGroup(port, { addresses: () => addresses, watchMs: 10 });
  const other = newGroup(port);
  await joined(seen);
  await joined(other.seen);
  addresses = [...addresses, { name: "eth7", address: "192.0.2.7", isLoopback: false }];
  await seen.until(() => seen.all.length === 2, "joined again");
  expect(seen.all[1]).toEqual({ isJoined: true, code: "" });
  other.group.send(bytesOf("still heard"));
  await seen.until(() => texts(seen).length === 1, "heard");
  group.send(bytesOf("and sent"));
  await other.seen.until(() => texts(other.seen).length === 1, "sent");
});

test("TR-13 interfaces are named, given by address, or left to the machine, and an unknown one is refused", () => {
  const all: OwnAddress[] = [
    { name: "lo", address: "127.0.0.1", isLoopback: true },
    { name: "eth0", address: "192.0.2.2", isLoopback: false },
  ];
  expect(interfaceAddress("auto", all)).toEqual({ ok: true, value: undefined });
  expect(interfaceAddress("eth0", all)).toEqual({ ok: true, value: "192.0.2.2" });
  expect(interfaceAddress("192.0.2.2", all)).toEqual({ ok: true, value: "192.0.2.2" });
  expect(interfaceAddress("127.0.0.9", all)).toEqual({ ok: true, value: "127.0.0.9" });
  expect(interfaceAddress("eth9", all)).toMatchObject({ ok: false, refusal: { code: "INTERFACE_UNKNOWN" } });
  expect(candidates("192.0.2.2", all)).toEqual(["192.0.2.2"]);
  expect(candidates(undefined, all)).toEqual([undefined, "192.0.2.2", "127.0.0.1"]);
});

test("TR-15 T21 one source has a budget that grows back, and others keep theirs", async () => {
  let nowMs = 0;
  const up = new Happenings<string>();
  const intake = new Intake(
    intakeLimits,
    (bytes, source) => up.add(`${source} ${textOf(bytes)}`),
    () => nowMs,
  );
  const { burst, perSecond } = intakeLimits;
  for (let at = 0; at < burst + 50; at++) intake.take(bytesOf("flood"), "192.0.2.1", 5);
  intake.take(bytesOf("beacon"), "192.0.2.1", 6);
  expect(intake.overBudget).toBe(50);
  await up.until(() => up.all.length === burst + 1, "handed up");
  expect(up.all.at(-1)).toBe("192.0.2.1 beacon");
  nowMs = 1_000;
  for (let at = 0; at < burst; at++) intake.take(bytesOf("later"), "192.0.2.1", 5);
  expect(intake.overBudget).toBe(50 + burst - perSecond);
});

test("TR-15 T21 under a flood from made-up sources the newest are handed up, and other work has its turn", async () => {
  const up = new Happenings<string>();
  const intake = new Intake(
    intakeLimits,
    (bytes) => up.add(textOf(bytes)),
    () => 0,
  );
  const { waitingMax, perTurn } = intakeLimits;
  for (let at = 0; at < waitingMax + 1_000; at++) intake.take(bytesOf(String(at)), `192.0.2.${at % 250}`, at);
  expect(intake.overrun).toBe(1_000);
  let between = 0;
  const other = (): void => {
    if (up.all.length >= waitingMax) return;
    between++;
    setImmediate(other);
  };
  setImmediate(other);
  await up.until(() => up.all.length === waitingMax, "handed up");
  expect(up.all[0]).toBe("1000");
  expect(between).toBeGreaterThanOrEqual(waitingMax / perTurn - 1);
});
