/** Forms of output, selection of rows, refusals, colours, ages, redrawing, exit codes. */
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ageText, shortId } from "../../../src/console/amount-text.ts";
import { paintFor } from "../../../src/console/colours.ts";
import { exitCodeOf } from "../../../src/console/exit-codes.ts";
import { formNames, jsonText, listingText, yamlText } from "../../../src/console/forms.ts";
import type { Form } from "../../../src/console/forms.ts";
import { select } from "../../../src/console/listing.ts";
import type { Listing } from "../../../src/console/listing.ts";
import { Redraw } from "../../../src/console/redraw.ts";
import { refusalJson, refusalText } from "../../../src/console/refusal-text.ts";

interface Row {
  readonly name: string;
  readonly ageMs: number | null;
  readonly note: string;
}

const rows: readonly Row[] = [
  { name: "b", ageMs: 12_000, note: "stale, link down" },
  { name: "c", ageMs: null, note: "never heard" },
  { name: "a", ageMs: 350, note: "" },
];

function listing(of: readonly Row[] = rows): Listing<Row> {
  return {
    rows: of,
    columns: [
      { name: "NAME", of: ({ name }) => name },
      { name: "LAST AGE", of: ({ ageMs }) => ageText(ageMs), sortKey: ({ ageMs }) => ageMs },
      { name: "NOTE", of: ({ note }) => note, wide: true, tone: () => "bad" },
    ],
    nameOf: ({ name }) => name,
    whole: (bolts) => ({ bolts }),
    heading: [["mode", "spanner"]],
  };
}

const plain = paintFor("never", { isTerminal: false, environment: {} });

function shown(form: Form, of = listing(), headers = true): string {
  return listingText(of, { form, headers, paint: plain });
}

test("CN-1 a table has the heading, the header and a line for each row; wide columns only with wide", () => {
  expect(shown("table")).toBe("mode: spanner\n\nNAME  LAST AGE\nb     12 s\nc     -\na     350 ms\n");
  expect(shown("wide")).toContain("NAME  LAST AGE  NOTE\nb     12 s      stale, link down\n");
});

test("CN-1 without headers only rows remain", () => {
  expect(shown("table", listing(), false)).toBe("b  12 s\nc  -\na  350 ms\n");
});

