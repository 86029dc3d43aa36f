/** What SQLite's numbers mean, and which binding is taken; the disks that cause them are in database-file.test.ts. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasBuiltIn } from "../../../src/store/sqlite/binding.ts";
import { openRefusal, storeFailureOf } from "../../../src/store/sqlite/failure.ts";
import { canMount, smallDisk, tempFolder } from "../../support/temp-folder.ts";

const numbered = (errcode: number): Error => Object.assign(new Error("said so"), { errcode });

test("ST-12 T52 T53 each kind of failure has its name, by the first byte of SQLite's number", () => {
  const path = join(tempFolder(), "vigo.db");
  const named = new Map<number, string>([
    [13, "full"],
    [8, "read-only"],
    [8 | (4 << 8), "read-only"],
    [10 | (4 << 8), "fsync"],
    [10 | (3 << 8), "fsync"],
    [11, "fsync"],
    [26, "fsync"],
    [5, "stopped"],
    [19, "stopped"],
  ]);
  for (const [number, failure] of named) expect(storeFailureOf(numbered(number), path), String(number)).toBe(failure);
  expect(storeFailureOf(new Error("no number"), path)).toBe("stopped");
  expect(storeFailureOf(new Error("disk I/O error"), path)).toBe("fsync");
  expect(storeFailureOf(new Error("database or disk is full"), path)).toBe("full");
});

test.runIf(canMount)("ST-12 T52 a failed write on a disk that turned read-only is no broken device", () => {
  const disk = smallDisk("64k");
  const path = join(disk.path, "vigo.db");
  const failedWrite = numbered(10 | (3 << 8));
  expect(storeFailureOf(failedWrite, path)).toBe("fsync");
  disk.remount("ro");
  expect(storeFailureOf(failedWrite, path)).toBe("read-only");
  expect(openRefusal(numbered(14), path)).toMatchObject({ code: "STORAGE_READONLY" });
});

test("ST-12 every refusal names the file and something to do", () => {
  const path = join(tempFolder(), "it's here", "vigo.db");
  for (const number of [5, 8, 10, 11, 13, 14, 26, 1]) {
    const refusal = openRefusal(numbered(number), path);
    expect(refusal.code).toMatch(/^(DATABASE|STORAGE)_[A-Z]+$/);
    expect(refusal.value).toBe(path);
    expect(refusal.next).toContain("it'\\''s here");
  }
});

test("ST-11 the built-in SQLite is taken from Node 22.13", () => {
  const built = ["22.13.0", "22.20.1", "23.0.0", "24.1.0", "100.0.0"];
  const packaged = ["20.20.2", "20.0.0", "22.12.9", "21.99.0"];
  expect(built.map(hasBuiltIn)).toEqual(built.map(() => true));
  expect(packaged.map(hasBuiltIn)).toEqual(packaged.map(() => false));
});
