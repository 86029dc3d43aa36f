/** Texts that look like a bundle and are none, and what is said of them. */
import { expect, test } from "vitest";
import { concat, Writer } from "../../../src/kernel/bytes.ts";
import { inDomain, sha256 } from "../../../src/kernel/digest.ts";
import { fromHex } from "../../../src/kernel/hex.ts";
import { idBytes } from "../../../src/kernel/id.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { rowLimits } from "../../../src/roster/row.ts";
import { decodeBundle, encodeBundle } from "../../../src/wire/bundle.ts";
import type { OpenBundle } from "../../../src/wire/bundle.ts";
import { keyOf } from "../../support/toy-keys.ts";

const open: OpenBundle = {
  bundle: {
    ...{ genesis: "1a".repeat(32) as RowId, spannerId: "prod", mint: "2b".repeat(32) as RowId },
    ...{ minter: keyOf("east"), tokenKey: keyOf("token"), expiresMs: 1_900_000_000_000, pin: "0f".repeat(32) },
    addresses: ["https://east.example:8443"],
  },
  tokenSeed: new Uint8Array(32).fill(201),
};
const code = encodeBundle(open);

function why(text: string): string {
  const read = decodeBundle(text);
  if (read.ok) return "read";
  expect(read.refusal.code).toBe("BUNDLE_CORRUPT");
  expect(read.refusal.next).toContain("invite");
  return read.refusal.message.replace("This is no whole invite. ", "");
}

/** The text of any content, with the checksum it should have. */
function textOf(content: Uint8Array): string {
  const checksum = sha256(inDomain("vigo.bundle.1", content)).slice(0, 4);
  return `vigo1-${Buffer.from(concat(content, checksum)).toString("base64url")}`;
}

/** The content of a bundle, with these addresses and this spanner id. */
function contentOf(spannerId: string, addresses: readonly string[]): Uint8Array {
  const { genesis, mint, minter, tokenKey, expiresMs, pin } = open.bundle;
  const writer = new Writer().fixed(idBytes(genesis)).text(spannerId).fixed(idBytes(mint)).fixed(idBytes(minter));
  writer.fixed(idBytes(tokenKey)).varint(expiresMs).fixed(fromHex(pin));
  return writer
    .list(addresses, (to, address) => to.text(address))
    .fixed(open.tokenSeed)
    .finish();
}

test("WI-8 a bundle is vigo1- and base64url of its content and a checksum, in about 300 characters", () => {
  expect(code).toBe(textOf(contentOf("prod", open.bundle.addresses)));
  expect(code).toMatch(/^vigo1-[A-Za-z0-9_-]+$/u);
  expect(code.length).toBeLessThan(400);
});

test("WI-8 T5 what looks wrong is said: empty, other version, other text, cut, mistyped", () => {
  expect(why("")).toBe("It is empty.");
  expect(why(" \n\t")).toBe("It is empty.");
  expect(why(code.replace("vigo1-", "vigo2-"))).toBe("It is of another version.");
  expect(why(code.slice(1))).toBe("It does not begin with vigo1-.");
  expect(why("vigo1-")).toBe("It is cut off.");
  expect(why("vigo1-AAAAA")).toMatch(/character that no bundle has|cut off/u);
  expect(why(`${code.slice(0, 40)}=${code.slice(41)}`)).toBe("It holds a character that no bundle has.");
  expect(why(`${code.slice(0, 40)}+${code.slice(41)}`)).toBe("It holds a character that no bundle has.");
  expect(why(code.slice(0, -4))).toContain("checksum");
  expect(why(code + code.slice(6))).toMatch(/checksum|character/u);
});

test("WI-8 no message repeats the text, which may hold a secret", () => {
  for (const text of [code.slice(0, -4), code.slice(1), code.replace("vigo1-", "vigo2-"), `${code}!`]) {
    expect(JSON.stringify(decodeBundle(text))).not.toContain(code.slice(20, 40));
  }
});

test("WI-8 T24 a text that is too long is refused by its length, before anything is made of it", () => {
  expect(why(`vigo1-${"A".repeat(8_192 - 6)}`)).toContain("checksum");
  expect(why(`vigo1-${"A".repeat(8_192 - 5)}`)).toBe("It is far too long.");
  expect(why(" ".repeat(8_193))).toBe("It is far too long.");
});

test("WI-8 a right checksum over content that is none is refused, and the largest content is read", () => {
  const addresses = Array.from({ length: rowLimits.addresses }, () => "x".repeat(rowLimits.addressBytes));
  const longest = contentOf("s".repeat(rowLimits.spannerIdBytes), addresses);
  expect(why(textOf(longest))).toBe("read");
  const unreadable = {
    bare: new Uint8Array(1),
    cut: longest.slice(0, -1),
    behind: concat(longest, new Uint8Array(1)),
    id: contentOf("s".repeat(rowLimits.spannerIdBytes + 1), []),
    many: contentOf("prod", [...addresses, "x"]),
    long: contentOf("prod", ["x".repeat(rowLimits.addressBytes + 1)]),
  };
  for (const [what, content] of Object.entries(unreadable)) {
    expect([what, why(textOf(content))]).toEqual([what, "Its content cannot be read."]);
  }
});

test("WI-8 one bundle has one text: bits left over at its end are zero", () => {
  const one = encodeBundle({ ...open, bundle: { ...open.bundle, spannerId: "prod1" } });
  const two = encodeBundle({ ...open, bundle: { ...open.bundle, spannerId: "prod22" } });
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  expect([code, one, two].map((text) => (text.length - 6) % 4).sort()).toEqual([0, 2, 3]);
  for (const text of [code, one, two]) {
    const others = [...alphabet].map((letter) => text.slice(0, -1) + letter).filter((other) => other !== text);
    expect(others.filter((other) => decodeBundle(other).ok)).toEqual([]);
  }
});
