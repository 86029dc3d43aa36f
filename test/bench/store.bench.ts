/**
 * Prints what the SQLite store does on this machine's disk: commits a second by how many wait at once, the time a loop
 * spends on a commit, and how long a start takes over 10,000 rows. Run: npx tsx test/bench/store.bench.ts [folder]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SqliteStore } from "../../src/store/sqlite/store.ts";
import { rowWrite, seal, settingWrite, someRows } from "../support/durable-writes.ts";
import { openDatabaseAt } from "../support/store-disks.ts";

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "vigo-bench-"));
const batches = 4_000;
const rowCount = 10_000;

try {
  for (const underWay of [1, 4, 16, 64, 256]) await benchCommits(underWay);
  await benchLoad();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function benchCommits(underWay: number): Promise<void> {
  const tookMs: number[] = [];
  const opened = await openDatabaseAt(join(folder, `commits-${underWay}.db`), {
    onCommitted: (ms) => tookMs.push(ms),
  });
  const begin = performance.now();
  const inLoopMs = await commitMany(opened, underWay);
  const seconds = (performance.now() - begin) / 1_000;
  const { transactions } = opened.stats();
  await opened.close();
  tookMs.sort((a, b) => a - b);
  print(`commits, ${underWay} at once`, batches / seconds, "/s");
  print(`  transactions, ${underWay} at once`, transactions / seconds, "/s");
  print(`  latency p50, ${underWay} at once`, tookMs[Math.floor(batches / 2)] ?? 0, "ms");
  print(`  latency p99, ${underWay} at once`, tookMs[Math.floor(batches * 0.99)] ?? 0, "ms");
  print(`  loop time a commit, ${underWay} at once`, (inLoopMs / batches) * 1_000, "us");
}

/**
 * Keeps so many commits of one new setting of 300 bytes under way; the time spent in the calls themselves, ms. Each
 * must be new: SQLite writes nothing, and syncs nothing, where a value is overwritten by its equal.
 */
function commitMany({ store }: SqliteStore, underWay: number): Promise<number> {
  let [asked, told, inLoopMs] = [0, 0, 0];
  return new Promise((resolve) => {
    const next = (): void => {
      const begin = performance.now();
      store.commit([settingWrite(String(asked++), `${asked} ${"x".repeat(300)}`)], (failure) => {
        if (failure !== null) throw new Error(failure);
        told++;
        if (told === batches) resolve(inLoopMs);
        else if (asked < batches) next();
      });
      inLoopMs += performance.now() - begin;
    };
    for (let at = 0; at < underWay; at++) next();
  });
}

async function benchLoad(): Promise<void> {
  const path = join(folder, "load.db");
  const opened = await openDatabaseAt(path);
  const rows = someRows(rowCount);
  let begin = performance.now();
  for (let at = 0; at < rows.length; at += 100) {
    opened.store.commit(rows.slice(at, at + 100).map(rowWrite), () => undefined);
  }
  await opened.close();
  print("write of 10,000 rows in batches of 100, and close", performance.now() - begin, "ms");
  print("database of 10,000 rows", statSync(path).size / 1_048_576, "MiB");
  for (let run = 0; run < 3; run++) {
    begin = performance.now();
    const again = await openDatabaseAt(path, { verifier: seal });
    print(
      `open and load of ${again.saved.rows.length} rows, with the start of the thread`,
      performance.now() - begin,
      "ms",
    );
    await again.close();
  }
}

function print(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(64)} ${value.toFixed(value < 100 ? 2 : 0).padStart(10)} ${unit}`);
}
