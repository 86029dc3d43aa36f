/** vigolicense as a user runs it: its launcher, real files, exit codes and streams. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openLicences } from "../../src/system/licence-files.ts";
import { licenceSeal, thisMachine } from "../support/licences.ts";
import { tempFolder } from "../support/temp-folder.ts";

const launcher = fileURLToPath(new URL("../../.ci/bin/vigolicense.mjs", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(folder: string, ...args: string[]): Ended {
  const done = spawnSync(process.execPath, [launcher, ...args], { cwd: folder, encoding: "utf8" });
  // What the launcher says while it makes the checkout ready is not the program's.
  return { code: done.status, out: done.stdout, err: done.stderr.replace(/^[\s\S]*^ready: .*\n/m, "") };
}

/** The arguments of a good `issue`, with changes; null leaves an option out. */
function issueArgs(changes: Record<string, string | null> = {}): string[] {
  const options: Record<string, string | null> = {
    authority: "a.key",
    customer: "Example Ltd",
    tier: "commercial",
    nodes: "5000",
    expires: "365d",
    fingerprint: thisMachine,
    ...changes,
  };
  const given = Object.entries(options).flatMap(([name, value]) => (value === null ? [] : [`--${name}`, value]));
  return ["issue", ...given];
}

function authorityFolder(): string {
  const folder = tempFolder();
  const made = run(folder, "keygen", "--out", "a.key");
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining("a.key") as string });
  writeFileSync(join(folder, "authority.pub"), made.out);
  return folder;
}

test("LI-10 from an authority to a licence that a server in spanner mode starts on", () => {
  const folder = authorityFolder();
  expect(statSync(join(folder, "a.key")).mode & 0o777).toBe(0o600);
  const secret = readFileSync(join(folder, "a.key"), "utf8").trim().split(" ")[1] ?? "";
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  writeFileSync(join(folder, "machine.txt"), `${thisMachine}\n`);
  const issued = run(folder, ...issueArgs({ fingerprint: "machine.txt", out: "east.lic" }));
  expect(issued).toMatchObject({ code: 0, out: "", err: expect.stringContaining("5000 nodes") as string });
  const dataDir = tempFolder();
  const license = join(dataDir, "license");
  for (const name of ["authority.pub", "east.lic"]) {
    if (!existsSync(license)) spawnSync("mkdir", [license]);
    writeFileSync(join(license, name), readFileSync(join(folder, name)));
  }
  const order = { dataDir, seal: licenceSeal, machine: thisMachine, nowMs: Date.now(), mode: "spanner" } as const;
  expect(openLicences(order).inForce).toMatchObject({ ok: true, value: { nodes: 5_000, isMachineBound: true } });
  const looked = run(folder, "inspect", "east.lic", "--authority", "authority.pub", "--fingerprint", thisMachine);
  expect(looked).toMatchObject({ code: 0, err: "" });
  expect(looked.out).toContain("This licence is good.");
  for (const { out, err } of [issued, looked]) expect(out + err).not.toContain(secret);
});

test("LI-10 a licence goes to stdout alone, and inspect tells a forged one by exit code 4", () => {
  const folder = authorityFolder();
  const { out } = run(folder, ...issueArgs({ fingerprint: "any", tier: "free", id: "x-1" }));
  expect(out.startsWith("vigo-licence-1\nid: x-1\n")).toBe(true);
  writeFileSync(join(folder, "forged.lic"), out.replace("nodes: 5000", "nodes: 9000"));
  const looked = run(folder, "inspect", "forged.lic", "-o", "json");
  expect(looked.code).toBe(4);
  expect(JSON.parse(looked.out)).toMatchObject({ nodes: 9_000, good: false, checks: [{ check: "signature" }] });
});

test("LI-10 nothing is overwritten", () => {
  const folder = authorityFolder();
  const before = readFileSync(join(folder, "a.key"), "utf8");
  expect(run(folder, "keygen", "--out", "a.key")).toMatchObject({ code: 2, out: "" });
  expect(readFileSync(join(folder, "a.key"), "utf8")).toBe(before);
  writeFileSync(join(folder, "x.lic"), "mine");
  expect(run(folder, ...issueArgs({ out: "x.lic" })).err).toContain("FILE_EXISTS");
  expect(readFileSync(join(folder, "x.lic"), "utf8")).toBe("mine");
});

test("LI-11 bad input: a code, a sentence, the next step, exit code 2, and no file", () => {
  const folder = authorityFolder();
  writeFileSync(join(folder, "damaged.lic"), "hello");
  chmodSync(join(folder, "authority.pub"), 0o600);
  const before = readdirSync(folder);
  const cases: readonly (readonly [string, string[]])[] = [
    ["LICENSE_TERMS", issueArgs({ tier: "comercial", out: "n.lic" })],
    ["LICENSE_TERMS", issueArgs({ nodes: "-1", out: "n.lic" })],
    ["LICENSE_TERMS", issueArgs({ expires: "2020-01-01", out: "n.lic" })],
    ["LICENSE_TERMS", issueArgs({ expires: "soon", out: "n.lic" })],
    ["LICENSE_TERMS", issueArgs({ customer: "a\u001b[2Jb", out: "n.lic" })],
    ["LICENSE_TERMS", issueArgs({ id: "../up", out: "n.lic" })],
    ["FINGERPRINT_INVALID", issueArgs({ fingerprint: "no-such-file", out: "n.lic" })],
    ["FINGERPRINT_INVALID", issueArgs({ fingerprint: thisMachine.slice(0, -1), out: "n.lic" })],
    ["FILE_MISSING", issueArgs({ authority: "none.key", out: "n.lic" })],
    ["AUTHORITY_CORRUPT", issueArgs({ authority: "authority.pub", out: "n.lic" })],
    ["FILE_MISSING", ["keygen", "--out", "no/folder.key"]],
    ["FILE_MISSING", ["inspect", "none.lic"]],
    ["LICENSE_CORRUPT", ["inspect", "damaged.lic"]],
  ];
  for (const [code, args] of cases) {
    const ended = run(folder, ...args);
    expect([args, ended.code, ended.out]).toEqual([args, 2, ""]);
    expect(ended.err).toMatch(new RegExp(`^${code}: [A-Z].*\\.\n(  value: .*\n)?  next:  .+\n$`));
    expect(ended.err).not.toContain("\u001b");
  }
  expect(readdirSync(folder)).toEqual(before);
});

test("LI-11 a private key that others could read is refused, and bad usage shows where help is", () => {
  const folder = authorityFolder();
  chmodSync(join(folder, "a.key"), 0o644);
  expect(run(folder, ...issueArgs())).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(/^SECRET_MODE: [\s\S]*chmod 0600 a\.key/) as string,
  });
  for (const args of [["issu"], ["keygen"], issueArgs({ nodes: null }), []]) {
    const ended = run(folder, ...args);
    expect([args, ended.code, ended.out]).toEqual([args, 2, ""]);
    expect(ended.err).toContain("help");
  }
  for (const args of [["--help"], ["issue", "--help"]]) {
    expect(run(folder, ...args)).toMatchObject({ code: 0, err: "", out: expect.stringContaining("Usage:") as string });
  }
});
