/**
 * What every store must do, whatever stands behind it (ST-1 to ST-7). Run by test/contract/store.test.ts over memory,
 * SQLite in real files and the simulated disk.
 */
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { StorePort } from "../../src/host/ports.ts";
import type { LoadPage, LoadQuery, Saved, StoreFailure, Write } from "../../src/roster/durable.ts";
import { Kept } from "../../src/store/kept.ts";
import { evidenceWrite, genesisOf, idOf, markWrite, profileOf } from "../support/durable-writes.ts";
import { rowWrite, settingWrite, someRows, unprovenAdmit } from "../support/durable-writes.ts";

/** One life of a store. */
export interface OpenedStore {
  readonly store: StorePort;
  readonly saved: Saved;
  /** Lets time pass until every call so far has its outcome. */
  settle(): Promise<void>;
  /** Begins the orderly end without waiting for it. */
  beginClose(): void;
  /** Ends it in order. */
  close(): Promise<void>;
}

/** One disk: each opening finds what the one before left. */
export interface StoreDisk {
  open(): Promise<OpenedStore>;
  /** Ways to make the disk fail from now on, by the failure that commits should have. */
  readonly faults: Readonly<Partial<Record<StoreFailure, () => void>>>;
}

const rows = someRows(40);

/** Declares the suite for one kind of store; `createDisk` gives a fresh disk, called inside a test. */
export function storeContract(name: string, createDisk: () => StoreDisk, faults: readonly StoreFailure[]): void {
  test(`ST-1 ${name}: outcomes come once, after the call, and in the order of the calls`, async () => {
    const opened = await openOn(createDisk());
    const order: string[] = [];
    for (let at = 0; at < 50; at++) {
      opened.store.commit([settingWrite("a", String(at))], (failure) => order.push(`commit ${at} ${failure}`));
      if (at % 7 === 0) opened.store.load(everything, () => order.push(`load ${at}`));
    }
    expect(order).toEqual([]);
    await opened.settle();
    const commits = Array.from({ length: 50 }, (_, at) =>
      at % 7 === 0 ? [`commit ${at} null`, `load ${at}`] : [`commit ${at} null`],
    );
    expect(order).toEqual(commits.flat());
  });

  test(`ST-1 ${name}: a commit made while an outcome is told comes later, and an empty one counts`, async () => {
    const opened = await openOn(createDisk());
    const order: string[] = [];
    opened.store.commit([settingWrite("a", "1")], () => {
      order.push("first");
      opened.store.commit([], () => order.push("nested"));
      order.push("still first");
    });
    opened.store.commit([settingWrite("a", "2")], () => order.push("second"));
    await opened.settle();
    await opened.settle();
    expect(order).toEqual(["first", "still first", "second", "nested"]);
  });

  test(`ST-2 ${name}: the last write of a name wins`, async () => {
    const disk = createDisk();
    const opened = await openOn(disk);
    commitAll(opened.store, [settingWrite("a", "1"), settingWrite("b", "1")], [settingWrite("a", "2")]);
    commitAll(opened.store, [settingWrite("b", "2"), settingWrite("b", "3")], [settingWrite("", "")]);
    const { settings } = await reopened(disk, opened);
    expect(settings).toEqual(new Map(Object.entries({ a: "2", b: "3", "": "" })));
  });

  test(`ST-2 ${name}: a high-water mark only rises (T16)`, async () => {
    const disk = createDisk();
    const opened = await openOn(disk);
    commitAll(opened.store, [markWrite("x", 5, 10), markWrite("y", 1, Number.MAX_SAFE_INTEGER)]);
    commitAll(opened.store, [markWrite("x", 5, 9)], [markWrite("x", 4, 99)], [markWrite("z", 1, 1)]);
    commitAll(opened.store, [markWrite("z", 2, 0)]);
    const { highWater } = await reopened(disk, opened);
    expect(sortedByText(highWater)).toEqual(
      sortedByText([
        { author: idOf("x"), incarnation: 5, number: 10 },
        { author: idOf("y"), incarnation: 1, number: Number.MAX_SAFE_INTEGER },
        { author: idOf("z"), incarnation: 2, number: 0 },
      ]),
    );
  });

  test(`ST-2 ${name}: a profile gives way only to a higher one, or to one of another spanner`, async () => {
    const disk = createDisk();
    const opened = await openOn(disk);
    const put = (profile: ReturnType<typeof profileOf>): Write => ({ put: "profile", profile });
    const high = profileOf("x", { incarnation: 7, seq: 3 });
    const moved = profileOf("y", { genesis: genesisOf("other"), seq: 1 });
    const termed = profileOf("z", { term: 1, incarnation: 1 });
    commitAll(opened.store, [put(profileOf("x", { incarnation: 7, seq: 2 })), put(high)]);
    commitAll(opened.store, [put(profileOf("x", { incarnation: 6, seq: 9 }))], [put(profileOf("y", { seq: 8 }))]);
    commitAll(opened.store, [put(moved), put(termed), put(profileOf("z", { incarnation: 9 }))]);
    const tied = ["1", "2", "3"].map((softwareVersion) => profileOf("w", { softwareVersion }));
    commitAll(opened.store, tied.map(put));
    commitAll(opened.store, [...tied].reverse().map(put));
    const { profiles } = await reopened(disk, opened);
    const winner = new Kept();
    winner.apply(tied.map(put));
    expect(sortedByText(profiles)).toEqual(sortedByText([high, moved, termed, ...winner.saved().profiles]));
  });

  test(`ST-4 ${name}: what a start loads is what was written, rows in the order of their first writing`, async () => {
    const disk = createDisk();
    const opened = await openOn(disk);
    const odd = unprovenAdmit();
    const [first, second, ...others] = [...rows].reverse();
    const text = "line\nzero\0 quote' \"{é漢🜁}";
    commitAll(
      opened.store,
      [second, first, odd].flatMap((row) => (row === undefined ? [] : [rowWrite(row)])),
    );
    commitAll(opened.store, ...others.map((row) => [rowWrite(row)]), [settingWrite("odd", text), ...again(first)]);
    const saved = await reopened(disk, opened);
    expect(saved.rows).toEqual([second, first, odd, ...others]);
    expect(saved.settings.get("odd")).toBe(text);
    const twice = await openOn(disk);
    expect(twice.saved).toEqual(saved);
  });

  test(`ST-5 ${name}: evidence is bounded, the oldest goes, queries give the newest, oldest first (T24)`, async () => {
    const disk = createDisk();
    const opened = await openOn(disk);
    const writes = Array.from({ length: 1_050 }, (_, at) => evidenceWrite(at % 3 === 0 ? "x" : "y", at));
    for (let at = 0; at < writes.length; at += 70) commitAll(opened.store, writes.slice(at, at + 70));
    const seen = await load(opened, everything);
    expect(seen.evidence.map(({ wallMs }) => wallMs)).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 50));
    const few = await load(opened, { load: "evidence", about: idOf("x"), limit: 3 });
    expect(few.evidence).toEqual(
      [1_041, 1_044, 1_047].map((at) => ({ about: idOf("x"), wallMs: at, text: `seen ${at}` })),
    );
    expect((await load(opened, { load: "evidence", about: idOf("nobody"), limit: 3 })).evidence).toEqual([]);
    expect((await load(opened, { load: "evidence", about: null, limit: 0 })).evidence).toEqual([]);
    await opened.close();
    expect(await load(await openOn(disk), everything)).toEqual(seen);
  });

  test(`ST-5 ${name}: a query sees what was committed before it and nothing after`, async () => {
    const opened = await openOn(createDisk());
    const counts: number[] = [];
    for (let at = 1; at <= 5; at++) {
      opened.store.commit([evidenceWrite("x", at)], () => undefined);
      opened.store.load(everything, ({ evidence }) => counts.push(evidence.length));
    }
    await opened.settle();
    expect(counts.every((count, at) => count > at)).toBe(true);
    expect(counts[4]).toBe(5);
  });

  test(`ST-7 ${name}: the end lets what was asked come to its outcome, and what comes after fails`, async () => {
    const disk = createDisk();
    const opened = await openOn(disk);
    const order: string[] = [];
    const put = (value: string): void =>
      opened.store.commit([settingWrite("a", value)], (failure) => order.push(`${value} ${failure}`));
    put("before");
    opened.beginClose();
    put("after");
    expect(order).toEqual([]);
    await opened.close();
    put("long after");
    opened.store.load(everything, () => order.push("loaded"));
    await opened.settle();
    expect(order).toEqual(["before null", "after stopped", "long after stopped", "loaded"]);
    expect((await openOn(disk)).saved.settings.get("a")).toBe("before");
  });

  for (const fault of faults) {
    test(`ST-6 ${name}: after ${fault} all fail, queries go on, what was told stays (T52, T53)`, async () => {
      const disk = createDisk();
      const opened = await openOn(disk);
      commitAll(opened.store, [settingWrite("told", "yes"), evidenceWrite("x", 1)]);
      await opened.settle();
      disk.faults[fault]?.();
      const big = "x".repeat(3_000_000);
      const failures: (StoreFailure | null)[] = [];
      const put = (value: string): void =>
        opened.store.commit([settingWrite("late", value)], (failure) => failures.push(failure));
      for (const value of [big, "small", "smaller"]) {
        put(value);
        await opened.settle();
      }
      put("in one go");
      put("with this");
      await opened.settle();
      expect(failures).toEqual([fault, fault, fault, fault, fault]);
      expect((await load(opened, everything)).evidence).toHaveLength(1);
      const { settings } = await reopened(disk, opened);
      expect(settings.get("told")).toBe("yes");
    });
  }

  test(`ST-2 ST-3 ${name}: any batches leave what the model leaves`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyWrite, { maxLength: 6 }), { maxLength: 12 }), async (batches) => {
        const disk = createDisk();
        const opened = await disk.open();
        const model = new Kept();
        commitAll(opened.store, ...batches);
        for (const batch of batches) model.apply(batch);
        expect(await load(opened, everything)).toEqual(model.load(everything));
        const saved = await reopened(disk, opened);
        const { rows: expectedRows, profiles, highWater, settings } = model.saved();
        expect(saved.rows).toEqual(expectedRows);
        expect(sortedByText(saved.profiles)).toEqual(sortedByText(profiles));
        expect(sortedByText(saved.highWater)).toEqual(sortedByText(highWater));
        expect([...saved.settings].sort()).toEqual([...settings].sort());
      }),
      { numRuns: name === "SQLite" ? 6 : 200 },
    );
  });
}

