/** What the simulated network knows of a machine on it. */
import type { Driver } from "../../src/host/driver.ts";
import type { BoltId } from "../../src/kernel/id.ts";

export interface Endpoint {
  readonly index: number;
  readonly id: BoltId;
  /** The genesis it listens to; null while it is in no spanner. */
  genesis(): string | null;
  /** Whether a process runs here, paused or not. */
  isUp(): boolean;
  isPaused(): boolean;
  /** Changes with every start of the process: what was asked before is answered to nobody. */
  epoch(): number;
  /** Hands something to the running process; kept while it is paused, dropped when none runs. */
  run(action: (driver: Driver) => void): void;
}
