/**
 * The open database: whole transactions in, records out. Lives in the thread that owns the file; every call waits for
 * the disk.
 *
 *   sound --a transaction fails--> failed: every later commit fails in the same way, reads go on (T52, T53)
 */
import { absurd } from "../../kernel/assert.ts";
import { evidenceLimit } from "../kept.ts";
import type { Connection, Statement } from "./binding.ts";
import { storeFailureOf } from "./failure.ts";
import type { Contents, Failed, PlainEvidence, PlainWrite } from "./messages.ts";
import { evidenceColumns, markColumns, profileColumns, rowColumns, settingColumns } from "./records.ts";
import { readEvidence, readMark, readProfile, readRow, readSetting } from "./records.ts";
import { queries, statements } from "./schema.ts";

type Name = keyof typeof statements;

export class Database {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #prepared: Readonly<Record<Name, Statement>>;
  #failed: Failed | null = null;

  /** Takes over a connection that `openDatabase` gave. */
  constructor(connection: Connection, path: string) {
    this.#connection = connection;
    this.#path = path;
    const prepare = (name: Name): Statement => connection.prepare(statements[name]);
    this.#prepared = {
      row: prepare("row"),
      profile: prepare("profile"),
      mark: prepare("mark"),
      setting: prepare("setting"),
      evidence: prepare("evidence"),
      dropEvidence: prepare("dropEvidence"),
    };
  }

  /** Everything a start loads. Throws `Damaged` at the first record whose checksum does not hold. */
  contents(): Contents {
    const all = <T>(query: string, read: (found: unknown) => T): T[] => this.#connection.prepare(query).all().map(read);
    this.evidence(null, evidenceLimit);
    return {
      rows: all(queries.rows, readRow),
      profiles: all(queries.profiles, readProfile),
      marks: all(queries.marks, readMark),
      settings: all(queries.settings, readSetting),
    };
  }

  /** Commits all batches in one transaction, or none; null: they are on the disk. */
  commit(batches: readonly (readonly PlainWrite[])[]): Failed | null {
    if (this.#failed !== null) return this.#failed;
    try {
      this.#connection.exec("BEGIN IMMEDIATE");
      for (const batch of batches) for (const write of batch) this.#put(write);
      this.#connection.exec("COMMIT");
    } catch (caught) {
      const why = caught instanceof Error ? caught.message : String(caught);
      this.#failed = { failure: storeFailureOf(caught, this.#path), why };
      this.#rollBack();
    }
    return this.#failed;
  }

  /** The newest evidence about one bolt or all, oldest first. */
  evidence(about: Uint8Array | null, limit: number): readonly PlainEvidence[] {
    const most = Math.min(Math.max(limit, 0), evidenceLimit);
    const found =
      about === null
        ? this.#connection.prepare(queries.evidence).all(most)
        : this.#connection.prepare(queries.evidenceAbout).all(about, most);
    return found.map(readEvidence).reverse();
  }

  /** Brings the journal into the file and lets go of it. */
  close(): void {
    this.#connection.close();
  }

  #put(write: PlainWrite): void {
    const { row, profile, mark, setting, evidence, dropEvidence } = this.#prepared;
    switch (write.put) {
      case "row":
        return void row.run(...rowColumns(write));
      case "profile":
        return void profile.run(...profileColumns(write));
      case "high-water":
        return void mark.run(...markColumns(write));
      case "setting":
        return void setting.run(...settingColumns(write));
      case "evidence":
        evidence.run(...evidenceColumns(write));
        return void dropEvidence.run(evidenceLimit);
      default:
        return absurd(write);
    }
  }

  #rollBack(): void {
    try {
      this.#connection.exec("ROLLBACK");
    } catch {
      // SQLite rolls back by itself after most failures; then there is nothing to undo.
    }
  }
}
