/** Installed licences: every file is reported, and the best is in force. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { authorityText } from "../../../src/license/authority.ts";
import type { LicenceOrder } from "../../../src/system/licence-files.ts";
import { installLicence, openLicences } from "../../../src/system/licence-files.ts";
import {
  authorityKey,
  dayMs,
  licenceSeal,
  noonMs,
  signedFile,
  signedLicence,
  strangerKey,
  thisMachine,
} from "../../support/licences.ts";
import { tempFolder } from "../../support/temp-folder.ts";

function orderFor(dataDir: string, mode: LicenceOrder["mode"] = "spanner"): LicenceOrder {
  return { dataDir, seal: licenceSeal, machine: thisMachine, nowMs: noonMs + dayMs, mode };
}

function installation(): string {
  const dataDir = tempFolder();
  mkdirSync(join(dataDir, "license"));
  writeFileSync(join(dataDir, "license", "authority.pub"), authorityText(authorityKey.publicKey));
  return dataDir;
}

test("LI-9 without any files a standalone server is free, and spanner mode is refused", () => {
  const dataDir = tempFolder();
  expect(openLicences(orderFor(dataDir, "standalone"))).toMatchObject({
    authority: null,
    authorityRefusal: null,
    entries: [],
    inForce: { ok: true, value: { tier: "free", nodes: 100 } },
  });
  expect(openLicences(orderFor(dataDir)).inForce).toMatchObject({ refusal: { code: "LICENSE_REFUSED" } });
});

test("LI-9 an installed licence is in force", () => {
  const dataDir = installation();
  expect(installLicence(dataDir, signedLicence())).toBe("lic-1.lic");
  expect(openLicences(orderFor(dataDir)).inForce).toMatchObject({ ok: true, value: { nodes: 5_000 } });
  installLicence(dataDir, signedLicence({ nodes: 6_000 }));
  expect(openLicences(orderFor(dataDir))).toMatchObject({ entries: [{}], inForce: { value: { nodes: 6_000 } } });
});

test("LI-9 T42 bad files are reported beside the good one, and links are not followed", () => {
  const dataDir = installation();
  const folder = join(dataDir, "license");
  installLicence(dataDir, signedLicence());
  writeFileSync(join(folder, "a-damaged.lic"), "hello");
  writeFileSync(join(folder, "b-foreign.lic"), signedFile({ nodes: 9_999 }, strangerKey));
  writeFileSync(join(folder, "c-large.lic"), "x".repeat(10_000));
  writeFileSync(join(tempFolder(), "outside.lic"), signedFile({ nodes: 9_998 }));
  const outside = join(tempFolder(), "outside.lic");
  writeFileSync(outside, signedFile({ nodes: 9_998 }));
  symlinkSync(outside, join(folder, "d-link.lic"));
  mkdirSync(join(folder, "e-folder.lic"));
  writeFileSync(join(folder, "notes.txt"), "not a licence");
  const { entries, inForce } = openLicences(orderFor(dataDir));
  expect(
    entries.map(({ file, verdict }) => [file, verdict.ok ? verdict.value.canStart : verdict.refusal.code]),
  ).toEqual([
    ["a-damaged.lic", "LICENSE_CORRUPT"],
    ["b-foreign.lic", false],
    ["c-large.lic", "FILE_TOO_LARGE"],
    ["d-link.lic", "LICENSE_CORRUPT"],
    ["e-folder.lic", "LICENSE_CORRUPT"],
    ["lic-1.lic", true],
  ]);
  expect(inForce).toMatchObject({ ok: true, value: { nodes: 5_000 } });
});

test("LI-9 a bad authority.pub is told, and nothing is believed", () => {
  const dataDir = installation();
  installLicence(dataDir, signedLicence());
  writeFileSync(join(dataDir, "license", "authority.pub"), "vigo-authority-1 zz\n");
  chmodSync(join(dataDir, "license", "authority.pub"), 0o644);
  expect(openLicences(orderFor(dataDir))).toMatchObject({
    authority: null,
    authorityRefusal: { code: "AUTHORITY_CORRUPT" },
    inForce: { ok: false, refusal: { code: "LICENSE_REFUSED" } },
  });
});
