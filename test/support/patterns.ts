/** Patterns and hostnames for tests: short ways to make valid ones, a slow twin of each rule, and generators. */
import fc from "fast-check";
import type { Pattern } from "../../src/pattern/glob.ts";
import { parsePattern } from "../../src/pattern/glob.ts";
import type { Hostname } from "../../src/pattern/hostname.ts";
import { parseHostname } from "../../src/pattern/hostname.ts";

/** The pattern of a text that must be one. */
export function pattern(text: string): Pattern {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.refusal.message}`);
  return parsed.value;
}

/** The hostname of a text that must be one. */
export function hostname(text: string): Hostname {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.refusal.message}`);
  return parsed.value;
}

/** The pattern as a regular expression, written without the tokeniser of the room. */
export function regexOf(text: string): RegExp {
  const source = text.toLowerCase().replace(/\[[^\]]*\]|\*+|\?|\./g, (part) => {
    if (part.startsWith("*")) return "[a-z0-9.-]*";
    if (part === "?") return "[a-z0-9.-]";
    return part === "." ? "\\." : part;
  });
  return new RegExp(`^(?:${source})$`);
}

/** RFC 1123 in one expression, without the limit on the whole. */
export const hostnameRegex = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** All valid hostnames of at most `lengthMax` of the characters, shortest first. */
export function allHostnames(characters: string, lengthMax: number): string[] {
  const found: string[] = [];
  let texts = [""];
  for (let length = 1; length <= lengthMax; length++) {
    texts = texts.flatMap((text) => [...characters].map((character) => text + character));
    found.push(...texts.filter((text) => hostnameRegex.test(text)));
  }
  return found;
}

const smallPart = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("a", "b") },
  { weight: 2, arbitrary: fc.constantFrom("-", ".") },
  { weight: 4, arbitrary: fc.constant("*") },
  { weight: 2, arbitrary: fc.constant("?") },
  { weight: 3, arbitrary: fc.constantFrom("[ab]", "[a-]", "[.b]", "[.-]", "[-b]") },
);

/** Patterns over a, b, hyphen and dot, short enough for brute force; about half of all pairs overlap. */
export const smallPattern: fc.Arbitrary<Pattern> = fc
  .array(smallPart, { minLength: 1, maxLength: 6 })
  .map((parts) => parsePattern(parts.join("")))
  .filter((parsed) => parsed.ok)
  .map((parsed) => (parsed as { readonly value: Pattern }).value);

const word = fc.constantFrom("web", "db", "node", "cache", "a", "x1");
const site = fc.constantFrom("east", "west", "dc1", "dc2");
const wild = fc.constantFrom("*", "?", "[0-9]", "[a-f]", "-*", "*-", "1", "2", "");
const zone = fc.constantFrom("example.com", "example.net", "corp", "*");

/** Patterns as people write them, over few words, so that many overlap. */
export const livingPattern: fc.Arbitrary<Pattern> = fc
  .oneof(
    fc.tuple(word, wild, site, zone).map(([a, b, c, d]) => `${a}${b}.${c}.${d}`),
    fc.tuple(site, zone).map(([a, b]) => `*.${a}.${b}`),
    fc.tuple(wild, word, wild, zone).map(([a, b, c, d]) => `${a}${b}${c}.${d}`),
    fc.tuple(word, site).map(([a, b]) => `*${a}*${b}*`),
    fc.tuple(word, site).map(([a, b]) => `${a}?.[a-z]${b}*`),
  )
  .map(parsePattern)
  .filter((parsed) => parsed.ok)
  .map((parsed) => (parsed as { readonly value: Pattern }).value);

/** Hostnames that `livingPattern` often matches. */
export const livingHostname: fc.Arbitrary<Hostname> = fc
  .tuple(
    word,
    fc.constantFrom("", "1", "2", "7", "-1", "c"),
    site,
    fc.constantFrom("example.com", "example.net", "corp"),
  )
  .map(([a, b, c, d]) => hostname(`${a}${b}.${c}.${d}`));
