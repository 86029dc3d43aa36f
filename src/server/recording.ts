/** A recording on disk: numbered segments in a folder, the oldest dropped, so that it never grows without bound. */
import { appendFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordingSink } from "../host/recorder.ts";
import { makeFolder, secretFileMode, secretFolderMode } from "../system/files.ts";

/** Segments kept: about 32 MiB. */
const segmentsMax = 8;
const form = /^\d{8}\.rec$/u;

/** Appends to the folder; each start begins a segment of its own. */
export function openRecording(folder: string): RecordingSink {
  makeFolder(folder, secretFolderMode);
  let current: string | null = null;
  return {
    begin: (line) => {
      const names = readdirSync(folder)
        .filter((name) => form.test(name))
        .sort();
      for (const name of names.slice(0, Math.max(0, names.length - segmentsMax + 1))) rmSync(join(folder, name));
      const next = Number((names.at(-1) ?? "00000000.rec").slice(0, 8)) + 1;
      current = join(folder, `${String(next).padStart(8, "0")}.rec`);
      writeFileSync(current, `${line}\n`, { mode: secretFileMode });
    },
    append: (line) => {
      if (current !== null) appendFileSync(current, `${line}\n`);
    },
  };
}
