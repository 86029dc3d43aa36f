/** What Prometheus is told (names begin with vigo_). Gauges are read when asked, counters grow as things happen. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { StatusReport } from "../turn/status.ts";

/** What the metrics read of a running server. */
export interface Measured {
  status(): StatusReport;
  /** Datagrams dropped, by reason. */
  drops(): ReadonlyMap<string, number>;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #committed: Histogram;
  readonly #commitFailures: Counter;
  readonly #notes: Counter;
  #measured: Measured | null = null;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: "vigo_" });
    this.#committed = new Histogram({
      name: "vigo_store_commit_seconds",
      help: "Time from asking for a commit to its being durable.",
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    });
    this.#commitFailures = new Counter({ name: "vigo_store_failures_total", help: "Commits that failed.", registers });
    this.#notes = new Counter({
      name: "vigo_notes_total",
      help: "Things the bolt noted, by kind.",
      labelNames: ["what"],
      registers,
    });
    this.#addGauges(registers);
  }

  /** From now on gauges read this server. */
  measure(measured: Measured): void {
    this.#measured = measured;
  }

  committed(tookMs: number, isFailed: boolean): void {
    if (isFailed) this.#commitFailures.inc();
    else this.#committed.observe(tookMs / 1_000);
  }

  noted(what: string): void {
    this.#notes.inc({ what });
  }

  /** The text for /metrics. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #addGauges(registers: Registry[]): void {
    const read = (): StatusReport | undefined => this.#measured?.status();
    const drops = (): ReadonlyMap<string, number> => this.#measured?.drops() ?? new Map<string, number>();
    new Gauge({
      name: "vigo_roster_rows",
      help: "Rows of the roster held.",
      registers,
      collect() {
        this.set(read()?.rows ?? 0);
      },
    });
    new Gauge({
      name: "vigo_roster_digest",
      help: "1, labelled with the digest of the roster: equal on bolts that agree.",
      labelNames: ["digest"],
      registers,
      collect() {
        this.reset();
        const digest = read()?.digest ?? null;
        if (digest !== null) this.set({ digest }, 1);
      },
    });
    new Gauge({
      name: "vigo_snapshot_age_seconds",
      help: "Age of the newest beacon held of each other bolt.",
      labelNames: ["bolt"],
      registers,
      collect() {
        this.reset();
        const status = read();
        for (const { id, name, ageMs } of status?.bolts ?? []) {
          if (id !== status?.self && ageMs !== null) this.set({ bolt: name }, ageMs / 1_000);
        }
      },
    });
    new Gauge({
      name: "vigo_links_up",
      help: "Open streams to other bolts.",
      registers,
      collect() {
        this.set(read()?.bolts.filter(({ linkUp }) => linkUp === true).length ?? 0);
      },
    });
    new Gauge({
      name: "vigo_datagrams_rejected_total",
      help: "Datagrams dropped, by reason.",
      labelNames: ["reason"],
      registers,
      collect() {
        this.reset();
        for (const [reason, count] of drops()) this.set({ reason }, count);
      },
    });
  }
}
