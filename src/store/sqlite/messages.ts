/**
 * What passes between the thread of the server and the thread that owns the database: plain values and bytes, nothing
 * that only one of them could read. Answers come in the order of the questions.
 */
import type { Refusal } from "../../kernel/refusal.ts";
import type { StoreFailure } from "../../roster/durable.ts";

/** One write in columns. Ids are bytes. */
export type PlainWrite =
  | ({ readonly put: "row" } & PlainRow)
  | ({ readonly put: "profile" } & PlainProfile)
  | ({ readonly put: "high-water" } & PlainMark)
  | ({ readonly put: "setting" } & PlainSetting)
  | ({ readonly put: "evidence" } & PlainEvidence);

export interface PlainRow {
  readonly id: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** The kind of body that it counted as when it was written. */
  readonly judged: string;
}
export interface PlainProfile {
  readonly origin: Uint8Array;
  readonly genesis: Uint8Array;
  readonly term: number;
  readonly incarnation: number;
  readonly seq: number;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}
export interface PlainMark {
  readonly author: Uint8Array;
  readonly incarnation: number;
  readonly number: number;
}
export interface PlainSetting {
  readonly name: string;
  readonly value: string;
}
export interface PlainEvidence {
  readonly about: Uint8Array;
  readonly wallMs: number;
  readonly text: string;
}

/** Everything a start loads. */
export interface Contents {
  readonly rows: readonly PlainRow[];
  readonly profiles: readonly PlainProfile[];
  readonly marks: readonly PlainMark[];
  readonly settings: readonly PlainSetting[];
}

/** Why commits fail: what the machine is told, and what the log should say. */
export interface Failed {
  readonly failure: StoreFailure;
  readonly why: string;
}

/** What the thread is started with. */
export interface Start {
  readonly path: string;
  /** How long to wait for another process to let go of the file, ms. */
  readonly busyMs: number;
}

export type Question =
  | { readonly ask: "commit"; readonly batch: readonly PlainWrite[] }
  | { readonly ask: "evidence"; readonly about: Uint8Array | null; readonly limit: number }
  | { readonly ask: "close" };

export type Answer =
  | { readonly told: "opened"; readonly contents: Contents }
  | { readonly told: "refused"; readonly refusal: Refusal }
  /** The next `batches` commits went to the disk in one transaction, or failed together. */
  | { readonly told: "committed"; readonly batches: number; readonly failed: Failed | null }
  | { readonly told: "evidence"; readonly evidence: readonly PlainEvidence[] };
