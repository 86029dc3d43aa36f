/** Addresses to listen on. */
import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { collide, isIpv4, isIpv6, isMulticastGroup, listenText, parseListen } from "../../../src/config/listen.ts";

test.each([
  [":1530", null, 1530],
  ["127.0.0.1:1530", "127.0.0.1", 1530],
  ["[::1]:1530", "::1", 1530],
  ["[FE80::a]:0", "fe80::a", 0],
])("CO-4 %s is an address to listen on, and comes back as text", (text, host, port) => {
  const address = parseListen(text);
  expect(address).toEqual({ host, port });
  if (typeof address !== "string") expect(listenText(address)).toBe(text.toLowerCase());
});

test.each([
  "",
  "1530",
  ":",
  ":-1",
  ":65536",
  ":123456",
  "::1:1530",
  "[::1]",
  "[127.0.0.1]:1",
  "host:1",
  "1.2.3:1",
  ":1 ",
])("CO-4 %j is none", (text) => {
  expect(parseListen(text)).toBeTypeOf("string");
});

test("CO-4 IP addresses are the ones that the operating system takes", () => {
  for (const text of ["1.2.3.4", "::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4"]) {
    expect([text, isIpv4(text), isIpv6(text)]).toEqual([text, isIPv4(text), isIPv6(text)]);
  }
  for (const text of ["1:2", ":::", "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3", "::1.2.3.4:1", ":1", "1:"]) {
    expect([text, isIpv6(text)]).toEqual([text, false]);
    expect(isIPv6(text)).toBe(false);
  }
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => isIpv4(text) === isIPv4(text)));
  fc.assert(fc.property(fc.ipV6(), (text) => isIpv6(text)));
  expect([isMulticastGroup("224.0.0.45"), isMulticastGroup("239.255.255.255")]).toEqual([true, true]);
  expect([isMulticastGroup("223.0.0.1"), isMulticastGroup("240.0.0.1"), isMulticastGroup("ff02::1")]).toEqual([
    false,
    false,
    false,
  ]);
});

test("CO-5 listeners collide on one port when an address is the same or all", () => {
  const at = (host: string | null, port: number): { host: string | null; port: number } => ({ host, port });
  expect(collide(at(null, 1), at("127.0.0.1", 1))).toBe(true);
  expect(collide(at("127.0.0.1", 1), at("127.0.0.1", 1))).toBe(true);
  expect(collide(at("127.0.0.1", 1), at("127.0.0.2", 1))).toBe(false);
  expect(collide(at(null, 1), at(null, 2))).toBe(false);
  expect(collide(at(null, 0), at(null, 0))).toBe(false);
});
