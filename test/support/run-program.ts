/** The compiled programs run once, as their users run them; and what every refusal they print must look like. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { TrialServer } from "../../src/server/trial.ts";

const built = join(import.meta.dirname, "..", "..", ".build");
const programs = {
  vigosrv: join(built, "src", "server", "main.js"),
  vigocli: join(built, "src", "cli", "main.js"),
  vigosim: join(built, "sim", "main.js"),
} as const;

const runMs = 60_000;

/** How a program ended, and what it said. */
export interface Ended {
  /** The exit code; -1 when a signal ended it, also because it ran for a minute. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The compiled file of a program. */
export function programFile(name: keyof typeof programs): string {
  if (!existsSync(programs[name])) throw new Error("the programs are not compiled; run node .ci/ready.mjs");
  return programs[name];
}

/** Runs it to its end; `input` goes to its stdin. */
export function runProgram(name: keyof typeof programs, args: readonly string[], input = ""): Promise<Ended> {
  const options = { timeout: runMs, maxBuffer: 64 * 1_024 * 1_024 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [programFile(name), ...args], options, (_error, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
    // A program that refuses at once reads nothing.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** vigocli for this server, found as it is on the server's host. */
export function cli(server: TrialServer, args: readonly string[], input = ""): Promise<Ended> {
  return runProgram("vigocli", ["--config", server.configFile, ...args], input);
}

/** One line: an upper-case code, a sentence, the value if there is one, what to do next; and no control character. */
export function expectRefused(ended: Ended, code: string, exit?: number): void {
  expect(ended.out).toBe("");
  expectRefusalLine(ended.err, code);
  if (exit === undefined) expect([0, -1]).not.toContain(ended.code);
  else expect(ended.code).toBe(exit);
}

/** As `expectRefused`, for what a server wrote before it ended. */
export function expectRefusalLine(text: string, code: string): void {
  expect(text).toMatch(new RegExp(`^${code}: [A-Z0-9].*[.!?] .*(Next: |Try again in )\\S.*\\n$`, "u"));
  // eslint-disable-next-line no-control-regex -- looking for them is the point
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
}
