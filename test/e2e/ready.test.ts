/**
 * A checkout makes itself ready: a tiny checkout in a temporary folder, the real .ci/ready.mjs and compiler, and an
 * npm that only writes down that it was asked and lays out what an install would.
 */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const top = fileURLToPath(new URL("../../", import.meta.url));
const program = `process.stdout.write("program " + process.pid + "\\n");\n`;
const stubbornProgram = `process.on("SIGTERM", () => { console.log("asked to stop"); process.exit(7); });
setInterval(() => {}, 1000);
console.log("up");
`;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vigo-ready-"));
  mkdirSync(join(folder, ".ci"));
  for (const path of [".ci/ready.mjs", "tsconfig.base.json"]) copyFileSync(join(top, path), join(folder, path));
  put("package.json", '{"name":"tiny","version":"1.0.0","type":"module"}');
  putLock("1.0.0");
  put(
    "src/tsconfig.json",
    '{"extends":"../tsconfig.base.json","compilerOptions":{"types":["node"]},"include":["**/*"]}',
  );
  put("src/main.ts", program);
  put(".ci/tiny.mjs", 'import { run } from "./ready.mjs";\nawait run("src/main.js");\n');
  put(
    "bin/npm",
    `#!${process.execPath}
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
appendFileSync("npm.log", process.argv.slice(2).join(" ") + "\\n");
if (existsSync("npm-fails")) {
  rmSync("npm-fails");
  mkdirSync("node_modules/half", { recursive: true });
  process.exit(1);
}
rmSync("node_modules", { recursive: true, force: true });
mkdirSync("node_modules/@types", { recursive: true });
for (const name of ["typescript", "@types/node", "undici-types"]) {
  symlinkSync(${JSON.stringify(join(top, "node_modules"))} + "/" + name, "node_modules/" + name);
}
cpSync("package-lock.json", "node_modules/.package-lock.json");
`,
  );
  chmodSync(join(folder, "bin/npm"), 0o755);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function putLock(version: string): void {
  put("package-lock.json", JSON.stringify({ packages: { "": {}, "node_modules/typescript": { version } } }));
}

function begin(
  script: string,
  env: Record<string, string> = {},
): { pid: number; kill: () => void; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(folder, script)], {
    cwd: folder,
    env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (out.endsWith("up\n")) child.kill("SIGTERM");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = new Promise<Ended>((done) => child.on("close", (code) => done({ code, out, err })));
  return { pid: child.pid ?? 0, kill: () => child.kill("SIGKILL"), ended };
}

const start = (script = ".ci/tiny.mjs", env: Record<string, string> = {}): Promise<Ended> => begin(script, env).ended;

function installs(): number {
  const log = join(folder, "npm.log");
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0;
}

test("TI-19 the first start installs and compiles, the second does nothing and says nothing", async () => {
  const first = await start();
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^program \d+\n$/) as string });
  expect(first.err).toContain("installing packages");
  expect(first.err).toContain("compiling");
  const second = await start();
  expect(second).toMatchObject({ code: 0, out: expect.stringMatching(/^program \d+\n$/) as string, err: "" });
  expect(installs()).toBe(1);
});

test("TI-19 two started at once in a bare checkout install once and both run", async () => {
  const [one, other] = await Promise.all([start(), start()]);
  expect([one.code, other.code]).toEqual([0, 0]);
  expect(installs()).toBe(1);
  const compiled = [one, other].filter(({ err }) => err.includes("compiling"));
  expect(compiled).toHaveLength(1);
  expect(existsSync(join(folder, ".ready", "lock"))).toBe(false);
});

test("TI-19 the lock of a dead process is broken, that of a living one with another start too", async () => {
  const dead = begin(".ci/tiny.mjs");
  dead.kill();
  await dead.ended;
  put(".ready/lock", `${dead.pid} 12345`);
  expect((await start()).code).toBe(0);
  put(".ready/lock", `${process.pid} 1`);
  put("src/main.ts", `${program}// changed\n`);
  expect((await start()).code).toBe(0);
});

test("TI-19 a changed lock file installs again, and npm ci that left what is locked is taken as it is", async () => {
  await start();
  putLock("2.0.0");
  const again = await start();
  expect(again.code).toBe(0);
  expect(installs()).toBe(2);
  rmSync(join(folder, "node_modules", ".stamp"));
  expect((await start(".ci/ready.mjs")).err).not.toContain("installing");
  expect(installs()).toBe(2);
});

test("TI-19 a broken install is tried once more, from nothing", async () => {
  put("npm-fails", "");
  const ended = await start();
  expect(ended.code).toBe(0);
  expect(installs()).toBe(2);
  expect(existsSync(join(folder, "node_modules", "half"))).toBe(false);
});

test("TI-19 a second failure is told, and no lock stays", async () => {
  const lines = ['import { appendFileSync } from "node:fs";', 'appendFileSync("npm.log", "x\\n");', "process.exit(1);"];
  put("bin/npm", [`#!${process.execPath}`, ...lines, ""].join("\n"));
  const ended = await start();
  expect(ended).toMatchObject({ code: 1, out: "" });
  expect(ended.err).toContain("could not be installed");
  expect(installs()).toBe(2);
  expect(existsSync(join(folder, ".ready", "lock"))).toBe(false);
});

test("TI-19 a changed source is compiled, what a removed one left is taken away", async () => {
  put("src/gone.ts", "export const gone: number = 1;\n");
  await start();
  expect(existsSync(join(folder, ".build/src/gone.js"))).toBe(true);
  rmSync(join(folder, "src/gone.ts"));
  put("src/main.ts", 'console.log("another");\n');
  expect((await start()).out).toBe("another\n");
  expect(existsSync(join(folder, ".build/src/gone.js"))).toBe(false);
  expect(existsSync(join(folder, ".build/src/gone.d.ts"))).toBe(false);
});

test("TI-19 sources whose types do not fit are not run, not the second time either", async () => {
  put("src/main.ts", 'const n: number = "x";\nconsole.log(n);\n');
  for (let time = 0; time < 2; time += 1) {
    const ended = await start();
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toContain("TS2322");
  }
  const despite = await start(".ci/tiny.mjs", { READY_DESPITE_TYPE_ERRORS: "1" });
  expect(despite).toMatchObject({ code: 0, out: "x\n" });
});

test("TI-19 the program is the process that was started, so a signal reaches it", async () => {
  const quick = begin(".ci/tiny.mjs");
  expect((await quick.ended).out).toBe(`program ${quick.pid}\n`);
  put("src/main.ts", stubbornProgram);
  appendFileSync(join(folder, "src/main.ts"), "export {};\n");
  const ended = await start();
  expect(ended).toMatchObject({ code: 7, out: "up\nasked to stop\n" });
});

test("TI-19 a program started by npx stops when npx, and with it the shell between them, is ended", async () => {
  put("src/main.ts", `${stubbornProgram}export {};\n`);
  await start(".ci/ready.mjs");
  const shell = spawn("sh", ["-c", `"${process.execPath}" .ci/tiny.mjs; true`], {
    cwd: folder,
    env: { ...process.env, npm_lifecycle_event: "npx" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (out === "up\n") shell.kill("SIGKILL");
  });
  await new Promise((done) => shell.stdout.on("end", done));
  expect(out).toBe("up\nasked to stop\n");
});
