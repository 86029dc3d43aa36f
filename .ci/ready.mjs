/**
 * Makes a checkout ready to run: packages installed as package-lock.json says, sources compiled into .build.
 *
 * Does nothing, in a few milliseconds, when nothing changed; says what it does on stderr when it does something.
 * Works before anything is installed, so it uses what Node has built in and nothing else. Programs started at once
 * take turns through a lock file, and a lock whose owner died is broken.
 *
 *   node .ci/ready.mjs              packages and .build
 *   node .ci/ready.mjs --modules    packages only
 *
 * READY_DESPITE_TYPE_ERRORS=1 runs what the compiler emitted although types do not fit; for work in progress only.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The top of the checkout. */
export const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));

const oldestNodeMajor = 20;
const sourceFolders = ["src", "sim", "transports"];
const projects = ["src/tsconfig.json", "src/web/browser/tsconfig.json"];
const assetExtensions = new Set([".html", ".css", ".svg", ".js", ".sql", ".proto", ".webmanifest", ".png", ".ico"]);
const buildDir = join(root, ".build");
const buildStamp = join(buildDir, ".stamp");
const modulesDir = join(root, "node_modules");
const modulesStamp = join(modulesDir, ".stamp");
const lockDir = join(root, ".ready");
const lockFile = join(lockDir, "lock");
const lockPollMs = 100;
const parentPollMs = 200;

/** Brings packages and, unless `modulesOnly`, .build up to date. Ends the process with a message when it cannot. */
export async function ready({ modulesOnly = false } = {}) {
  try {
    if (Number(process.versions.node.split(".")[0]) < oldestNodeMajor) {
      throw new NotReady(`Node ${oldestNodeMajor} or newer is needed; this is ${process.versions.node}.`);
    }
    if (isModulesReady() && (modulesOnly || isBuildReady())) return;
    await locked(() => {
      if (!isModulesReady()) install();
      if (!modulesOnly && !isBuildReady()) compile();
    });
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    say(error.message);
    process.exit(1);
  }
}

/** Makes ready, then becomes the program whose compiled main is `.build/<main>`. */
export async function run(main) {
  await ready();
  const path = join(buildDir, main);
  if (!existsSync(path)) {
    say(`this checkout has no ${main.replace(/\.js$/, ".ts")}.`);
    process.exit(1);
  }
  if (process.env.npm_lifecycle_event === "npx") endWithParent();
  await import(pathToFileURL(path).href);
}

/**
 * npx puts a shell between itself and the program. Ending npx ends that shell, which passes no signal on and would
 * leave the program running for ever; so the program takes the loss of its parent for the signal it was denied.
 */
function endWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, parentPollMs);
  watch.unref();
}

/** Runs `work` while no other process of this checkout installs or compiles. */
export async function locked(work) {
  await takeLock();
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/** Why the checkout cannot be made ready, in words for whoever started the program. */
class NotReady extends Error {}

function say(message) {
  process.stderr.write(`ready: ${message}\n`);
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

// ---- packages

function isModulesReady() {
  const lock = readFileSync(join(root, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  if (read(modulesStamp) === wanted) return true;
  if (!isInstalledAsLocked(JSON.parse(lock.toString("utf8")))) return false;
  writeFileSync(modulesStamp, wanted);
  return true;
}

/** npm writes its own list at the very end of an install, so a broken install never agrees with the lock file. */
function isInstalledAsLocked(lock) {
  const text = read(join(modulesDir, ".package-lock.json"));
  if (text === null) return false;
  const installed = JSON.parse(text).packages;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && existsSync(join(root, path));
  });
}

function install() {
  for (const attempt of [1, 2]) {
    const started = Date.now();
    say(attempt === 1 ? "installing packages (npm ci)" : "installing packages again, from nothing");
    if (attempt === 2) rmSync(modulesDir, { recursive: true, force: true });
    const done = spawnSync("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      env: installEnvironment(),
      stdio: ["ignore", 2, 2],
    });
    if (done.error?.code === "ENOENT") throw new NotReady("npm is not in PATH.");
    if (done.status === 0 && isModulesReady()) {
      say(`packages installed in ${seconds(started)}`);
      return;
    }
  }
  throw new NotReady("the packages could not be installed; what npm said is above.");
}

/** npm and npx hand their own settings down; these would turn an install of the checkout into another one. */
function installEnvironment() {
  const env = { ...process.env };
  for (const name of ["local_prefix", "global", "package", "call", "workspace", "workspaces", "dry_run", "omit"]) {
    delete env[`npm_config_${name}`];
  }
  delete env.NODE_ENV;
  return env;
}

// ---- .build

function isBuildReady() {
  return read(buildStamp) === sourceSignature();
}

/** Changes whenever a source, its place, or what compiles it changes. */
function sourceSignature() {
  const lines = [
    read(modulesStamp) ?? "",
    "tsconfig.base.json",
    String(statSync(join(root, "tsconfig.base.json")).mtimeMs),
  ];
  for (const path of sourceFiles()) {
    const { mtimeMs, size } = statSync(join(root, path));
    lines.push(`${path} ${mtimeMs} ${size}`);
  }
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

function sourceFiles() {
  const found = [];
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else found.push(path);
    }
  };
  for (const folder of sourceFolders) if (existsSync(join(root, folder))) visit(folder);
  return found.sort();
}

