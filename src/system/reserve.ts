/**
 * A file that does nothing but hold space (T52): when the disk is full it is given up, so that the server can still
 * write what recovery needs, and is taken again once there is room.
 *
 *   none --hold--> held --release--> none
 */
import { randomFillSync } from "node:crypto";
import { closeSync, constants, fsyncSync, openSync, rmSync, statSync, statfsSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { removeFile, secretFileMode } from "./files.ts";
import { storageRefusal, systemCode } from "./refused.ts";

const share = 0.05;
const mebibyte = 1_048_576;
const smallestBytes = 65_536;
const largestBytes = 64 * mebibyte;

/** How much is set aside on a disk of this size: five percent, at most 64 MiB, at least 64 KiB. */
export function reserveBytesFor(diskBytes: number): number {
  return Math.min(largestBytes, Math.max(smallestBytes, Math.floor(diskBytes * share)));
}

/** The reserve of one data directory. */
export class Reserve {
  readonly #path: string;
  readonly #sizeBytes: number;

  /** Throws `Refused` when the disk cannot be asked for its size. */
  constructor(dataDir: string) {
    this.#path = join(dataDir, ".reserve");
    try {
      const disk = statfsSync(dataDir);
      this.#sizeBytes = reserveBytesFor(disk.blocks * disk.bsize);
    } catch (caught) {
      throw storageRefusal(dataDir, caught);
    }
  }

  get isHeld(): boolean {
    return this.#heldBytes() >= this.#sizeBytes;
  }

  /**
   * Takes the space unless it is held. False when that would leave less than as much again to whoever writes here, and
   * then nothing is kept of the attempt. Throws `Refused` on any other failure.
   */
  hold(): boolean {
    if (this.isHeld) return true;
    try {
      if (this.#freeBytes() < 2 * this.#sizeBytes) return false;
      this.#write();
      return true;
    } catch (caught) {
      rmSync(this.#path, { force: true });
      const code = systemCode(caught);
      if (code === "ENOSPC" || code === "EDQUOT") return false;
      throw storageRefusal(this.#path, caught);
    }
  }

  /** Gives the space back. True when there was some to give. */
  release(): boolean {
    if (this.#heldBytes() === 0) return false;
    removeFile(this.#path);
    return true;
  }

  #freeBytes(): number {
    const disk = statfsSync(dirname(this.#path));
    return disk.bavail * disk.bsize;
  }

  #heldBytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  #write(): void {
    rmSync(this.#path, { force: true });
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const descriptor = openSync(this.#path, flags, secretFileMode);
    try {
      // Random, because a disk that compresses would keep nothing of zeros.
      const piece = randomFillSync(new Uint8Array(Math.min(mebibyte, this.#sizeBytes)));
      let left = this.#sizeBytes;
      while (left > 0) left -= writeSync(descriptor, piece, 0, Math.min(left, piece.length));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
