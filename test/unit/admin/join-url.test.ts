/** Which URLs an operator may have asked for admission. */
import { expect, test } from "vitest";
import { joinUrlRefusal } from "../../../src/admin/join-url.ts";

test("AM-8 T9 https alone, without user and password", () => {
  const refused = ["http://a:1", "https://me:pw@a:1", "https://me@a:1", "file:///etc/passwd", "unix:/run/x", "a:1", ""];
  for (const url of refused) {
    expect(joinUrlRefusal(["https://a.example.com:8443", url], true)).toMatchObject({
      code: "ADDRESS_REFUSED",
      value: url,
    });
  }
  expect(joinUrlRefusal(["https://a.example.com:8443", "https://[2001:db8::1]:8443"], false)).toBeNull();
});

test("AM-8 T9 link-local addresses only when the operator allows it, however they are written", () => {
  const urls = [
    "https://169.254.169.254",
    "https://[fe80::1]:8443",
    "https://[::ffff:169.254.1.1]",
    "https://0xa9fe0001",
  ];
  for (const url of urls) {
    expect(joinUrlRefusal([url], false)?.code).toBe("ADDRESS_REFUSED");
    expect(joinUrlRefusal([url], false)?.next).toContain("--allow-address");
    expect(joinUrlRefusal([url], true)).toBeNull();
  }
});
