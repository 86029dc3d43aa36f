/** What the file db/vigo.db goes through: damage, other layouts, second processes, crashes, bad disks. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadBinding } from "../../../src/store/sqlite/binding.ts";
import type { Connection } from "../../../src/store/sqlite/binding.ts";
import { openDatabase } from "../../../src/store/sqlite/open.ts";
import { StoreRefused } from "../../../src/store/sqlite/store.ts";
import { evidenceWrite, markWrite, profileOf, rowWrite } from "../../support/durable-writes.ts";
import { seal, settingWrite, someRows, unprovenAdmit } from "../../support/durable-writes.ts";
import { openDatabaseAt } from "../../support/store-disks.ts";
import { startStoreProcess } from "../../support/store-process.ts";
import { canMount, smallDisk, tempFolder } from "../../support/temp-folder.ts";

const rows = someRows(200);
const connect = await loadBinding();

test("ST-8 T51 a file cut short, emptied or overwritten is refused and stays as it is", async () => {
  const sound = await madeDatabase();
  const size = statSync(sound).size;
  for (const length of [0, 1, 50, 100, 4_095, 4_096, 5_000, size - 4_096, size - 1]) {
    await expectRefused("DATABASE_DAMAGED", copyOf(sound), (path) => truncateSync(path, length));
  }
  await expectRefused("DATABASE_DAMAGED", copyOf(sound), (path) => writeFileSync(path, "not a database ".repeat(999)));
  await expectRefused("DATABASE_DAMAGED", copyOf(sound), (path) => writeFileSync(path, Buffer.alloc(size)));
});

test("ST-8 a changed byte in any record is found, and its table is named", async () => {
  const sound = await madeDatabase();
  const changes = {
    log_row: "UPDATE log_row SET signature = zeroblob(64) WHERE position = 7",
    "log_row ": "UPDATE log_row SET judged = 'inert' WHERE position = 9",
    profile: "UPDATE profile SET incarnation = incarnation + 1",
    "profile ": "UPDATE profile SET hash = zeroblob(32)",
    high_water: "UPDATE high_water SET number = 0",
    setting: "UPDATE setting SET value = '2' WHERE name = 'a'",
    evidence: "UPDATE evidence SET text = 'nothing'",
  };
  for (const [table, sql] of Object.entries(changes)) {
    const refusal = await expectRefused("DATABASE_DAMAGED", copyOf(sound), (path) => withFile(path, sql));
    expect(refusal.message).toContain(`a record of ${table.trim()} `);
  }
});

test("ST-8 a payload that rotted on the disk is found", async () => {
  const refusal = await expectRefused("DATABASE_DAMAGED", await madeDatabase(), (path) => {
    const bytes = readFileSync(path);
    const at = bytes.indexOf("host-77-*");
    expect(at).toBeGreaterThan(0);
    bytes[at] = 0x48;
    writeFileSync(path, bytes);
  });
  expect(refusal.next).toContain("backup");
});

test("ST-8 missing or other tables, and a journal without its file, are refused", async () => {
  const sound = await madeDatabase();
  await expectRefused("DATABASE_DAMAGED", copyOf(sound), (path) => withFile(path, "DROP TABLE setting"));
  await expectRefused("DATABASE_DAMAGED", copyOf(sound), (path) => withFile(path, "CREATE TABLE more (a)"));
  await expectRefused("DATABASE_DAMAGED", copyOf(sound), (path) => withFile(path, "PRAGMA user_version = 0"));
  const lonely = join(tempFolder(), "vigo.db");
  writeFileSync(`${lonely}-wal`, "x");
  await expect(openDatabaseAt(lonely)).rejects.toThrow("DATABASE_DAMAGED");
  expect(existsSync(lonely)).toBe(false);
});

test("ST-9 a newer layout is refused, and the program that knows it still opens it", async () => {
  const path = await madeDatabase();
  await expectRefused("DATABASE_NEWER", path, () => withFile(path, "PRAGMA user_version = 2"));
  withFile(path, "PRAGMA user_version = 1");
  expect((await contentsOf(path)).rows).toEqual(rows);
});

test("ST-9 a database of another program is refused", async () => {
  const path = join(tempFolder(), "vigo.db");
  withFile(path, "CREATE TABLE mine (a)");
  await expectRefused("DATABASE_FOREIGN", path, () => undefined);
});

test("ST-10 a second opening in the same process is refused until the first is closed", async () => {
  const path = join(tempFolder(), "vigo.db");
  const first = await openDatabaseAt(path);
  await expect(openDatabaseAt(path, { busyMs: 10 })).rejects.toThrow("DATABASE_BUSY");
  const waits = openDatabaseAt(path, { busyMs: 30_000 });
  await first.close();
  await (await waits).close();
});

test("ST-10 another process is refused, and the next is let in when the first was killed", async () => {
  const path = join(tempFolder(), "vigo.db");
  const holder = startStoreProcess(path, "hold");
  await holder.heard(1);
  expect(holder.said).toEqual(["open"]);
  await expect(openDatabaseAt(path, { busyMs: 10 })).rejects.toThrow("DATABASE_BUSY");
  const rival = startStoreProcess(path, "hold");
  await rival.heard(1);
  expect(rival.said).toEqual(["DATABASE_BUSY"]);
  await holder.kill();
  await (await openDatabaseAt(path)).close();
});

test("ST-3 T51 a process killed amid commits leaves every acknowledged batch, and only whole ones", async () => {
  const path = join(tempFolder(), "vigo.db");
  let before = 0;
  for (const acknowledged of [1, 37, 150, 400]) {
    const writer = startStoreProcess(path, "write");
    await writer.heard(1 + acknowledged);
    await writer.kill();
    const told = writer.said.slice(1).map(Number);
    expect(told.length).toBeGreaterThanOrEqual(acknowledged);
    const { settings } = await contentsOf(path);
    for (const number of told) expect(settings.get(`left ${number}`), `left ${number}`).toHaveLength(number % 3_000);
    const numbers = (side: string): number[] =>
      [...settings.keys()].flatMap((name) => (name.startsWith(side) ? [Number(name.slice(side.length))] : []));
    expect(numbers("left ").sort()).toEqual(numbers("right ").sort());
    expect(settings.size / 2).toBeGreaterThanOrEqual(before + told.length);
    before = settings.size / 2;
  }
});

test("ST-3 T53 transactions are synced to the disk in full, through a journal that only this process uses", () => {
  const opened = openDatabase(connect, join(tempFolder(), "vigo.db"), 0);
  if (!opened.ok) throw new Error(opened.refusal.message);
  const setting = (name: string): unknown =>
    Object.values(opened.value.prepare(`PRAGMA ${name}`).all()[0] as object)[0];
  expect(["synchronous", "journal_mode", "locking_mode"].map(setting)).toEqual([2, "wal", "exclusive"]);
  opened.value.close();
});

test("ST-1 a bug in one outcome stops no other, and is not swallowed", async () => {
  const buggy = startStoreProcess(join(tempFolder(), "vigo.db"), "throw");
  await buggy.heard(Infinity);
  expect([...buggy.said].sort()).toEqual(["2 null", "3 null", "a bug", "closed", "first", "open"]);
});

test("ST-11 commits that wait together share transactions, and each has its own outcome", async () => {
  const tookMs: number[] = [];
  const opened = await openDatabaseAt(join(tempFolder(), "vigo.db"), { onCommitted: (ms) => tookMs.push(ms) });
  const batches = 500;
  for (let at = 0; at < batches; at++) opened.store.commit([settingWrite(`s${at}`, "1")], () => undefined);
  expect(opened.stats().waiting).toBe(batches);
  await opened.close();
  const stats = opened.stats();
  expect(stats).toMatchObject({ batches, writes: batches, waiting: 0 });
  expect(stats.transactions).toBeGreaterThan(0);
  expect(stats.transactions).toBeLessThan(batches / 4);
  expect(tookMs).toHaveLength(batches);
  expect(Math.min(...tookMs)).toBeGreaterThan(0);
});

test("ST-12 T53 a device that refuses a write fails commits with fsync, and what was told stays", async () => {
  const path = join(tempFolder(), "vigo.db");
  const writer = startStoreProcess(path, "swell", 400);
  await writer.heard(Infinity);
  const told = writer.said.slice(1, -1);
  expect(writer.said.at(-1)).toBe("fsync");
  expect(told.length).toBeGreaterThan(1);
  const { settings } = await contentsOf(path);
  expect([...settings.keys()]).toEqual(expect.arrayContaining(told));
});

test.runIf(canMount)("ST-12 T52 a read-only disk is refused with the command that shows it", async () => {
  const disk = smallDisk("4m");
  const path = join(disk.path, "vigo.db");
  disk.remount("ro");
  await expect(openDatabaseAt(path)).rejects.toMatchObject({ refusal: { code: "STORAGE_READONLY" } });
  disk.remount("rw");
  await (await openDatabaseAt(path)).close();
  disk.remount("ro");
  const refusal = await refusalAt(path);
  expect(refusal).toMatchObject({ code: "STORAGE_READONLY", value: path });
  expect(refusal.next).toContain("findmnt");
  disk.remount("rw");
  await (await openDatabaseAt(path)).close();
});

test.runIf(canMount)("ST-12 T52 on a full disk no database is made, and nothing of the attempt stays", async () => {
  const disk = smallDisk("64k");
  writeFileSync(join(disk.path, "other"), Buffer.alloc(60_000));
  const path = join(disk.path, "vigo.db");
  const refusal = await refusalAt(path);
  expect(refusal).toMatchObject({ code: "STORAGE_READONLY", message: expect.stringContaining("full") as string });
  expect(readdirSync(disk.path)).toEqual(["other"]);
});

test.runIf(canMount)("ST-12 T52 a disk that filled up lets the database open and be read", async () => {
  const disk = smallDisk("2m");
  const path = join(disk.path, "vigo.db");
  const opened = await openDatabaseAt(path);
  const failures: unknown[] = [];
  for (let at = 0; at < 60; at++) {
    opened.store.commit([settingWrite(`s${at}`, "x".repeat(50_000))], (failure) => failures.push(failure));
  }
  opened.store.load({ load: "evidence", about: null, limit: 0 }, () => undefined);
  await opened.close();
  const told = failures.filter((failure) => failure === null).length;
  expect(failures.slice(told).every((failure) => failure === "full")).toBe(true);
  expect(told).toBeLessThan(60);
  expect(opened.stats().why).toContain("full");
  expect((await contentsOf(path)).settings.size).toBe(told);
});

test("ST-12 a folder that is missing is refused with a storage code", async () => {
  const folder = tempFolder();
  expect(await refusalAt(join(folder, "none", "vigo.db"))).toMatchObject({ code: "STORAGE_FAILED" });
  mkdirSync(join(folder, "vigo.db"));
  expect((await refusalAt(join(folder, "vigo.db"))).code).toMatch(/^STORAGE_/);
});

test("ST-13 rows from the own disk are not verified again, only bodies that then counted as nothing", async () => {
  const path = join(tempFolder(), "vigo.db");
  const opened = await openDatabaseAt(path);
  const unproven = unprovenAdmit();
  expect(unproven.message.body.kind).toBe("inert");
  opened.store.commit([...rows, unproven].map(rowWrite), (failure) => expect(failure).toBeNull());
  await opened.close();
  let verified = 0;
  const count = (): void => void verified++;
  const verifier = {
    verify: (...told: Parameters<typeof seal.verify>) => (count(), seal.verify(...told)),
    acceptsKey: (...told: Parameters<typeof seal.acceptsKey>) => (count(), seal.acceptsKey(...told)),
  };
  const again = await openDatabaseAt(path, { verifier });
  expect(again.saved.rows).toEqual([...rows, unproven]);
  expect(verified).toBeGreaterThan(0);
  expect(verified).toBeLessThanOrEqual(4);
  await again.close();
});

test("ST-14 only the owner may read the file, and leftovers of an interrupted making go", async () => {
  const folder = tempFolder();
  const path = join(folder, "vigo.db");
  writeFileSync(`${path}.new-1`, "half made");
  chmodSync(folder, 0o755);
  const opened = await openDatabaseAt(path);
  expect(readdirSync(folder).filter((name) => name.includes(".new-"))).toEqual([]);
  opened.store.commit([settingWrite("a", "1")], () => undefined);
  opened.store.load({ load: "evidence", about: null, limit: 0 }, () => undefined);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  await opened.close();
  expect(readdirSync(folder)).toEqual(["vigo.db"]);
});

/** A database with something in every table. */
async function madeDatabase(): Promise<string> {
  const path = join(tempFolder(), "vigo.db");
  const opened = await openDatabaseAt(path);
  const others = [settingWrite("a", "1"), settingWrite("b", "1"), markWrite("x", 1, 1), evidenceWrite("x", 1)];
  const profile = { put: "profile", profile: profileOf("x") } as const;
  opened.store.commit([...rows.map(rowWrite), ...others, profile], (failure) => expect(failure).toBeNull());
  await opened.close();
  return path;
}

