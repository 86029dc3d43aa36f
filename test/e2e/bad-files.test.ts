/** Files that are not what they should be, given to the programs that read them: server.yaml, scenarios, recordings. */
import { afterEach, expect, test } from "vitest";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrialServer } from "../../src/server/trial.ts";
import { eventually, expectAnswer } from "../../src/server/trial.ts";
import { expectRefusalLine, runProgram } from "../support/run-program.ts";
import type { Ended } from "../support/run-program.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { TrialFleet } from "../support/trial-fleet.ts";

let fleet: TrialFleet | null = null;
afterEach(async () => {
  await fleet?.end();
  fleet = null;
});

/** What no YAML file may be, for whatever program; with a part of the complaint. */
const badYaml: Readonly<Record<string, readonly [text: string | Uint8Array, complaint: string]>> = {
  bomb: [bombText(), "Aliases (*name) are not supported"],
  deep: [`a: ${"[".repeat(5_000)}${"]".repeat(5_000)}\n`, "deep"],
  staircase: [Array.from({ length: 600 }, (_, at) => `${" ".repeat(at)}a:\n`).join(""), "deep"],
  "a merge key": ["server: {<<: {a: 1}}\n", "Merge keys"],
  "a prototype": ["__proto__: {a: 1}\nconstructor: {b: 2}\n", "__proto__: This key is not allowed"],
  "a tag": ["server: !!js/function 'process.exit(0)'\n", "Tags (!name) are not supported"],
  "no number": ["server: {a: .nan, b: 1e400}\n", "finite"],
  twice: ["server: {}\nserver: {}\n", "stands here twice"],
  noise: [Uint8Array.from({ length: 5_000 }, (_, at) => (at * 97 + 13) % 256), "control character"],
  "another encoding": [new Uint8Array(Buffer.from("server: {}\n", "utf16le")), "control character"],
  steering: ["server: {a: \u001b[2J}\n", "control character"],
  tabs: ["server:\n\tgrpc_listen: x\n", "Tabs are not allowed"],
  "a list": ["- a\n", "must be a map"],
  "two documents": ["server: {}\n---\nserver: {}\n", "second one begins here"],
  unclosed: ["server: {a: [1, 2\n", ""],
};

function bombText(): string {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  return names
    .map((name, at) => {
      const item = at === 0 ? "lol" : `*${names[at - 1] ?? ""}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => item).join(", ")}]\n`;
    })
    .join("");
}

/** Lines of `FILE:LINE:COLUMN CODE ...`, nothing else, none of it able to steer a terminal. */
function expectProblems(text: string, file: string, code: string): readonly string[] {
  const lines = text.trimEnd().split("\n");
  for (const line of lines) {
    expect(line.startsWith(`${file}:`)).toBe(true);
    expect(line.slice(file.length)).toMatch(new RegExp(`^:[1-9]\\d*:[1-9]\\d* ${code} \\S.*[.?"]`, "u"));
  }
  // eslint-disable-next-line no-control-regex -- looking for them is the point
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
  return lines;
}

function placeOf(line: string, file: string): string {
  return /^:(\d+:\d+) /u.exec(line.slice(file.length))?.[1] ?? "";
}

/** The bad YAML files in a folder of their own, and what a program says to each, a few at a time. */
async function sayingsOf(run: (file: string) => Promise<Ended>): Promise<ReadonlyMap<string, Ended>> {
  const folder = tempFolder();
  const ended = new Map<string, Ended>();
  const names = Object.keys(badYaml);
  const work = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, badYaml[name]?.[0] ?? "");
      ended.set(name, await run(file));
    }
  };
  await Promise.all([work(), work()]);
  for (const [name, { code, out, err }] of ended) {
    const file = join(folder, `${name}.yaml`);
    expect([name, code, out]).toEqual([name, 2, ""]);
    expect([name, err]).toEqual([name, expect.stringContaining(badYaml[name]?.[1] ?? "?")]);
    expectProblems(err, file, /SCENARIO_/u.test(err) ? "SCENARIO_INVALID" : "CONFIG_INVALID");
  }
  return ended;
}

const wrongConfig = `server:
  grpc_listn: ":1530"
  api_listen: 8443
  tls_sans: [ok.example.com, "-bad-"]
spanner:
  mode: hub
  role: spoke
  hub_addr: "10.0.0.1:1530"
  name: "bad\\e[2Jname"
  patterns: ["[", "*.example.com"]
  snapshot: {tier1_interval: 5}
log: {level: loud, format: jsn}
polcy: {}
`;

