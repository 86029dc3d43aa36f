/**
 * `completion`: a script for the shell, made from the tree of commands, so that it never lags behind (CL-8). Bolt names
 * are asked for when they are needed.
 */
import type { Command } from "commander";
import { attach, withExample } from "./actions.ts";
import { badUsage } from "./session.ts";
import type { CliWorld } from "./world.ts";

/** What may follow a path of commands. */
interface Place {
  /** `spanner bolt`; empty at the top. */
  readonly path: string;
  /** Commands and options. */
  readonly words: readonly string[];
  readonly takesBolt: boolean;
}

const shells = ["bash", "zsh", "fish"] as const;
const liveNames = "vigocli spanner bolt list -o name --no-headers --timeout 2s 2>/dev/null";

export function addCompletion(root: Command, world: CliWorld): void {
  const command = root
    .command("completion")
    .description("A script that completes commands, options and live bolt names.")
    .argument("<shell>", "bash, zsh or fish");
  withExample(
    command,
    "vigocli completion bash > /etc/bash_completion.d/vigocli",
    "vigocli completion zsh > /usr/local/share/zsh/site-functions/_vigocli",
    "vigocli completion fish > ~/.config/fish/completions/vigocli.fish",
  );
  attach(command, world, (_session, _options, [shell = ""]) => {
    const known = shells.find((name) => name === shell);
    if (known === undefined) throw badUsage("There is no completion for this shell.", shell, "vigocli completion bash");
    const places = placesOf(root);
    world.out({ bash: bashScript, zsh: zshScript, fish: fishScript }[known](places));
  });
}

function placesOf(root: Command): Place[] {
  const globals = root.options.flatMap(({ long }) => long ?? []);
  const walk = (command: Command, path: string): Place[] => {
    const children = command.commands.map((child) => child.name());
    const options = command === root ? [] : command.options.flatMap(({ long }) => long ?? []);
    const takesBolt = command.registeredArguments.some((argument) => argument.name() === "bolt");
    const own = { path, words: [...children, ...options, ...globals, "--help"], takesBolt };
    return [own, ...command.commands.flatMap((child) => walk(child, `${path} ${child.name()}`.trim()))];
  };
  return walk(root, "");
}

function caseLines(places: readonly Place[], line: (place: Place) => string): string {
  return places.map(line).join("\n");
}

/** The words of POSIX shells: the longest path of commands among the words typed so far decides. */
function shellCases(places: readonly Place[]): string {
  return caseLines(places, ({ path, words, takesBolt }) => {
    const names = takesBolt ? ` $(${liveNames})` : "";
    return `    "${path}") echo "${words.join(" ")}${names}" ;;`;
  });
}

function pathCases(places: readonly Place[]): string {
  return places
    .filter(({ path }) => path !== "")
    .map(({ path }) => `"${path}"`)
    .join("|");
}

function bashScript(places: readonly Place[]): string {
  return `# vigocli completion for bash
_vigocli_words() {
  case "$1" in
${shellCases(places)}
  esac
}
_vigocli() {
  local path="" word candidate
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    candidate="\${path:+$path }$word"
    case "$candidate" in ${pathCases(places)}) path="$candidate" ;; esac
  done
  COMPREPLY=($(compgen -W "$(_vigocli_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _vigocli vigocli
`;
}

function zshScript(places: readonly Place[]): string {
  return `#compdef vigocli
_vigocli_words() {
  case "$1" in
${shellCases(places)}
  esac
}
_vigocli() {
  local path_typed="" word candidate
  for word in "\${(@)words[2,CURRENT-1]}"; do
    candidate="\${path_typed:+$path_typed }$word"
    case "$candidate" in (${pathCases(places)}) path_typed="$candidate" ;; esac
  done
  compadd -- \${=$(_vigocli_words "$path_typed")}
  _files
}
if [ "$funcstack[1]" = "_vigocli" ]; then _vigocli "$@"; else compdef _vigocli vigocli; fi
`;
}

function fishScript(places: readonly Place[]): string {
  const cases = caseLines(places, ({ path, words, takesBolt }) => {
    const names = takesBolt ? `\n      ${liveNames}` : "";
    return `    case "${path}"\n      printf '%s\\n' ${words.join(" ")}${names}`;
  });
  const paths = places.flatMap(({ path }) => (path === "" ? [] : [`"${path}"`])).join(" ");
  return `# vigocli completion for fish
function __vigocli_words
  set -l path ""
  for word in (commandline -opc)[2..-1]
    set -l candidate (string trim -- "$path $word")
    if contains -- "$candidate" ${paths}
      set path "$candidate"
    end
  end
  switch "$path"
${cases}
  end
end
complete -c vigocli -f -a '(__vigocli_words)'
complete -c vigocli -l config -l data-dir -l out -l code-file -r -F
`;
}
