/** vigocli: the real world handed to the program. */
import { connect as connectTcp } from "node:net";
import { homedir, hostname } from "node:os";
import { text as readAll } from "node:stream/consumers";
import { AdminClient } from "../admin/client.ts";
import { runCli } from "./program.ts";
import type { CliWorld } from "./world.ts";

const interrupted = new AbortController();

const world: CliWorld = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outIsTerminal: process.stdout.isTTY === true,
  canConfirm: process.stdin.isTTY === true && process.stderr.isTTY === true,
  environment: process.env,
  workingFolder: process.cwd(),
  homeFolder: homedir(),
  hostname: hostname(),
  nowMs: () => Date.now(),
  connect: (target, timeoutMs) => {
    const client = new AdminClient({ ...target, timeoutMs });
    return (verb, input) => client.ask(verb, input);
  },
  dial,
  confirm: async (message) => {
    // Loaded when somebody is asked: most commands never do.
    const { confirm, isCancel } = await import("@clack/prompts");
    const answer = await confirm({ message, initialValue: false, output: process.stderr });
    return !isCancel(answer) && answer;
  },
  readInput: () => readAll(process.stdin),
  pause,
};

function dial(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** The first pause takes over Ctrl-C, which then ends the watching in order. */
function pause(ms: number): Promise<boolean> {
  const { signal } = interrupted;
  if (process.listenerCount("SIGINT") === 0) process.once("SIGINT", () => interrupted.abort());
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(() => resolve(true), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

// A reader that went away, such as head, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), world);
