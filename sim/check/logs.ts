/**
 * I5: what a bolt writes never goes back. Within one process seq grows by one; over all its lives no two of its rows
 * share (incarnation, seq), whatever image it was started from.
 */
import type { Input } from "../../src/bolt/seam.ts";
import type { RowId } from "../../src/kernel/id.ts";
import type { SimProcess } from "../world/process.ts";
import type { Finding } from "./roster-checks.ts";

export class Logs {
  readonly #written = new Map<string, RowId>();
  readonly #last = new Map<SimProcess, { readonly epoch: number; readonly seq: number }>();

  /** Looks at rows that came back signed and stored. */
  watch(process: SimProcess, input: Input): Finding[] {
    if (input.in !== "stored") return [];
    return input.signed.flatMap((item): Finding[] => {
      if (item.signed !== "row" || item.row.message.origin !== process.id) return [];
      return this.#row(process, item.row.message);
    });
  }

  #row(process: SimProcess, row: { id: RowId; incarnation: number; seq: number }): Finding[] {
    const found: Finding[] = [];
    const name = `${process.id} ${row.incarnation} ${row.seq}`;
    const earlier = this.#written.get(name);
    if (earlier !== undefined && earlier !== row.id) {
      found.push(["I5", `wrote two rows at incarnation ${row.incarnation}, seq ${row.seq}`]);
    }
    this.#written.set(name, row.id);
    const last = this.#last.get(process);
    if (last?.epoch === process.epoch() && row.seq <= last.seq) {
      found.push(["I5", `wrote seq ${row.seq} after ${last.seq}`]);
    }
    this.#last.set(process, { epoch: process.epoch(), seq: row.seq });
    return found;
  }
}
