/** The simulated disk and the store over it, when power goes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { DiskStore } from "../../../sim/world/disk-store.ts";
import { emptyDisk, SimDisk } from "../../../sim/world/disk.ts";
import { evidenceWrite, settingWrite } from "../../support/durable-writes.ts";

test("ST-3 T51 a crash at any moment keeps what was told and a prefix of the rest, batch by batch", () => {
  fc.assert(
    fc.property(fc.nat(12), fc.nat(6), fc.nat(12), fc.boolean(), (commits, syncs, survivors, failsToSync) => {
      const disk = new SimDisk();
      const { store, run } = storeOn(disk);
      let told = 0;
      const put = (number: number): void =>
        store.commit([settingWrite(`left ${number}`, ""), settingWrite(`right ${number}`, "")], (failure) => {
          if (failure === null) told = number + 1;
        });
      for (let at = 0; at < commits; at++) {
        put(at);
        if (at % 3 === 2) run(syncs);
        if (failsToSync && at === 6) disk.fault = "fsync";
      }
      store.unplug();
      disk.crash(survivors);
      const { settings } = disk.saved();
      const kept = settings.size / 2;
      expect(kept).toBeGreaterThanOrEqual(told);
      for (let at = 0; at < kept; at++) expect([...settings.keys()]).toContain(`right ${at}`);
    }),
    { numRuns: 500 },
  );
});

test("ST-3 what was not synced is lost, kept in part, or kept, as the crash says", () => {
  for (const survivors of [0, 1, 2, 9]) {
    const disk = new SimDisk();
    for (const name of ["a", "b"]) disk.write([settingWrite(name, "")]);
    expect(disk.unsynced()).toBe(2);
    disk.crash(survivors);
    expect([...disk.saved().settings.keys()]).toEqual(["a", "b"].slice(0, survivors));
  }
});

test("ST-3 a sync that was asked for before a crash does nothing to what is written after it", () => {
  const disk = new SimDisk();
  const stale = disk.write([settingWrite("before", "")]);
  disk.crash(0);
  disk.write([settingWrite("after", "")]);
  disk.sync(Number(stale));
  disk.crash(0);
  expect(disk.saved().settings.size).toBe(0);
});

test("ST-1 no outcome reaches a process whose power went", () => {
  const disk = new SimDisk();
  const { store, run } = storeOn(disk);
  const outcomes: unknown[] = [];
  store.commit([settingWrite("a", "")], (failure) => outcomes.push(failure));
  store.commit([settingWrite("b", "")], (failure) => outcomes.push(failure));
  store.unplug();
  run(9);
  expect(outcomes).toEqual([]);
});

test("ST-1 a sync that takes long lets no later one pass, and each commit goes through its moments in order", () => {
  const due: { at: number; run: () => void }[] = [];
  let [now, asked] = [0, 0];
  const syncsUs = [900, 100, 1];
  const seen: string[] = [];
  const store = new DiskStore(
    new SimDisk(),
    (delayUs, run) => void due.push({ at: now + delayUs, run }),
    () => syncsUs.shift() ?? 1,
    (moment, writes) => seen.push(`${moment} ${writes.length}`),
  );
  const put = (count: number): void =>
    store.commit(
      Array.from({ length: count }, () => settingWrite("a", String(asked++))),
      () => seen.push(`told ${count}`),
    );
  put(1);
  put(2);
  store.load({ load: "evidence", about: null, limit: 1 }, () => seen.push("loaded"));
  put(3);
  while (due.length > 0) {
    due.sort((a, b) => a.at - b.at);
    const next = due.shift();
    now = next?.at ?? now;
    next?.run();
  }
  const upTo = (count: number): string[] => [`before-write ${count}`, `before-sync ${count}`];
  const through = (count: number): string[] => [`after-sync ${count}`, `told ${count}`];
  expect(seen).toEqual([...upTo(1), ...through(1), ...upTo(2), ...upTo(3), ...through(2), "loaded", ...through(3)]);
});

test("ST-4 an image is a disk as it was, and putting it back undoes what came after (T55)", () => {
  const disk = new SimDisk();
  disk.sync(Number(disk.write([settingWrite("a", "old"), evidenceWrite("x", 1)])));
  const image = disk.image();
  disk.sync(Number(disk.write([settingWrite("a", "new"), settingWrite("b", "")])));
  disk.restore(image);
  disk.sync(Number(disk.write([settingWrite("c", "")])));
  expect(disk.saved().settings).toEqual(new Map(Object.entries({ a: "old", c: "" })));
  const other = new SimDisk();
  other.restore(image);
  expect(other.saved().settings).toEqual(new Map([["a", "old"]]));
  expect(other.load({ load: "evidence", about: null, limit: 9 }).evidence).toHaveLength(1);
  other.restore(emptyDisk);
  expect(other.saved().settings.size).toBe(0);
});

function storeOn(disk: SimDisk): { store: DiskStore; run: (steps: number) => void } {
  const due: (() => void)[] = [];
  const store = new DiskStore(
    disk,
    (_delayUs, run) => void due.push(run),
    () => 100,
  );
  return { store, run: (steps) => due.splice(0, steps).forEach((run) => run()) };
}
