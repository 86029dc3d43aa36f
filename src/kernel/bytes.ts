/**
 * A strict binary form with exactly one encoding for each value: fixed bytes, shortest varints, length-prefixed
 * text and blobs. What is signed is written here; a reader accepts only what the writer would have written.
 */
import { Bug, invariant } from "./assert.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** Why bytes could not be read. Raised by `Reader`, turned into a refusal by whoever decodes. */
export class Malformed extends Error {
  override readonly name: string = "Malformed";
}

/** Appends values; `finish` gives the bytes. */
export class Writer {
  #bytes: Uint8Array = new Uint8Array(256);
  #length = 0;

  /** One byte. */
  byte(value: number): this {
    this.#room(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** The bytes as they are; the reader must know how many. */
  fixed(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A whole number from 0 to 2^53-1, seven bits a byte, lowest first. */
  varint(value: number): this {
    invariant(Number.isSafeInteger(value) && value >= 0, `not a varint: ${value}`);
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  /** A length, then the bytes. */
  blob(bytes: Uint8Array): this {
    return this.varint(bytes.length).fixed(bytes);
  }

  /** A length in bytes, then UTF-8. */
  text(text: string): this {
    return this.blob(encodeUtf8(text));
  }

  /** A count, then each item as `write` puts it. */
  list<T>(items: readonly T[], write: (writer: Writer, item: T) => void): this {
    this.varint(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Takes values off the front; throws `Malformed` on anything a `Writer` would not have written. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** One byte. */
  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new Malformed("ends early");
    this.#at++;
    return value;
  }

  /** The next `length` bytes, as a copy. */
  fixed(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Malformed("ends early");
    const bytes = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** A whole number from 0 to 2^53-1 in its shortest form. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 1; length <= 8; length++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && length > 1) throw new Malformed("number not in its shortest form");
        if (!Number.isSafeInteger(value)) throw new Malformed("number too large");
        return value;
      }
      scale *= 0x80;
    }
    throw new Malformed("number too long");
  }

  /** A blob of at most `limitBytes`. */
  blob(limitBytes: number): Uint8Array {
    const length = this.varint();
    if (length > limitBytes) throw new Malformed(`${length} bytes where ${limitBytes} are allowed`);
    return this.fixed(length);
  }

  /** UTF-8 text of at most `limitBytes`. */
  text(limitBytes: number): string {
    const text = decodeUtf8(this.blob(limitBytes));
    if (text === undefined) throw new Malformed("text is not UTF-8");
    return text;
  }

  /** At most `limit` items, each read by `read`. */
  list<T>(limit: number, read: (reader: Reader) => T): T[] {
    const count = this.varint();
    if (count > limit) throw new Malformed(`${count} items where ${limit} are allowed`);
    const items: T[] = [];
    for (let at = 0; at < count; at++) items.push(read(this));
    return items;
  }

  /** How many bytes are left. */
  left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Refuses trailing bytes. */
  end(): void {
    if (this.left() !== 0) throw new Malformed(`${this.left()} bytes too many`);
  }
}

/** Runs a decoder over untrusted bytes: its value, or the `Malformed` it raised. Anything else is a bug of ours. */
export function decoding<T>(decode: () => T): T | Malformed {
  try {
    return decode();
  } catch (caught) {
    if (caught instanceof Malformed) return caught;
    throw caught instanceof Error ? caught : new Bug(String(caught));
  }
}

/** Joins byte arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const part of parts) writer.fixed(part);
  return writer.finish();
}

/** True when both hold the same bytes. Not constant time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
