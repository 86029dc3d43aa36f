/** Patterns against slow and obvious twins: brute force, regular expressions, the automata of refa, plain scans. */
import fc from "fast-check";
import { JS, NFA, isDisjointWith } from "refa";
import { expect, test } from "vitest";
import { dotPlace, holds, hyphenPlace } from "../../src/pattern/alphabet.ts";
import { matches, parsePattern } from "../../src/pattern/glob.ts";
import type { Pattern } from "../../src/pattern/glob.ts";
import { parseHostname } from "../../src/pattern/hostname.ts";
import { overlap } from "../../src/pattern/overlap.ts";
import { buildTable } from "../../src/pattern/table.ts";
import {
  allHostnames,
  hostname,
  hostnameRegex,
  livingHostname,
  livingPattern,
  pattern,
  regexOf,
  smallPattern,
} from "../support/patterns.ts";

const lengthMax = 7;
const names = allHostnames("ab-.", lengthMax);

test("PA-1 what parses is what the grammar of RFC 1123 generates", () => {
  const nearly = fc.string({ unit: fc.constantFrom("a", "Z", "0", "-", ".", "é", " "), maxLength: 8 });
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string({ unit: "binary", maxLength: 300 })), (text) => {
      const isValid = text.length <= 253 && /^[\x20-\x7e]*$/.test(text) && hostnameRegex.test(text.toLowerCase());
      const parsed = parseHostname(text);
      expect(parsed.ok).toBe(isValid);
      if (parsed.ok) expect(parsed.value).toBe(text.toLowerCase());
      else expect(parsed.refusal.message).toMatch(/^[\x20-\x7e]+$/);
    }),
    { numRuns: 2_000 },
  );
});

test("PA-4 any text gives a pattern or a refusal, and its normal form parses to itself", () => {
  const nearly = fc.string({ unit: fc.constantFrom(..."aZ09-.*?[]!~é"), maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string({ unit: "binary", maxLength: 300 })), (text) => {
      const parsed = parsePattern(text);
      if (parsed.ok) expect(pattern(parsed.value.text)).toEqual(parsed.value);
      else expect(parsed.refusal).toMatchObject({ code: "PATTERN_INVALID", value: text });
    }),
    { numRuns: 2_000 },
  );
});

test("PA-4 a pattern is refused as dead exactly when no hostname matches it", () => {
  const parts = fc.array(fc.constantFrom("a", "b", "-", ".", "*", "?", "[.-]", "[a-]"), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(parts, (chosen) => {
      const text = chosen.join("");
      const regex = regexOf(text);
      // Whatever four parts match, they match within seven characters, or not at all.
      expect(parsePattern(text).ok).toBe(names.some((name) => regex.test(name)));
    }),
    { numRuns: 500 },
  );
});

test("PA-5 matching agrees with a regular expression", () => {
  let hits = 0;
  let asked = 0;
  const pairs = fc.oneof(
    fc.tuple(smallPattern, fc.constantFrom(...names).map(hostname)),
    fc.tuple(livingPattern, livingHostname),
  );
  fc.assert(
    fc.property(pairs, ([one, name]) => {
      const expected = regexOf(one.text).test(name);
      expect(matches(one, name)).toBe(expected);
      asked++;
      if (expected) hits++;
    }),
    { numRuns: 5_000 },
  );
  expect(hits / asked).toBeGreaterThan(0.03);
  expect(hits / asked).toBeLessThan(0.97);
});

