/**
 * Words that server.yaml once had and has no more. Each is refused by name with a pointer to the word of today, because
 * "unknown key" would leave people guessing what became of it.
 */
import type { PathComplaint } from "../reading/complaints.ts";
import type { Path } from "../reading/problem.ts";

const equals = "All bolts are equals now: set spanner.mode to spanner on each of them.";
const joining =
  "There is no hub: start each server, then join it once with: vigocli spanner bolt join --code-file FILE";

/** Retired keys, wherever they stand, in one spelling: lower case without separators. */
const retiredKeys: ReadonlyMap<string, string> = new Map([
  ["role", `The key role was retired. ${equals}`],
  ["roles", `The key roles was retired. ${equals}`],
  ["hub", `The key hub was retired. ${joining}`],
  ["hubs", `The key hubs was retired. ${joining}`],
  ["hubaddr", `The key hub_addr was retired. ${joining}`],
  ["hubaddress", `The key hub_address was retired. ${joining}`],
  ["huburl", `The key hub_url was retired. ${joining}`],
  ["spoke", `The key spoke was retired. ${equals}`],
  ["spokes", `The key spokes was retired. ${equals}`],
  ["founder", "The key founder was retired. Found the spanner once, on any server, with: vigocli spanner init"],
  ["joiner", `The key joiner was retired. ${joining}`],
]);

const retiredModes: ReadonlyMap<string, string> = new Map([
  ["hub", `The mode hub was retired. ${equals}`],
  ["spoke", `The mode spoke was retired. ${equals}`],
  ["founder", "The mode founder was retired. Use the mode spanner, then found once with: vigocli spanner init"],
  [
    "joiner",
    "The mode joiner was retired. Use the mode spanner, then join with: vigocli spanner bolt join --code-file FILE",
  ],
]);

/** Complaints about retired keys and modes in the plain value of a file; empty when there are none. */
export function retiredComplaints(value: unknown): PathComplaint[] {
  const found: PathComplaint[] = [];
  visit(value, [], found);
  return found;
}

function visit(value: unknown, path: Path, found: PathComplaint[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, key];
    const told = retiredKeys.get(plain(key));
    const mode = key === "mode" && typeof inner === "string" ? retiredModes.get(plain(inner)) : undefined;
    if (told !== undefined) found.push({ path: here, isKey: true, message: told });
    else if (mode !== undefined) {
      found.push({ path: here, isKey: false, message: mode, value: inner, allowed: "standalone, spanner" });
    } else visit(inner, here, found);
  }
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]|mode$/g, "");
}