test("CN-1 JSON and YAML hold the whole value, jsonl one row a line, name one name a line", () => {
  expect(JSON.parse(shown("json"))).toEqual({ bolts: rows });
  expect(parse(shown("yaml"))).toEqual({ bolts: rows });
  expect(
    shown("jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(rows);
  expect(shown("name")).toBe("b\nc\na\n");
});

function selected(sortBy: string | undefined, ...filters: string[]): string {
  const found = select(listing(), { sortBy, filters });
  return found.ok ? found.value.rows.map(({ name }) => name).join("") : found.refusal.code;
}

test("CN-2 ages sort as numbers with unknown ones last, text as text, and a minus turns the order", () => {
  expect(selected("last-age")).toBe("abc");
  expect(selected("name")).toBe("abc");
  expect(selected("-NAME")).toBe("cba");
});

test("CN-2 a filter takes the whole text or one of the words it lists, and several must all hold", () => {
  expect(selected(undefined, "note=stale")).toBe("b");
  expect(selected(undefined, "note=link down", "name=B")).toBe("b");
  expect(selected(undefined, "note=stale", "name=a")).toBe("");
});

test("CN-2 filters change JSON as they change the table", () => {
  const found = select(listing(), { filters: ["name=a"] });
  if (!found.ok) throw new Error(found.refusal.message);
  expect(JSON.parse(shown("json", found.value))).toEqual({ bolts: [rows[2]] });
});

test("CN-2 an unknown field is refused with the fields there are and the one that was meant", () => {
  const found = select(listing(), { sortBy: "nmae", filters: [] });
  if (found.ok) throw new Error("it was taken");
  expect(found.refusal).toMatchObject({ code: "BAD_USAGE", value: "nmae", next: "one of name, last-age, note" });
  expect(found.refusal.message).toContain("Did you mean name?");
  expect(selected(undefined, "name")).toBe("BAD_USAGE");
});

const evil = 'x\u001b[2J\u202e\u0007\u009b\nnext "line" \u2028 end';

test("CN-3 T31 no form lets a control character through, and JSON and YAML read back the same", () => {
  const hostile = listing([{ name: evil, ageMs: 1, note: evil }]);
  for (const form of formNames) {
    // eslint-disable-next-line no-control-regex -- control characters are what this looks for
    expect(shown(form, hostile)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/u);
  }
  expect(JSON.parse(jsonText({ [evil]: evil }))).toEqual({ [evil]: evil });
  expect(parse(yamlText({ [evil]: [evil, "plain", 5, null] }))).toEqual({ [evil]: [evil, "plain", 5, null] });
});

test("CN-4 a refusal is one line: code, sentence, escaped value, next", () => {
  const refusal = {
    code: "BOLT_UNKNOWN",
    message: "No bolt has this name",
    value: 'e"\u001b',
    next: "vigocli spanner bolt list",
  };
  expect(refusalText(refusal, plain)).toBe(
    'BOLT_UNKNOWN: No bolt has this name. Value: "e\\"\\u001b". Next: vigocli spanner bolt list\n',
  );
  expect(JSON.parse(refusalJson(refusal))).toEqual({ error: refusal });
  expect(JSON.parse(refusalJson({ code: "BUSY", message: "Later." }))).toEqual({
    error: { code: "BUSY", message: "Later.", value: null, next: null },
  });
});

test("CN-5 a terminal is redrawn in place, from the first line of the last text", () => {
  let written = "";
  const redraw = new Redraw(true, (text) => (written += text));
  redraw.show("a\nb\n", "same");
  redraw.show("c\n", "same");
  redraw.show("d\n", "same");
  expect(written).toBe("a\nb\n\u001b[2A\r\u001b[Jc\n\u001b[1A\r\u001b[Jd\n");
});

test("CN-5 elsewhere a text is written again only when something changed", () => {
  let written = "";
  const redraw = new Redraw(false, (text) => (written += text));
  redraw.show("age 1\n", "x");
  redraw.show("age 2\n", "x");
  redraw.show("age 3\n", "y");
  expect(written).toBe("age 1\n\nage 3\n");
});

test("CN-6 codes of refusals lead to exit codes, and what is unknown has failed", () => {
  const codes = ["UNREACHABLE", "PATTERN_INVALID", "ANSWERS_MISSING", "LICENSE_REFUSED", "TIMEOUT", "TOKEN_SPENT"];
  expect(codes.map(exitCodeOf)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(["BOLT_UNKNOWN", "BOLT_AMBIGUOUS", "ANSWER_INVALID", "toString"].map(exitCodeOf)).toEqual([2, 2, 1, 1]);
});

test("CN-7 colour is for terminals, not with NO_COLOR, and always and never win", () => {
  const isColoured = (wish: "auto" | "always" | "never", isTerminal: boolean, environment = {}): boolean =>
    paintFor(wish, { isTerminal, environment })("bad", "x") !== "x";
  expect(isColoured("auto", true)).toBe(true);
  expect(isColoured("auto", false)).toBe(false);
  expect(isColoured("auto", true, { NO_COLOR: "1" })).toBe(false);
  expect(isColoured("always", false, { NO_COLOR: "1" })).toBe(true);
  expect(isColoured("never", true)).toBe(false);
});

test("CN-8 an age is a number and its unit, rounded down", () => {
  const ages = [0, 350, 999, 1_000, 12_900, 119_999, 120_000, 185_000, 7_200_000, 172_800_000, 400_000_000, -5];
  const texts = ["0 ms", "350 ms", "999 ms", "1 s", "12 s", "119 s", "2 min", "3 min", "2 h", "2 d", "4 d", "0 ms"];
  expect(ages.map(ageText)).toEqual(texts);
  expect(ageText(null)).toBe("-");
  expect(shortId("0123456789abcdef")).toBe("0123456789");
  expect(shortId(null)).toBe("-");
});
