/** Any text gives a value or problems: never an exception, never out of proportion. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readServerConfig } from "../../src/config/server-config.ts";
import { problemText } from "../../src/reading/problem.ts";
import { parseYaml } from "../../src/reading/yaml-source.ts";

const good = [
  "server:\n  grpc_listen: \":1530\"\n  tls: {cert_file: tls/cert}\n  tls_sans: [a.example.com, 'b']\n",
  'spanner:\n  mode: spanner\n  spanner_id: x\n  patterns: ["*.east.example.com"]\n',
  "  snapshot: {tier1_interval: 30s, tier2_interval: 5m}\nlog: {level: info}\n# a comment\ntext: |\n  two\n  lines\n",
].join("");
const pieces = [
  "[",
  "]",
  "{",
  "}",
  ":",
  "- ",
  "? ",
  "\n",
  "\n  ",
  "&a ",
  "*a",
  "!t ",
  "|",
  ">",
  '"',
  "'",
  "%",
  "#",
  "a",
  "1e999",
];

const mutated = fc
  .array(fc.tuple(fc.nat(good.length), fc.nat(6), fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 }))), {
    minLength: 1,
    maxLength: 6,
  })
  .map((edits) => edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), good));
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(""));
const anyText = fc.oneof(mutated, soup, fc.string({ unit: "binary", maxLength: 80 }));

test("RD-2 T47 any text gives a config or problems that can be shown", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const answer = readServerConfig(text, "server.yaml", { hostname: "h", folder: "/" });
      if (answer.ok) return;
      expect(answer.problems.length).toBeGreaterThan(0);
      // eslint-disable-next-line no-control-regex -- control characters are what this looks for
      for (const problem of answer.problems) expect(problemText(problem)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }),
    { numRuns: 3_000 },
  );
});

test("RD-1 JSON means the same as YAML", () => {
  const json = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, fc.string(), fc.integer(), fc.boolean(), fc.constant(null), tie("list"), tie("map")),
    list: fc.array(tie("any"), { maxLength: 4 }),
    map: fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__" && key !== "<<"),
      tie("any"),
      { maxKeys: 4, noNullPrototype: true },
    ),
  })).map;
  fc.assert(
    fc.property(json, (value) => {
      const parsed = parseYaml(JSON.stringify(value));
      expect(parsed.ok ? parsed.source.value : parsed.complaints).toEqual(value);
    }),
    { numRuns: 1_000 },
  );
});
