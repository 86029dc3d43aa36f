/** A bar on stderr while many runs are played, when somebody watches there and the verdicts go elsewhere. */
import { Presets, SingleBar } from "cli-progress";

/** Calls `each` for every item, in order. */
export function withProgress<Item, Result>(items: readonly Item[], each: (item: Item) => Result): Result[] {
  const isWatched = process.stderr.isTTY && !process.stdout.isTTY && items.length > 1;
  if (!isWatched) return items.map(each);
  const form = { format: "{bar} {value}/{total} runs, {eta_formatted} left", clearOnComplete: true };
  const bar = new SingleBar({ ...form, stream: process.stderr }, Presets.shades_classic);
  bar.start(items.length, 0);
  try {
    return items.map((item) => {
      const result = each(item);
      bar.increment();
      return result;
    });
  } finally {
    bar.stop();
  }
}
