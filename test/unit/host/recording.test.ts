/** What a recording holds, and that it replays. */
import { expect, test } from "vitest";
import { Bolt } from "../../../src/bolt/bolt.ts";
import type { BoltImage } from "../../../src/bolt/bolt.ts";
import type { Effect, Input, Machine } from "../../../src/bolt/seam.ts";
import { Recorder } from "../../../src/host/recorder.ts";
import { replay } from "../../../src/host/replay.ts";
import type { Replayed } from "../../../src/host/replay.ts";
import { boxSecret } from "../../../src/host/secret.ts";
import { must } from "../../../src/kernel/assert.ts";
import { toHex } from "../../../src/kernel/hex.ts";
import { ofMs } from "../../../src/kernel/time.ts";
import type { Micros } from "../../../src/kernel/time.ts";
import { LoneBolt, loneSeal } from "../../support/lone-bolt.ts";

interface Recorded {
  readonly segments: string[][];
  readonly bolt: LoneBolt;
}

/** A bolt that founds, invites, joins with a stranger's invite in vain, and lives for ten minutes. */
async function record(segmentBytes: number): Promise<Recorded> {
  const segments: string[][] = [];
  const sink = {
    begin: (line: string) => void segments.push([line]),
    append: (line: string) => void segments.at(-1)?.push(line),
  };
  const bolt = new LoneBolt(new Recorder(sink, segmentBytes));
  await bolt.pass(ofMs(1_000));
  await bolt.ask({ do: "init", dryRun: false });
  await bolt.pass(ofMs(60_000));
  const invited = await bolt.ask({ do: "invite", ttlMs: 3_600_000, bound: null, dryRun: false });
  if (invited.answer !== "invited" || invited.bundle === null) throw new Error(JSON.stringify(invited));
  const { bundle } = invited;
  const tokenSeed = boxSecret("token key", stolen);
  await bolt.ask({ do: "join", bundle, tokenSeed, from: bundle.addresses, linkLocal: false, dryRun: false });
  await bolt.pass(ofMs(600_000));
  return { segments, bolt };
}

const stolen = new Uint8Array(32).map((_, at) => 201 + at);

function restore(image: unknown): Machine<unknown> {
  return Bolt.restore(image as BoltImage);
}

function isDiverged(replayed: Replayed): Extract<Replayed, { is: "diverged" }> {
  if (replayed.is !== "diverged") throw new Error(`it ended as ${replayed.is}`);
  return replayed;
}

test("HO-6 a recording replays without divergence, from its beginning and from any segment", async () => {
  const { segments } = await record(2_000);
  expect(segments.length).toBeGreaterThan(2);
  const lines = segments.flat();
  const steps = lines.length - segments.length;
  expect(steps).toBeGreaterThan(20);
  expect(replay(lines, restore, loneSeal)).toEqual({ is: "same", steps, segments: segments.length });
  for (const segment of segments) expect(replay(segment, restore, loneSeal)).toMatchObject({ is: "same", segments: 1 });
});

test("HO-6 the first step at which a machine does something else is named with both sides", async () => {
  const { segments } = await record(1_000_000);
  const lines = segments.flat();
  // A build in which a due bolt says nothing to the group.
  const changed = (image: unknown): Machine<unknown> => quietWhenDue(restore(image));
  const diverged = isDiverged(replay(lines, changed, loneSeal));
  const line = must(lines[diverged.line - 1], "it names a line");
  expect(line).toContain('"in":"due"');
  expect(JSON.parse(diverged.input)).toEqual({ in: "due" });
  expect(diverged.recorded).toContain("beacon");
  expect(diverged.replayed).toEqual(diverged.recorded.filter((kind) => kind !== "beacon"));
  for (const earlier of lines.slice(1, diverged.line - 1)) expect(earlier).not.toMatch(/"in":"due".*"beacon"/u);
});

test("HO-6 effects in another order are a divergence", async () => {
  const { segments } = await record(1_000_000);
  const swapped = (image: unknown): Machine<unknown> => swapping(restore(image));
  const { recorded, replayed } = isDiverged(replay(segments.flat(), swapped, loneSeal));
  expect([...replayed].sort()).toEqual([...recorded].sort());
});

test("HO-6 what is no recording, or one of another version, is unreadable and says where", async () => {
  const { segments } = await record(1_000_000);
  const lines = segments.flat();
  const [head = "", ...steps] = lines;
  const other = head.replace('"segment":1', '"segment":99');
  expect(other).not.toBe(head);
  expect(replay(["{"], restore, loneSeal)).toMatchObject({ is: "unreadable", line: 1 });
  expect(replay(steps, restore, loneSeal)).toMatchObject({ is: "unreadable", line: 1 });
  expect(replay([other, ...steps], restore, loneSeal)).toMatchObject({ is: "unreadable", line: 1 });
  for (const odd of ["[1]", "null", "7", '{"at":1}', '{"at":"1","input":{},"does":[],"effects":""}']) {
    expect(replay([head, odd], restore, loneSeal)).toMatchObject({ is: "unreadable", line: 2 });
  }
  const damaged = '{"at":1,"input":{"$":"bytes","hex":"zz"},"does":[],"effects":""}';
  expect(replay([head, damaged], restore, loneSeal)).toMatchObject({ is: "unreadable", line: 2 });
});

test("HO-5 T60 every input is in the recording, and no secret: boxes show their label alone", async () => {
  const { segments, bolt } = await record(1_000_000);
  const text = segments.flat().join("\n");
  for (const asked of ["init", "invite", "join"]) expect(text).toContain(`"do":"${asked}"`);
  expect(text).toContain('{"$":"secret","label":"token key"}');
  expect(text).toContain('{"$":"secret","label":"recovery-key"}');
  expect(bolt.drawn.length).toBeGreaterThan(1);
  for (const secret of [...bolt.drawn, stolen]) {
    expect(text).not.toContain(toHex(secret));
    expect(text).not.toContain(Buffer.from(secret).toString("base64"));
    expect(text).not.toContain([...secret].join(","));
  }
});

/** The same machine, but for what `change` makes of its effects. */
function changing(
  machine: Machine<unknown>,
  change: (input: Input, effects: readonly Effect[]) => readonly Effect[],
): Machine<unknown> {
  return {
    step: (input: Input, now: Micros) => change(input, machine.step(input, now)),
    deadline: () => machine.deadline(),
    view: (now: Micros) => machine.view(now),
    keyring: () => machine.keyring(),
    image: () => machine.image(),
  };
}

function quietWhenDue(machine: Machine<unknown>): Machine<unknown> {
  return changing(machine, (input, effects) =>
    input.in === "due" ? effects.filter((effect) => effect.do !== "beacon") : effects,
  );
}

function swapping(machine: Machine<unknown>): Machine<unknown> {
  return changing(machine, (_input, effects) => {
    const [first, second, ...others] = effects;
    return first === undefined || second === undefined ? effects : [second, first, ...others];
  });
}
