/** What vigocli does with files of this machine: finding the server, logins, licences, config, doctor, completion. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Command } from "commander";
import { ClientRefused } from "../../../src/admin/client.ts";
import { buildProgram } from "../../../src/cli/program.ts";
import type { CliWorld } from "../../../src/cli/world.ts";
import { machineFingerprint } from "../../../src/license/machine.ts";
import { authorityText } from "../../../src/license/authority.ts";
import { gatherFingerprint } from "../../../src/system/fingerprint.ts";
import { pinOf } from "../../../src/system/pin.ts";
import { openTls } from "../../../src/system/tls.ts";
import { boltReport, east, json, run, statusAnswer } from "../../support/cli-world.ts";
import type { Answers } from "../../support/cli-world.ts";
import { authorityKey, signedFile } from "../../support/licences.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** A folder with server.yaml, TLS files and admin token, as a server that ran once leaves them. */
async function serverFolder(api = "127.0.0.1:9443"): Promise<{ folder: string; pin: string }> {
  const folder = tempFolder();
  writeFileSync(
    join(folder, "server.yaml"),
    `server: {data_dir: data, api_listen: "${api}", hostname: east-1.example.com}\n`,
  );
  const tls = (name: string): string => join(folder, "data/tls", name);
  mkdirSync(join(folder, "data/secrets"), { recursive: true, mode: 0o700 });
  const paths = { certFile: tls("cert"), keyFile: tls("key"), caFile: tls("ca"), caKeyFile: tls("ca_key") };
  const { pin } = await openTls(paths, { hostname: "east-1.example.com", sans: [], nowMs: Date.now() });
  writeFileSync(join(folder, "data/secrets/admin.token"), "local-token\n", { mode: 0o600 });
  return { folder, pin };
}

test("CL-1 the local server is found by server.yaml: its port, its pin, its token", async () => {
  const { folder, pin } = await serverFolder();
  const wanted = { server: "https://127.0.0.1:9443", trust: { pin }, token: "local-token" };
  const here = await run("spanner status", () => statusAnswer(), { workingFolder: folder });
  expect(here.targets).toEqual([wanted]);
  const named = await run(`spanner status --config ${folder}/server.yaml`, () => statusAnswer());
  expect(named.targets).toEqual([wanted]);
  const environment = { VIGO_CONFIG_FILE: join(folder, "server.yaml") };
  expect((await run("spanner status", () => statusAnswer(), { environment })).targets).toEqual([wanted]);
});

test("CL-1 --data-dir alone means the default port and the certificate there", async () => {
  const { folder, pin } = await serverFolder();
  const { targets } = await run(`spanner status --data-dir ${folder}/data`, () => statusAnswer());
  expect(targets).toEqual([{ server: "https://127.0.0.1:8443", trust: { pin }, token: "local-token" }]);
});

test("CL-1 with --config and --data-dir the port is of the one and the files of the other", async () => {
  const { folder, pin } = await serverFolder("[::]:9000");
  const config = join(tempFolder(), "other.yaml");
  writeFileSync(config, 'server: {data_dir: elsewhere, api_listen: "[::]:9000", hostname: east-1.example.com}\n');
  const { targets } = await run(`spanner status --config ${config} --data-dir ${folder}/data`, () => statusAnswer());
  expect(targets).toEqual([{ server: "https://[::1]:9000", trust: { pin }, token: "local-token" }]);
});

test("CL-1 where no server ever ran nothing is asked, and the way out is named", async () => {
  const { code, err, targets } = await run("spanner status", undefined, { workingFolder: tempFolder() });
  expect([code, targets]).toEqual([1, []]);
  expect(err).toContain("NO_LOCAL_SERVER");
  const missing = await run("spanner status --config /nonexistent/server.yaml");
  expect([missing.code, missing.err.split(":")[0]]).toEqual([2, "CONFIG_MISSING"]);
});

test("CL-1 a server elsewhere needs a login, and a URL is https with a host alone", async () => {
  const { code, err, targets } = await run("spanner status --server https://far.test:8443", undefined, {
    homeFolder: tempFolder(),
  });
  expect([code, targets]).toEqual([2, []]);
  expect(err).toContain("NO_LOGIN");
  expect(err).toContain("vigocli login https://far.test:8443 --pin");
  for (const url of ["http://far.test", "https://far.test/path", "https://u:p@far.test", "https://"]) {
    expect((await run(`spanner status --server ${url}`)).err).toContain("BAD_USAGE");
  }
});

const identity: Answers = (verb) =>
  verb === "identity"
    ? json({ answer: "identity", key: east, name: "east-1", patterns: [], tlsPin: "" })
    : statusAnswer();

