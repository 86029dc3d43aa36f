/** `vigosim bench`: measures and prints, with units. Never asserts: machines differ and are shared. */
import { performance } from "node:perf_hooks";
import type { Command } from "commander";
import type { Figure, NowMs } from "../bench/figure.ts";
import { benchGossip } from "../bench/gossip.ts";
import { benchLoop } from "../bench/loop.ts";
import { benchPatterns } from "../bench/pattern.ts";
import { benchRoster } from "../bench/roster.ts";
import { benchWorlds } from "../bench/worlds.ts";
import { benchAdmission } from "./real-bench.ts";

type Bench = (nowMs: NowMs) => readonly Figure[] | Promise<readonly Figure[]>;

/** What can be measured, by name. */
const benches: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  ["loop", benchLoop],
  ["pattern", benchPatterns],
  ["roster", benchRoster],
  ["worlds", benchWorlds],
  ["gossip", benchGossip],
  ["admission", benchAdmission],
]);

export function addBench(root: Command): void {
  root
    .command("bench")
    .description(`Measure: ${[...benches.keys()].join(", ")}; all unless named.`)
    .argument("[name...]", "what to measure")
    .option("-o, --output <format>", "text or json", "text")
    .action(async (names: string[], { output }: { output: string }) => {
      const unknown = names.find((name) => !benches.has(name));
      if (unknown !== undefined) {
        process.stderr.write(
          `BENCH_UNKNOWN There is no bench called ${JSON.stringify(unknown)}; vigosim bench --help\n`,
        );
        process.exitCode = 2;
        return;
      }
      const figures: Figure[] = [];
      for (const [name, bench] of benches) {
        if (names.length === 0 || names.includes(name)) figures.push(...(await bench(() => performance.now())));
      }
      if (output === "json") process.stdout.write(`${JSON.stringify(jsonOf(figures), null, 2)}\n`);
      else for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`);
    });
}

/** `{name: {value, unit}, ...}`. */
function jsonOf(figures: readonly Figure[]): object {
  const named = figures.map(({ name, value, unit }) => [name, { value: Math.round(value * 1_000) / 1_000, unit }]);
  return Object.fromEntries(named) as object;
}

function lineOf({ name, value, unit }: Figure): string {
  const shown = value >= 1_000 ? Math.round(value).toLocaleString("en-US") : value.toFixed(3);
  return `${name.padEnd(36)} ${shown.padStart(14)} ${unit}`;
}
