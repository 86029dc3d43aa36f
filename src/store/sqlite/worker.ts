/**
 * The thread that owns the database, so that the server's loop never waits for the disk. Group commit: all commits
 * that wait when a transaction starts go into it, up to a bound; a query or the end of the store closes the group, so
 * answers keep the order of the questions.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { absurd, must } from "../../kernel/assert.ts";
import { loadBinding } from "./binding.ts";
import { Database } from "./database.ts";
import { openRefusal } from "./failure.ts";
import type { Answer, PlainWrite, Question, Start } from "./messages.ts";
import { openDatabase } from "./open.ts";

/** A transaction takes no more than this, so that its batches do not wait long for each other. */
const groupWritesMax = 4_096;

const port = must(parentPort, "the store runs in a thread of its own");

async function run({ path, busyMs }: Start): Promise<void> {
  const opened = openDatabase(await loadBinding(), path, busyMs);
  if (!opened.ok) return tell({ told: "refused", refusal: opened.refusal });
  let database: Database;
  try {
    database = new Database(opened.value, path);
    tell({ told: "opened", contents: database.contents() });
  } catch (caught) {
    opened.value.close();
    return tell({ told: "refused", refusal: openRefusal(caught, path) });
  }
  port.on("message", (first: Question) => serve(database, first));
}

function serve(database: Database, first: Question): void {
  let group: (readonly PlainWrite[])[] = [];
  let writes = 0;
  const commit = (): void => {
    if (group.length === 0) return;
    tell({ told: "committed", batches: group.length, failed: database.commit(group) });
    group = [];
    writes = 0;
  };
  for (let question: Question | undefined = first; question !== undefined; question = nextWaiting()) {
    switch (question.ask) {
      case "commit":
        group.push(question.batch);
        writes += question.batch.length;
        if (writes >= groupWritesMax) commit();
        break;
      case "evidence":
        commit();
        tell({ told: "evidence", evidence: database.evidence(question.about, question.limit) });
        break;
      case "close":
        commit();
        database.close();
        port.close();
        return;
      default:
        absurd(question);
    }
  }
  commit();
}

function nextWaiting(): Question | undefined {
  return receiveMessageOnPort(port)?.message as Question | undefined;
}

function tell(answer: Answer): void {
  port.postMessage(answer);
}

await run(workerData as Start);