test("CL-6 login asks once, keeps trust and token with mode 0600, and --server takes them", async () => {
  const home = tempFolder();
  writeFileSync(join(home, "token"), " t0ken\n");
  const world = { homeFolder: home, workingFolder: home };
  const pin = "AB:".repeat(31) + "AB";
  const login = await run(`login far.test:8443 --pin ${pin} --token-file token`, identity, world);
  expect(login.code).toBe(0);
  const wanted = { server: "https://far.test:8443", trust: { pin: "ab".repeat(32) }, token: "t0ken" };
  expect(login.targets).toEqual([wanted]);
  expect(login.out + login.err).not.toContain("t0ken");
  expect(statSync(join(home, ".config/vigo/login.json")).mode & 0o777).toBe(0o600);
  writeFileSync(join(home, "ca.pem"), "PEM");
  await run("login https://b.test:1 --ca-file ca.pem --token-file token", identity, world);
  const status = await run("spanner status --server https://far.test:8443/", identity, world);
  expect(status.targets).toEqual([wanted]);
  const other = await run("spanner status --server https://b.test:1", identity, world);
  expect(other.targets[0]?.trust).toEqual({ caPem: "PEM" });
});

test("CL-6 T50 a login that fails keeps nothing, and a file others can read is refused", async () => {
  const home = tempFolder();
  writeFileSync(join(home, "token"), "t0ken");
  const world = { homeFolder: home, workingFolder: home };
  const line = `login https://far.test:8443 --pin ${"ab".repeat(32)} --token-file token`;
  const refusal = { code: "PIN_MISMATCH", message: "Another key." };
  const failed = await run(line, () => Promise.reject(new ClientRefused(refusal)), world);
  expect(failed.code).toBe(4);
  expect((await run("spanner status --server https://far.test:8443", identity, world)).err).toContain("NO_LOGIN");
  await run(line, identity, world);
  execFileSync("chmod", ["644", join(home, ".config/vigo/login.json")]);
  const { code, err } = await run("spanner status --server https://far.test:8443", identity, world);
  expect(code).toBe(4);
  expect(err).toContain("SECRET_MODE");
  const pinless = await run("login https://far.test --token-file token", identity, world);
  expect([pinless.code, pinless.targets]).toEqual([2, []]);
});

test("CL-7 the fingerprint is this machine's, and makes the TLS CA when there is none", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "server.yaml"), "server: {data_dir: data, hostname: east-1.example.com}\n");
  const world = { workingFolder: folder, nowMs: () => Date.now() };
  const first = await run("license fingerprint", undefined, world);
  expect([first.code, first.targets]).toEqual([0, []]);
  const caPem = readFileSync(join(folder, "data/tls/ca"), "utf8");
  expect(first.out).toBe(`${machineFingerprint(gatherFingerprint({ caPem }))}\n`);
  expect(pinOf(caPem)).toHaveLength(64);
  expect((await run("license fingerprint", undefined, world)).out).toBe(first.out);
});

test("CL-7 a good licence is installed and in force; one that is not good here is refused and not kept", async () => {
  const { folder } = await serverFolder();
  const world = { workingFolder: folder, nowMs: () => Date.UTC(2026, 2, 2) };
  const caPem = readFileSync(join(folder, "data/tls/ca"), "utf8");
  const machine = machineFingerprint(gatherFingerprint({ caPem }));
  writeFileSync(join(folder, "good.lic"), signedFile({ machine }));
  writeFileSync(join(folder, "other.lic"), signedFile({ id: "other" }));
  const early = await run("license install good.lic", undefined, world);
  expect([early.code, early.err]).toEqual([4, expect.stringContaining("put authority.pub into")]);
  mkdirSync(join(folder, "data/license"));
  writeFileSync(join(folder, "data/license/authority.pub"), authorityText(authorityKey.publicKey));
  const other = await run("license install other.lic", undefined, world);
  expect(other.code).toBe(4);
  expect(other.err).toContain("another machine");
  expect((await run("license install good.lic --dry-run", undefined, world)).code).toBe(0);
  expect((await run("license status -o json", undefined, world)).out).toContain('"licences": []');
  expect((await run("license install good.lic", undefined, world)).code).toBe(0);
  const { code, out } = await run("license status", undefined, world);
  expect(code).toBe(0);
  expect(out).toMatch(/lic-1\.lic +lic-1 +commercial +5000 +2027-03-01T12:00:00Z +in force +all checks passed/u);
  expect((await run("license install absent.lic", undefined, world)).err).toContain("FILE_MISSING");
});

test("CL-7 without a sufficient licence status in spanner mode ends with 4", async () => {
  const { folder } = await serverFolder();
  const yaml = "server: {data_dir: data, hostname: east-1.example.com}\nspanner: {mode: spanner, spanner_id: prod}\n";
  writeFileSync(join(folder, "server.yaml"), yaml);
  const { code, err, out } = await run("license status", undefined, { workingFolder: folder });
  expect(code).toBe(4);
  expect(err).toContain("LICENSE_REFUSED");
  expect(out).toContain("in force:");
});

