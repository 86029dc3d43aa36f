/** Steps a fresh machine through a recording and stops where it does something else (HO-6). */
import { Malformed } from "../kernel/bytes.ts";
import type { Machine } from "../bolt/seam.ts";
import { fromRecordedText, recordedText } from "../wire/recorded.ts";
import type { Verifier } from "../wire/genuine.ts";
import type { RecordedStep, SegmentHead } from "./recorder.ts";
import { hashOf, recordingVersion } from "./recorder.ts";
import { boxSecret } from "./secret.ts";

/** How a replay ended. */
export type Replayed =
  | { readonly is: "same"; readonly steps: number; readonly segments: number }
  | {
      readonly is: "diverged";
      /** Lines count from 1. */
      readonly line: number;
      readonly input: string;
      readonly recorded: readonly string[];
      readonly replayed: readonly string[];
      /** Everything the replayed machine did there, as text. */
      readonly effects: string;
    }
  | { readonly is: "unreadable"; readonly line: number; readonly why: string };

/** `restore` makes a machine of an image. A segment that begins after another continues it and must match it. */
export function replay(
  lines: readonly string[],
  restore: (image: unknown) => Machine<unknown>,
  verifier: Verifier,
): Replayed {
  let machine: Machine<unknown> | null = null;
  let steps = 0;
  let segments = 0;
  for (const [at, text] of lines.entries()) {
    const line = at + 1;
    if (text === "") continue;
    const read = parse(text, verifier);
    if (read instanceof Malformed) return { is: "unreadable", line, why: read.message };
    if ("segment" in read) {
      if (read.segment !== recordingVersion) return { is: "unreadable", line, why: "a recording of another version" };
      machine = restore(read.image);
      segments++;
      continue;
    }
    if (machine === null) return { is: "unreadable", line, why: "a step before the first segment" };
    const effects = machine.step(read.input, read.at);
    steps++;
    if (hashOf(effects) === read.effects) continue;
    const replayed = effects.map((effect) => effect.do);
    const input = recordedText(read.input);
    return { is: "diverged", line, input, recorded: read.does, replayed, effects: recordedText(effects) };
  }
  return { is: "same", steps, segments };
}

function parse(text: string, verifier: Verifier): SegmentHead | RecordedStep | Malformed {
  try {
    const value = fromRecordedText(text, verifier, (label) => boxSecret(label, new Uint8Array(32)));
    return isLine(value) ? value : new Malformed("a line of another kind");
  } catch (error) {
    if (error instanceof Malformed) return error;
    throw error;
  }
}

/** Judges as far as replaying relies on it; what is inside an input only the machine can tell. */
function isLine(value: unknown): value is SegmentHead | RecordedStep {
  if (typeof value !== "object" || value === null) return false;
  const line: Partial<Record<keyof SegmentHead | keyof RecordedStep, unknown>> = value;
  if (!Number.isSafeInteger(line.at)) return false;
  if (line.segment !== undefined) return typeof line.segment === "number" && typeof line.image === "object";
  return typeof line.input === "object" && typeof line.effects === "string" && Array.isArray(line.does);
}
