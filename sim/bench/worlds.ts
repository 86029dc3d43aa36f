/** How much faster than real time whole spanners run: real bolts, default intervals, oracles on. */
import { loadScenario } from "../scenario/load.ts";
import { play } from "../scenario/play.ts";
import type { Figure, NowMs } from "./figure.ts";
import { medianOf } from "./figure.ts";

const runs = 3;

function story(bolts: number, hours: number): string {
  const joiners = Array.from({ length: bolts - 1 }, (_, at) => `b${at + 2}`).join(", ");
  return [
    "name: bench",
    `bolts: {count: ${bolts}}`,
    "steps:",
    "  - {at: 0s, do: found, on: b1}",
    `  - {at: 1s, do: admit, by: b1, bolts: [${joiners}]}`,
    `settle: ${hours}h`,
    "",
  ].join("\n");
}

/** Simulated time over time taken. */
function speedup(nowMs: NowMs, bolts: number, hours: number, isReal: boolean): number {
  const loaded = loadScenario(story(bolts, hours), "bench");
  if (!loaded.ok) throw new Error("the bench's own scenario is wrong");
  const ratios = Array.from({ length: runs }, () => {
    const startedMs = nowMs();
    const verdict = play(loaded.scenario, { seed: 1, inBytes: isReal, realCrypto: isReal, keepRecords: 0 });
    if (!verdict.ok) throw new Error(`the bench's run failed: ${verdict.violations[0]?.text ?? ""}`);
    return verdict.simulatedMs / (nowMs() - startedMs);
  });
  return medianOf(ratios);
}

export function benchWorlds(nowMs: NowMs): Figure[] {
  return [
    { name: "eight_bolts_speedup", value: speedup(nowMs, 8, 24, false), unit: "x" },
    { name: "real_crypto_speedup", value: speedup(nowMs, 8, 1, true), unit: "x" },
  ];
}
