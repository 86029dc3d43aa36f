/**
 * Structured logs through pino, one logger a module: JSON lines, or the same as short lines for people. Whatever is
 * logged goes through log-text.ts first (T43), so no hostname forges a line and no secret reaches a file.
 */
import { pino, stdTimeFunctions } from "pino";
import type { DestinationStream } from "pino";
import { harmlessText } from "../kernel/harmless-text.ts";
import { harmlessFields } from "./log-text.ts";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFormat = "pretty" | "json";

/** Writes one line: a sentence, and what it is about. An error goes under `err`. */
export type LogLine = (text: string, fields?: object) => void;

/** The logger of one module: `log.warn("the clock jumped", { byMs })`. */
export type Log = Readonly<Record<LogLevel, LogLine>>;

/** Gives each module its logger; the level may change while running (SIGHUP). */
export interface LogBook {
  of(module: string): Log;
  setLevel(level: LogLevel): void;
}

/** Where lines go: `write` is called once a line, newline included; stderr unless told. */
export interface LogOrder {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly destination?: DestinationStream;
}

/** Names that a line has of its own; a field called so gets an underscore, or JSON would have the name twice. */
const ownNames: ReadonlySet<string> = new Set(["level", "time", "module", "msg"]);

/** Opens a log book. */
export function createLogBook(order: LogOrder): LogBook {
  const destination = order.destination ?? { write: (line: string) => void process.stderr.write(line) };
  const root = pino(
    {
      level: order.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (fields: unknown) => fields }, // pino's own would rebuild what was made harmless
    },
    order.format === "json" ? destination : prettyStream(destination),
  );
  const lineOf = (module: string, level: LogLevel): LogLine => {
    return (text, fields = {}) => {
      if (!root.isLevelEnabled(level)) return;
      root[level]({ module, ...fieldsBesideOwn(fields) }, "%s", harmlessText(text));
    };
  };
  return {
    of(module) {
      const name = harmlessText(module);
      return {
        trace: lineOf(name, "trace"),
        debug: lineOf(name, "debug"),
        info: lineOf(name, "info"),
        warn: lineOf(name, "warn"),
        error: lineOf(name, "error"),
        fatal: lineOf(name, "fatal"),
      };
    },
    setLevel(level) {
      root.level = level;
    },
  };
}

/** Turns pino's JSON lines into "12:34:56.789 warn  gossip     text key=value". */
export function prettyStream(destination: DestinationStream): DestinationStream {
  return { write: (line) => void destination.write(prettyLine(line)) };
}

function fieldsBesideOwn(fields: object): Record<string, unknown> {
  const entries = Object.entries(harmlessFields(fields));
  return Object.fromEntries(entries.map(([name, value]) => [ownNames.has(name) ? `${name}_` : name, value]));
}

function prettyLine(line: string): string {
  const { level, time, module, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 23);
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const head = `${clock} ${String(level).padEnd(5)} ${String(module).padEnd(10)}`;
  return `${[head, String(msg), ...shown].join(" ")}\n`;
}

function fieldText(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
