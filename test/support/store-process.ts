/** Starts test/support/store-child.ts and reads what it says. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { typescriptArguments } from "./typescript-thread.ts";

const program = fileURLToPath(new URL("./store-child.ts", import.meta.url));

export interface StoreProcess {
  /** Lines it said so far, in order. */
  readonly said: readonly string[];
  /** Resolves when it has said so many lines, or has ended. */
  heard(count: number): Promise<void>;
  /** Ends it without warning, as a crash does. */
  kill(): Promise<void>;
  /** Lets it end by itself. */
  end(): Promise<void>;
}

/** `limitKib`: the largest file that it may write; beyond it the system refuses, as a broken device does. */
export function startStoreProcess(
  path: string,
  task: "hold" | "write" | "swell" | "throw",
  limitKib?: number,
): StoreProcess {
  const words = [process.execPath, ...typescriptArguments, program, path, task];
  const limited = `trap "" XFSZ; ulimit -f ${limitKib ?? "unlimited"}; exec "$@"`;
  const child = spawn("bash", ["-c", limited, "bash", ...words], { stdio: ["pipe", "pipe", "inherit"] });
  const said: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let isEnded = false;
  const wake = (): void => {
    for (const one of waiting) if (isEnded || said.length >= one.count) one.resolve();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line);
    wake();
  });
  const ended = once(child, "close").then(() => {
    isEnded = true;
    wake();
  });
  const kill = (): Promise<void> => endBy(child, ended);
  onTestFinished(kill);
  const heard = (count: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ count, resolve });
      wake();
    });
  const end = (): Promise<void> => {
    child.stdin.end();
    return ended;
  };
  return { said, heard, kill, end };
}

function endBy(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill("SIGKILL");
  return ended;
}
