/** `config validate`: what is wrong with server.yaml, all of it at once, before a server is started with it. */
import type { Command } from "commander";
import { findServerConfig, loadServerConfig } from "../config/find-config.ts";
import { problemText } from "../reading/problem.ts";
import { Refused } from "../system/refused.ts";
import { attach, withExample } from "./actions.ts";
import { configSources } from "./local-server.ts";
import type { CliWorld } from "./world.ts";

export function addConfigCommands(root: Command, world: CliWorld): void {
  const group = root.command("config").description("Configuration of servers.");
  withExample(group, "vigocli config validate /etc/vigo/server.yaml");
  const validate = group
    .command("validate")
    .description("Check server.yaml without starting anything; every problem is shown with its line.")
    .argument("[file]", "the file; found as vigosrv finds it unless given");
  withExample(validate, "vigocli config validate", "vigocli config validate /etc/vigo/server.yaml");
  attach(validate, world, (session, _options, [given]) => {
    const sources = configSources({ ...session.options, config: given ?? session.options.config }, world);
    const file = findServerConfig(sources).shown;
    const answer = loadServerConfig(sources);
    const problems = answer.ok ? [] : answer.problems;
    const whole = { file, valid: answer.ok, problems };
    const isText = session.form === "table" || session.form === "wide" || session.form === "name";
    if (!isText || answer.ok) {
      const wasThere = !answer.ok || answer.config.file !== null;
      const says = wasThere ? "valid" : "valid: there is no file, so every default holds";
      session.showFacts([[file, says]], whole, file);
    }
    if (answer.ok) return;
    if (isText) for (const problem of problems) world.err(`${problemText(problem)}\n`);
    const code = problems.some((problem) => problem.code === "CONFIG_MISSING") ? "CONFIG_MISSING" : "CONFIG_INVALID";
    const message = `${problems.length} ${problems.length === 1 ? "problem" : "problems"} found.`;
    throw new Refused({ code, message, value: file, next: "correct the file, then vigocli config validate" });
  });
}
