/** "Did you mean": the known word that a mistyped one is closest to, by edits (Levenshtein, and swapped neighbours). */

/** Words longer than this are not compared: nobody mistypes them, and the cost grows with the square. */
const comparedCharacters = 64;

/**
 * The known word nearest to `word`, the first among equals; undefined when none is near. Near is one edit for every
 * three characters, at least one. Case and the difference between `-` and `_` cost nothing.
 */
export function nearWord(word: string, known: readonly string[]): string | undefined {
  if (word.length > comparedCharacters) return undefined;
  const typed = plain(word);
  let best: string | undefined;
  let bestEdits = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (candidate.length > comparedCharacters || candidate === word) continue;
    const edits = editsBetween(typed, plain(candidate));
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll("-", "_");
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editsBetween(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let edits = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) edits = Math.min(edits, (older[j - 2] ?? 0) + 1);
      current.push(edits);
    }
    [older, previous] = [previous, current];
  }
  return previous[b.length] ?? 0;
}
