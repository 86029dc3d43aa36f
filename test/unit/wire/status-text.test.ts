/** A peer's status, field by field. */
import { expect, test } from "vitest";
import { Malformed } from "../../../src/kernel/bytes.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { noEnvoys } from "../../../src/turn/beacon.ts";
import type { StatusReport } from "../../../src/turn/status.ts";
import { readStatus } from "../../../src/wire/status-text.ts";
import { keyOf } from "../../support/toy-keys.ts";

const row = "1a".repeat(32) as RowId;
const bolt: StatusReport["bolts"][number] = {
  ...{ id: keyOf("east"), name: "east", order: 1, patterns: ["*.east"], marks: ["this bolt", "never heard"] },
  ...{ counters: { ...noEnvoys, envoys: 3 }, ageMs: 0, staleAfterMs: 90_000, intervalMs: 30_000, heardBy: "none" },
  ...{ linkUp: null, skewMs: -12, version: "1.0.0", addresses: { grpc: ["east:1"], api: [] }, digest: "0f" },
  incarnation: null,
};
const status: StatusReport = {
  ...{ mode: "spanner", phase: "member", phaseWhy: "it joined", self: keyOf("east"), name: "east" },
  ...{ spannerId: "prod", genesis: row, digest: "0f", rows: 3, isolated: false, multicastWorks: true, openInvites: 1 },
  bolts: [bolt],
  contested: [{ winner: keyOf("a"), winnerPattern: "*", loser: keyOf("b"), loserPattern: "x*", witness: "x" }],
  alarms: [
    { kind: "fork", origin: keyOf("b"), heads: [row] },
    { kind: "twin-rows", origin: keyOf("b"), rows: [row] },
    { kind: "many-rows", rows: 9 },
  ],
  undone: [{ row, by: row }],
  foreign: [{ tag: "00ff", from: "10.0.0.1" }],
};

const read = (value: unknown): StatusReport => readStatus(JSON.stringify(value));
const isRefused = (value: unknown): boolean => {
  try {
    read(value);
    return false;
  } catch (caught) {
    if (caught instanceof Malformed) return true;
    throw caught;
  }
};

/** The value with every single place, at any depth, changed by `change`. */
function* everywhere(value: unknown, change: (at: unknown, path: string) => unknown[], path = ""): Generator {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const withIt = (other: unknown): unknown =>
      Array.isArray(value)
        ? value.map((item: unknown, at) => (String(at) === key ? other : item))
        : { ...value, [key]: other };
    const here = `${path}.${key}`;
    for (const other of change(inner, here)) yield [here, withIt(other)];
    for (const [deep, other] of everywhere(inner, change, here) as Iterable<[string, unknown]>)
      yield [deep, withIt(other)];
  }
}

test("WI-7 a whole status is read as it was, and what is beside its fields is left out at every depth", () => {
  expect(read(status)).toEqual(status);
  const surplus = { ...status, more: 1, bolts: [{ ...bolt, more: 1, counters: { ...bolt.counters, more: 1 } }] };
  expect(read(surplus)).toEqual(status);
});

test("WI-7 T13 every field is needed, of its kind, at every depth", () => {
  const odd = { surely: "no field has this" };
  const cases = [...everywhere(status, () => [odd, undefined, [[odd]]])] as [string, unknown][];
  expect(cases.length).toBeGreaterThan(150);
  for (const [path, changed] of cases) expect([path, isRefused(changed)]).toEqual([path, true]);
});

test("WI-7 T24 texts have 4,096 characters and lists 2,048 items at most, at every depth", () => {
  const longer = [
    ...everywhere(status, (at) => (typeof at === "string" ? ["x".repeat(4_097)] : [])),
    ...everywhere(status, (at) =>
      Array.isArray(at) && at.length > 0 ? [Array.from({ length: 2_049 }, () => at[0] as unknown)] : [],
    ),
  ] as [string, unknown][];
  for (const [path, changed] of longer) expect([path, isRefused(changed)]).toEqual([path, true]);
  const fits = { ...status, name: "x".repeat(4_096), undone: Array.from({ length: 2_048 }, () => ({ row, by: row })) };
  expect(read(fits)).toEqual(fits);
});

test("WI-7 T13 T47 fields come from the object itself, never from its prototype, and numbers are finite", () => {
  const text = JSON.stringify(status);
  const { name: _name, ...nameless } = status;
  expect(() => readStatus(JSON.stringify(nameless).replace("{", '{"__proto__":{"name":"east"},'))).toThrow(Malformed);
  expect(() => readStatus(text.replace('"rows":3', '"rows":1e400'))).toThrow(Malformed);
  expect(() => readStatus("[".repeat(60_000))).toThrow(Malformed);
  for (const other of ["", "null", "7", '"x"', "[]", "{"]) expect(() => readStatus(other)).toThrow(Malformed);
  expect(isRefused({ ...status, self: keyOf("east").toUpperCase() })).toBe(true);
});
