/** Crash-safe files on a real disk. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadFile, loadText, makeFolder, removeFile, saveFile } from "../../../src/system/files.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { canMount, smallDisk, tempFolder } from "../../support/temp-folder.ts";

const bytes = Uint8Array.of(1, 2, 3);

test("SY-1 a saved file is read back, replaced, and has the mode asked for, also over a wider one", () => {
  const path = join(tempFolder(), "state");
  writeFileSync(path, "old", { mode: 0o666 });
  saveFile(path, bytes, 0o600);
  expect(loadFile(path, 3)).toEqual(bytes);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  saveFile(path, new Uint8Array(0), 0o600);
  expect(loadFile(path, 0)).toEqual(new Uint8Array(0));
});

test("SY-1 nothing but the file itself is left in the folder, also after a crash left something", () => {
  const folder = tempFolder();
  writeFileSync(join(folder, ".state.new"), "half written by a process that died", { mode: 0o666 });
  saveFile(join(folder, "state"), bytes, 0o600);
  expect(readdirSync(folder)).toEqual(["state"]);
  expect(statSync(join(folder, "state")).mode & 0o777).toBe(0o600);
});

test("SY-1 a link laid where the new file is written is not followed", () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "victim"), "untouched");
  symlinkSync(join(folder, "victim"), join(folder, ".state.new"));
  saveFile(join(folder, "state"), bytes, 0o600);
  expect(readFileSync(join(folder, "victim"), "utf8")).toBe("untouched");
  expect(statSync(join(folder, "state")).isFile()).toBe(true);
});

test("SY-1 T51 a process killed while it saves over and over leaves one whole version", async () => {
  const folder = tempFolder();
  const path = join(folder, "state");
  const source = new URL("../../../src/system/files.ts", import.meta.url).href;
  const script = `const { saveFile } = await import(${JSON.stringify(source)});
    for (let n = 0; ; n = (n + 1) % 256) {
      saveFile(${JSON.stringify(path)}, new Uint8Array(100_000).fill(n), 0o600);
      if (n === 3) process.stdout.write("writing\\n");
    }`;
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const held = loadFile(path, 100_000) ?? new Uint8Array(0);
    expect(held).toHaveLength(100_000);
    expect(new Set(held).size).toBe(1);
  }
});

test("SY-1 folders are made with their mode, those above too, and one that is there stays as it is", () => {
  const folder = tempFolder();
  makeFolder(join(folder, "a", "b"), 0o700);
  expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "a", "b")).mode & 0o777).toBe(0o700);
  mkdirSync(join(folder, "open"), { mode: 0o755 });
  makeFolder(join(folder, "open"), 0o700);
  expect(statSync(join(folder, "open")).mode & 0o777).toBe(0o755);
});

test("SY-2 a missing file is nothing, one over the limit is refused, one at the limit is read", () => {
  const path = join(tempFolder(), "file");
  expect(loadFile(path, 10)).toBeUndefined();
  expect(loadText(path, 10)).toBeUndefined();
  writeFileSync(path, "0123456789");
  expect(loadText(path, 10)).toBe("0123456789");
  expect(refusalOf(() => loadFile(path, 9))).toMatchObject({ code: "FILE_TOO_LARGE", value: path });
});

test("SY-2 folders, pipes and endless devices are refused", () => {
  const folder = tempFolder();
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const path of [folder, pipe, "/dev/zero"]) {
    expect(refusalOf(() => loadFile(path, 10)).code, path).toBe("STORAGE_DENIED");
  }
});

test("SY-1 removing is fine with a file that is not there", () => {
  const path = join(tempFolder(), "file");
  writeFileSync(path, "x");
  removeFile(path);
  removeFile(path);
  expect(loadFile(path, 1)).toBeUndefined();
});

test.skipIf(!canMount)("SY-13 T52 on a full disk the old content stands and nothing is left behind", () => {
  const disk = smallDisk("128k");
  const path = join(disk.path, "state");
  saveFile(path, bytes, 0o600);
  const refusal = refusalOf(() => saveFile(path, new Uint8Array(300_000), 0o600));
  expect(refusal).toMatchObject({ code: "STORAGE_READONLY", value: path });
  expect(refusal.next).toContain("df -h");
  expect(loadFile(path, 3)).toEqual(bytes);
  expect(readdirSync(disk.path)).toEqual(["state"]);
  saveFile(path, Uint8Array.of(4), 0o600);
  expect(loadFile(path, 3)).toEqual(Uint8Array.of(4));
});

test.skipIf(!canMount)("SY-13 T52 on a read-only disk writing is refused and reading goes on", () => {
  const disk = smallDisk("128k");
  const path = join(disk.path, "state");
  saveFile(path, bytes, 0o600);
  disk.remount("ro");
  expect(refusalOf(() => saveFile(path, bytes, 0o600)).code).toBe("STORAGE_READONLY");
  expect(refusalOf(() => removeFile(path)).code).toBe("STORAGE_READONLY");
  expect(loadFile(path, 3)).toEqual(bytes);
});
