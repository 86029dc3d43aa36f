/** The lock of a data directory, with real processes that live, die and race. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockDataDir } from "../../../src/system/lockfile.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** A process that is ready to lock the folder, then prints "locked" or the code, and lives until it is killed. */
async function contender(folder: string): Promise<ChildProcessWithoutNullStreams> {
  const source = new URL("../../../src/system/lockfile.ts", import.meta.url).href;
  const script = `const { lockDataDir } = await import(${JSON.stringify(source)});
    process.stdout.write("ready\\n");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    try { lockDataDir(${JSON.stringify(folder)}); process.stdout.write("locked\\n"); }
    catch (caught) { process.stdout.write((caught.refusal?.code ?? String(caught)) + "\\n"); }`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

async function attempt(child: ChildProcessWithoutNullStreams): Promise<string> {
  child.stdin.write("go\n");
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  return text.toString().trim();
}

test("SY-12 a locked directory is refused until it is released, and names the holder", () => {
  const folder = tempFolder();
  const lock = lockDataDir(folder);
  const refusal = refusalOf(() => lockDataDir(folder));
  expect(refusal).toMatchObject({ code: "DATA_DIR_BUSY", value: join(folder, "lock") });
  expect(refusal.message).toContain(String(process.pid));
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  lockDataDir(folder).release();
});

test("SY-12 two directories are locked apart, and releasing twice frees nobody else's lock", () => {
  const [one, two] = [tempFolder(), tempFolder()];
  const first = lockDataDir(one);
  lockDataDir(two).release();
  first.release();
  const second = lockDataDir(one);
  first.release();
  expect(refusalOf(() => lockDataDir(one)).code).toBe("DATA_DIR_BUSY");
  second.release();
});

test("SY-12 the lock of a killed process is cleared, that of a living one is not", async () => {
  const folder = tempFolder();
  const child = await contender(folder);
  expect(await attempt(child)).toBe("locked");
  expect(refusalOf(() => lockDataDir(folder)).message).toContain(String(child.pid));
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(join(folder, "lock"))).toBe(true);
  lockDataDir(folder).release();
});

test("SY-12 a lock whose process id now belongs to another program is stale, and so is one that makes no sense", () => {
  const folder = tempFolder();
  const path = join(folder, "lock");
  const lock = lockDataDir(folder);
  const mine = readFileSync(path, "utf8").split(" ");
  lock.release();
  const earlier = [mine[0], `${mine[1]?.split("/")[0] ?? ""}/1`, "someone"].join(" ");
  for (const stale of [earlier, `${process.pid} another-boot/77 someone`, "", "nonsense", "0 - x"]) {
    writeFileSync(path, stale);
    lockDataDir(folder).release();
    expect(existsSync(path), stale).toBe(false);
  }
});

test("SY-12 of several processes that race for a stale lock exactly one gets it", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "lock"), "nonsense");
  const racers = await Promise.all(Array.from({ length: 5 }, () => contender(folder)));
  const outcomes = await Promise.all(racers.map(attempt));
  expect(outcomes.sort()).toEqual(["DATA_DIR_BUSY", "DATA_DIR_BUSY", "DATA_DIR_BUSY", "DATA_DIR_BUSY", "locked"]);
  expect(readdirSync(folder)).toEqual(["lock"]);
});
