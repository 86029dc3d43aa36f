/** `spanner status` in its forms, and lists of bolts. */
import { expect, test } from "vitest";
import type { AnswerJson } from "../../../src/admin/answer-json.ts";
import { boltReport, east, genesis, json, runAt, statusAnswer, statusReport, west } from "../../support/cli-world.ts";

test("CL-9 status shows every bolt with key, marks, age, path and envoys below the state of this one", async () => {
  const { code, out, err } = await runAt("spanner status", () => statusAnswer());
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^server: +east-1 \(eaeaeaeaea\)\nmode: +spanner\nphase: +member\n/u);
  expect(out).toContain("alexander4-prod (genesis 9e9e9e9e9e)");
  expect(out).toContain("7 rows, digest 0123456789abcdef0123456789abcdef");
  expect(out).toMatch(/multicast: +works/u);
  expect(out).toMatch(/NAME +KEY +STATUS +AGE +HEARD BY +ENVOYS/u);
  expect(out).toMatch(/east-1 +eaeaeaeaea +this bolt, fresh +0 ms +- +12/u);
  expect(out).toMatch(/west-1 +eeeeeeeeee +fresh +350 ms +multicast +12/u);
});

test("CL-9 status says what is off: marks, isolation, contests, alarms, multicast, foreign spanners", async () => {
  const contest = { winner: east, winnerPattern: "*.a", loser: west, loserPattern: "x.*", witness: "x.a" };
  const { out } = await runAt("spanner status", () =>
    statusAnswer({
      bolts: [boltReport({ marks: ["stale", "link down"], ageMs: 185_000 })],
      isolated: true,
      multicastWorks: false,
      contested: [contest],
      alarms: [{ kind: "fork", origin: west, heads: [genesis] }],
      foreign: [{ tag: "0011", from: "10.0.0.9:1534" }],
    }),
  );
  expect(out).toMatch(/west-1 +eeeeeeeeee +stale, link down +3 min/u);
  expect(out).toMatch(/multicast: +does not work/u);
  expect(out).toContain("isolated:");
  expect(out).toContain("west-1 (x.*), for example at x.a");
  expect(out).toContain("the rows of west-1 fork");
  expect(out).toContain("10.0.0.9:1534");
});

test("CL-9 an unadmitted server is told both next commands, a standalone one nothing of spanners", async () => {
  const changes = { phase: "unadmitted", bolts: [], genesis: null, digest: null, multicastWorks: null } as const;
  const { out } = await runAt("spanner status", () => statusAnswer(changes));
  expect(out).toContain("vigocli spanner init");
  expect(out).toContain("vigocli spanner bolt join");
  const alone = await runAt("spanner status", () =>
    statusAnswer({ mode: "standalone", phase: "standalone", bolts: [] }),
  );
  expect(alone.out).not.toContain("spanner:");
});

test("CL-9 status as JSON is the report", async () => {
  const { out } = await runAt("spanner status -o json", () => statusAnswer());
  expect(JSON.parse(out)).toEqual(statusReport());
});

test("CL-9 T31 a name from elsewhere cannot steer the terminal", async () => {
  const { out } = await runAt("spanner status", () => statusAnswer({ bolts: [boltReport({ name: "a\u001b[2J\nb" })] }));
  expect(out).toContain("a\\u001b[2J\\u000ab");
  expect(out).not.toContain("\u001b");
});

function views(missing: string | null): AnswerJson {
  const other = missing === null ? statusReport({ self: west, name: "west-1" }) : null;
  return json({
    answer: "all-views",
    views: [
      { bolt: east, name: "east-1", status: statusReport(), missing: null },
      { bolt: west, name: "west-1", status: other, missing },
    ],
    complete: missing === null,
  });
}

