/** Bytes to lower-case hex and back, by table: ids pass here on every merge. */
import { Bug } from "./assert.ts";

const pairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += pairs[byte];
  return text;
}

/** The bytes of lower- or upper-case hex. Throws `Bug` on anything else: check outside input first. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new Bug(`hex text of odd length ${text.length}`);
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = (digit(text.charCodeAt(at * 2)) << 4) | digit(text.charCodeAt(at * 2 + 1));
  }
  return bytes;
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  throw new Bug(`not a hex digit: character ${code}`);
}
