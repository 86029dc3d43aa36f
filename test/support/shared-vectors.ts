/**
 * Reads public test vectors in place, from the folder `shared/vectors` beside the checkout. Where it is absent the
 * tests that need it say so loudly and skip.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../../../shared/vectors/", import.meta.url);

/** The parsed JSON of one vector file, or undefined, with a loud line on stderr, when it is not there. */
export function sharedVectors(name: string): unknown {
  const path = fileURLToPath(new URL(name, folder));
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
  process.stderr.write(`\n*** SKIPPED: ../shared/vectors/${name} is absent, its vectors were NOT checked ***\n\n`);
  return undefined;
}
