/**
 * Which SQLite stands behind the store: the one built into Node from 22.13, else the packaged binary with the same
 * programming interface. No other file names a binding, so a third one would be written here.
 */

/** What a column may hold here. Whole numbers stay below 2^53, so they need no bigints. */
export type Value = string | number | Uint8Array;

export interface Statement {
  run(...values: readonly Value[]): unknown;
  all(...values: readonly Value[]): readonly unknown[];
}

/** One open database; every call waits for the disk. Failures are errors with SQLite's number in `errcode`. */
export interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Opens or creates the file. */
export type Connect = (path: string) => Connection;

type Constructor = new (path: string) => Connection;

const builtIn = "node:sqlite";
const packaged = "@photostructure/sqlite";
const firstWithBuiltIn = { major: 22, minor: 13 };

/** Loads the binding for this Node. */
export async function loadBinding(): Promise<Connect> {
  const name = hasBuiltIn(process.versions.node) ? builtIn : packaged;
  const { DatabaseSync } = (await import(/* @vite-ignore */ name)) as { readonly DatabaseSync: Constructor };
  return (path) => new DatabaseSync(path);
}

/** Whether this version of Node has SQLite without a flag. */
export function hasBuiltIn(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > firstWithBuiltIn.major || (major === firstWithBuiltIn.major && minor >= firstWithBuiltIn.minor);
}
