/** The JSON Schema that editors use. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { serverJsonSchema } from "../../../src/config/schema.ts";

test("CO-8 the committed schema is the one that the source gives; `npm run generate` writes it", () => {
  const path = fileURLToPath(new URL("../../../docs/schemas/server.schema.json", import.meta.url));
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(JSON.parse(JSON.stringify(serverJsonSchema())));
});

test("CO-8 nothing is required in it, unknown keys are refused, and durations have their form", () => {
  const text = JSON.stringify(serverJsonSchema());
  expect(text).not.toContain('"required"');
  expect(serverJsonSchema()).toMatchObject({
    additionalProperties: false,
    properties: {
      server: { additionalProperties: false },
      checkin: { properties: { interval: { type: "string", default: "5m", pattern: expect.any(String) as string } } },
    },
  });
});
