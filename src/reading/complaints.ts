/**
 * What zod found wrong, in words for the person who wrote the file: one complaint for each wrong key or value, with
 * what is allowed and the nearest known word. A schema that sets a message of its own is quoted as it is.
 */
import { z } from "zod";
import { compareText } from "../kernel/order.ts";
import { nearWord } from "../kernel/near-word.ts";
import type { Complaint, Path } from "./problem.ts";

/** A complaint about one path; `isKey` when it is about the key and not about its value. */
export interface PathComplaint extends Complaint {
  readonly path: Path;
  readonly isKey: boolean;
}

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** The value as the schema gives it, or every complaint about it in the order of the schema. */
export function judgeValue<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly complaints: PathComplaint[] } {
  const known = new WeakMap<readonly string[], readonly string[]>();
  const outcome = schema.safeParse(value, { error: (issue) => messageOf(issue, known) });
  if (outcome.success) return { ok: true, value: outcome.data };
  const complaints = outcome.error.issues.flatMap((issue) => complaintsOf(issue, [], value, known));
  return { ok: false, complaints };
}

/**
 * The sentence of one issue. Only here zod still says which schema spoke, so this also notes, under the list of
 * unknown keys itself, which keys that schema knows.
 */
function messageOf(issue: RawIssue, known: WeakMap<readonly string[], readonly string[]>): string {
  switch (issue.code) {
    case "unrecognized_keys":
      known.set(issue.keys, shapeKeys(issue.inst));
      return "This key is not known here.";
    case "invalid_type":
      if (issue.input === undefined) return `This key is missing; it needs ${kindText(issue.expected)}.`;
      return `This must be ${kindText(issue.expected)}.`;
    case "invalid_value":
      return issue.input === undefined ? "This key is missing." : "This word or value is not one of those allowed.";
    case "too_small":
      return `This must ${boundText(issue.origin, "least", issue.minimum, issue.inclusive, issue.exact)}.`;
    case "too_big":
      return `This must ${boundText(issue.origin, "most", issue.maximum, issue.inclusive, issue.exact)}.`;
    case "not_multiple_of":
      return `This must be a multiple of ${issue.divisor}.`;
    case "invalid_union":
      return issue.input === undefined ? "This key is missing." : "This has none of the forms that are allowed here.";
    case "invalid_format":
      return "This does not have the form that belongs here.";
    case "invalid_key":
      return "This key does not have the form that belongs here.";
    default:
      return "This value is not allowed here.";
  }
}

function complaintsOf(
  issue: Issue,
  above: Path,
  root: unknown,
  known: WeakMap<readonly string[], readonly string[]>,
): PathComplaint[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  const value = valueAt(root, path);
  const plain = { path, isKey: false, message: issue.message, ...(value === undefined ? {} : { value }) };
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, issue.message, known.get(issue.keys) ?? []));
    case "invalid_value":
      return [{ ...plain, ...choice(value, issue.values) }];
    case "invalid_union":
      return unionComplaints(issue, path, root, known, plain);
    case "invalid_key": {
      const message = issue.issues[0]?.message ?? issue.message;
      return [{ path, isKey: true, message, value: path.at(-1) }];
    }
    case "custom":
      return [{ ...plain, ...customParts(issue.params) }];
    default:
      return [plain];
  }
}

function unknownKey(key: string, path: Path, message: string, known: readonly string[]): PathComplaint {
  const meant = nearWord(key, known);
  const allowed = known.length === 0 ? {} : { allowed: known.toSorted(compareText).join(", ") };
  return { path: [...path, key], isKey: true, message, ...(meant === undefined ? {} : { meant }), ...allowed };
}

/** Complaints of the branch that was most likely meant: the one that got furthest, that is, took the value's kind. */
function unionComplaints(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  root: unknown,
  known: WeakMap<readonly string[], readonly string[]>,
  plain: PathComplaint,
): PathComplaint[] {
  if ("options" in issue && issue.options !== undefined && issue.options.length > 0) {
    return [{ ...plain, ...choice(plain.value, issue.options) }];
  }
  const branches: readonly (readonly Issue[])[] = issue.errors;
  const fitting = branches.filter((issues) => !issues.some(isAboutWhole));
  const [best] = fitting.toSorted((a, b) => wrongWords(a) - wrongWords(b) || a.length - b.length);
  if (best !== undefined) return best.flatMap((inner) => complaintsOf(inner, path, root, known));
  const kinds = branches.flatMap((issues) => issues.flatMap((inner) => kindOf(inner)));
  const words = branches.flat().flatMap((inner) => (inner.code === "invalid_value" ? inner.values : []));
  const { meant } = choice(plain.value, words);
  return [{ ...plain, ...(meant === undefined ? {} : { meant }), allowed: [...new Set(kinds)].join(", or ") }];
}

/** Whether the branch did not even take the value's kind or word, so nobody meant it. */
function isAboutWhole(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function wrongWords(issues: readonly Issue[]): number {
  return issues.filter(({ code }) => code === "unrecognized_keys" || code === "invalid_value").length;
}

function kindOf(issue: Issue): string[] {
  if (issue.path.length > 0) return [];
  if (issue.code === "invalid_type") return [kindText(issue.expected)];
  return issue.code === "invalid_value" ? [wordsText(issue.values)] : [];
}

function choice(value: unknown, values: readonly z.core.util.Primitive[]): Partial<Complaint> {
  const words = values.filter((word) => word !== undefined).map(String);
  const meant = typeof value === "string" ? nearWord(value, words) : undefined;
  return { ...(meant === undefined ? {} : { meant }), ...(words.length === 0 ? {} : { allowed: wordsText(words) }) };
}

function wordsText(values: readonly z.core.util.Primitive[]): string {
  return values.map(String).join(", ");
}

/** What a check of our own says besides its message: `params: {allowed, meant}`. */
function customParts(params: unknown): Partial<Complaint> {
  if (typeof params !== "object" || params === null) return {};
  const { allowed, meant } = params as Readonly<Record<string, unknown>>;
  return {
    ...(typeof allowed === "string" ? { allowed } : {}),
    ...(typeof meant === "string" ? { meant } : {}),
  };
}

function kindText(expected: string): string {
  const kinds: Readonly<Record<string, string>> = {
    string: "a text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    object: "a map of keys",
    record: "a map of keys",
    array: "a list",
    tuple: "a list",
    null: "empty",
    never: "left out",
  };
  return kinds[expected] ?? expected;
}

function boundText(origin: string, side: string, bound: number | bigint, inclusive = true, exact = false): string {
  const amount = exact ? `exactly ${bound}` : `at ${side} ${bound}`;
  if (origin === "string") return `have ${amount} characters`;
  if (origin === "array" || origin === "set") return `have ${amount} items`;
  if (inclusive) return `be ${amount}`;
  return `be ${side === "least" ? "more" : "less"} than ${bound}`;
}

function shapeKeys(schema: unknown): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape as object) : [];
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}
