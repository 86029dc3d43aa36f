/** The identity over restarts, damage, and a new key. */
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createEd25519Seal } from "../../../src/seal/ed25519.ts";
import { identityPath, openIdentity, retiredIdentities, rotateIdentity } from "../../../src/system/identity.ts";
import { openMasterKey } from "../../../src/system/secrets.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const seal = createEd25519Seal();

function newMachine(): { readonly dataDir: string; readonly masterKey: Uint8Array } {
  const dataDir = tempFolder();
  return { dataDir, masterKey: openMasterKey(dataDir).bytes };
}

test("SY-4 the identity is made at first boot, works, and is the same after a restart", () => {
  const { dataDir, masterKey } = newMachine();
  const made = openIdentity(dataDir, masterKey, seal);
  expect(made.wasMade).toBe(true);
  const bytes = Uint8Array.of(1, 2);
  expect(seal.verify(made.key.publicKey, bytes, seal.sign(made.key, bytes))).toBe(true);
  expect(openIdentity(dataDir, masterKey, seal)).toEqual({ key: made.key, wasMade: false, warning: null });
});

test("SY-4 T50 two machines have two identities, and no file holds the seed in the clear", () => {
  const [one, two] = [newMachine(), newMachine()];
  const key = openIdentity(one.dataDir, one.masterKey, seal).key;
  expect(openIdentity(two.dataDir, two.masterKey, seal).key.publicKey).not.toEqual(key.publicKey);
  const folder = join(one.dataDir, "bolt");
  const names = readdirSync(folder);
  expect(names).toEqual(["identity.wrapped", "identity.wrapped.previous"]);
  for (const name of names) {
    const content = readFileSync(join(folder, name));
    expect(content.includes(Buffer.from(key.seed))).toBe(false);
    expect(content.includes(Buffer.from(key.seed).toString("hex"))).toBe(false);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("SY-4 T51 a spoilt identity comes back from its copy, says so once, and both are sound again", () => {
  const { dataDir, masterKey } = newMachine();
  const { key } = openIdentity(dataDir, masterKey, seal);
  for (const spoilt of [identityPath(dataDir), `${identityPath(dataDir)}.previous`]) {
    writeFileSync(spoilt, "spoilt");
    const again = openIdentity(dataDir, masterKey, seal);
    expect(again.key).toEqual(key);
    expect(again.warning === null).toBe(spoilt.endsWith(".previous"));
    expect(openIdentity(dataDir, masterKey, seal).warning).toBeNull();
    const copies = [identityPath(dataDir), `${identityPath(dataDir)}.previous`].map((path) => readFileSync(path));
    expect(copies[0]).toEqual(copies[1]);
  }
});

test("SY-4 with both copies spoilt, or another machine's master key, no new identity is made", () => {
  const { dataDir, masterKey } = newMachine();
  openIdentity(dataDir, masterKey, seal);
  const refusal = refusalOf(() => openIdentity(dataDir, new Uint8Array(32), seal));
  expect(refusal.code).toBe("IDENTITY_CORRUPT");
  expect(refusal.next).toContain("backup");
  for (const name of readdirSync(join(dataDir, "bolt"))) writeFileSync(join(dataDir, "bolt", name), "spoilt");
  expect(refusalOf(() => openIdentity(dataDir, masterKey, seal)).code).toBe("IDENTITY_CORRUPT");
});

test("SY-4 the public key stored beside a wrapped seed cannot be exchanged", () => {
  const { dataDir, masterKey } = newMachine();
  const mine = openIdentity(dataDir, masterKey, seal).key;
  const other = openIdentity(tempFolder(), masterKey, seal).key;
  const swapped = { generate: () => ({ publicKey: other.publicKey, seed: mine.seed }) };
  expect(refusalOf(() => openIdentity(dataDir, masterKey, swapped)).code).toBe("IDENTITY_CORRUPT");
});

test("SY-4 a new key replaces the old one, whose file is kept and never falls back", () => {
  const { dataDir, masterKey } = newMachine();
  const first = openIdentity(dataDir, masterKey, seal).key;
  expect(retiredIdentities(dataDir, masterKey, seal)).toEqual([]);
  const second = rotateIdentity(dataDir, masterKey, seal).key;
  const third = rotateIdentity(dataDir, masterKey, seal).key;
  expect(new Set([first, second, third].map(({ publicKey }) => publicKey.join())).size).toBe(3);
  expect(retiredIdentities(dataDir, masterKey, seal)).toEqual([first, second]);
  writeFileSync(identityPath(dataDir), "spoilt");
  expect(openIdentity(dataDir, masterKey, seal).key).toEqual(third);
});

test("SY-4 a crash between the two copies of a new key leaves the new key", () => {
  const { dataDir, masterKey } = newMachine();
  openIdentity(dataDir, masterKey, seal);
  const older = readFileSync(identityPath(dataDir));
  const second = rotateIdentity(dataDir, masterKey, seal).key;
  writeFileSync(`${identityPath(dataDir)}.previous`, older);
  expect(openIdentity(dataDir, masterKey, seal).key).toEqual(second);
  rmSync(identityPath(dataDir));
  expect(openIdentity(dataDir, masterKey, seal).key).toEqual(second);
});

test("SY-5 T50 an identity that others may read is refused", () => {
  const { dataDir, masterKey } = newMachine();
  openIdentity(dataDir, masterKey, seal);
  chmodSync(identityPath(dataDir), 0o644);
  expect(refusalOf(() => openIdentity(dataDir, masterKey, seal)).code).toBe("SECRET_MODE");
});