function copyOf(sound: string): string {
  const path = join(tempFolder(), "vigo.db");
  copyFileSync(sound, path);
  return path;
}

/** Damages the file, and expects it to be refused and to be left exactly as it was. */
async function expectRefused(
  code: string,
  path: string,
  damage: (path: string) => void,
): Promise<StoreRefused["refusal"]> {
  damage(path);
  const bytes = readFileSync(path);
  const refusal = await refusalAt(path);
  expect(refusal).toMatchObject({ code, value: path });
  expect(readFileSync(path).equals(bytes)).toBe(true);
  return refusal;
}

async function refusalAt(path: string): Promise<StoreRefused["refusal"]> {
  const caught: unknown = await openDatabaseAt(path, { busyMs: 0 }).catch((error: unknown) => error);
  if (!(caught instanceof StoreRefused)) throw new Error(`not refused: ${String(caught)}`);
  return caught.refusal;
}

async function contentsOf(path: string): Promise<Awaited<ReturnType<typeof openDatabaseAt>>["saved"]> {
  const opened = await openDatabaseAt(path);
  await opened.close();
  return opened.saved;
}

/** Changes the file behind the store's back. */
function withFile(path: string, sql: string): void {
  const connection: Connection = connect(path);
  connection.exec(sql);
  connection.close();
}
