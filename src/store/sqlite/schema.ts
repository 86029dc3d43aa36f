/**
 * The tables of vigo.db, version 1. Ids are BLOBs, tables are STRICT, every record carries a checksum of its columns.
 * A change of any line here is a new version with a migration: a database whose tables read otherwise is refused.
 */

/** "Vigo" in the header of the file: tells our databases from other programs'. */
export const applicationId = 0x5669_676f;

/** The newest layout this program knows; it opens no newer one (ST-9). */
export const schemaVersion = 1;

const checksum = "checksum BLOB NOT NULL CHECK (length(checksum) = 16)";
const id = (name: string): string => `${name} BLOB NOT NULL CHECK (length(${name}) = 32)`;

/** One statement a table, as sqlite_schema repeats it. `position` is the order of writing. */
export const tables: readonly string[] = [
  `CREATE TABLE log_row (position INTEGER PRIMARY KEY, ${id("id")} UNIQUE, payload BLOB NOT NULL,
  signature BLOB NOT NULL, judged TEXT NOT NULL, ${checksum}) STRICT`,
  `CREATE TABLE profile (${id("origin")} PRIMARY KEY, ${id("genesis")}, term INTEGER NOT NULL,
  incarnation INTEGER NOT NULL, seq INTEGER NOT NULL, ${id("hash")}, payload BLOB NOT NULL, signature BLOB NOT NULL,
  ${checksum}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE high_water (${id("author")} PRIMARY KEY, incarnation INTEGER NOT NULL, number INTEGER NOT NULL,
  ${checksum}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL, ${checksum}) STRICT, WITHOUT ROWID`,
  `CREATE TABLE evidence (position INTEGER PRIMARY KEY, ${id("about")}, wall_ms INTEGER NOT NULL, text TEXT NOT NULL,
  ${checksum}) STRICT`,
];

/** Free text goes in and out as bytes: the package cuts text at a zero character. Node 22 takes no bytes for NULL. */
const text = "CAST(coalesce(?, '') AS TEXT)";

/** Writes one record each; a name that is there already is overwritten where the rules of `Write` say so. */
export const statements = {
  row: `INSERT INTO log_row (id, payload, signature, judged, checksum) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, signature = excluded.signature,
    judged = excluded.judged, checksum = excluded.checksum`,
  profile: `INSERT INTO profile (origin, genesis, term, incarnation, seq, hash, payload, signature, checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (origin) DO UPDATE SET genesis = excluded.genesis, term = excluded.term,
    incarnation = excluded.incarnation, seq = excluded.seq, hash = excluded.hash, payload = excluded.payload,
    signature = excluded.signature, checksum = excluded.checksum
    WHERE excluded.genesis <> profile.genesis OR (excluded.term, excluded.incarnation, excluded.seq, excluded.hash)
    > (profile.term, profile.incarnation, profile.seq, profile.hash)`,
  mark: `INSERT INTO high_water (author, incarnation, number, checksum) VALUES (?, ?, ?, ?)
    ON CONFLICT (author) DO UPDATE SET incarnation = excluded.incarnation, number = excluded.number,
    checksum = excluded.checksum
    WHERE (excluded.incarnation, excluded.number) > (high_water.incarnation, high_water.number)`,
  setting: `INSERT INTO setting (name, value, checksum) VALUES (${text}, ${text}, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, checksum = excluded.checksum`,
  evidence: `INSERT INTO evidence (about, wall_ms, text, checksum) VALUES (?, ?, ${text}, ?)`,
  dropEvidence: "DELETE FROM evidence WHERE position <= (SELECT max(position) FROM evidence) - ?",
} as const;

/** Reads everything. */
export const queries = {
  rows: "SELECT id, payload, signature, CAST(judged AS BLOB) AS judged, checksum FROM log_row ORDER BY position",
  profiles: "SELECT origin, genesis, term, incarnation, seq, hash, payload, signature, checksum FROM profile",
  marks: "SELECT author, incarnation, number, checksum FROM high_water",
  settings: "SELECT CAST(name AS BLOB) AS name, CAST(value AS BLOB) AS value, checksum FROM setting",
  evidence: `SELECT about, wall_ms, CAST(text AS BLOB) AS text, checksum FROM evidence
    ORDER BY position DESC LIMIT ?`,
  evidenceAbout: `SELECT about, wall_ms, CAST(text AS BLOB) AS text, checksum FROM evidence WHERE about = ?
    ORDER BY position DESC LIMIT ?`,
} as const;
