/** The reserve on real small disks. */
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { saveFile } from "../../../src/system/files.ts";
import { Reserve, reserveBytesFor } from "../../../src/system/reserve.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { canMount, smallDisk } from "../../support/temp-folder.ts";

test("SY-11 five percent, between 64 KiB and 64 MiB", () => {
  expect(reserveBytesFor(0)).toBe(65_536);
  expect(reserveBytesFor(100 * 1_048_576)).toBe(5 * 1_048_576);
  expect(reserveBytesFor(1e12)).toBe(64 * 1_048_576);
});

test.skipIf(!canMount)("SY-11 T52 giving up the reserve makes room on a full disk, then it is taken again", () => {
  const disk = smallDisk("4m");
  const reserve = new Reserve(disk.path);
  expect(reserve.isHeld).toBe(false);
  expect(reserve.hold()).toBe(true);
  expect(reserve.isHeld).toBe(true);
  expect(statSync(join(disk.path, ".reserve")).size).toBe(reserveBytesFor(4 * 1_048_576));
  const filler = join(disk.path, "filler");
  expect(() => writeFileSync(filler, new Uint8Array(8 * 1_048_576))).toThrow("ENOSPC");
  const state = join(disk.path, "state");
  expect(refusalOf(() => saveFile(state, new Uint8Array(50_000), 0o600)).code).toBe("STORAGE_READONLY");
  expect(reserve.release()).toBe(true);
  saveFile(state, new Uint8Array(50_000), 0o600);
  expect(reserve.hold()).toBe(false);
  expect(existsSync(join(disk.path, ".reserve"))).toBe(false);
  writeFileSync(filler, "");
  expect(reserve.hold()).toBe(true);
});

test.skipIf(!canMount)("SY-11 holding and releasing twice is fine, and a restarted server knows it holds", () => {
  const disk = smallDisk("4m");
  const reserve = new Reserve(disk.path);
  expect([reserve.hold(), reserve.hold()]).toEqual([true, true]);
  expect(new Reserve(disk.path).isHeld).toBe(true);
  expect([reserve.release(), reserve.release()]).toEqual([true, false]);
  expect(readdirSync(disk.path)).toEqual([]);
});

test.skipIf(!canMount)("SY-11 T52 a read-only disk is refused, not mistaken for a full one", () => {
  const disk = smallDisk("4m");
  const reserve = new Reserve(disk.path);
  disk.remount("ro");
  expect(refusalOf(() => reserve.hold()).code).toBe("STORAGE_READONLY");
});
