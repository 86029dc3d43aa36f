/**
 * Opens vigo.db, or makes it. What cannot be opened safely is refused and left as it is (ST-8, ST-9, ST-10).
 *
 *   none --made beside it, synced, linked--> whole        whole --lock, layout, integrity--> open
 *
 * A file appears under its name only when it is whole, so an empty or short one is damage, never a beginning.
 */
import { closeSync, fsyncSync, linkSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Outcome } from "../../kernel/refusal.ts";
import { done, refused } from "../../kernel/refusal.ts";
import type { Connect, Connection } from "./binding.ts";
import { damagedRefusal, foreignRefusal, newerRefusal, openRefusal } from "./failure.ts";
import { applicationId, schemaVersion, tables } from "./schema.ts";

const ownerOnly = 0o600;
/** SQLite takes a file shorter than its header for a new one. */
const pageBytes = 4_096;

/**
 * The database at the path, locked for this process, its integrity checked. `busyMs`: how long to wait for the lock.
 * Refused with DATABASE_BUSY, DATABASE_DAMAGED, DATABASE_FOREIGN, DATABASE_NEWER and the storage codes.
 */
export function openDatabase(connect: Connect, path: string, busyMs: number): Outcome<Connection> {
  let connection: Connection | undefined;
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      if (isThere(`${path}-wal`)) return refused(damagedRefusal(path, "its journal is there, the file itself is not"));
      createDatabase(connect, path);
    } else if (size < pageBytes) return refused(damagedRefusal(path, `the file has ${size} bytes`));
    connection = connect(path);
    lock(connection, busyMs);
    const checked = check(connection, path);
    if (!checked.ok) connection.close();
    return checked;
  } catch (caught) {
    closeQuietly(connection);
    return refused(openRefusal(caught, path));
  }
}

/** One process at a time: the lock is the file's own, held until this connection closes or its process dies. */
function lock(connection: Connection, busyMs: number): void {
  connection.exec(`PRAGMA busy_timeout = ${busyMs}`);
  connection.exec("PRAGMA locking_mode = EXCLUSIVE");
}

function check(connection: Connection, path: string): Outcome<Connection> {
  if (number(connection, "application_id") !== applicationId) {
    const isEmpty = number(connection, "schema_version") === 0;
    return refused(isEmpty ? damagedRefusal(path, "it holds no tables") : foreignRefusal(path));
  }
  const version = number(connection, "user_version");
  if (version > schemaVersion) return refused(newerRefusal(path, version, schemaVersion));
  if (version !== schemaVersion) return refused(damagedRefusal(path, `there is no layout ${version}`));
  // Commits are on disk when they return (FULL); a checkpoint never lets the journal grow past what it needs.
  const mode = firstColumn(connection.prepare("PRAGMA journal_mode = WAL").all()[0]);
  if (mode !== "wal") return refused(damagedRefusal(path, `its journal stays in mode ${String(mode)}`));
  connection.exec("PRAGMA synchronous = FULL");
  connection.exec("PRAGMA cache_size = -65536");
  connection.exec("PRAGMA journal_size_limit = 4194304");
  const faults = connection.prepare("PRAGMA integrity_check(1)").all().map(firstColumn);
  if (faults.length !== 1 || faults[0] !== "ok") return refused(damagedRefusal(path, String(faults[0])));
  const found = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").all();
  if (found.map(firstColumn).join(";") !== tables.join(";")) {
    return refused(damagedRefusal(path, "its tables are not those of its layout"));
  }
  // Takes the lock for writing now, so that a second process is refused here and not at its first commit.
  connection.exec("BEGIN IMMEDIATE");
  connection.exec("COMMIT");
  return done(connection);
}

/** Makes the whole file under a name of its own, then gives it its name; another process may do so meanwhile. */
function createDatabase(connect: Connect, path: string): void {
  const fresh = `${path}.new-${process.pid}`;
  removeFresh(fresh);
  try {
    closeSync(openSync(fresh, "wx", ownerOnly));
    const connection = connect(fresh);
    try {
      connection.exec(`PRAGMA page_size = ${pageBytes}`);
      connection.exec("PRAGMA synchronous = FULL");
      connection.exec("BEGIN");
      for (const table of tables) connection.exec(table);
      connection.exec(`PRAGMA application_id = ${applicationId}`);
      connection.exec(`PRAGMA user_version = ${schemaVersion}`);
      connection.exec("COMMIT");
    } finally {
      connection.close();
    }
    syncPath(fresh);
    link(fresh, path);
    syncPath(dirname(path));
  } finally {
    removeFresh(fresh);
  }
  // What servers left that died just here.
  const begins = `${basename(path)}.new-`;
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(begins)) rmSync(join(dirname(path), name), { force: true });
  }
}

/** link() never replaces: whoever comes second uses the file that is there. */
function link(fresh: string, path: string): void {
  try {
    linkSync(fresh, path);
  } catch (caught) {
    if (!isThere(path)) throw caught;
  }
}

function removeFresh(fresh: string): void {
  rmSync(fresh, { force: true });
  rmSync(`${fresh}-journal`, { force: true });
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function closeQuietly(connection: Connection | undefined): void {
  try {
    connection?.close();
  } catch {
    // What went wrong is being reported already.
  }
}

function number(connection: Connection, pragma: string): number {
  return Number(firstColumn(connection.prepare(`PRAGMA ${pragma}`).all()[0]));
}

function firstColumn(found: unknown): unknown {
  return Object.values(found as Readonly<Record<string, unknown>>)[0];
}
