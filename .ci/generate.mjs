/**
 * Writes what is generated and committed: the JSON Schemas of docs/schemas from the zod schemas of the source, and
 * src/wire/gen from src/wire/*.proto (Debian's protoc with the generator of node_modules).
 * With --check it writes nothing and fails when something committed differs from what it would write.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tsImport } from "tsx/esm/api";
import { root } from "./ready.mjs";

/** Each JSON Schema with the function that makes it. */
const schemas = [
  { file: "server.schema.json", module: "../src/config/schema.ts", make: "serverJsonSchema" },
  { file: "scenario.schema.json", module: "../sim/scenario/grammar.ts", make: "scenarioJsonSchema" },
];

const protoDir = join(root, "src", "wire");
const genDir = join(protoDir, "gen");
const isCheck = process.argv.includes("--check");
const protos = existsSync(protoDir) ? readdirSync(protoDir).filter((name) => name.endsWith(".proto")) : [];

for (const schema of schemas) await putSchema(schema);
if (protos.length > 0) {
  const target = isCheck ? mkdtempSync(join(tmpdir(), "vigo-proto-")) : genDir;
  try {
    generate(target);
    if (isCheck) compare(target);
  } finally {
    if (isCheck) rmSync(target, { recursive: true, force: true });
  }
}

function generate(target) {
  if (!isCheck) rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const plugin = join(root, "node_modules", ".bin", "protoc-gen-es");
  const options = [`--plugin=protoc-gen-es=${plugin}`, `--es_out=${target}`, "--es_opt=target=ts,import_extension=ts"];
  const done = spawnSync("protoc", [`-I${protoDir}`, ...options, ...protos.sort()], {
    cwd: protoDir,
    stdio: "inherit",
  });
  if (done.error?.code === "ENOENT") {
    process.stderr.write("generate: protoc is missing; Debian's package is protobuf-compiler.\n");
  }
  if (done.status !== 0) throw new Error("protoc failed");
}

function compare(fresh) {
  const committed = existsSync(genDir) ? readdirSync(genDir) : [];
  const names = new Set([...committed, ...readdirSync(fresh)]);
  const changed = [...names].filter((name) => read(join(genDir, name)) !== read(join(fresh, name)));
  if (changed.length === 0) return;
  process.stderr.write(`generate: src/wire/gen is not what src/wire/*.proto gives: ${changed.join(", ")}\n`);
  process.stderr.write("generate: run `npm run generate` and commit the result.\n");
  process.exitCode = 1;
}

async function putSchema({ file, module, make }) {
  const made = (await tsImport(module, import.meta.url))[make]();
  const text = `${JSON.stringify(made, null, 2)}\n`;
  const path = join(root, "docs", "schemas", file);
  if (read(path) === text) return;
  if (!isCheck) {
    mkdirSync(join(root, "docs", "schemas"), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  process.stderr.write(`generate: docs/schemas/${file} is not what the source gives.\n`);
  process.stderr.write("generate: run `npm run generate` and commit the result.\n");
  process.exitCode = 1;
}

function read(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
