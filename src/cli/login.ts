/** `login`: keeps trust and token of a server elsewhere, after asking it once with both (CL-6). */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Trust } from "../admin/client.ts";
import { loadText } from "../system/files.ts";
import { Refused } from "../system/refused.ts";
import { attach, withExample } from "./actions.ts";
import { loginPath, serverUrl, storeLogin } from "./logins.ts";
import { answerOf, badUsage } from "./session.ts";
import type { CliWorld } from "./world.ts";

interface LoginOptions {
  readonly pin?: string;
  readonly caFile?: string;
  readonly tokenFile: string;
}

const example = "vigocli login https://east-1.example.com:8443 --pin SHA256 --token-file admin.token";

export function addLogin(root: Command, world: CliWorld): void {
  const command = root
    .command("login")
    .description("Keep trust and token of a server elsewhere; --server takes it from then on.")
    .argument("<url>", "https://HOST:PORT of its API")
    .option("--pin <sha256>", "its pin, from vigocli spanner identity there")
    .option("--ca-file <file>", "or the certificate of its CA")
    .requiredOption("--token-file <file>", "a file with a token of that server");
  withExample(command, example, "vigocli --server https://east-1.example.com:8443 spanner status");
  attach<LoginOptions>(command, world, async (session, options, [url = ""]) => {
    const server = serverUrl(url);
    const trust = trustOf(options, world);
    const token = fileText(options.tokenFile, world).trim();
    if (!/^[\x21-\x7e]{1,4096}$/u.test(token)) {
      throw new Refused({ code: "TOKEN_INVALID", message: "The file holds no token.", value: options.tokenFile });
    }
    const target = { server, trust, token };
    const answer = await world.connect(target, session.timeoutMs)("identity", {});
    if (answer.answer === "refused") throw new Refused(answer.refusal);
    const { name, key } = answerOf(answer, "identity");
    const path = loginPath(world);
    storeLogin(path, target);
    const facts = [
      ["server", server],
      ["name", name],
      ["key", key ?? "-"],
    ] as const;
    session.showFacts(facts, { server, name, key }, server);
    session.note(`Kept in ${path}. Next: vigocli --server ${server} spanner status`);
  });
}

function trustOf({ pin, caFile }: LoginOptions, world: CliWorld): Trust {
  if ((pin === undefined) === (caFile === undefined)) {
    throw badUsage("A login needs --pin or --ca-file, and not both.", pin ?? "login", example);
  }
  if (caFile !== undefined) return { caPem: fileText(caFile, world) };
  const digits = (pin ?? "").replaceAll(":", "").toLowerCase();
  if (/^[0-9a-f]{64}$/u.test(digits)) return { pin: digits };
  throw badUsage("A pin has 64 hex digits.", pin ?? "", "vigocli spanner identity, on that server");
}

function fileText(file: string, world: CliWorld): string {
  const path = resolve(world.workingFolder, file);
  const text = loadText(path, 256 * 1_024);
  if (text !== undefined) return text;
  throw new Refused({
    code: "FILE_MISSING",
    message: "There is no such file.",
    value: path,
    next: "vigocli login --help",
  });
}
