/**
 * Reads a YAML file that people write: text in, a value of the schema's type out, or every problem at once, each with
 * its line. What a reader finds later (two keys that contradict, a name that is not defined) it tells in the same form
 * through `problemAt`.
 */
import type { z } from "zod";
import type { PathComplaint } from "./complaints.ts";
import { judgeValue } from "./complaints.ts";
import type { Complaint, Path, Place, Problem } from "./problem.ts";
import { createProblem } from "./problem.ts";
import type { YamlLimits } from "./yaml-source.ts";
import { complaintLimit, ordinaryLimits, parseYaml } from "./yaml-source.ts";

/** How to read one kind of file. */
export interface YamlReading<T> {
  /** The name shown in problems. */
  readonly file: string;
  /** Strict objects, so that unknown keys are found. */
  readonly schema: z.ZodType<T>;
  /** The code of its problems; `CONFIG_INVALID` unless given. */
  readonly code?: string;
  readonly limits?: Partial<YamlLimits>;
  /**
   * Looks at the plain value before the schema does, for words that once meant something. What it returns is told
   * instead of what the schema says about the same path or anything inside it.
   */
  readonly before?: (value: unknown) => readonly PathComplaint[];
}

/** A file that was read. */
export interface YamlRead<T> {
  readonly ok: true;
  readonly value: T;
  /** A further problem, about the value at the path. */
  readonly problemAt: (path: Path, complaint: Complaint) => Problem;
  /** Where the value at the path stands. */
  readonly placeOf: (path: Path) => Place;
}

export type YamlAnswer<T> = YamlRead<T> | { readonly ok: false; readonly problems: readonly Problem[] };

/** The file's value, or all that is wrong with it, in the order of its lines. Never throws, whatever the text. */
export function readYaml<T>(text: string, reading: YamlReading<T>): YamlAnswer<T> {
  const { file, schema, code = "CONFIG_INVALID", limits, before } = reading;
  const parsed = parseYaml(text, { ...ordinaryLimits, ...limits });
  if (!parsed.ok) {
    return { ok: false, problems: parsed.complaints.map((one) => createProblem(code, file, one.place, one.path, one)) };
  }
  const { source } = parsed;
  const problemAt = (path: Path, complaint: Complaint): Problem =>
    createProblem(code, file, source.placeOf(path), path, complaint);
  const early = before?.(source.value) ?? [];
  const judged = judgeValue(schema, source.value);
  const late = judged.ok ? [] : judged.complaints.filter(({ path }) => !early.some((one) => isWithin(path, one.path)));
  const problems = [...early, ...late].slice(0, complaintLimit).map((complaint) => {
    const { path, isKey } = complaint;
    return createProblem(code, file, isKey ? source.placeOfKey(path) : source.placeOf(path), path, complaint);
  });
  if (judged.ok && problems.length === 0) return { ok: true, value: judged.value, problemAt, placeOf: source.placeOf };
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((step, at) => path[at] === step);
}
