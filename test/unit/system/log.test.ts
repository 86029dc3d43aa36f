/** What logs let through, and what they do not. */
import { expect, test } from "vitest";
import { createLogBook } from "../../../src/system/log.ts";
import type { LogBook, LogFormat, LogLevel } from "../../../src/system/log.ts";

function bookOf(format: LogFormat, level: LogLevel = "info"): { readonly book: LogBook; readonly lines: string[] } {
  const lines: string[] = [];
  return { book: createLogBook({ level, format, destination: { write: (line) => void lines.push(line) } }), lines };
}

function jsonOf(line: string | undefined): Record<string, unknown> {
  return JSON.parse(line ?? "") as Record<string, unknown>;
}

const hostile = "web1\nlevel=fatal \u001b[2J\u009b31m\u202eevil\u2028\u007f\ud800";

test("SY-10 T43 hostile text stays on one line and steers nothing, wherever it stands", () => {
  for (const format of ["json", "pretty"] as const) {
    const { book, lines } = bookOf(format);
    book.of(hostile).warn(hostile, { host: hostile, [hostile]: { deep: [hostile] }, err: new Error(hostile) });
    expect(lines).toHaveLength(1);
    const line = lines[0] ?? "";
    expect(line.endsWith("\n")).toBe(true);
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(line).toContain("u001b");
  }
});

test("SY-10 T43 long, deep, wide and endless values are bounded", () => {
  const { book, lines } = bookOf("json");
  const ring: Record<string, unknown> = {};
  ring["self"] = ring;
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, "x".repeat(100)]));
  book
    .of("gossip")
    .info("x".repeat(1_000_000), { ring, wide, many: new Array(10_000).fill(1), text: "y".repeat(9_999) });
  expect(lines[0]?.length).toBeLessThan(40_000);
  expect(jsonOf(lines[0])["text"]).toContain("(9999 characters)");
});

test("SY-10 fields named after secrets are blanked at any depth, and error codes are not", () => {
  const { book, lines } = bookOf("json");
  book.of("admin").info("join", { token: "hunter2", body: { seed: "hunter2", privateKey: new Uint8Array(3) } });
  book.of("admin").info("refused", { code: "TOKEN_SPENT", headers: { Authorization: "hunter2", cookie: ["hunter2"] } });
  expect(lines.join("")).not.toContain("hunter2");
  expect(jsonOf(lines[0])).toMatchObject({
    token: "[redacted]",
    body: { seed: "[redacted]", privateKey: "[redacted]" },
  });
  expect(jsonOf(lines[1])).toMatchObject({ code: "TOKEN_SPENT" });
});

test("SY-10 bytes are never dumped, errors keep name, message and a short stack", () => {
  const { book, lines } = bookOf("json");
  book.of("seal").error("failed", { key: new Uint8Array(32), err: new TypeError("no such bolt"), big: 10n });
  const line = jsonOf(lines[0]);
  expect(line).toMatchObject({ key: "[32 bytes]", big: "10", err: { name: "TypeError", message: "no such bolt" } });
  expect(line["err"]).toHaveProperty("stack", expect.stringContaining("log.test"));
});

test("SY-10 a line has level, time, module and text once each, whatever fields are called", () => {
  const { book, lines } = bookOf("json");
  book.of("fleet").warn("100% of %s done", { level: "fatal", time: 0, module: "x", msg: "y", n: 1 });
  const line = lines[0] ?? "";
  for (const name of ["level", "time", "module", "msg"]) expect(line.split(`"${name}":`)).toHaveLength(2);
  expect(jsonOf(line)).toMatchObject({ level: "warn", module: "fleet", msg: "100% of %s done", level_: "fatal", n: 1 });
  expect(jsonOf(line)["time"]).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test("SY-10 the level can change while running, for loggers given out before", () => {
  const { book, lines } = bookOf("json");
  const log = book.of("gossip");
  log.debug("unseen");
  book.setLevel("debug");
  log.debug("seen");
  book.setLevel("error");
  log.warn("unseen");
  expect(lines.map((line) => jsonOf(line)["msg"])).toEqual(["seen"]);
});

test("SY-10 pretty lines show time, level, module, text and fields", () => {
  const { book, lines } = bookOf("pretty");
  book.of("gossip").info("peer is stale", { bolt: "east-1", ageMs: 90_000, why: "two words" });
  const shown = /^\d\d:\d\d:\d\d\.\d{3} info {2}gossip {5}peer is stale bolt=east-1 ageMs=90000 why="two words"\n$/;
  expect(lines[0]).toMatch(shown);
});
