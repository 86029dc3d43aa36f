/** What this project is built on is named to the byte (T58): exact versions, hashes, and no surprise at install. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

/** Where a package comes from that names no place of its own. */
const registry = "https://registry.npmjs.org/";
/** Their scripts fetch or build a binary, or print advice; the server needs the first one alone. */
const withScripts = ["@photostructure/sqlite", "esbuild", "protobufjs"];

/** What is wrong with a manifest and the lock file beside it. */
function packageFindings(
  { dependencies, devDependencies }: Manifest,
  packages: Readonly<Record<string, Locked>>,
): string[] {
  const found: string[] = [];
  for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(wanted)) found.push(`${name} is not pinned: ${wanted}`);
    if (packages[`node_modules/${name}`]?.version !== wanted) found.push(`${name} is locked otherwise`);
  }
  for (const [path, one] of Object.entries(packages)) {
    if (path === "") continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (one.link === true || one.resolved?.startsWith(registry) === false) found.push(`${name} is not of the registry`);
    if (one.integrity?.startsWith("sha512-") !== true) found.push(`${name} has no hash`);
    if (one.hasInstallScript === true && !withScripts.includes(name)) found.push(`${name} runs a script at install`);
  }
  return found;
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", name), "utf8")) as T;
}

test("TI-20 T58 packages are pinned, locked by hash, and run nothing unknown when installed", () => {
  const { packages } = load<{ readonly packages: Readonly<Record<string, Locked>> }>("package-lock.json");
  expect(Object.keys(packages).length).toBeGreaterThan(10);
  expect(packageFindings(load<Manifest>("package.json"), packages)).toEqual([]);
});

test("TI-20 a loose version, a foreign source, a missing hash and a new script are found", () => {
  const good = { version: "1.2.3", resolved: `${registry}a/-/a-1.2.3.tgz`, integrity: "sha512-x" };
  const find = (wanted: string, one: Locked): string[] =>
    packageFindings({ dependencies: { a: wanted }, devDependencies: {} }, { "": {}, "node_modules/a": one });
  expect(find("1.2.3", good)).toEqual([]);
  expect(find("^1.2.3", good)).toHaveLength(2);
  expect(find("1.2.4", good)).toEqual(["a is locked otherwise"]);
  expect(find("1.2.3", { ...good, resolved: "git+ssh://git@example.com/a.git" })).toEqual(["a is not of the registry"]);
  expect(find("1.2.3", { version: "1.2.3", resolved: good.resolved })).toEqual(["a has no hash"]);
  expect(find("1.2.3", { ...good, hasInstallScript: true })).toEqual(["a runs a script at install"]);
});
