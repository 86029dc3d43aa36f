/** The bench of real bolts: a process of its own, since it opens sockets and ends with them. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Figure } from "../bench/figure.ts";

const counts = ["16", "64"];
const patienceMs = 600_000;

/** How soon a row of one of 16 and of 64 real bolts on loopback is known to all. Rejects when the bench fails. */
export async function benchAdmission(): Promise<readonly Figure[]> {
  const own = import.meta.url;
  const main = fileURLToPath(new URL(`../real/admission-bench${own.slice(own.lastIndexOf("."))}`, own));
  const figures: Figure[] = [];
  for (const count of counts) {
    const { stdout } = await promisify(execFile)(process.execPath, [main, count], { timeout: patienceMs });
    figures.push(...(JSON.parse(stdout) as Figure[]));
  }
  return figures;
}
