/** What vigocli touches outside itself, as one port: main.ts hands in the real thing, tests one written by hand. */
import type { Trust } from "../admin/client.ts";
import type { AnswerJson } from "../admin/answer-json.ts";
import type { VerbInput, VerbName } from "../admin/verbs.ts";

/** Asks a bolt one verb. Rejects with `ClientRefused` when it cannot be asked. */
export type Ask = <Name extends VerbName>(verb: Name, input: VerbInput<Name>) => Promise<AnswerJson>;

/** Which server to ask, and how to know it. */
export interface Target {
  /** https://host:port */
  readonly server: string;
  readonly trust: Trust;
  readonly token: string;
}

export interface CliWorld {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether stdout is a terminal. */
  readonly outIsTerminal: boolean;
  /** Whether somebody can be asked: stdin and stderr are terminals. */
  readonly canConfirm: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly homeFolder: string;
  /** As the operating system gives it. */
  readonly hostname: string;
  readonly nowMs: () => number;
  readonly connect: (target: Target, timeoutMs: number) => Ask;
  /** Whether something accepts connections there. */
  readonly dial: (host: string, port: number, timeoutMs: number) => Promise<boolean>;
  readonly confirm: (question: string) => Promise<boolean>;
  /** All of stdin. */
  readonly readInput: () => Promise<string>;
  /** Resolves after so long: true to go on, false when the user wants to end. */
  readonly pause: (ms: number) => Promise<boolean>;
}
