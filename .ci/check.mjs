/**
 * Everything that can be said about the sources without running the product: types, lint, format, and the house rules
 * of test/tidy. All of them run, two at a time, and each says whether it holds; what it found follows at once.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { locked, root } from "./ready.mjs";

const bin = (path) => join(root, "node_modules", path);
const browser = "src/web/browser/tsconfig.json";
const types = ["-b", "tsconfig.json", ...(existsSync(join(root, browser)) ? [browser] : [])];

/** The compiler writes .build, so it takes its turn with programs that are being started. */
const steps = [
  { name: "types", run: () => locked(() => node([bin("typescript/bin/tsc"), ...types])) },
  { name: "lint", run: () => node([bin("eslint/bin/eslint.js"), "."]) },
  { name: "format", run: () => node([bin("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."]) },
  { name: "tidy", run: () => node([bin("vitest/vitest.mjs"), "run", "--project=fast", "test/tidy"]) },
];

const failed = [];
await Promise.all([work(), work()]);
if (failed.length > 0) {
  process.stdout.write(`check: failed: ${failed.join(", ")}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write("check: all good\n");
}

async function work() {
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    const startedMs = Date.now();
    const { code, output } = await step.run();
    const took = `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
    process.stdout.write(`check: ${step.name} ${code === 0 ? "holds" : "FAILED"} (${took})\n`);
    if (code === 0) continue;
    process.stdout.write(output);
    failed.push(step.name);
  }
}

function node(args) {
  return new Promise((done) => {
    const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", (error) => done({ code: 1, output: `${output}${error.message}\n` }));
    child.on("close", (code) => done({ code: code ?? 1, output }));
  });
}
