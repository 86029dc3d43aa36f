/** Which server.yaml is read. */
import { expect, test } from "vitest";
import { loadServerConfig } from "../../../src/config/find-config.ts";
import type { ConfigAnswer } from "../../../src/config/server-config.ts";
import { problemText } from "../../../src/reading/problem.ts";

const files = new Map([
  ["/here/server.yaml", "spanner: {name: here}"],
  ["/there/a.yaml", "spanner: {name: named}\nserver: {data_dir: data}"],
  ["/here/b.yaml", "spanner: {name: from-variable}"],
]);

function load(option?: string, variable?: string, workingFolder = "/here"): ConfigAnswer {
  const readText = (path: string): string | undefined => files.get(path);
  const environment = { VIGO_CONFIG_FILE: variable };
  return loadServerConfig({ option, environment, workingFolder, hostname: "h", readText });
}

const nameOf = (answer: ConfigAnswer): string => (answer.ok ? answer.config.name : "refused");

test("CO-2 the option comes before the variable, the variable before ./server.yaml", () => {
  expect(nameOf(load("/there/a.yaml", "b.yaml"))).toBe("named");
  expect(nameOf(load(undefined, "b.yaml"))).toBe("from-variable");
  expect(nameOf(load(undefined, ""))).toBe("here");
  expect(nameOf(load())).toBe("here");
});

test("CO-2 a named file must be there, an unnamed one may be missing", () => {
  const answers = [load("no.yaml"), load(undefined, "no.yaml")];
  expect(answers.map((answer) => (answer.ok ? [] : answer.problems.map(problemText)))).toEqual([
    ["no.yaml:1:1 CONFIG_MISSING There is no such file; --config names it."],
    ["no.yaml:1:1 CONFIG_MISSING There is no such file; VIGO_CONFIG_FILE names it."],
  ]);
  expect(load(undefined, undefined, "/empty")).toMatchObject({ ok: true, config: { mode: "standalone", file: null } });
});

test("CO-7 a relative data directory begins at the folder of the file", () => {
  expect(load("/there/a.yaml")).toMatchObject({ ok: true, config: { dataDir: "/there/data", file: "/there/a.yaml" } });
});
