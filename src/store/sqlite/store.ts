/**
 * The durable store of a server: `db/vigo.db`, owned by a thread of its own (ST-1 to ST-12). Outcomes come in the
 * order of the calls, each once; after the end of the store or of its thread every commit fails with "stopped".
 *
 *   open --a commit fails--> failed (reads go on)        open or failed --close--> closed
 */
import { Worker } from "node:worker_threads";
import { absurd, must } from "../../kernel/assert.ts";
import { idBytes } from "../../kernel/id.ts";
import type { Refusal } from "../../kernel/refusal.ts";
import type { StorePort } from "../../host/ports.ts";
import type { LoadPage, LoadQuery, Saved, StoreFailure, Write } from "../../roster/durable.ts";
import type { Verifier } from "../../wire/genuine.ts";
import { hasBuiltIn } from "./binding.ts";
import { openRefusal } from "./failure.ts";
import type { Answer, Contents, Failed, Question, Start } from "./messages.ts";
import { pageOf, plainOf, savedOf } from "./plain.ts";

/** The database cannot be opened; `refusal` says why and what to do. The message is "CODE: sentence". */
export class StoreRefused extends Error {
  override readonly name: string = "StoreRefused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.message}`);
    this.refusal = refusal;
  }
}

export interface SqliteOptions {
  /** Judges the proofs in rows of kinds that were unknown when they were stored. */
  readonly verifier: Verifier;
  /** How long an opening waits for another process to let go of the file, ms; 2,000 unless told. */
  readonly busyMs?: number;
  /** Told how long each commit took from the call to its outcome, ms: for a histogram. */
  readonly onCommitted?: (tookMs: number, failure: StoreFailure | null) => void;
  /** Starts the thread that owns the database; sources that are not compiled need a loader. */
  readonly startThread?: (url: URL, start: Start) => Worker;
}

/** What the store did since it was opened. */
export interface StoreStats {
  /** Commits whose outcome was success, and the writes in them. */
  readonly batches: number;
  readonly writes: number;
  /** Transactions that they took: fewer than batches, for those that wait together are committed together. */
  readonly transactions: number;
  /** Commits and queries without an outcome yet. */
  readonly waiting: number;
  /** Why commits fail now. */
  readonly failure: StoreFailure | null;
  /** The cause in words, for the log; null while commits succeed. */
  readonly why: string | null;
}

export interface SqliteStore {
  readonly store: StorePort;
  /** What was there at the opening. */
  readonly saved: Saved;
  /** Lets what waits come to its outcome, then lets go of the file. Always the same promise. */
  readonly close: () => Promise<void>;
  readonly stats: () => StoreStats;
}

const busyMsDefault = 2_000;

/**
 * Opens the database at the path, or makes it when there is none; the folder must be there. Rejects with a
 * `StoreRefused`: DATABASE_BUSY, DATABASE_DAMAGED, DATABASE_FOREIGN, DATABASE_NEWER, STORAGE_READONLY, STORAGE_DENIED,
 * STORAGE_FAILED.
 */
export async function openSqliteStore(path: string, options: SqliteOptions): Promise<SqliteStore> {
  const start: Start = { path, busyMs: options.busyMs ?? busyMsDefault };
  const startThread = options.startThread ?? startCompiled;
  const thread = startThread(threadUrl(), start);
  const contents = await opening(thread);
  const store = new ThreadStore(thread, options.onCommitted);
  try {
    return {
      store,
      saved: savedOf(contents, options.verifier),
      close: () => store.close(),
      stats: () => store.stats(),
    };
  } catch (caught) {
    await store.close();
    throw new StoreRefused(openRefusal(caught, path));
  }
}

/** Node 22 warns that its SQLite is experimental; operators can do nothing about it. */
function startCompiled(url: URL, start: Start): Worker {
  const execArgv = hasBuiltIn(process.versions.node) ? ["--disable-warning=ExperimentalWarning"] : [];
  return new Worker(url, { workerData: start, execArgv });
}

/** The thread's program lies beside this one, compiled or not. */
function threadUrl(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("./worker.ts", import.meta.url)
    : new URL("./worker.js", import.meta.url);
}

/** The first answer of the thread. A refused one has ended by then, so it holds the file no longer. */
function opening(thread: Worker): Promise<Contents> {
  return new Promise((resolve, reject) => {
    let refusal: Refusal | undefined;
    thread.once("message", (answer: Answer) => {
      if (answer.told === "refused") refusal = answer.refusal;
      else if (answer.told === "opened") resolve(answer.contents);
    });
    // Once it is open, these say nothing new.
    thread.once("error", reject);
    thread.once("exit", () =>
      reject(refusal === undefined ? new Error("the thread ended") : new StoreRefused(refusal)),
    );
  });
}

