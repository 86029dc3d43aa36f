/** Every file is of use, and no file needs itself. */
import { expect, test } from "vitest";
import { circleFindings, deadFindings } from "./graph.ts";
import { loadProject } from "./source.ts";

/** Files that nothing here imports or starts, with the reason why they stay. */
const allowed = new Map<string, string>();

const file = (path: string, ...imports: string[]): { path: string; text: string } => ({
  path,
  text: `/** x */\n${imports.map((specifier) => `import { a } from "${specifier}";\n`).join("")}`,
});

test("TI-15 every file of this tree is reached by a program or a test", () => {
  expect(deadFindings(loadProject(), allowed)).toEqual([]);
});

test("TI-16 the imports of this tree form no circle", () => {
  expect(circleFindings(loadProject())).toEqual([]);
});

test("TI-15 a file that only another dead file imports is dead", () => {
  const sources = [
    file("src/cli/main.ts", "./used.ts"),
    file("src/cli/used.ts"),
    file("src/cli/dead.ts", "./deader.ts"),
    file("src/cli/deader.ts"),
    file("test/unit/cli/x.test.ts", "../../../src/cli/tested.ts"),
    file("src/cli/tested.ts"),
  ];
  expect(deadFindings(sources)).toEqual([
    "TI-15 no dead file: neither a program nor a test reaches src/cli/dead.ts",
    "TI-15 no dead file: neither a program nor a test reaches src/cli/deader.ts",
  ]);
});

test("TI-15 workers are reached by their URL, compiled or not", () => {
  const starter = { path: "sim/main.ts", text: 'new Worker(new URL("./worker.js", import.meta.url));' };
  expect(deadFindings([starter, file("sim/worker.ts")])).toEqual([]);
});

test("TI-15 an exception must be needed", () => {
  const reason = "planted";
  expect(deadFindings([file("src/cli/dead.ts")], new Map([["src/cli/dead.ts", reason]]))).toEqual([]);
  expect(deadFindings([file("src/cli/main.ts")], new Map([["src/cli/main.ts", reason]]))).toHaveLength(1);
  expect(deadFindings([], new Map([["src/cli/gone.ts", reason]]))).toHaveLength(1);
});

test("TI-16 a circle is found once, with its way round", () => {
  const sources = [
    file("src/a/a.ts", "./b.ts"),
    file("src/a/b.ts", "./c.ts"),
    file("src/a/c.ts", "./a.ts"),
    file("src/a/d.ts", "./a.ts"),
  ];
  expect(circleFindings(sources)).toEqual(["TI-16 no circles: src/a/a.ts -> src/a/b.ts -> src/a/c.ts -> src/a/a.ts"]);
  expect(circleFindings([file("src/a/a.ts", "./b.ts"), file("src/a/b.ts")])).toEqual([]);
});
