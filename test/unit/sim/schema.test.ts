/** The JSON Schema of scenarios that editors use. */
import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scenarioJsonSchema } from "../../../sim/scenario/grammar.ts";

test("SM-10 the committed schema is the one that the grammar gives; `npm run generate` writes it", () => {
  const path = join(import.meta.dirname, "..", "..", "..", "docs", "schemas", "scenario.schema.json");
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
});
