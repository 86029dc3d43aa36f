/** The ladder holds in this tree, and the checker sees every way off it. */
import { expect, test } from "vitest";
import { ladderFindings } from "./ladder.ts";
import { loadProject } from "./source.ts";

const importing = (path: string, specifier: string): string[] =>
  ladderFindings([{ path, text: `/** x */\nimport type { x } from "${specifier}";\n` }]);

test("TI-1 imports of this tree point only down the ladder", () => {
  expect(ladderFindings(loadProject())).toEqual([]);
});

test("TI-1 an import that climbs is found, with file, line and target", () => {
  expect(importing("src/kernel/a.ts", "../bolt/bolt.ts")).toEqual([
    "TI-1 imports point only down, and src/bolt stands above src/kernel: src/kernel/a.ts:2 imports src/bolt/bolt.ts",
  ]);
});

test.each([
  ["rooms on one rung", "src/gossip/a.ts", "../fleet/b.ts", "one rung"],
  ["two transports", "transports/grpc/a.ts", "../udp-multicast/b.ts", "one rung"],
  ["server and sim/real", "src/server/a.ts", "../../sim/real/b.ts", "one rung"],
  ["src and sim", "src/admin/a.ts", "../../sim/loop/loop.ts", "nothing in src imports sim"],
  ["cli and transports", "src/cli/a.ts", "../../transports/grpc/b.ts", "only what composes"],
  ["sim and SQLite", "sim/world/a.ts", "../../src/store/sqlite.ts", "no real disk"],
  ["sim and sim/real", "sim/world/a.ts", "../real/b.ts", "stands above"],
  ["a room of no name", "src/kernel/a.ts", "../elsewhere/b.ts", "in no room"],
])("TI-1 the checker refuses: %s", (_what, path, specifier, why) => {
  expect(importing(path, specifier)).toEqual([expect.stringContaining(why)]);
});

test.each([
  ["down", "src/bolt/a.ts", "../kernel/b.ts"],
  ["within a room", "src/bolt/a.ts", "./b.ts"],
  ["server and transports", "src/server/a.ts", "../../transports/grpc/b.ts"],
  ["agent's composing file", "src/agent/main.ts", "../../transports/grpc/b.ts"],
  ["sim and the store in memory", "sim/world/a.ts", "../../src/store/memory.ts"],
  ["sim/real and system", "sim/real/a.ts", "../../src/system/b.ts"],
])("TI-1 the checker allows: %s", (_what, path, specifier) => {
  expect(importing(path, specifier)).toEqual([]);
});

test("TI-1 exports from, dynamic imports and import types count as imports", () => {
  const text =
    '/** x */\nexport { x } from "../bolt/a.ts";\ntype T = import("../bolt/b.ts").T;\nimport("../bolt/c.ts");\n';
  expect(ladderFindings([{ path: "src/kernel/a.ts", text }])).toHaveLength(3);
});
