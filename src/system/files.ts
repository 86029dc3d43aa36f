/**
 * Small files that survive a crash at any moment (T51): a write leaves the old content or the new, never neither.
 *
 *   new file beside it, fsync -> rename over the old one -> fsync the folder
 *
 * Modes are those the file is created with, never widened or narrowed later (T50). A failed fsync is reported, not
 * retried (T53). One process writes a data directory, see lockfile.ts.
 */
import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readSync, renameSync } from "node:fs";
import { rmSync, writeSync } from "node:fs";
import { dirname, join, basename } from "node:path";
import { Refused, quoted, storageRefusal, systemCode } from "./refused.ts";

/** Modes of what only this server may read. */
export const secretFileMode = 0o600;
export const secretFolderMode = 0o700;
/** Mode of what anyone on the machine may read (certificates). */
export const openFileMode = 0o644;

/**
 * Puts the bytes at the path, all or nothing; the file gets `mode` whatever it had. Once this returns they survive a
 * power cut. Throws `Refused` (STORAGE_READONLY, STORAGE_DENIED, STORAGE_FAILED), then the old content stands.
 */
export function saveFile(path: string, bytes: Uint8Array, mode: number): void {
  const fresh = join(dirname(path), `.${basename(path)}.new`);
  try {
    // Left by a crash, or laid there as a symbolic link: either way not ours to write through.
    rmSync(fresh, { force: true });
    writeNew(fresh, bytes, mode);
    renameSync(fresh, path);
    syncFolder(dirname(path));
  } catch (caught) {
    discard(fresh);
    throw storageRefusal(path, caught);
  }
}

/** The bytes at the path, undefined when there is no file. Throws `Refused`: FILE_TOO_LARGE and those of storage. */
export function loadFile(path: string, limitBytes: number): Uint8Array | undefined {
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a pipe laid there must not hang the server.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (caught) {
    if (systemCode(caught) === "ENOENT") return undefined;
    throw storageRefusal(path, caught);
  }
  try {
    return readWhole(descriptor, path, limitBytes);
  } catch (caught) {
    throw caught instanceof Refused ? caught : storageRefusal(path, caught);
  } finally {
    closeSync(descriptor);
  }
}

/** As `loadFile`, as UTF-8 text. */
export function loadText(path: string, limitBytes: number): string | undefined {
  const bytes = loadFile(path, limitBytes);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}

/** Makes the folder, and missing ones above it, with the mode; one that is there stays as it is. */
export function makeFolder(path: string, mode: number): void {
  try {
    const first = mkdirSync(path, { recursive: true, mode });
    if (first !== undefined) syncFolder(dirname(first));
  } catch (caught) {
    throw storageRefusal(path, caught);
  }
}

/** Removes a file if it is there, for good: the folder is on disk afterwards. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
    syncFolder(dirname(path));
  } catch (caught) {
    throw storageRefusal(path, caught);
  }
}

/** Brings a folder's entries to the disk: without this a rename may be undone by a power cut. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(path, flags, mode);
  try {
    let at = 0;
    while (at < bytes.length) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The disk said no already; the next save removes it.
  }
}

function readWhole(descriptor: number, path: string, limitBytes: number): Uint8Array {
  const status = fstatSync(descriptor);
  if (!status.isFile()) {
    const message = "This is not a regular file.";
    throw new Refused({ code: "STORAGE_DENIED", message, value: path, next: `ls -l ${quoted(path)}` });
  }
  // One byte more than allowed: a file that grows while it is read must not slip through.
  const bytes = new Uint8Array(Math.min(status.size, limitBytes) + 1);
  let length = 0;
  while (length < bytes.length) {
    const got = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (got === 0) break;
    length += got;
  }
  if (length === bytes.length && length > limitBytes) {
    const message = `The file is larger than the ${limitBytes} bytes allowed.`;
    throw new Refused({ code: "FILE_TOO_LARGE", message, value: path, next: `ls -l ${quoted(path)}` });
  }
  return bytes.slice(0, length);
}