function compile() {
  const started = Date.now();
  const signature = sourceSignature();
  say("compiling into .build");
  const compiler = join(modulesDir, "typescript", "bin", "tsc");
  const wanted = projects.filter((project) => existsSync(join(root, project)));
  const done = spawnSync(process.execPath, [compiler, "-b", ...wanted], { cwd: root, stdio: ["ignore", 2, 2] });
  const despite = process.env.READY_DESPITE_TYPE_ERRORS === "1";
  if (done.status !== 0 && !despite) throw new NotReady("the sources do not compile; what the compiler said is above.");
  const files = sourceFiles();
  for (const path of files) if (assetExtensions.has(extname(path))) copyAsset(path);
  dropOrphans(new Set(files));
  if (done.status === 0) writeFileSync(buildStamp, signature);
  say(`compiled in ${seconds(started)}`);
}

function copyAsset(path) {
  const target = join(buildDir, path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(root, path), target);
}

/** A file that was compiled from a source that is gone would still be found by an import. */
function dropOrphans(sources) {
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        visit(path);
        continue;
      }
      const name = relative(buildDir, path);
      const source = name.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
      if (!sources.has(source) && !sources.has(name)) rmSync(path);
    }
  };
  for (const folder of sourceFolders) {
    const path = join(buildDir, folder);
    if (existsSync(path)) visit(path);
  }
}

function seconds(startedMs) {
  return `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
}

// ---- the lock

async function takeLock() {
  mkdirSync(lockDir, { recursive: true });
  const mine = join(lockDir, `claim-${process.pid}`);
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}`);
  let isWaiting = false;
  try {
    while (!tryLink(mine)) {
      if (breakDeadLock()) continue;
      if (!isWaiting) say("another process makes this checkout ready, waiting");
      isWaiting = true;
      await new Promise((done) => setTimeout(done, lockPollMs));
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A hard link to a complete file: the lock appears with its owner's name in it, or not at all. */
function tryLink(mine) {
  try {
    linkSync(mine, lockFile);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** @returns whether a lock of a dead owner was taken away, or is already gone */
function breakDeadLock() {
  const seen = read(lockFile);
  if (seen === null) return true;
  const [pid, start] = seen.split(" ");
  if (startOf(Number(pid)) === start) return false;
  const aside = join(lockDir, `broken-${process.pid}`);
  try {
    renameSync(lockFile, aside);
  } catch {
    return true;
  }
  // Between the look and the rename somebody else may have broken it and locked anew: theirs goes back.
  if (read(aside) !== seen && !existsSync(lockFile)) renameSync(aside, lockFile);
  rmSync(aside, { force: true });
  return true;
}

/** When a process started, so that a number used again by another process is not mistaken; "" when it is gone. */
function startOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat !== null) return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (error) {
    return error.code === "EPERM" ? "alive" : "";
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  await ready({ modulesOnly: process.argv.includes("--modules") });
}
