/** `vigosim replay`: steps this build's bolt through a recording of a real one and names the first divergence. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { Bolt } from "../../src/bolt/bolt.ts";
import type { BoltImage } from "../../src/bolt/bolt.ts";
import { replay } from "../../src/host/replay.ts";
import { harmlessText } from "../../src/kernel/harmless-text.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";

const advice = " Next: record one with vigosrv --record FOLDER, stop the server, then vigosim replay FOLDER";
const shownCharacters = 2_000;

export function addReplay(root: Command): void {
  root
    .command("replay")
    .description("Step through a recording of vigosrv --record. Exit 0: the same, 1: diverged, 2: unreadable.")
    .argument("<recording>", "the folder given to --record, or one segment of it")
    .addHelpText(
      "after",
      `
Example:
  vigosrv --config server.yaml --record recording     then stop it, and:
  vigosim replay recording`,
    )
    .action((path: string) => {
      const lines = linesOf(path);
      if (lines === null) return sayMissing(path);
      const replayed = replay(lines, (image) => Bolt.restore(image as BoltImage), createEd25519Seal(null));
      switch (replayed.is) {
        case "same":
          if (replayed.segments === 0) return sayMissing(path);
          process.stdout.write(`same  ${replayed.steps} steps in ${replayed.segments} segments\n`);
          return;
        case "diverged":
          process.stdout.write(
            [
              `DIVERGED at line ${replayed.line}`,
              `  input:    ${harmlessText(replayed.input, shownCharacters)}`,
              `  recorded: ${replayed.recorded.join(", ")}`,
              `  replayed: ${replayed.replayed.join(", ")}`,
              `  in full:  ${harmlessText(replayed.effects, shownCharacters)}`,
              "",
            ].join("\n"),
          );
          process.exitCode = 1;
          return;
        case "unreadable":
          process.stderr.write(
            `RECORDING_UNREADABLE: Line ${replayed.line}: ${harmlessText(replayed.why, 300)}.${advice}\n`,
          );
          process.exitCode = 2;
      }
    });
}

function sayMissing(path: string): void {
  process.stderr.write(`RECORDING_MISSING: There is no recording. Value: "${harmlessText(path, 300)}".${advice}\n`);
  process.exitCode = 2;
}

/** All lines, segment after segment; null when nothing is there. */
function linesOf(path: string): string[] | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !(stat.isDirectory() || stat.isFile())) return null;
  const files = stat.isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith(".rec"))
        .sort()
        .map((name) => join(path, name))
    : [path];
  return files.length === 0 ? null : files.flatMap((file) => readFileSync(file, "utf8").split("\n"));
}
