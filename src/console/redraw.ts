/**
 * Shows a changing text again and again (CN-5): a terminal has it redrawn in place, anything else gets a new copy when
 * something changed.
 */

export class Redraw {
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #lines = 0;
  #shown: string | undefined;

  constructor(isTerminal: boolean, write: (text: string) => void) {
    this.#isTerminal = isTerminal;
    this.#write = write;
  }

  /** `sameness` is what counts as a change away from terminals: the text without its ticking ages. */
  show(text: string, sameness: string): void {
    if (!this.#isTerminal) {
      if (sameness === this.#shown) return;
      const gap = this.#shown === undefined ? "" : "\n";
      this.#shown = sameness;
      return this.#write(gap + text);
    }
    // To the first column of the first line written before, then clear what is below.
    const back = this.#lines === 0 ? "" : `\u001b[${this.#lines}A\r\u001b[J`;
    this.#write(back + text);
    this.#lines = text.split("\n").length - 1;
  }
}
