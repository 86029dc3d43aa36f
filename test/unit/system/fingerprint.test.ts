/** The machine fingerprint: stable, sensitive to each part, and clear about a missing one. */
import type { NetworkInterfaceInfo } from "node:os";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { machineFingerprint } from "../../../src/license/machine.ts";
import { createTlsKey, issueCa } from "../../../src/system/certificate.ts";
import { gatherFingerprint } from "../../../src/system/fingerprint.ts";
import { pinOf } from "../../../src/system/pin.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const caPem = await issueCa("test", createTlsKey(), Date.UTC(2026, 0, 1));
const machineId = "0123456789abcdef0123456789abcdef";
const routes = [
  "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT",
  "wan1 00000000 010200C0 0003 0 0 200 00000000 0 0 0",
  "wan0 00000000 010200C0 0003 0 0 100 00000000 0 0 0",
  "lan0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0",
].join("\n");

function adapter(mac: string, internal = false): NetworkInterfaceInfo[] {
  return [{ address: "192.0.2.1", netmask: "255.255.255.0", family: "IPv4", mac, internal, cidr: null }];
}

const interfaces = {
  lo: adapter("00:00:00:00:00:00", true),
  lan0: adapter("02:00:00:00:00:01"),
  wan0: adapter("02:00:00:00:00:AA"),
  wan1: adapter("02:00:00:00:00:bb"),
};

function machineIdFile(text: string): string {
  const path = join(tempFolder(), "machine-id");
  writeFileSync(path, text);
  return path;
}

test("SY-7 the parts come from the machine id, the interface of the best default route, and the CA", () => {
  const parts = gatherFingerprint({ caPem, machineIdFiles: [machineIdFile(`${machineId}\n`)], interfaces, routes });
  expect(parts).toEqual({ machineId, mac: "02:00:00:00:00:aa", caSpki: pinOf(caPem) });
});

test("SY-7 without a default route the first interface by name with an address of its own counts", () => {
  const files = [machineIdFile(machineId)];
  expect(gatherFingerprint({ caPem, machineIdFiles: files, interfaces, routes: "" }).mac).toBe("02:00:00:00:00:01");
  const tunnelFirst = { lo: interfaces.lo, atun: adapter("00:00:00:00:00:00"), wan1: interfaces.wan1 };
  const gathered = gatherFingerprint({ caPem, machineIdFiles: files, interfaces: tunnelFirst, routes });
  expect(gathered.mac).toBe("02:00:00:00:00:bb");
});

test("SY-7 the fingerprint is one value for the same parts, and another when any of them differs", () => {
  const parts = { machineId, mac: "02:00:00:00:00:aa", caSpki: "11" };
  expect(machineFingerprint({ ...parts })).toBe(machineFingerprint(parts));
  const others = [{ machineId: "f".repeat(32) }, { mac: "02:00:00:00:00:ab" }, { caSpki: "12" }];
  const all = [parts, ...others.map((other) => ({ ...parts, ...other }))].map(machineFingerprint);
  expect(new Set(all).size).toBe(4);
});

test("SY-7 a missing or unset machine id and a machine without interfaces are errors that name the part", () => {
  const empty = machineIdFile("uninitialized\n");
  const sources = { caPem, interfaces, routes };
  for (const files of [[], ["/nowhere/machine-id"], [empty]]) {
    const refusal = refusalOf(() => gatherFingerprint({ ...sources, machineIdFiles: files }));
    expect(refusal.code).toBe("FINGERPRINT_INCOMPLETE");
    expect(refusal.message).toContain("machine id");
  }
  const found = gatherFingerprint({ ...sources, machineIdFiles: [empty, machineIdFile(machineId)] });
  expect(found.machineId).toBe(machineId);
  const alone = { caPem, routes, machineIdFiles: [machineIdFile(machineId)], interfaces: { lo: interfaces.lo } };
  expect(refusalOf(() => gatherFingerprint(alone)).message).toContain("network interface");
});
