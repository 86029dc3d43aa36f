/**
 * Where server.yaml is: `--config`, then VIGO_CONFIG_FILE, then ./server.yaml. A file that was named must be there;
 * only the last one may be missing, then everything has its default.
 */
import { posix } from "node:path";
import { harmlessText } from "../kernel/harmless-text.ts";
import type { Problem } from "../reading/problem.ts";
import { createProblem } from "../reading/problem.ts";
import type { ConfigAnswer } from "./server-config.ts";
import { readServerConfig } from "./server-config.ts";

/** What the loader asks of its process. */
export interface ConfigSources {
  /** The value of `--config`, when given. */
  readonly option?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  /** As the operating system gives it. */
  readonly hostname: string;
  /** The text of a file, undefined when there is none; may throw its own refusals. */
  readonly readText: (path: string) => string | undefined;
}

/** Finds and reads server.yaml. */
export function loadServerConfig(sources: ConfigSources): ConfigAnswer {
  const found = findServerConfig(sources);
  const text = sources.readText(found.path);
  if (text !== undefined) {
    return readServerConfig(text, found.shown, { hostname: sources.hostname, folder: posix.dirname(found.path) });
  }
  if (found.by === "default") {
    return readServerConfig("", null, { hostname: sources.hostname, folder: sources.workingFolder });
  }
  return { ok: false, problems: [missing(found.shown, found.by)] };
}

/** Which file would be read. */
export interface FoundConfig {
  /** Absolute. */
  readonly path: string;
  /** As it was named. */
  readonly shown: string;
  readonly by: "--config" | "VIGO_CONFIG_FILE" | "default";
}

/** The file that counts, whether or not it is there. An empty variable is none. */
export function findServerConfig(sources: Omit<ConfigSources, "readText" | "hostname">): FoundConfig {
  const variable = sources.environment["VIGO_CONFIG_FILE"];
  const isNamed = variable !== undefined && variable !== "";
  const by = sources.option !== undefined ? "--config" : isNamed ? "VIGO_CONFIG_FILE" : "default";
  const shown = sources.option ?? (isNamed ? variable : "server.yaml");
  return { path: posix.resolve(sources.workingFolder, shown), shown, by };
}

function missing(shown: string, by: string): Problem {
  const message = `There is no such file; ${by} names it.`;
  const problem = createProblem("CONFIG_MISSING", shown, { line: 1, column: 1 }, [], { message });
  return { ...problem, file: harmlessText(shown, 300) };
}
