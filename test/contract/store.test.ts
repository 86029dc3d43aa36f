/** Runs the contract of stores over every store there is. */
import { canMount, smallDisk } from "../support/temp-folder.ts";
import { memoryDisk, simulatedDisk, sqliteDisk } from "../support/store-disks.ts";
import { storeContract } from "./store.contract.ts";
import type { StoreDisk } from "./store.contract.ts";

storeContract("memory", memoryDisk, []);
storeContract("simulated disk", simulatedDisk, ["full", "read-only", "fsync"]);
storeContract("SQLite", canMount ? fillableDisk : () => sqliteDisk(), canMount ? ["full"] : []);

/** A real file on a real disk of 2 MB, which is full once something larger is written to it. */
function fillableDisk(): StoreDisk {
  return { ...sqliteDisk(smallDisk("2m").path), faults: { full: () => undefined } };
}
