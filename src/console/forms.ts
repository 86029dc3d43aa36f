/**
 * The forms a listing is shown in: table, wide, json, jsonl, yaml, name. Whatever came from elsewhere reaches the
 * terminal without control characters, in every form (CN-3): escaped in text, as \u escapes in JSON and YAML.
 */
import Table from "cli-table3";
import { Document, isScalar, visit } from "yaml";
import { absurd } from "../kernel/assert.ts";
import { escapeUnsafe, harmlessText, isHarmless } from "../kernel/harmless-text.ts";
import type { Paint } from "./colours.ts";
import type { Column, Listing } from "./listing.ts";

export const formNames = ["table", "wide", "json", "jsonl", "yaml", "name"] as const;
export type Form = (typeof formNames)[number];

export interface Look {
  readonly form: Form;
  readonly headers: boolean;
  readonly paint: Paint;
}

/** The text of a listing; it ends with a new line, unless there is nothing to show. */
export function listingText<Row>(listing: Listing<Row>, look: Look): string {
  switch (look.form) {
    case "table":
    case "wide":
      return tableText(listing, look);
    case "json":
      return jsonText(listing.whole(listing.rows));
    case "jsonl":
      return listing.rows.map(jsonLine).join("");
    case "yaml":
      return yamlText(listing.whole(listing.rows));
    case "name":
      return listing.rows.map((row) => `${harmlessText(listing.nameOf(row))}\n`).join("");
    default:
      return absurd(look.form);
  }
}

/** A value as indented JSON. */
export function jsonText(value: unknown): string {
  const lines = (JSON.stringify(value, null, 2) ?? "null").split("\n");
  return `${lines.map(escapeUnsafe).join("\n")}\n`;
}

/** A value as JSON on one line. */
export function jsonLine(value: unknown): string {
  return `${escapeUnsafe(JSON.stringify(value) ?? "null")}\n`;
}

/** A value as YAML. Text that is not harmless is written in double quotes, where escapes mean what they say. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, (_key, node) => {
    if (isScalar(node) && typeof node.value === "string" && !isHarmless(node.value)) node.type = "QUOTE_DOUBLE";
  });
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  return text.split("\n").map(escapeUnsafe).join("\n");
}

function tableText<Row>(listing: Listing<Row>, { form, headers, paint }: Look): string {
  const columns = listing.columns.filter(({ wide }) => wide !== true || form === "wide");
  const labels = (listing.heading ?? []).map(([label]) => label.length + 1);
  const width = Math.max(0, ...labels);
  const heading = (listing.heading ?? []).map(
    ([label, text]) => `${paint("heading", `${label}:`.padEnd(width))} ${text === "" ? "-" : harmlessText(text)}`,
  );
  const above = headers && heading.length > 0 ? `${heading.join("\n")}\n` : "";
  if (listing.rows.length === 0) return above;
  const head = headers ? [columns.map(({ name }) => paint("heading", name))] : [];
  const body = listing.rows.map((row) => columns.map((column) => cell(column, row, paint)));
  return `${above}${above === "" ? "" : "\n"}${gridText([...head, ...body])}`;
}

function cell<Row>(column: Column<Row>, row: Row, paint: Paint): string {
  const text = column.of(row);
  const shown = text === "" ? "-" : harmlessText(text, 400);
  const tone = column.tone?.(row);
  return tone === undefined ? shown : paint(tone, shown);
}

const noLines = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
};

function gridText(rows: readonly (readonly string[])[]): string {
  const table = new Table({ chars: noLines, style: { "padding-left": 0, "padding-right": 0, head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split("\n");
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}