test("CL-10 config validate shows every problem with its line and ends with 2, a good file with 0", async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "bad.yaml"), "server: {data_dirr: x}\nspanner: {mode: both}\n");
  const bad = await run("config validate bad.yaml", undefined, { workingFolder: folder });
  expect([bad.code, bad.out]).toEqual([2, ""]);
  expect(bad.err).toContain("bad.yaml:1:");
  expect(bad.err).toContain("bad.yaml:2:");
  expect(bad.err).toContain("Did you mean data_dir?");
  const shown = await run("config validate bad.yaml -o json", undefined, { workingFolder: folder });
  expect(JSON.parse(shown.out)).toMatchObject({ file: "bad.yaml", valid: false, problems: [{ line: 1 }, { line: 2 }] });
  expect(JSON.parse(shown.err)).toMatchObject({ error: { code: "CONFIG_INVALID" } });
  writeFileSync(join(folder, "server.yaml"), "server: {hostname: east-1.example.com}\n");
  const good = await run("config validate", undefined, { workingFolder: folder });
  expect([good.code, good.err]).toEqual([0, ""]);
});

test("CL-10 doctor looks at everything and passes when all is well", async () => {
  const { folder } = await serverFolder();
  const { code, out } = await run("doctor", () => statusAnswer(), { workingFolder: folder });
  expect(code).toBe(0);
  for (const check of [
    "config",
    "file modes",
    "certificate",
    "licence",
    "server",
    "phase",
    "multicast",
    "clock of west-1",
  ]) {
    expect(out).toMatch(new RegExp(`^${check} +ok`, "mu"));
  }
  expect(out).toMatch(/^peer west-1 +ok/mu);
});

test("CL-10 doctor names what fails and what to do: modes, peers, clocks, a server that is down", async () => {
  const { folder } = await serverFolder();
  execFileSync("chmod", ["644", join(folder, "data/secrets/admin.token")]);
  const world: Partial<CliWorld> = { workingFolder: folder, dial: async () => false };
  const bolts = [boltReport({ skewMs: -60_000 })];
  const sick = await run("doctor", () => statusAnswer({ bolts, multicastWorks: false }), world);
  expect(sick.code).toBe(1);
  expect(sick.out).toMatch(/^file modes +failed .*chmod 0600/mu);
  expect(sick.out).toMatch(/^peer west-1 +failed .*repoint west-1/mu);
  expect(sick.out).toMatch(/^clock of west-1 +warning +is 60 s behind/mu);
  expect(sick.err).toContain('Value: "file modes, peer west-1"');
  const refusal = { code: "UNREACHABLE", message: "It is down." };
  const down = await run("doctor", () => Promise.reject(new ClientRefused(refusal)), world);
  expect(down.out).toMatch(/^port 9443 +failed +nothing listens there +start vigosrv/mu);
});

function commandsOf(command: Command, path = ""): { command: Command; path: string }[] {
  const children = command.commands.flatMap((child) => commandsOf(child, `${path} ${child.name()}`.trim()));
  return [{ command, path }, ...children];
}

test("CL-8 every command and group has help with an example that names it", async () => {
  const program = buildProgram({ out: () => undefined, err: () => undefined } as unknown as CliWorld);
  for (const { path } of commandsOf(program)) {
    const { code, out } = await run(`${path} --help`);
    expect(code).toBe(0);
    expect(out, path).toMatch(new RegExp(`(Example|From two servers)[^]*\\n {2}.*vigocli ${path}`, "u"));
    expect(out, path).toContain("--output <form>");
  }
});

test("CL-8 a group without its command shows its help and ends with 2", async () => {
  const { code, err } = await run("spanner bolt");
  expect(code).toBe(2);
  expect(err).toContain("invite");
});

test("CL-8 completion knows every command, every option and live bolt names", async () => {
  const program = buildProgram({ out: () => undefined, err: () => undefined } as unknown as CliWorld);
  const paths = commandsOf(program).flatMap(({ path }) => (path === "" ? [] : [path]));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await run(`completion ${shell}`);
    expect(code).toBe(0);
    for (const path of paths) expect(out).toContain(`"${path}"`);
    expect(out).toContain("--recovery-key-file");
    expect(out).toContain("vigocli spanner bolt list -o name --no-headers");
  }
  expect((await run("completion tcsh")).code).toBe(2);
});

test("CL-8 the bash script completes what a shell asks it", async () => {
  const { out } = await run("completion bash");
  const complete = (...words: string[]): string[] => {
    const typed = words.map((word) => `'${word}'`).join(" ");
    const server = "vigocli() { echo west-1; echo east-1; }";
    const line = `COMP_WORDS=(vigocli ${typed})\nCOMP_CWORD=${words.length}`;
    const script = `${out}\n${server}\n${line}\n_vigocli\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  };
  expect(complete("spanner", "bo")).toEqual(["bolt"]);
  expect(complete("spanner", "bolt", "in")).toEqual(["invite"]);
  expect(complete("spanner", "bolt", "invite", "--tt")).toEqual(["--ttl"]);
  expect(complete("spanner", "bolt", "show", "we")).toEqual(["west-1"]);
});
