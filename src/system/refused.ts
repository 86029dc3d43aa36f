/**
 * A refusal on its way to whoever prints it. The machine and its files say no in places where nothing sensible can go
 * on (no key, wrong modes, a full disk); the server catches this one class and shows code, sentence, value and next.
 */
import type { Refusal } from "../kernel/refusal.ts";

/** Carries the refusal; the message is "CODE: sentence" for whoever lets it reach a stack trace. */
export class Refused extends Error {
  override readonly name: string = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal, cause?: unknown) {
    super(`${refusal.code}: ${refusal.message}`, cause === undefined ? undefined : { cause });
    this.refusal = refusal;
  }
}

/** The code of a failed system call ("ENOSPC", "EACCES", ...), or undefined when it was something else. */
export function systemCode(caught: unknown): string | undefined {
  if (!(caught instanceof Error) || !("code" in caught)) return undefined;
  return typeof caught.code === "string" ? caught.code : undefined;
}

/** What a failed write or read means to the operator: a full or read-only disk, missing rights, or a broken device. */
export function storageRefusal(path: string, caught: unknown): Refused {
  const code = systemCode(caught) ?? "unknown error";
  if (code === "ENOSPC" || code === "EDQUOT") {
    const message = "The disk is full; nothing was changed.";
    return new Refused({ code: "STORAGE_READONLY", message, value: path, next: `df -h ${quoted(path)}` }, caught);
  }
  if (code === "EROFS") {
    const message = "The disk is mounted read-only; nothing was changed.";
    return new Refused({ code: "STORAGE_READONLY", message, value: path, next: `findmnt -T ${quoted(path)}` }, caught);
  }
  if (code === "EACCES" || code === "EPERM") {
    const message = "This process has no right to use the file.";
    return new Refused({ code: "STORAGE_DENIED", message, value: path, next: `ls -ld ${quoted(path)}` }, caught);
  }
  const message = `The disk failed (${code}); what was being written may be lost.`;
  return new Refused({ code: "STORAGE_FAILED", message, value: path, next: "dmesg | tail" }, caught);
}

/** A path as one word of a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