test("PA-6 overlap agrees with brute force over all short names, and the witness is as short as any", () => {
  let overlapping = 0;
  let asked = 0;
  fc.assert(
    fc.property(smallPattern, smallPattern, (one, other) => {
      const [a, b] = [regexOf(one.text), regexOf(other.text)];
      const shortest = names.find((name) => a.test(name) && b.test(name));
      const witness = overlap(one, other);
      asked++;
      if (witness !== undefined) {
        overlapping++;
        expect(parseHostname(witness)).toEqual({ ok: true, value: witness });
        expect(a.test(witness) && b.test(witness)).toBe(true);
      }
      const isBeyond = witness !== undefined && witness.length > lengthMax;
      expect(isBeyond ? undefined : witness?.length).toBe(shortest?.length);
    }),
    { numRuns: 2_000 },
  );
  expect(overlapping / asked).toBeGreaterThan(0.2);
  expect(overlapping / asked).toBeLessThan(0.8);
});

const nameNfa = nfaOf("(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*");

function nfaOf(source: string): NFA {
  const { expression, maxCharacter } = JS.Parser.fromLiteral({ source, flags: "" }).parse();
  return NFA.fromRegex(expression, { maxCharacter });
}

test("PA-6 overlap agrees with the automata of refa on patterns as people write them", () => {
  let overlapping = 0;
  let asked = 0;
  const isShared = (one: Pattern, other: Pattern): boolean => {
    const source = (text: string): string => regexOf(text).source.slice(1, -1);
    const valid = NFA.fromIntersection(nfaOf(source(one.text)), nameNfa);
    return !isDisjointWith(valid, nfaOf(source(other.text)));
  };
  fc.assert(
    fc.property(
      fc.oneof(fc.tuple(livingPattern, livingPattern), fc.tuple(smallPattern, livingPattern)),
      ([one, other]) => {
        const witness = overlap(one, other);
        expect(witness !== undefined).toBe(isShared(one, other));
        if (witness !== undefined) expect(matches(one, witness) && matches(other, witness)).toBe(true);
        asked++;
        if (witness !== undefined) overlapping++;
      },
    ),
    { numRuns: 1_000 },
  );
  expect(overlapping / asked).toBeGreaterThan(0.1);
  expect(overlapping / asked).toBeLessThan(0.9);
});

/** Every position that a pattern may be at after one character, by position and place, and where it may end. */
function reachOf({ steps }: Pattern, places: readonly number[]): { next: number[][][]; ends: boolean[] } {
  const closed = steps.map((step, at) => (step.isRun ? [at, at + 1] : [at]));
  closed.push([steps.length]);
  const after = (from: number, place: number): number[] => {
    const step = steps[from];
    if (step === undefined || !holds(step, place)) return [];
    return [step.isRun ? from : from + 1];
  };
  const next = closed.map((from) => places.map((place) => [...new Set(from.flatMap((at) => after(at, place)))]));
  return { next, ends: closed.map((from) => from.includes(steps.length)) };
}

/** Length of the shortest shared name by keeping every (position, position, label, last character) of each length. */
function shortestByLayers(one: Pattern, other: Pattern): number | undefined {
  const places = [0, 1, hyphenPlace, dotPlace];
  const [a, b] = [reachOf(one, places), reachOf(other, places)];
  const width = b.ends.length;
  let layer = new Set([0]);
  for (let length = 0; length <= 253; length++) {
    const later = new Set<number>();
    for (const state of layer) {
      const isHyphen = state % 2 === 1;
      const label = (state >> 1) % 64;
      const bt = (state >> 7) % width;
      const at = ((state >> 7) - bt) / width;
      if (label > 0 && !isHyphen && a.ends[at] === true && b.ends[bt] === true) return length;
      for (const [option, place] of places.entries()) {
        const isDot = place === dotPlace;
        if (isDot ? label === 0 || isHyphen : label === 63 || (place === hyphenPlace && label === 0)) continue;
        const tail = (isDot ? 0 : (label + 1) * 2) + (place === hyphenPlace ? 1 : 0);
        for (const nextA of a.next[at]?.[option] ?? []) {
          for (const nextB of b.next[bt]?.[option] ?? []) later.add((nextA * width + nextB) * 128 + tail);
        }
      }
    }
    layer = later;
  }
  return undefined;
}

