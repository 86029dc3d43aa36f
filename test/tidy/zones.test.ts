/** Core rooms and simulator stay deterministic, and the checker sees each way in which they could stop to be. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadProject } from "./source.ts";
import { coreRooms, zoneFindings } from "./zones.ts";

const inCore = (line: string): string[] => zoneFindings([{ path: "src/gossip/x.ts", text: `/** x */\n${line}\n` }]);
const inSim = (path: string, line: string): string[] => zoneFindings([{ path, text: `/** x */\n${line}\n` }]);

test("TI-2 TI-3 TI-4 TI-5 TI-6 TI-7 TI-8 hold in this tree", () => {
  expect(zoneFindings(loadProject())).toEqual([]);
});

test("TI-2 a finding names the rule, the place and the culprit", () => {
  expect(inCore("export const now = Date.now();")).toEqual([
    "TI-2 core rooms have no clock and no timers: src/gossip/x.ts:2 uses Date.now",
  ]);
});

test.each([
  ["TI-2", "new Date()"],
  ["TI-2", "setTimeout(f, 1)"],
  ["TI-2", "const t: Date = x"],
  ["TI-2", "performance.now()"],
  ["TI-3", "Math.random()"],
  ["TI-3", "crypto.getRandomValues(x)"],
  ["TI-3", "const { random } = Math"],
  ["TI-4", "async function f() {}"],
  ["TI-4", "const f = async () => 1"],
  ["TI-4", "class C { async f() {} }"],
  ["TI-4", "Promise.resolve(1)"],
  ["TI-4", "let x: Promise<void>"],
  ["TI-5", "for (const k in o) f(k)"],
  ["TI-5", "names.sort((a, b) => a.localeCompare(b))"],
  ["TI-5", "new Intl.Collator()"],
  ["TI-5", "n.toLocaleString()"],
  ["TI-6", "Math.log(2)"],
  ["TI-6", "Math.pow(2, x)"],
  ["TI-6", "x ** 3"],
  ["TI-7", 'import { readFileSync } from "node:fs"'],
  ["TI-7", 'import { z } from "zod"'],
  ["TI-7", "process.exit(1)"],
  ["TI-7", "Buffer.from(x)"],
  ["TI-7", 'globalThis["Date"]'],
])("%s is broken in the core by: %s", (rule, line) => {
  const found = inCore(line);
  expect(found.length).toBeGreaterThan(0);
  expect(found.every((one) => one.startsWith(`${rule} `))).toBe(true);
});

test.each([
  ["members and keys of the same name", "const a = { Date: 1, process: 2 }; f(a.Date, a.process, row.Promise);"],
  ["declarations of the same name", "function f(process: number): void {}\nconst { fetch } = x;\nf(fetch.ids);"],
  ["exact maths", "f(Math.max(1, 2), Math.floor(3.5), 2 ** 32, 2n ** n)"],
  ["strings and comments", '// Date.now\nf("Date.now()")'],
  ["packages over bytes", 'import { sha256 } from "@noble/hashes/sha2.js"'],
])("TI-7 the checker allows in the core: %s", (_what, line) => {
  expect(inCore(line)).toEqual([]);
});

test.each(["Date.now()", "Math.random()", "setTimeout(f, 1)", "performance.now()", "crypto.randomUUID()"])(
  "TI-8 is broken in the simulator by: %s",
  (line) => {
    expect(inSim("sim/world/x.ts", line)).toEqual([expect.stringMatching(/^TI-8 .*sim\/world\/x\.ts:2 uses /)]);
    expect(inSim("sim/bench/x.ts", line)).toEqual([]);
    expect(inSim("sim/main.ts", line)).toEqual([]);
  },
);

test("TI-7 the compiler's core zone and the checker's core rooms are the same", () => {
  const project = JSON.parse(readFileSync("src/tsconfig.core.json", "utf8")) as { include: string[] };
  expect(project.include).toEqual(coreRooms.map((room) => `${room}/**/*.ts`));
  const edge = JSON.parse(readFileSync("src/tsconfig.json", "utf8")) as { exclude: string[] };
  expect(edge.exclude).toEqual(["web/browser/**", ...coreRooms.map((room) => `${room}/**`)]);
});
