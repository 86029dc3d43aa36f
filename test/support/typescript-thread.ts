/**
 * Starts a worker thread from a TypeScript source: tests run sources, and a thread of Node 20 does not know what to do
 * with them until it has a loader. Compiled programs need nothing of the sort.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const tsx = dirname(createRequire(import.meta.url).resolve("tsx/package.json"));

/** Arguments for a child process of Node that runs a TypeScript source. */
export const typescriptArguments: readonly string[] = ["--import", pathToFileURL(join(tsx, "dist/loader.mjs")).href];

/** A worker thread that runs the source at the URL. */
export function startTypescriptThread(url: URL, workerData: unknown): Worker {
  const api = pathToFileURL(join(tsx, "dist/esm/api/index.mjs")).href;
  const begin = `import(${JSON.stringify(api)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(url.href)});
  });`;
  return new Worker(begin, { eval: true, workerData, execArgv: [] });
}
