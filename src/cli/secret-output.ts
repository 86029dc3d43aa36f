/**
 * A new file for something secret that is shown once: it is made before the secret exists, so that a path which cannot
 * be written is found out while nothing is lost yet.
 */
import { closeSync, constants, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { secretFileMode, syncFolder } from "../system/files.ts";
import { Refused, storageRefusal, systemCode } from "../system/refused.ts";
import type { CliWorld } from "./world.ts";

export interface SecretOutput {
  /** Absolute. */
  readonly path: string;
  /** Writes one line and brings it to the disk; false when the disk did not take it. */
  write(line: string): boolean;
  /** Takes the file away again. */
  discard(): void;
}

/** Makes the file, mode 0600. Throws `Refused`: FILE_EXISTS and the codes of storage. */
export function openSecretOutput(file: string, { workingFolder }: Pick<CliWorld, "workingFolder">): SecretOutput {
  const path = resolve(workingFolder, file);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  let descriptor: number;
  try {
    descriptor = openSync(path, flags, secretFileMode);
  } catch (caught) {
    if (systemCode(caught) !== "EEXIST") throw storageRefusal(path, caught);
    const message = "The file is there already, and is not written over.";
    throw new Refused({ code: "FILE_EXISTS", message, value: path, next: "name another file" }, caught);
  }
  return {
    path,
    write: (line) => {
      try {
        const bytes = Buffer.from(`${line}\n`);
        let at = 0;
        while (at < bytes.length) at += writeSync(descriptor, bytes, at);
        fsyncSync(descriptor);
        closeSync(descriptor);
        syncFolder(dirname(path));
        return true;
      } catch {
        return false; // the caller still has the secret and shows it
      }
    },
    discard: () => {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}