test("CL-9 all views are a matrix of who sees whom how old; a bolt that does not answer makes it 3", async () => {
  const whole = await runAt("spanner status --all-views", () => views(null));
  expect(whole.code).toBe(0);
  expect(whole.asked[0]?.verb).toBe("views");
  expect(whole.out).toMatch(/VIEWER +DIGEST +east-1 +west-1 +ANSWER/u);
  expect(whole.out).toMatch(/east-1 +01234567 +itself +350 ms +yes/u);
  const partial = await runAt("spanner status --all-views", () => views("no answer in 3 s"));
  expect(partial.code).toBe(3);
  expect(partial.out).toMatch(/west-1 +- +\? +\? +no answer in 3 s/u);
  expect(partial.err).toContain('Value: "west-1"');
});

function verified(equal: boolean, missing: string | null): AnswerJson {
  return json({
    answer: "verify",
    equal,
    complete: missing === null,
    digests: [
      { bolt: east, name: "east-1", digest: "aa", missing: null },
      { bolt: west, name: "west-1", digest: missing === null ? (equal ? "aa" : "bb") : null, missing },
    ],
    firstDifference: equal
      ? null
      : { row: genesis, heldBy: ["east-1"], missingAt: ["west-1"], says: "ADMIT of north-1" },
  });
}

test("CL-9 verify ends with 0 when equal, 1 naming the first differing row, 3 when a bolt did not answer", async () => {
  const equal = await runAt("spanner status --verify", () => verified(true, null));
  expect([equal.code, equal.err]).toEqual([0, "The rosters of all bolts are equal.\n"]);
  const differing = await runAt("spanner status --verify", () => verified(false, null));
  expect(differing.code).toBe(1);
  expect(differing.err).toContain(genesis);
  expect(differing.err).toContain("ADMIT of north-1");
  expect(differing.err).toContain("missing at west-1");
  expect((await runAt("spanner status --verify", () => verified(true, "down"))).code).toBe(3);
  expect((await runAt("spanner status --verify", () => verified(false, "down"))).code).toBe(1);
  expect((await runAt("spanner status --verify --all-views")).code).toBe(2);
});

test("CN-5 a watch away from terminals writes again only when more than ages changed", async () => {
  let round = 0;
  const answers = (): AnswerJson =>
    statusAnswer({ bolts: [boltReport({ ageMs: round, marks: round < 2 ? [] : ["stale"] })] });
  const pause = async (): Promise<boolean> => ++round < 4;
  const { out, asked } = await runAt("spanner status --watch --no-headers", answers, { pause });
  expect(asked).toHaveLength(4);
  expect(
    out
      .trim()
      .split(/\n+/u)
      .map((line) => line.split(/ {2,}/u)[2]),
  ).toEqual(["fresh", "stale"]);
});

test("CN-5 a watch on a terminal redraws in place", async () => {
  let round = 0;
  const pause = async (): Promise<boolean> => ++round < 2;
  const { out } = await runAt("spanner status --watch --color never", () => statusAnswer(), {
    pause,
    outIsTerminal: true,
  });
  const lines = out.split("\u001b[")[0]?.split("\n").length ?? 0;
  expect(out).toContain(`\u001b[${lines - 1}A\r\u001b[J`);
});

test("CN-2 bolts are listed by name for scripts, sorted and filtered", async () => {
  const bolts = [boltReport({ name: "c", ageMs: 9_000 }), boltReport({ name: "a", ageMs: 20_000, marks: ["stale"] })];
  const list = (options: string): Promise<string> =>
    runAt(`spanner bolt list -o name ${options}`, () => statusAnswer({ bolts })).then(({ out }) => out);
  expect(await list("--sort-by age")).toBe("c\na\n");
  expect(await list("--sort-by name")).toBe("a\nc\n");
  expect(await list("--filter status=stale")).toBe("a\n");
});

test("CL-9 one bolt is shown with all that is known of it", async () => {
  const { out, asked } = await runAt("spanner bolt show west-1", () =>
    json({ answer: "bolt", status: statusReport(), bolt: west }),
  );
  expect(asked[0]).toEqual({ verb: "bolt-show", input: { bolt: "west-1" } });
  expect(out).toContain(west);
  expect(out).toContain("350 ms (stale after 90 s)");
  expect(out).toContain("+4 ms");
});
