/** Prints the gates of patterns (owner look-up, overlap) and, by tinybench, the single steps behind them. */
import { Bench } from "tinybench";
import { benchPatterns, patternWorkloads } from "../../sim/bench/pattern.ts";
import { matches, parsePattern } from "../../src/pattern/glob.ts";
import { overlap } from "../../src/pattern/overlap.ts";
import { hostname, pattern } from "../support/patterns.ts";

for (const { name, value, unit } of benchPatterns(() => performance.now())) {
  console.log(`${name.padEnd(36)} ${value.toFixed(3).padStart(10)} ${unit}`);
}

const bench = new Bench({ time: 300 });
const name = hostname("web17.rack3.east.example.com");
const glob = pattern("web*.rack[0-9].east.*");
const rack = pattern("*.rack3.east.example.com");
const stranger = pattern("db*");
const [first] = patternWorkloads();
bench.add("parse a pattern", () => void parsePattern("*.rack[0-9].east.example.com"));
bench.add("match a hostname", () => void matches(glob, name));
bench.add("overlap with a witness", () => void overlap(glob, rack));
bench.add("overlap refused by its ends", () => void overlap(glob, stranger));
bench.add("hostname nobody owns among 10,000", () => void first?.table.find(name));
await bench.run();
for (const { name: task, result } of bench.tasks) {
  if (result.state === "completed")
    console.log(`${task.padEnd(36)} ${(result.latency.mean * 1_000).toFixed(3).padStart(10)} us`);
}
