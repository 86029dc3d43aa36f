/**
 * Small state with a checksum and a second copy (T51): `X` is what counts, `X.previous` what stands in for it when `X`
 * is missing or spoilt. Whoever loads is told which one it got and says so.
 *
 *   save: X (when sound) -> X.previous, then the new content -> X
 *   load: X sound -> X | X missing or spoilt, X.previous sound -> X.previous | neither there -> nothing | else refused
 */
import { createHash } from "node:crypto";
import { Refused } from "./refused.ts";
import { loadFile, saveFile } from "./files.ts";
import { equalBytes } from "../kernel/bytes.ts";

const magic = Buffer.from("VGKEEP1\n", "latin1");
const headBytes = magic.length + 32;

/** What was loaded; `warning` is a sentence to log when it is not the newest copy. */
export interface KeptContent {
  readonly bytes: Uint8Array;
  readonly from: "current" | "previous";
  readonly warning: string | null;
}

/** Where the second copy of a kept file lies. */
export function previousOf(path: string): string {
  return `${path}.previous`;
}

/** Saves new content and keeps the old one as `.previous`. Throws `Refused` as `saveFile` does. */
export function saveKept(path: string, bytes: Uint8Array, mode: number): void {
  const old = readSound(path, Number.MAX_SAFE_INTEGER);
  // A spoilt file is not worth keeping, and would push out the copy that is.
  if (old.is === "sound") saveFile(previousOf(path), framed(old.bytes), mode);
  saveFile(path, framed(bytes), mode);
}

/** Saves the same content as both copies, for what must never fall back to something older. */
export function saveTwice(path: string, bytes: Uint8Array, mode: number): void {
  saveFile(path, framed(bytes), mode);
  saveFile(previousOf(path), framed(bytes), mode);
}

/** The newest sound copy, undefined when there is none of either. Throws `Refused`: STATE_CORRUPT, storage codes. */
export function loadKept(path: string, limitBytes: number): KeptContent | undefined {
  const current = readSound(path, limitBytes);
  if (current.is === "sound") return { bytes: current.bytes, from: "current", warning: null };
  const previous = readSound(previousOf(path), limitBytes);
  if (previous.is === "sound") {
    const warning = `${path} is ${current.is}; its previous copy ${previousOf(path)} is used instead`;
    return { bytes: previous.bytes, from: "previous", warning };
  }
  if (current.is === "missing" && previous.is === "missing") return undefined;
  const message = `The file is ${current.is} and its previous copy is ${previous.is}.`;
  const next = "restore the file from a backup";
  throw new Refused({ code: "STATE_CORRUPT", message, value: path, next });
}

type Reading = { readonly is: "sound"; readonly bytes: Uint8Array } | { readonly is: "missing" | "spoilt" };

function readSound(path: string, limitBytes: number): Reading {
  const file = loadFile(path, limitBytes + headBytes);
  if (file === undefined) return { is: "missing" };
  if (file.length < headBytes || !equalBytes(file.subarray(0, magic.length), magic)) return { is: "spoilt" };
  const bytes = file.slice(headBytes);
  return equalBytes(file.subarray(magic.length, headBytes), checksumOf(bytes))
    ? { is: "sound", bytes }
    : { is: "spoilt" };
}

function framed(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([magic, checksumOf(bytes), bytes]));
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
