/** Addresses that no bolt calls, in every way of writing them. */
import { expect, test } from "vitest";
import { isLinkLocal } from "../../src/kernel/link-local.ts";

test("TR-17 TR-12 T9 link-local and metadata addresses are known however they are written", () => {
  const closed = [
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::FFFF:A9FE:A9FE",
    "0:0:0:0:0:ffff:a9fe:1",
    "::169.254.1.1",
    "fe80::1",
    "FE80::1%eth0",
    "febf:ffff::",
    "fd00:ec2::254",
    "fd00:0ec2:0:0:0:0:0:254",
  ];
  const open = [
    "127.0.0.1",
    "192.168.169.254",
    "10.0.0.1",
    "16.169.254.1",
    "::1",
    "fec0::1",
    "fd00::254",
    "2001:db8::a9fe:1",
    "::ffff:10.0.0.1",
    "east-1.example.com",
    "",
    "::",
    ":::",
    "1:2:3",
    "::ffff:1.2.3.400",
  ];
  expect(closed.filter((address) => !isLinkLocal(address))).toEqual([]);
  expect(open.filter((address) => isLinkLocal(address))).toEqual([]);
});