/** The query for all evidence there is. */
export const everything: LoadQuery = { load: "evidence", about: null, limit: 5_000 };

const names = fc.constantFrom("a", "b", "c");
const small = fc.nat({ max: 3 });
const anyWrite: fc.Arbitrary<Write> = fc.oneof(
  fc.constantFrom(...rows).map(rowWrite),
  fc.tuple(names, small, small).map(([name, incarnation, number]) => markWrite(name, incarnation, number)),
  fc.tuple(names, fc.string({ unit: "grapheme" })).map(([name, value]) => settingWrite(name, value)),
  fc.tuple(names, small).map(([name, number]) => evidenceWrite(name, number)),
  fc.tuple(names, small, small, fc.constantFrom("spanner", "other")).map(([name, incarnation, seq, genesis]): Write => {
    return { put: "profile", profile: profileOf(name, { incarnation, seq, genesis: genesisOf(genesis) }) };
  }),
);

async function openOn(disk: StoreDisk): Promise<OpenedStore> {
  const opened = await disk.open();
  onTestFinished(() => opened.close());
  return opened;
}

/** What a start after an orderly end finds. */
async function reopened(disk: StoreDisk, before: OpenedStore): Promise<Saved> {
  await before.settle();
  await before.close();
  const after = await disk.open();
  await after.close();
  return after.saved;
}

function commitAll(store: StorePort, ...batches: readonly (readonly Write[])[]): void {
  for (const batch of batches) store.commit(batch, (failure) => expect(failure).toBeNull());
}

async function load(opened: OpenedStore, query: LoadQuery): Promise<LoadPage> {
  let found: LoadPage | undefined;
  opened.store.load(query, (page) => (found = page));
  await opened.settle();
  if (found === undefined) throw new Error("a query has no outcome");
  return found;
}

function again(row: (typeof rows)[number] | undefined): Write[] {
  return row === undefined ? [] : [rowWrite(row)];
}

function sortedByText<T>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
