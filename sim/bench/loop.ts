/** How many events the loop handles a second: 64 nodes, 1,024 messages in flight, each hashed into the trace. */
import { mix32 } from "../../src/kernel/random.ts";
import { Loop } from "../loop/loop.ts";
import type { Figure, NowMs } from "./figure.ts";
import { medianOf } from "./figure.ts";

const nodes = 64;
const inFlight = 1_024;
const eventsPerRun = 2_000_000;
const runs = 5;

export function benchLoop(nowMs: NowMs): Figure[] {
  const rates = Array.from({ length: runs }, () => rate(nowMs));
  return [{ name: "loop_events_per_s", value: medianOf(rates), unit: "1/s" }];
}

function rate(nowMs: NowMs): number {
  let handled = 0;
  const loop = new Loop((kind, bolt) => {
    handled++;
    const draw = mix32(handled, bolt, kind);
    loop.schedule(loop.nowUs + 50 + (draw & 1_023), 2, draw & (nodes - 1), bolt, undefined);
  }, 0);
  for (let at = 0; at < inFlight; at++) loop.schedule(at, 2, at & (nodes - 1), 0, undefined);
  const startedMs = nowMs();
  for (let at = 0; at < eventsPerRun; at++) loop.next(Infinity);
  return (handled / (nowMs() - startedMs)) * 1_000;
}
