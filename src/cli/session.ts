/**
 * One run of a command: its global options, the server it asks, and how its answers are shown. Refusals are thrown and
 * end in program.ts.
 */
import type { Command } from "commander";
import type { AnswerJson } from "../admin/answer-json.ts";
import type { VerbInput, VerbName } from "../admin/verbs.ts";
import { paintFor } from "../console/colours.ts";
import type { ColourWish, Paint } from "../console/colours.ts";
import { formNames, jsonText, listingText, yamlText } from "../console/forms.ts";
import type { Form } from "../console/forms.ts";
import { select } from "../console/listing.ts";
import type { Listing } from "../console/listing.ts";
import { harmlessText } from "../kernel/harmless-text.ts";
import { toMs } from "../kernel/time.ts";
import { parseDuration } from "../reading/amounts.ts";
import { Refused } from "../system/refused.ts";
import { targetOf } from "./target.ts";
import type { Ask, CliWorld } from "./world.ts";

/** The options that every command takes, as typed. */
export interface GlobalOptions {
  readonly server?: string;
  readonly config?: string;
  readonly dataDir?: string;
  readonly timeout: string;
  readonly output: string;
  readonly headers: boolean;
  readonly sortBy?: string;
  readonly filter: readonly string[];
  readonly quiet: boolean;
  readonly color: string;
  readonly yes?: boolean;
}

export class Session {
  readonly world: CliWorld;
  readonly options: GlobalOptions;
  readonly form: Form;
  readonly paint: Paint;
  readonly timeoutMs: number;
  #ask: Ask | undefined;

  constructor(world: CliWorld, command: Command) {
    this.world = world;
    this.options = command.optsWithGlobals<GlobalOptions>();
    this.form = formOf(this.options.output);
    const facts = { isTerminal: world.outIsTerminal, environment: world.environment };
    this.paint = paintFor(colourOf(this.options.color), facts);
    this.timeoutMs = timeoutOf(this.options.timeout);
  }

  /** Asks the server; a refusal in the answer is thrown like any other. */
  async ask<Name extends VerbName>(verb: Name, input: VerbInput<Name>): Promise<AnswerJson> {
    this.#ask ??= this.world.connect(targetOf(this.options, this.world), this.timeoutMs);
    const answer = await this.#ask(verb, input);
    if (answer.answer === "refused") throw new Refused(answer.refusal);
    return answer;
  }

  /** Rows, in the form asked for, to stdout. */
  show<Row>(listing: Listing<Row>): void {
    this.world.out(this.textOf(listing));
  }

  /** The same as text. */
  textOf<Row>(listing: Listing<Row>): string {
    const { sortBy, filter, headers } = this.options;
    const selected = select(listing, { sortBy, filters: filter });
    if (!selected.ok) throw new Refused(selected.refusal);
    return listingText(selected.value, { form: this.form, headers, paint: this.paint });
  }

  /** One thing: its facts as lines, or its whole as JSON or YAML; `-o name` prints `name` alone. */
  showFacts(facts: readonly (readonly [label: string, text: string])[], whole: unknown, name: string): void {
    this.world.out(this.#factsText(facts, whole, name));
  }

  #factsText(facts: readonly (readonly [label: string, text: string])[], whole: unknown, name: string): string {
    if (this.form === "name") return `${harmlessText(name)}\n`;
    if (this.form === "json" || this.form === "yaml") return (this.form === "json" ? jsonText : yamlText)(whole);
    return listingText(
      {
        rows: this.form === "jsonl" ? [whole] : [],
        columns: [],
        nameOf: () => name,
        whole: () => whole,
        heading: facts,
      },
      { form: this.form, headers: true, paint: this.paint },
    );
  }

  /** A remark for people, to stderr, unless --quiet. */
  note(text: string): void {
    if (!this.options.quiet) this.world.err(`${harmlessText(text)}\n`);
  }

  /** Makes sure that something which cannot be undone is meant (CL-3). */
  async confirm(question: string, isDryRun: boolean): Promise<void> {
    if (isDryRun || this.options.yes === true) return;
    const code = "CONFIRMATION_NEEDED";
    if (!this.world.canConfirm) {
      const message = "This cannot be undone, and there is no terminal to ask for confirmation; nothing was changed.";
      throw new Refused({ code, message, next: "the same command with --yes, or first with --dry-run" });
    }
    if (await this.world.confirm(harmlessText(question))) return;
    throw new Refused({ code, message: "It was not confirmed; nothing was changed." });
  }
}

/** The answer as the kind that the verb gives; anything else is a server of another kind. */
export function answerOf<Kind extends AnswerJson["answer"]>(
  answer: AnswerJson,
  kind: Kind,
): Extract<AnswerJson, { answer: Kind }> {
  if (answer.answer === kind) return answer as Extract<AnswerJson, { answer: Kind }>;
  const message = `The server gave another answer than the one asked for (${kind}).`;
  throw new Refused({ code: "ANSWER_INVALID", message, value: String(answer.answer) });
}

function formOf(text: string): Form {
  const form = formNames.find((name) => name === text);
  if (form === undefined) throw badUsage("There is no such form of output.", text, `-o ${formNames.join("|")}`);
  return form;
}

function colourOf(text: string): ColourWish {
  if (text === "auto" || text === "always" || text === "never") return text;
  throw badUsage("There is no such choice of colour.", text, "--color auto|always|never");
}

function timeoutOf(text: string): number {
  const span = parseDuration(text);
  if (span === undefined || span <= 0 || toMs(span) > 86_400_000) {
    throw badUsage("A timeout is a duration with its unit, up to 24h.", text, "--timeout 30s");
  }
  return Math.ceil(toMs(span));
}

/** A mistake in what was typed. */
export function badUsage(message: string, value: string, next: string): Refused {
  return new Refused({ code: "BAD_USAGE", message, value, next });
}
