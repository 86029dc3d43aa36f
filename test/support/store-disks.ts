/** Disks for the contract of stores: memory, a real file, the simulated disk; each can be opened again and again. */
import { join } from "node:path";
import { DiskStore } from "../../sim/world/disk-store.ts";
import { SimDisk } from "../../sim/world/disk.ts";
import type { DiskFault } from "../../sim/world/disk.ts";
import type { StorePort } from "../../src/host/ports.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import type { SqliteOptions, SqliteStore } from "../../src/store/sqlite/store.ts";
import type { OpenedStore, StoreDisk } from "../contract/store.contract.ts";
import { seal } from "./durable-writes.ts";
import { tempFolder } from "./temp-folder.ts";
import { startTypescriptThread } from "./typescript-thread.ts";

/** Opens a database from sources that are not compiled. */
export function openDatabaseAt(path: string, options: Partial<SqliteOptions> = {}): Promise<SqliteStore> {
  return openSqliteStore(path, { verifier: seal, startThread: startTypescriptThread, ...options });
}

export function memoryDisk(): StoreDisk {
  let current = new MemoryStore();
  const open = (): OpenedStore => {
    const store = (current = current.reopened());
    const close = async (): Promise<void> => store.close();
    return { store, saved: store.saved(), settle: () => barrier(store), beginClose: () => store.close(), close };
  };
  return { open: async () => open(), faults: {} };
}

/** A database in a folder that goes with the test. */
export function sqliteDisk(folder: string = tempFolder()): StoreDisk {
  const open = async (): Promise<OpenedStore> => {
    const { store, saved, close } = await openDatabaseAt(join(folder, "vigo.db"));
    return { store, saved, close, settle: () => barrier(store), beginClose: () => void close() };
  };
  return { open, faults: {} };
}

/** The simulated disk under a clock that runs as fast as it can. */
export function simulatedDisk(): StoreDisk {
  const disk = new SimDisk();
  const open = (): OpenedStore => {
    disk.fault = "none";
    const due: (() => void)[] = [];
    const store = new DiskStore(
      disk,
      (_delayUs, run) => void due.push(run),
      () => 200,
    );
    const settle = async (): Promise<void> => {
      for (let run = due.shift(); run !== undefined; run = due.shift()) run();
    };
    const close = async (): Promise<void> => {
      store.stop();
      await settle();
    };
    return { store, saved: disk.saved(), settle, beginClose: () => store.stop(), close };
  };
  const breaks = (fault: DiskFault) => (): void => void (disk.fault = fault);
  return {
    open: async () => open(),
    faults: { full: breaks("full"), "read-only": breaks("read-only"), fsync: breaks("fsync") },
  };
}

/** Outcomes come in order, so the outcome of one more call says that all before it came. */
function barrier(store: StorePort): Promise<void> {
  return new Promise((resolve) => store.load({ load: "evidence", about: null, limit: 0 }, () => resolve()));
}
