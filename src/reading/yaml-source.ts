/**
 * YAML as plain values with positions, in the subset that means what JSON means (T47): one document, text keys, no
 * aliases, anchors, tags, merge keys or directives, no key twice, finite numbers, bounded size, depth and count.
 *
 *   text -> size, characters -> lexemes (depth and count are bounded here) -> tree -> plain values
 *
 * Bounds come before the tree is built: the composer is recursive, and deep nesting would end the stack.
 */
import { Composer, isMap, isPair, isScalar, isSeq, Lexer, LineCounter, Parser } from "yaml";
import type { Node, Pair, YAMLMap } from "yaml";
import type { Complaint, Path, Place } from "./problem.ts";

/** Bounds of one file. */
export interface YamlLimits {
  readonly characters: number;
  /** Lists and maps inside each other. */
  readonly depth: number;
  /** Keys, values and list items in all. */
  readonly nodes: number;
}

/** What a file is allowed unless its reader says otherwise. */
export const ordinaryLimits: YamlLimits = { characters: 1_048_576, depth: 32, nodes: 100_000 };

/** A complaint with the place it is about. */
export interface PlacedComplaint extends Complaint {
  readonly place: Place;
  readonly path: Path;
}

/** A parsed file: its plain value, and where each part of it stands. */
export interface YamlSource {
  /** Maps are objects without prototype surprises, an empty file is an empty map. */
  readonly value: unknown;
  /** Where the value of a path stands; where it is missing, its nearest enclosing key. */
  readonly placeOf: (path: Path) => Place;
  /** Where the key itself stands. */
  readonly placeOfKey: (path: Path) => Place;
}

export type YamlOutcome =
  | { readonly ok: true; readonly source: YamlSource }
  | { readonly ok: false; readonly complaints: readonly PlacedComplaint[] };

/** Complaints told of one file; a file with more is not a slip of the pen. */
export const complaintLimit = 100;

/** Parses the text, or says everything that keeps it from being read. Never throws on any text. */
export function parseYaml(text: string, limits: YamlLimits = ordinaryLimits): YamlOutcome {
  if (text.length > limits.characters) {
    const message = `The file has ${text.length} characters; at most ${limits.characters} are read.`;
    return { ok: false, complaints: [{ message, place: { line: 1, column: 1 }, path: [] }] };
  }
  const reader = new YamlReader(text, limits);
  const value = reader.read();
  if (reader.complaints.length > 0) return { ok: false, complaints: reader.complaints };
  return { ok: true, source: { value, placeOf: reader.placeOf, placeOfKey: reader.placeOfKey } };
}

/** Ends reading early, when going on would cost more than it tells. */
class Enough extends Error {
  override readonly name: string = "Enough";
}

// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/;

class YamlReader {
  readonly complaints: PlacedComplaint[] = [];
  readonly #text: string;
  readonly #limits: YamlLimits;
  readonly #lines = new LineCounter();
  #root: unknown = null;
  #nodes = 0;

