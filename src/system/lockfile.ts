/**
 * One server per data directory. The lock file names its holder so exactly (process id and the moment it started, in
 * ticks since this boot) that one left behind by a killed server is known to be stale, also when its process id was
 * given to another program since.
 *
 *   free --link--> held --release--> free        held by a dead process --rename away--> free
 */
import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { loadText, openFileMode, saveFile } from "./files.ts";
import { Refused, storageRefusal, systemCode } from "./refused.ts";

/** A lock that this process holds. */
export interface DataDirLock {
  /** Frees the directory. Does nothing when called again, or when the lock is no longer ours. */
  release(): void;
}

/** Locks the data directory for this process. Throws `Refused` DATA_DIR_BUSY naming the holder, and storage codes. */
export function lockDataDir(dataDir: string): DataDirLock {
  const path = join(dataDir, "lock");
  const mine = holderText(process.pid, randomUUID());
  const candidate = join(dataDir, `.lock.${process.pid}`);
  saveFile(candidate, Buffer.from(mine), openFileMode);
  try {
    // Each round either takes the lock, finds a living holder, or clears one stale lock; others may do so meanwhile.
    for (let round = 0; round < 100; round++) {
      if (isLinked(candidate, path)) return { release: () => releaseIfOurs(path, mine) };
      clearIfStale(path, `${candidate}.stale`);
    }
  } finally {
    rmSync(candidate, { force: true });
  }
  throw busy(path, "others that come and go");
}

/** link() is the one file operation that creates a whole file or fails because there is one. */
function isLinked(candidate: string, path: string): boolean {
  try {
    linkSync(candidate, path);
    return true;
  } catch (caught) {
    if (systemCode(caught) === "EEXIST") return false;
    throw storageRefusal(path, caught);
  }
}

function clearIfStale(path: string, aside: string): void {
  const seen = loadText(path, 1_024);
  if (seen === undefined) return;
  if (isAlive(seen)) throw busy(path, `process ${pidOf(seen) ?? "unknown"}`);
  try {
    renameSync(path, aside);
  } catch (caught) {
    if (systemCode(caught) === "ENOENT") return;
    throw storageRefusal(path, caught);
  }
  // Between reading and renaming someone else may have cleared the stale lock and taken a new one: give it back.
  if (loadText(aside, 1_024) !== seen) isLinked(aside, path);
  rmSync(aside, { force: true });
}

function releaseIfOurs(path: string, mine: string): void {
  if (loadText(path, 1_024) === mine) rmSync(path, { force: true });
}

/** The lock's text: "pid started-at unique". */
function holderText(pid: number, unique: string): string {
  return `${pid} ${startedAt(pid) ?? "-"} ${unique}\n`;
}

function pidOf(text: string): number | undefined {
  const match = /^([1-9]\d{0,9}) /.exec(text);
  return match === null ? undefined : Number(match[1]);
}

function isAlive(text: string): boolean {
  const pid = pidOf(text);
  if (pid === undefined) return false; // not a lock of ours; a torn one cannot be, for it is linked when complete
  try {
    process.kill(pid, 0);
  } catch (caught) {
    if (systemCode(caught) === "ESRCH") return false;
  }
  const recorded = text.split(" ")[1];
  const current = startedAt(pid);
  return recorded === "-" || current === undefined || recorded === current;
}

/** This boot and the process's start in ticks since it; undefined where /proc does not say. */
function startedAt(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold spaces; the start is the 20th field after it.
    const ticks = status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
    return ticks === undefined ? undefined : `${boot}/${ticks}`;
  } catch {
    return undefined;
  }
}

function busy(path: string, holder: string): Refused {
  const message = `Another vigosrv uses this data directory: ${holder}.`;
  const next = "stop the other server, or give this one a data_dir of its own";
  return new Refused({ code: "DATA_DIR_BUSY", message, value: path, next });
}
