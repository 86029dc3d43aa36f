/**
 * What SQLite's errors mean: to the machine, which only asks what kind of failure it was (T52, T53), and to an
 * operator, who needs a code, a sentence and the next command. Both are decided by SQLite's number, and for a failed
 * read or write by asking the file system.
 */
import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import type { Refusal } from "../../kernel/refusal.ts";
import type { StoreFailure } from "../../roster/durable.ts";
import { Damaged } from "./records.ts";

/** Primary result codes, https://sqlite.org/rescode.html. */
const sqlite = { busy: 5, locked: 6, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notDatabase: 26 };

/** What a failed transaction on this file means. Nothing of it may be relied on; nothing of it is half there. */
export function storeFailureOf(caught: unknown, path: string): StoreFailure {
  switch (primaryCode(caught)) {
    case sqlite.full:
      return "full";
    case sqlite.readOnly:
      return "read-only";
    case sqlite.ioError:
    case sqlite.cannotOpen:
      return refusedAccess(path) === undefined ? "fsync" : "read-only";
    case sqlite.corrupt:
    case sqlite.notDatabase:
      // The disk gives back what nobody wrote: whatever was synced may be lost too.
      return "fsync";
    default:
      return "stopped";
  }
}

/** What a database that cannot be opened means to its operator. */
export function openRefusal(caught: unknown, path: string): Refusal {
  if (caught instanceof Damaged) return damagedRefusal(path, caught.message);
  const why = caught instanceof Error ? caught.message : String(caught);
  switch (primaryCode(caught)) {
    case sqlite.busy:
    case sqlite.locked: {
      const message = "Another process has the database open.";
      const next = `stop the other server (find it with: fuser -v ${quoted(path)})`;
      return { code: "DATABASE_BUSY", message, value: path, next };
    }
    case sqlite.corrupt:
    case sqlite.notDatabase:
      return damagedRefusal(path, why);
    case sqlite.full:
      return fullRefusal(path);
    case sqlite.readOnly:
      return readOnlyRefusal(path);
    default:
      return systemRefusal(caught, path, why);
  }
}

/** The file is not what was written. It is left as it is, and nothing starts empty in its place. */
export function damagedRefusal(path: string, why: string): Refusal {
  const message = `The database is damaged (${why}); it was not opened, and nothing starts empty in its place.`;
  const next = `keep a copy of ${quoted(path)} and of the -wal file beside it, then put the last backup in its place`;
  return { code: "DATABASE_DAMAGED", message, value: path, next };
}

/** The file is a sound database of something else. */
export function foreignRefusal(path: string): Refusal {
  const message = "This is a database of another program.";
  return { code: "DATABASE_FOREIGN", message, value: path, next: "give the server a data_dir of its own" };
}

/** The file was written by a newer version. */
export function newerRefusal(path: string, found: number, known: number): Refusal {
  const message = `The database was written by a newer version (layout ${found}, this one knows ${known}).`;
  const next = "start the newer version, or put a backup taken by this version in its place";
  return { code: "DATABASE_NEWER", message, value: path, next };
}

function fullRefusal(path: string): Refusal {
  const message = "The disk is full; nothing was changed.";
  return { code: "STORAGE_READONLY", message, value: path, next: `df -h ${quoted(dirname(path))}` };
}

function readOnlyRefusal(path: string): Refusal {
  const message = "The disk is mounted read-only; nothing was changed.";
  return { code: "STORAGE_READONLY", message, value: path, next: `findmnt -T ${quoted(dirname(path))}` };
}

function systemRefusal(caught: unknown, path: string, why: string): Refusal {
  const code = systemCode(caught);
  if (code === "ENOSPC" || code === "EDQUOT") return fullRefusal(path);
  const denied = code === "EROFS" || code === "EACCES" || code === "EPERM" ? code : refusedAccess(path);
  if (denied === "EROFS") return readOnlyRefusal(path);
  if (denied !== undefined) {
    const message = "This process has no right to use the database.";
    return { code: "STORAGE_DENIED", message, value: path, next: `ls -ld ${quoted(dirname(path))} ${quoted(path)}` };
  }
  const message = `The database cannot be opened (${why}).`;
  return { code: "STORAGE_FAILED", message, value: path, next: `ls -ld ${quoted(dirname(path))}; dmesg | tail` };
}

/** Why this process may not write beside the file, as the system's code; undefined when it may. */
function refusedAccess(path: string): string | undefined {
  try {
    accessSync(dirname(path), constants.W_OK);
    return undefined;
  } catch (caught) {
    const code = systemCode(caught);
    return code === "EROFS" || code === "EACCES" || code === "EPERM" ? code : undefined;
  }
}

/** SQLite's number of what went wrong, without its finer half; undefined when it was something else. */
function primaryCode(caught: unknown): number | undefined {
  if (!(caught instanceof Error)) return undefined;
  if ("errcode" in caught && typeof caught.errcode === "number") return caught.errcode & 0xff;
  // The packaged binding leaves the number out of errors of `all`, but not SQLite's own sentence.
  return sentences.get(caught.message);
}

/** What sqlite3_errstr says. */
const sentences: ReadonlyMap<string, number> = new Map([
  ["database is locked", sqlite.busy],
  ["database table is locked", sqlite.locked],
  ["attempt to write a readonly database", sqlite.readOnly],
  ["disk I/O error", sqlite.ioError],
  ["database disk image is malformed", sqlite.corrupt],
  ["database or disk is full", sqlite.full],
  ["unable to open database file", sqlite.cannotOpen],
  ["file is not a database", sqlite.notDatabase],
]);

function systemCode(caught: unknown): string | undefined {
  if (!(caught instanceof Error) || !("code" in caught)) return undefined;
  return typeof caught.code === "string" ? caught.code : undefined;
}

/** A path as one word of a shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