test("SV-1 T43 every mistake of a server.yaml at once: place, value escaped, word meant, retired words", async () => {
  const file = join(tempFolder(), "server.yaml");
  writeFileSync(file, wrongConfig);
  const { code, out, err } = await runProgram("vigosrv", ["--config", file]);
  expect([code, out]).toEqual([2, ""]);
  const lines = expectProblems(err, file, "CONFIG_INVALID");
  const places = ["2:3", "3:15", "4:30", "6:9", "7:3", "8:3", "9:9", "10:14", "11:30", "12:14", "12:28", "13:1"];
  expect(lines.map((line) => placeOf(line, file))).toEqual(places);
  for (const meant of ["grpc_listen", "json", "policy"]) expect(err).toContain(`Did you mean ${meant}?`);
  for (const word of ["mode hub", "key role", "key hub_addr"]) expect(err).toContain(`The ${word} was retired.`);
  expect(err).toContain("bad\\u001b[2Jname");
  // The same from vigocli, which also says what to run next.
  const shown = await runProgram("vigocli", ["config", "validate", file]);
  expect([shown.code, shown.out]).toEqual([2, ""]);
  expect(shown.err.startsWith(err)).toBe(true);
  expectRefusalLine(shown.err.slice(err.length), "CONFIG_INVALID");
  expect(readdirSync(join(file, ".."))).toEqual(["server.yaml"]);
});

test("SV-1 T47 bombs, wrong encodings and what YAML is else abused for never become a config", async () => {
  await sayingsOf((file) => runProgram("vigosrv", ["--config", file]));
});

test("SV-1 T47 files that are huge, endless or no files are refused unread", async () => {
  const folder = tempFolder();
  const at = (name: string): string => join(folder, name);
  writeFileSync(at("huge.yaml"), `a: ${"x".repeat(3_000_000)}\n`);
  writeFileSync(at("large.yaml"), `a: ${"x".repeat(300_000)}\n`);
  symlinkSync("/dev/zero", at("endless.yaml"));
  execFileSync("mkfifo", [at("pipe.yaml")]);
  mkdirSync(at("folder.yaml"));
  const codes = {
    huge: "FILE_TOO_LARGE",
    endless: "STORAGE_DENIED",
    pipe: "STORAGE_DENIED",
    folder: "STORAGE_DENIED",
  };
  for (const [name, code] of Object.entries(codes)) {
    const { err, ...ended } = await runProgram("vigosrv", ["--config", at(`${name}.yaml`)]);
    expect([name, ended]).toEqual([name, { code: 2, out: "" }]);
    expectRefusalLine(err, code);
  }
  for (const [name, code] of Object.entries({ large: "CONFIG_INVALID", missing: "CONFIG_MISSING" })) {
    const { err, ...ended } = await runProgram("vigosrv", ["--config", at(`${name}.yaml`)]);
    expect([name, ended]).toEqual([name, { code: 2, out: "" }]);
    expectProblems(err, at(`${name}.yaml`), code);
  }
});

/** Writes it, asks for a reload, and waits until the server has refused it. */
async function reloadRefused(server: TrialServer, text: string | Uint8Array): Promise<void> {
  const refusals = (): number => server.log().split("nothing was changed").length;
  const before = refusals();
  writeFileSync(server.configFile, text);
  server.signal("SIGHUP");
  await eventually(
    () => Promise.resolve(refusals() > before),
    20_000,
    () => server.log(),
  );
}

test("SV-5 T47 a running server given any of them goes on with the config it has", async () => {
  fleet = await TrialFleet.founded({ names: ["east"], multicast: "off" });
  const east = fleet.server("east");
  const good = readFileSync(east.configFile, "utf8");
  const before = expectAnswer(await east.ask("status", {}), "status").status;
  const texts = [...Object.values(badYaml).map(([text]) => text), `a: ${"x".repeat(3_000_000)}\n`, wrongConfig];
  for (const text of texts) await reloadRefused(east, text);
  const after = expectAnswer(await east.ask("status", {}), "status").status;
  expect([after.phase, after.digest, after.rows]).toEqual([before.phase, before.digest, before.rows]);
  writeFileSync(east.configFile, good.replace("*.east.example.com", "*.orient.example.com"));
  east.signal("SIGHUP");
  await eventually(
    async () => {
      const { status } = expectAnswer(await east.ask("status", {}), "status");
      return status.bolts[0]?.patterns.includes("*.orient.example.com") === true;
    },
    20_000,
    () => east.log(),
  );
});

