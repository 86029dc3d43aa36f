/** Files that people write: everything wrong is told at once, with its place. */
import { expect, test } from "vitest";
import { z } from "zod";
import { duration } from "../../../src/reading/amounts.ts";
import { problemText, refusalOfProblems } from "../../../src/reading/problem.ts";
import { readYaml } from "../../../src/reading/read-yaml.ts";

const step = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("crash"), bolt: z.string() }),
  z.strictObject({ do: z.literal("wait"), for: duration() }),
]);
const schema = z.strictObject({
  mode: z.enum(["standalone", "spanner"]).prefault("standalone"),
  name: z.string(),
  every: duration({ min: "200ms", max: "1h" }).prefault("30s"),
  accept: z.union([z.literal("all"), z.array(z.string())]).optional(),
  form: z.union([z.string(), z.strictObject({ bolts: z.number().int().min(1).max(9) })]).optional(),
  labels: z.record(z.string().regex(/^[a-z]+$/), z.string()).optional(),
  steps: z.array(step).optional(),
});

function problems(text: string): string[] {
  const read = readYaml(text, { file: "f.yaml", schema });
  return read.ok ? [] : read.problems.map(problemText);
}

test("RD-3 a good file gives its value, with defaults", () => {
  const read = readYaml("name: x\nsteps:\n  - {do: wait, for: 5m}\n", { file: "f.yaml", schema });
  expect(read).toMatchObject({
    ok: true,
    value: { mode: "standalone", name: "x", every: 30_000_000, steps: [{ do: "wait", for: 300_000_000 }] },
  });
});

test("RD-3 all that is wrong is told at once, in the order of the lines", () => {
  const text = "name: 5\nevery: 30\nlabels:\n  A: x\nsteps:\n  - do: wait\n  - {do: crash, bolt: b, extra: 1}\n";
  expect(problems(text)).toEqual([
    "f.yaml:1:7 CONFIG_INVALID name: This must be a text. Value: 5.",
    "f.yaml:2:8 CONFIG_INVALID every: A duration is a number with its unit (us, ms, s, m, h, d), such as 30s." +
      " Value: 30.",
    'f.yaml:4:3 CONFIG_INVALID labels.A: This does not have the form that belongs here. Value: "A".',
    expect.stringContaining("f.yaml:6:5 CONFIG_INVALID steps[0].for: This key is missing."),
    "f.yaml:7:26 CONFIG_INVALID steps[1].extra: This key is not known here. Allowed: bolt, do.",
  ]);
});

test("RD-3 a missing key is told at the key that should hold it, a missing one of the whole file on line 1", () => {
  expect(problems("")).toEqual(["f.yaml:1:1 CONFIG_INVALID name: This key is missing; it needs a text."]);
  const inner = z.strictObject({ a: z.strictObject({ b: z.string() }) });
  const read = readYaml("\n\na:\n  {}\n", { file: "f.yaml", schema: inner });
  expect(read).toMatchObject({ ok: false, problems: [{ line: 4, column: 3, path: "a.b" }] });
});

test("RD-3 T43 values, keys and file names are escaped and cut", () => {
  const read = readYaml(`name: x\n"\\e]0;x\\a": 1\nmode: "${"y".repeat(5000)}\\u202e"\n`, {
    file: "evil\u001b[2J.yaml",
    schema,
  });
  expect(read.ok).toBe(false);
  for (const text of read.ok ? [] : read.problems.map(problemText)) {
    // eslint-disable-next-line no-control-regex -- control characters are what this looks for
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text.length).toBeLessThan(1_000);
  }
});

test("RD-3 a reader adds problems of its own, with their places", () => {
  const read = readYaml("name: x\nsteps:\n  - {do: crash, bolt: nobody}\n", { file: "f.yaml", schema });
  if (!read.ok) throw new Error("a good file was refused");
  const problem = read.problemAt(["steps", 0, "bolt"], { message: "There is no such bolt.", meant: "east" });
  expect(problemText(problem)).toBe(
    "f.yaml:3:23 CONFIG_INVALID steps[0].bolt: There is no such bolt. Did you mean east?",
  );
  expect(read.placeOf(["name"])).toEqual({ line: 1, column: 7 });
});

test("RD-3 what looks first speaks instead of the schema, and about nothing else", () => {
  const read = readYaml("name: x\nrole: hub\nother: 1\n", {
    file: "f.yaml",
    schema,
    code: "OTHER_CODE",
    before: () => [{ path: ["role"], isKey: true, message: "Roles are gone." }],
  });
  expect(read.ok ? [] : read.problems.map(({ code, path, message }) => [code, path, message])).toEqual([
    ["OTHER_CODE", "role", "Roles are gone."],
    ["OTHER_CODE", "other", "This key is not known here."],
  ]);
});

test("RD-3 many problems make one refusal that tells the first and counts the others", () => {
  const read = readYaml("name: 5\nmode: x\nform: 7\n", { file: "f.yaml", schema });
  const refusal = refusalOfProblems(read.ok ? [] : read.problems);
  expect(refusal).toEqual({
    code: "CONFIG_INVALID",
    message: "f.yaml:1:7 name: This must be a text. (and 2 more problems)",
    value: "5",
  });
});

test("RD-4 unknown keys and words come with the nearest known one", () => {
  expect(problems("nmae: x\nname: y\nmode: spaner\nsteps: [{do: crahs}]\n")).toEqual([
    "f.yaml:1:1 CONFIG_INVALID nmae: This key is not known here. Did you mean name?" +
      " Allowed: accept, every, form, labels, mode, name, steps.",
    "f.yaml:3:7 CONFIG_INVALID mode: This word or value is not one of those allowed. Did you mean spanner?" +
      ' Value: "spaner". Allowed: standalone, spanner.',
    "f.yaml:4:14 CONFIG_INVALID steps[0].do: This has none of the forms that are allowed here. Did you mean crash?" +
      ' Value: "crahs". Allowed: crash, wait.',
  ]);
});

test("RD-5 of several forms the one that was meant is judged, or all are named", () => {
  expect(problems("name: x\nform: {bolts: 10}\naccept: [a, 5]\n")).toEqual([
    "f.yaml:2:15 CONFIG_INVALID form.bolts: This must be at most 9. Value: 10.",
    "f.yaml:3:13 CONFIG_INVALID accept[1]: This must be a text. Value: 5.",
  ]);
  expect(problems("name: x\nform: 5\naccept: al\n")).toEqual([
    "f.yaml:2:7 CONFIG_INVALID form: This has none of the forms that are allowed here. Value: 5." +
      " Allowed: a text, or a map of keys.",
    "f.yaml:3:9 CONFIG_INVALID accept: This has none of the forms that are allowed here. Did you mean all?" +
      ' Value: "al". Allowed: all, or a list.',
  ]);
});
