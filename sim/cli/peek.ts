/** `vigosim run FILE --until T --show BOLT`: the spanner status of one bolt in the middle of a story. */
import { listingText } from "../../src/console/forms.ts";
import type { Paint } from "../../src/console/colours.ts";
import { statusListing } from "../../src/console/status-listing.ts";
import { harmlessText } from "../../src/kernel/harmless-text.ts";
import { playUntil } from "../scenario/play.ts";
import { boltNames } from "../scenario/load.ts";
import type { ScenarioFile } from "./files.ts";

/** What of the options of `run` matters here; `until` in µs. */
export interface PeekOptions {
  readonly until?: number;
  readonly show?: string;
  readonly seed?: number;
  readonly bytes: boolean;
  readonly realCrypto: boolean;
  readonly output: "text" | "json" | "jsonl";
}

export function peek(files: readonly ScenarioFile[], options: PeekOptions): void {
  const { until, show } = options;
  const [one, ...others] = files;
  if (until === undefined || show === undefined || one === undefined || others.length > 0) {
    return refuse("USAGE_INVALID --until and --show go together, and with one file.", "vigosim run --help");
  }
  const { scenario } = one;
  const play = { inBytes: options.bytes, realCrypto: options.realCrypto, keepRecords: 0 };
  const stage = playUntil(scenario, { seed: options.seed ?? scenario.seed, ...play }, until);
  const bolt = stage.find(show);
  if (bolt === undefined) {
    const known = boltNames(scenario).join(", ");
    return refuse(`BOLT_UNKNOWN There is no bolt "${harmlessText(show, 100)}" then.`, `one of ${known}`);
  }
  const status = bolt.status();
  if (status === null)
    return refuse(`BOLT_DOWN ${harmlessText(show, 100)} is down then.`, "another time, or another bolt");
  const form = options.output === "text" ? "table" : options.output;
  process.stdout.write(listingText(statusListing(status), { form, headers: true, paint: plain }));
}

/** Of a story that is told the same everywhere, colours included. */
const plain: Paint = (_tone, text) => text;

function refuse(text: string, next: string): void {
  process.stderr.write(`${text} Next: ${next}\n`);
  process.exitCode = 2;
}
