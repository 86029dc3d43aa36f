/**
 * A refusal as people and scripts read it (CN-4): code, one sentence, the offending value escaped, what to run next.
 */
import { harmlessText } from "../kernel/harmless-text.ts";
import type { Refusal } from "../kernel/refusal.ts";
import type { Paint } from "./colours.ts";
import { jsonText } from "./forms.ts";

/** `CODE: One sentence. Value: "east-9". Next: vigocli spanner status` on one line. */
export function refusalText({ code, message, value, next, retryAfterS }: Refusal, paint: Paint): string {
  const parts = [`${paint("bad", `${harmlessText(code, 80)}:`)} ${sentence(harmlessText(message))}`];
  if (value !== undefined) parts.push(`Value: "${harmlessText(value, 200).replaceAll('"', '\\"')}".`);
  if (retryAfterS !== undefined) parts.push(`Try again in ${retryAfterS} s.`);
  if (next !== undefined) parts.push(`Next: ${harmlessText(next)}`);
  return `${parts.join(" ")}\n`;
}

/** The same as JSON: `{error: {code, message, value, next}}`, null for what there is not. */
export function refusalJson({ code, message, value, next, retryAfterS }: Refusal): string {
  const wait = retryAfterS === undefined ? {} : { retryAfterS };
  return jsonText({ error: { code, message, value: value ?? null, next: next ?? null, ...wait } });
}

function sentence(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}
