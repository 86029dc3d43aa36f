/** `npm start` as a new user runs it. */
import { expect, test } from "vitest";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { eventually } from "../../src/server/trial.ts";

const root = join(import.meta.dirname, "..", "..");

test("SV-3 npm start -- --once ends with 0 and shows the spanner", async () => {
  const child = spawn("npm", ["start", "--silent", "--", "--once"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, output).toBe(0);
  for (const name of ["east", "west", "north"]) expect(output).toContain(name);
});

test("SV-6 a TERM to npm start ends all three servers", async () => {
  const child = spawn("npm", ["start", "--silent"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  await eventually(
    () => Promise.resolve(output.includes("Try next")),
    90_000,
    () => output,
  );
  const pid = Number(/kill -9 (\d+)/u.exec(output)?.[1]);
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  expect(isAlive()).toBe(true);
  child.kill("SIGTERM");
  await new Promise((resolve) => child.once("close", resolve));
  await eventually(
    () => Promise.resolve(!isAlive()),
    15_000,
    () => "a server still runs",
  );
});
