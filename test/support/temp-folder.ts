/** Real folders for tests that need a disk, removed when the test ends; and small real disks that can be filled. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A fresh empty folder of mode 0700. Call inside a test. */
export function tempFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "vigo-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** True when this process may mount disks. Says loudly when not, because tests of full disks are then skipped. */
export const canMount: boolean = tryMount();

/** A fresh disk in memory of the given size, mounted for the test. `remount` changes its options, such as "ro". */
export function smallDisk(size: string): { readonly path: string; remount(options: string): void } {
  const path = mkdtempSync(join(tmpdir(), "vigo-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "vigo-test", path]);
  onTestFinished(() => {
    execFileSync("umount", [path]);
    rmSync(path, { recursive: true, force: true });
  });
  return { path, remount: (options) => void execFileSync("mount", ["-o", `remount,${options}`, path]) };
}

function tryMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), "vigo-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "vigo-test", path], { stdio: "pipe" });
    execFileSync("umount", [path], { stdio: "pipe" });
    return true;
  } catch {
    process.stderr.write("\n*** SKIPPED: no right to mount a small disk, full disks were NOT tested ***\n\n");
    return false;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
