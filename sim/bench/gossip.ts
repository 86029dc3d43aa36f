/** What a spanner at rest says: bytes of 100 bolts at default intervals, every packet encoded. */
import { loadScenario } from "../scenario/load.ts";
import { play } from "../scenario/play.ts";
import type { Multicast } from "../world/multicast.ts";
import type { Figure } from "./figure.ts";

const bolts = 100;
const settleMinutes = 5;
const watchedMinutes = 10;

/** A second a bolt: the difference of a long and a short run of one seed, which begin alike. */
export function benchGossip(): Figure[] {
  const short = carrier(settleMinutes);
  const long = carrier(settleMinutes + watchedMinutes);
  const perBolt = (bytes: number): number => bytes / (watchedMinutes * 60) / bolts;
  return [
    { name: "idle_sent_100_bolts", value: perBolt(long.sentBytes - short.sentBytes), unit: "B/s" },
    { name: "idle_received_100_bolts", value: perBolt(long.receivedBytes - short.receivedBytes), unit: "B/s" },
  ];
}

function carrier(minutes: number): Multicast {
  const joiners = Array.from({ length: bolts - 1 }, (_, at) => `b${at + 2}`).join(", ");
  const lines = [
    "name: idle",
    `bolts: {count: ${bolts}}`,
    "steps:",
    "  - {at: 0s, do: found, on: b1}",
    `  - {at: 1s, do: admit, by: b1, bolts: [${joiners}]}`,
    `settle: ${minutes}m`,
  ];
  const loaded = loadScenario(`${lines.join("\n")}\n`, "bench");
  if (!loaded.ok) throw new Error("the bench's own scenario is wrong");
  const verdict = play(loaded.scenario, { seed: 1, inBytes: true, realCrypto: false, keepRecords: 0 });
  if (!verdict.ok) throw new Error(`the bench's run failed: ${verdict.violations[0]?.text ?? ""}`);
  return verdict.stage.world.multicast;
}
