/**
 * One thing that is wrong with a file, told so that nobody has to search: where (file, line, column, key), what, the
 * value as it stands there, what is allowed, and what was probably meant. A reader returns all of them at once.
 */
import type { Refusal } from "../kernel/refusal.ts";
import { escapeUnsafe, harmlessText } from "../kernel/harmless-text.ts";

/** Keys and list positions from the top of a file to a value. */
export type Path = readonly (string | number)[];

/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** All text in it is safe to show as it is. */
export interface Problem extends Place {
  /** Stable upper-case code, the same for all problems of one kind of file. */
  readonly code: string;
  readonly file: string;
  /** The key, such as `spanner.patterns[2]`; empty for the file as a whole. */
  readonly path: string;
  /** One sentence. */
  readonly message: string;
  /** The offending value on one line, escaped and shortened. */
  readonly value?: string;
  /** What may stand there. */
  readonly allowed?: string;
  /** The known word that is nearest. */
  readonly meant?: string;
}

/** What a problem says, apart from where. Raw: `createProblem` makes it fit to be shown. */
export interface Complaint {
  readonly message: string;
  readonly value?: unknown;
  readonly allowed?: string;
  readonly meant?: string;
}

const shownValueCharacters = 80;

/** A problem from its parts, with everything that came from the file escaped and cut. */
export function createProblem(code: string, file: string, place: Place, path: Path, complaint: Complaint): Problem {
  const { message, value, allowed, meant } = complaint;
  return {
    code,
    file: harmlessText(file, 300),
    line: place.line,
    column: place.column,
    path: pathText(path),
    message: harmlessText(message, 600),
    ...(value === undefined ? {} : { value: valueText(value) }),
    ...(allowed === undefined ? {} : { allowed: harmlessText(allowed, 400) }),
    ...(meant === undefined ? {} : { meant: harmlessText(meant, 80) }),
  };
}

/** The problem on one line: `server.yaml:7:9 CONFIG_INVALID spanner.mode: sentence Value: ... Allowed: ...`. */
export function problemText(problem: Problem): string {
  const { file, line, column, code, path, message, value, allowed, meant } = problem;
  const parts = [`${file}:${line}:${column} ${code} ${path === "" ? "" : `${path}: `}${message}`];
  if (meant !== undefined) parts.push(`Did you mean ${meant}?`);
  if (value !== undefined) parts.push(`Value: ${value}.`);
  if (allowed !== undefined) parts.push(`Allowed: ${allowed}.`);
  return parts.join(" ");
}

/** Problems as one refusal: the first in full, the others by number. For answers that have room for one sentence. */
export function refusalOfProblems(problems: readonly Problem[]): Refusal {
  const [first] = problems;
  if (first === undefined) return { code: "CONFIG_INVALID", message: "The file was refused without a reason." };
  const more = problems.length - 1;
  const others = more === 0 ? "" : ` (and ${more} more problem${more === 1 ? "" : "s"})`;
  const { file, line, column, path, message, value, allowed, meant } = first;
  const word = meant === undefined ? "" : ` Did you mean ${meant}?`;
  const hint = `${word}${allowed === undefined ? "" : ` Allowed: ${allowed}.`}`;
  return {
    code: first.code,
    message: `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}${hint}${others}`,
    ...(value === undefined ? {} : { value }),
  };
}

/** A path as people write it: `server.tls_sans[1]`; keys that are no plain words are quoted. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path.slice(0, 32)) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${valueText(step)}]`;
  }
  return harmlessText(text, 300);
}

/** Any value on one line, as JSON, escaped, at most 80 characters of it. */
export function valueText(value: unknown): string {
  const cut = typeof value === "string" ? value.slice(0, shownValueCharacters + 1) : value;
  const text = JSON.stringify(cut, (_key, inner: unknown) => shortened(inner)) ?? String(cut);
  return escapeUnsafe(text.length > shownValueCharacters ? `${text.slice(0, shownValueCharacters)}...` : text);
}

/** Keeps `JSON.stringify` from writing out what would be cut anyway. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, shownValueCharacters);
  return typeof value === "bigint" ? String(value) : value;
}
