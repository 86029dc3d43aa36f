/** Something that must not happen, and did. */
export interface Violation {
  /** `I2` to `I12`, `bug` or `expect`. */
  readonly oracle: string;
  readonly atUs: number;
  /** The bolt whose state showed it; empty of the whole. */
  readonly bolt: string;
  readonly text: string;
}

/** Takes violations; of one oracle and bolt only the first few are kept, for the later ones follow from them. */
export class Violations {
  readonly #list: Violation[] = [];
  readonly #counts = new Map<string, number>();

  add(violation: Violation): void {
    const key = `${violation.oracle} ${violation.bolt}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= 3) this.#list.push(violation);
  }

  list(): readonly Violation[] {
    return this.#list;
  }
}
