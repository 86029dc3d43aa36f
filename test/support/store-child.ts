/**
 * A process that uses a database until it is killed or told to end, and says on stdout what happened, line by line.
 * Arguments: the path; what to do: "hold" opens and waits for the end of stdin, "write" commits pairs for ever,
 * "swell" commits large settings until that fails, "throw" has a bug in its first outcome.
 */
import { writeSync } from "node:fs";
import type { StoreFailure } from "../../src/roster/durable.ts";
import { StoreRefused } from "../../src/store/sqlite/store.ts";
import type { SqliteStore } from "../../src/store/sqlite/store.ts";
import { rowWrite, settingWrite, someRows } from "./durable-writes.ts";
import { openDatabaseAt } from "./store-disks.ts";

const [path = "", task = ""] = process.argv.slice(2);

try {
  const opened = await openDatabaseAt(path, { busyMs: 0 });
  say("open");
  if (task === "write") writeForEver(opened);
  else if (task === "swell") swell(opened);
  else if (task === "throw") throwOnce(opened);
  else process.stdin.resume().on("end", () => void opened.close());
} catch (caught) {
  say(caught instanceof StoreRefused ? caught.refusal.code : String(caught));
}

/** Keeps several commits under way; each holds both halves of a pair, some hold rows beside it. */
function writeForEver({ store, saved }: SqliteStore): void {
  const rows = someRows(500);
  const commit = (number: number): void =>
    store.commit(
      [
        settingWrite(`left ${number}`, "x".repeat(number % 3_000)),
        ...rows.slice(number % 499, (number % 499) + 2).map(rowWrite),
        settingWrite(`right ${number}`, "y"),
      ],
      (failure) => {
        say(failure ?? String(number));
        commit(number + underWay);
      },
    );
  const underWay = 8;
  const begin = saved.settings.size / 2;
  for (let at = 0; at < underWay; at++) commit(begin + at);
}

function swell({ store, close }: SqliteStore): void {
  const commit = (number: number): void =>
    store.commit([settingWrite(String(number), "x".repeat(50_000))], (failure: StoreFailure | null) => {
      say(failure ?? String(number));
      if (failure === null) commit(number + 1);
      else void close();
    });
  commit(0);
}

function throwOnce({ store, close }: SqliteStore): void {
  process.on("uncaughtException", (thrown) => say(thrown.message));
  store.commit([settingWrite("a", "1")], () => {
    say("first");
    throw new Error("a bug");
  });
  for (const number of [2, 3])
    store.commit([settingWrite("a", String(number))], (failure) => say(`${number} ${failure}`));
  void close().then(() => say("closed"));
}

/** At once: what is said must be out before the process can be killed for it. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
