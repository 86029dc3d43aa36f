/** A trace as JSON lines: one event a line, with its causal parent. */
import type { Verdict } from "../scenario/play.ts";
import { kindNames } from "../world/kinds.ts";

/** Times in ms; `of` is the event it happened in or was caused by. */
export function traceLines({ records, stage }: Verdict): string {
  const nameOf = (index: number): string => stage.world.processes[index]?.name ?? "";
  const lines = records.map(({ timeUs, sequence, parent, kind, bolt, peer, operandA }) => {
    return JSON.stringify({
      at_ms: timeUs / 1_000,
      event: sequence,
      of: parent,
      kind: kindNames.get(kind) ?? String(kind),
      bolt: nameOf(bolt),
      peer: nameOf(peer),
      operand: operandA,
    });
  });
  return `${lines.join("\n")}\n`;
}