type Entry =
  | {
      readonly of: "commit";
      readonly writes: number;
      readonly askedMs: number;
      readonly done: (failure: StoreFailure | null) => void;
    }
  | { readonly of: "load"; readonly done: (page: LoadPage) => void };

class ThreadStore implements StorePort {
  readonly #thread: Worker;
  readonly #onCommitted: SqliteOptions["onCommitted"];
  readonly #ended: Promise<void>;
  /** Asked of the thread and not yet answered, oldest first. */
  readonly #asked: Entry[] = [];
  /** Came after the end began: "stopped", once all before have their outcome. */
  readonly #late: Entry[] = [];
  #isEnding = false;
  #failed: Failed | null = null;
  #batches = 0;
  #writes = 0;
  #transactions = 0;

  constructor(thread: Worker, onCommitted: SqliteOptions["onCommitted"]) {
    this.#thread = thread;
    this.#onCommitted = onCommitted;
    thread.on("message", (answer: Answer) => this.#onAnswer(answer));
    // A thread that dies also ends; nothing of what it had not answered can be relied on.
    thread.on("error", (cause) => (this.#failed ??= { failure: "stopped", why: String(cause) }));
    this.#ended = new Promise((resolve) => thread.once("exit", () => resolve(this.#onEnd())));
  }

  commit(writes: readonly Write[], done: (failure: StoreFailure | null) => void): void {
    const batch = writes.map(plainOf);
    this.#ask({ ask: "commit", batch }, { of: "commit", writes: batch.length, askedMs: performance.now(), done });
  }

  load({ about, limit }: LoadQuery, done: (page: LoadPage) => void): void {
    this.#ask({ ask: "evidence", about: about === null ? null : idBytes(about), limit }, { of: "load", done });
  }

  close(): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#post({ ask: "close" });
    }
    return this.#ended;
  }

  stats(): StoreStats {
    return {
      batches: this.#batches,
      writes: this.#writes,
      transactions: this.#transactions,
      waiting: this.#asked.length + this.#late.length,
      failure: this.#failed?.failure ?? null,
      why: this.#failed?.why ?? null,
    };
  }

  #ask(question: Question, entry: Entry): void {
    if (!this.#isEnding) {
      this.#asked.push(entry);
      return this.#post(question);
    }
    this.#late.push(entry);
    queueMicrotask(() => this.#stopLate());
  }

  #post(question: Question): void {
    this.#thread.postMessage(question);
  }

  #onAnswer(answer: Answer): void {
    switch (answer.told) {
      case "committed":
        return this.#onCommit(answer.batches, answer.failed);
      case "evidence":
        return this.#settle(this.#next(), null, pageOf(answer.evidence));
      case "opened":
      case "refused":
        return;
      default:
        absurd(answer);
    }
  }

  #onCommit(batches: number, failed: Failed | null): void {
    if (failed === null) this.#transactions++;
    else this.#failed = failed;
    const failure = failed?.failure ?? null;
    for (let at = 0; at < batches; at++) this.#settle(this.#next(), failure, { evidence: [] });
    this.#stopLate();
  }

  #next(): Entry {
    return must(this.#asked.shift(), "the thread answers only what was asked");
  }

  #settle(entry: Entry, failure: StoreFailure | null, page: LoadPage): void {
    if (entry.of === "commit" && failure === null) {
      this.#batches++;
      this.#writes += entry.writes;
    }
    try {
      if (entry.of === "load") return entry.done(page);
      this.#onCommitted?.(performance.now() - entry.askedMs, failure);
      entry.done(failure);
    } catch (thrown) {
      // A bug of the caller stops the caller; the outcomes that others wait for must still come.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #onEnd(): void {
    this.#isEnding = true;
    this.#failed ??= { failure: "stopped", why: "the store was closed" };
    for (let left = this.#asked.shift(); left !== undefined; left = this.#asked.shift()) this.#stop(left);
    this.#stopLate();
  }

  #stopLate(): void {
    if (this.#asked.length > 0) return;
    for (let late = this.#late.shift(); late !== undefined; late = this.#late.shift()) this.#stop(late);
  }

  #stop(entry: Entry): void {
    this.#settle(entry, "stopped", { evidence: [] });
  }
}