test("PA-6 the limits of 63 and 253 agree with a search that forgets nothing", () => {
  const block = fc.oneof(
    fc
      .tuple(fc.constantFrom("a", "b", "[ab]"), fc.integer({ min: 20, max: 63 }))
      .map(([part, count]) => part.repeat(count)),
    fc.constantFrom("*", ".", "a.", "?", "[.-]", "-a"),
  );
  const long = fc
    .array(block, { minLength: 2, maxLength: 6 })
    .map((blocks) => parsePattern(blocks.join("")))
    .filter((parsed) => parsed.ok)
    .map((parsed) => (parsed as { readonly value: Pattern }).value);
  const splits = { short: 0, none: 0, long: 0 };
  fc.assert(
    fc.property(long, long, (one, other) => {
      const witness = overlap(one, other);
      expect(witness?.length).toBe(shortestByLayers(one, other));
      if (witness !== undefined)
        expect(regexOf(one.text).test(witness) && regexOf(other.text).test(witness)).toBe(true);
      splits[witness === undefined ? "none" : witness.length > 63 ? "long" : "short"]++;
    }),
    { numRuns: 100 },
  );
  // Some of each kind were met; how many is chance.
  expect(Math.min(splits.none, splits.long)).toBeGreaterThan(0);
});

test("PA-7 overlap is symmetric and reflexive", () => {
  fc.assert(
    fc.property(fc.oneof(smallPattern, livingPattern), fc.oneof(smallPattern, livingPattern), (one, other) => {
      expect(overlap(one, other)).toBe(overlap(other, one));
      expect(overlap(one, one)).toBeDefined();
    }),
    { numRuns: 1_000 },
  );
});

test("PA-8 a table agrees with a plain scan", () => {
  const tables = fc.array(fc.oneof(livingPattern, livingPattern, smallPattern), { maxLength: 40 });
  const asked = fc.array(fc.oneof(livingHostname, fc.constantFrom(...names).map(hostname)), {
    minLength: 5,
    maxLength: 20,
  });
  const seen = { found: 0, none: 0 };
  fc.assert(
    fc.property(tables, asked, (patterns, hostnames) => {
      const table = buildTable(patterns.map((one, owner) => ({ pattern: one, owner })));
      for (const name of hostnames) {
        const all = patterns.flatMap((one, index) => (regexOf(one.text).test(name) ? [index] : []));
        expect(table.find(name)?.index).toBe(all[0]);
        expect(table.find(name, (owner) => owner % 2 === 1)?.index).toBe(all.find((index) => index % 2 === 1));
        expect(table.findAll(name).map(({ index }) => index)).toEqual(all);
        seen[all.length > 0 ? "found" : "none"]++;
      }
    }),
    { numRuns: 400 },
  );
  expect(Math.min(seen.found, seen.none) / (seen.found + seen.none)).toBeGreaterThan(0.1);
});

test("PA-9 the first overlap agrees with a plain scan", () => {
  const tables = fc.array(fc.oneof(livingPattern, smallPattern), { maxLength: 12 });
  const seen = { found: 0, none: 0 };
  fc.assert(
    fc.property(tables, fc.oneof(livingPattern, smallPattern), (patterns, asked) => {
      const table = buildTable(patterns.map((one, owner) => ({ pattern: one, owner })));
      const all = patterns.flatMap((one, index) => (overlap(asked, one) === undefined ? [] : [index]));
      const found = table.firstOverlap(asked);
      expect(found?.index).toBe(all[0]);
      if (found !== undefined)
        expect(matches(asked, found.witness) && matches(found.pattern, found.witness)).toBe(true);
      const odd = table.firstOverlap(asked, (owner) => owner % 2 === 1);
      expect(odd?.index).toBe(all.find((index) => index % 2 === 1));
      seen[found === undefined ? "none" : "found"]++;
    }),
    { numRuns: 1_000 },
  );
  expect(Math.min(seen.found, seen.none) / (seen.found + seen.none)).toBeGreaterThan(0.1);
});
