/**
 * Makes text from outside fit to be shown (T31, T43): what could steer a terminal, turn the reading direction, hide, or
 * start a new line is written as an escape, and what is too long is cut.
 */

// C0, DEL and C1; zero-width and bidirectional marks; line and paragraph separator; byte-order mark; lone surrogates.
const unsafe =
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** Characters kept of a long text unless told otherwise. */
export const shownCharacters = 2_048;

/** The text on one line, without unsafe characters, at most `limit` characters of it. */
export function harmlessText(text: string, limit: number = shownCharacters): string {
  return escapeUnsafe(text.length > limit ? `${text.slice(0, limit)}... (${text.length} characters)` : text);
}

/** The whole text with every unsafe character as \uXXXX; inside a JSON string that means the same character. */
export function escapeUnsafe(text: string): string {
  return text.replace(unsafe, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}

/** Whether the text can be shown as it is. */
export function isHarmless(text: string): boolean {
  return escapeUnsafe(text) === text;
}