  constructor(text: string, limits: YamlLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  read(): unknown {
    try {
      return this.#read();
    } catch (caught) {
      if (caught instanceof Enough) return undefined;
      throw caught;
    }
  }

  readonly placeOf = (path: Path): Place => {
    const { pair, node } = this.#find(path);
    return this.#place(offsetOf(node) ?? offsetOf(pair?.key) ?? 0);
  };

  readonly placeOfKey = (path: Path): Place => {
    const { pair, node } = this.#find(path);
    return this.#place(offsetOf(pair?.key) ?? offsetOf(node) ?? 0);
  };

  #read(): unknown {
    this.#lines.addNewLine(0);
    const control = controlCharacter.exec(this.#text);
    this.#countLines();
    if (control !== null) this.#stop("This control character may not stand in a file.", control.index, control[0]);
    const composer = new Composer({
      version: "1.2",
      schema: "core",
      merge: false,
      stringKeys: true,
      // Ours is linear, theirs compares every key with every other.
      uniqueKeys: false,
      strict: true,
      prettyErrors: false,
      logLevel: "silent",
      resolveKnownTags: false,
      lineCounter: this.#lines,
    });
    const documents = [...composer.compose(this.#tokens(), true, this.#text.length)];
    for (const document of documents) {
      // Warnings are about tags, which are refused below where they stand.
      for (const { code, message, pos } of document.errors) {
        if (code === "NON_STRING_KEY") this.#complain("A key must be a plain text.", pos[0], []);
        else if (code !== "TAG_RESOLVE_FAILED") this.#complain(sentence(message), pos[0], []);
        else this.#complain("Tags (!name) are not supported.", pos[0], []);
      }
    }
    const [first, second] = documents;
    if (second !== undefined)
      this.#complain("A file holds one document; a second one begins here.", second.range[0], []);
    if (this.complaints.length > 0 || first === undefined) return undefined;
    this.#root = first.contents;
    return first.contents === null ? {} : this.#plain(first.contents, []);
  }

  /** Lines are counted before anything can be refused, so that every refusal has its place. */
  #countLines(): void {
    for (let at = this.#text.indexOf("\n"); at >= 0; at = this.#text.indexOf("\n", at + 1)) {
      this.#lines.addNewLine(at + 1);
    }
  }

  *#tokens(): Generator<TokenOf> {
    const parser = new Parser();
    let lexemes = 0;
    let errors = 0;
    // Every node is several lexemes (its indent, its indicator, its text).
    const lexemesMax = this.#limits.nodes * 8;
    for (const lexeme of new Lexer().lex(this.#text)) {
      const at = parser.offset;
      for (const token of parser.next(lexeme)) {
        if (token.type === "error" && ++errors > complaintLimit) this.#stop("This is not YAML.", token.offset);
        if (token.type === "directive") this.#stop("Directives (%...) are not supported.", token.offset, token.source);
        yield token;
      }
      // The document itself and the scalar at hand are on the stack, too.
      if (parser.stack.length > this.#limits.depth + 2) {
        this.#stop(`Lists and maps are at most ${this.#limits.depth} deep.`, at);
      }
      if (++lexemes > lexemesMax) this.#stop(`The file has more than ${this.#limits.nodes} values.`, at);
    }
    yield* parser.end();
  }

  #plain(node: unknown, path: Path): unknown {
    if (++this.#nodes > this.#limits.nodes) {
      this.#stop(`The file has more than ${this.#limits.nodes} values.`, offsetOf(node) ?? 0);
    }
    if (path.length >= this.#limits.depth && (isSeq(node) || isMap(node))) {
      this.#stop(`Lists and maps are at most ${this.#limits.depth} deep.`, offsetOf(node) ?? 0);
    }
    if (node === null || node === undefined) return null;
    this.#refuseProperties(node as Node, path);
    if (isScalar(node)) return this.#scalar(node.value, node.source, offsetOf(node) ?? 0, path);
    if (isSeq(node)) return node.items.map((item, at) => this.#plain(item, [...path, at]));
    if (isMap(node)) return this.#map(node, path);
    this.#complain("Aliases (*name) are not supported; write the value again.", offsetOf(node) ?? 0, path);
    return null;
  }

  #map(node: YAMLMap, path: Path): unknown {
    const value: Record<string, unknown> = {};
    const seen = new Map<string, number>();
    for (const { key, value: inner } of node.items) {
      const offset = offsetOf(key) ?? offsetOf(node) ?? 0;
      const name = isScalar(key) && typeof key.value === "string" ? key.value : "";
      const here = [...path, name];
      if (isScalar(key)) this.#refuseProperties(key, here);
      const before = seen.get(name);
      if (before !== undefined) {
        const message = `This key stands here twice; the other one is on line ${this.#place(before).line}.`;
        this.#complain(message, offset, here);
      } else if (name === "<<") {
        this.#complain("Merge keys (<<) are not supported; write the keys out.", offset, here);
      } else if (name === "__proto__") {
        this.#complain("This key is not allowed.", offset, here);
      } else {
        seen.set(name, offset);
        value[name] = this.#plain(inner, here);
      }
    }
    return value;
  }

  #scalar(value: unknown, written: string | undefined, offset: number, path: Path): unknown {
    if (typeof value === "number") {
      if (!Number.isFinite(value)) this.#complain("This is not a finite number.", offset, path, written);
      else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        this.#complain("This whole number is too large to be kept exactly.", offset, path, written);
      }
      return value;
    }
    if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
    this.#complain("This value is of a kind that is not supported.", offset, path, written);
    return null;
  }

  /** Anchors are refused where they are set: unused they are noise, used they need an alias. */
  #refuseProperties(node: Node, path: Path): void {
    const offset = offsetOf(node) ?? 0;
    if ("anchor" in node && node.anchor !== undefined) {
      this.#complain("Anchors (&name) are not supported.", offset, path, node.anchor);
    }
    if (node.tag !== undefined) this.#complain("Tags (!name) are not supported.", offset, path, node.tag);
  }

  #find(path: Path): Found {
    let found: Found = { node: this.#root };
    for (const step of path) {
      const { node } = found;
      if (isSeq(node) && typeof step === "number" && step < node.items.length) {
        found = { node: node.items[step] };
      } else if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        if (pair === undefined) return found;
        found = { pair, node: pair.value };
      } else {
        return found;
      }
    }
    return found;
  }

  #complain(message: string, offset: number, path: Path, value?: unknown): void {
    if (this.complaints.length >= complaintLimit) throw new Enough();
    this.complaints.push({ message, path, place: this.#place(offset), ...(value === undefined ? {} : { value }) });
  }

  #stop(message: string, offset: number, value?: unknown): never {
    this.#complain(message, offset, [], value);
    throw new Enough();
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return line === 0 ? { line: 1, column: 1 } : { line, column: col };
  }
}

type TokenOf = Parameters<Composer["next"]>[0];

interface Found {
  readonly pair?: Pair;
  readonly node: unknown;
}

/** Where a node begins; undefined for a value that is left out. */
function offsetOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || isPair(node) || !("range" in node)) return undefined;
  if (!Array.isArray(node.range)) return undefined;
  const [start, end] = node.range as readonly unknown[];
  return typeof start === "number" && start !== end ? start : undefined;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