const wrongScenario = `name: wrong
bolts: {count: 1000000000, nmaes: [a]}
steps:
  - {at: 0s, do: fond, on: b1}
  - {at: 1s, do: run, command: "rm -rf /"}
  - {at: 2s, do: found, on: b1, file: /etc/passwd}
settle: 100000d
expects: []
`;

test("SM-5 T48 every mistake of a scenario at once; it can name no file, run nothing and ask for no more", async () => {
  const file = join(tempFolder(), "wrong.yaml");
  writeFileSync(file, wrongScenario);
  const { code, out, err } = await runProgram("vigosim", ["run", file]);
  expect([code, out]).toEqual([2, ""]);
  const lines = expectProblems(err, file, "SCENARIO_INVALID");
  expect(lines.map((line) => placeOf(line, file))).toEqual(["2:16", "2:28", "4:18", "5:18", "6:33", "7:9", "8:1"]);
  for (const meant of ["found", "expect"]) expect(err).toContain(`Did you mean ${meant}?`);
});

test("SM-5 T47 T48 bombs, wrong encodings and what YAML is else abused for never become a scenario", async () => {
  await sayingsOf((file) => runProgram("vigosim", ["run", file]));
});

test("SM-5 T42 T48 scenarios that are huge, endless, elsewhere or none are refused, and recordings too", async () => {
  const folder = tempFolder();
  const at = (name: string): string => join(folder, name);
  writeFileSync(at("huge"), `name: ${"x".repeat(6_000_000)}\n`);
  writeFileSync(at("many"), Array.from({ length: 60_000 }, (_, key) => `k${key}: ${key}\n`).join(""));
  symlinkSync("/dev/zero", at("endless"));
  execFileSync("mkfifo", [at("pipe")]);
  mkdirSync(at("none"));
  mkdirSync(at("linked"));
  writeFileSync(at("good.yaml"), "name: a\nbolts: {count: 1}\nsteps: [{at: 0s, do: found, on: b1}]\n");
  symlinkSync(at("good.yaml"), at("linked/good.yaml"));
  for (const name of ["huge", "many", "endless", "pipe", "none", "linked", "missing"]) {
    const { err, ...ended } = await runProgram("vigosim", ["run", at(name)]);
    expect([name, ended]).toEqual([name, { code: 2, out: "" }]);
    expect([name, err.length < 65_536]).toEqual([name, true]);
    const file = name === "linked" ? at("linked/good.yaml") : at(name);
    expectProblems(err, file, ["none", "missing"].includes(name) ? "SCENARIO_MISSING" : "SCENARIO_INVALID");
  }
  writeFileSync(at("noise"), badYaml["noise"]?.[0] ?? "");
  writeFileSync(at("empty"), "");
  for (const name of ["noise", "empty", "endless", "pipe", "none", "missing"]) {
    const { err, ...ended } = await runProgram("vigosim", ["replay", at(name)]);
    expect([name, ended]).toEqual([name, { code: 2, out: "" }]);
    expectRefusalLine(err, name === "noise" ? "RECORDING_UNREADABLE" : "RECORDING_MISSING");
  }
});

test("SM-5 T43 a scenario's name cannot steer a terminal, and a report that cannot be written is said", async () => {
  const file = join(tempFolder(), "hostile.yaml");
  const steps = "steps: [{at: 0s, do: found, on: b1}]\nexpect: [{finally: {members: [b1]}}]\n";
  writeFileSync(file, `name: "bad\\u001b[2J\\u202e"\nbolts: {count: 1}\n${steps}`);
  for (const form of ["text", "json", "jsonl"]) {
    const { code, out } = await runProgram("vigosim", ["run", file, "-o", form]);
    expect([form, code]).toEqual([form, 0]);
    // eslint-disable-next-line no-control-regex -- looking for them is the point
    expect([form, out]).toEqual([form, expect.not.stringMatching(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u)]);
  }
  const { code, err } = await runProgram("vigosim", ["run", file, "--junit", join(file, "nowhere.xml")]);
  expect(code).toBe(1);
  expectRefusalLine(err, "REPORT_UNWRITTEN");
});
