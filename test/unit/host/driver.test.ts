/** The driver, with a machine that does what a script says. */
import { expect, test } from "vitest";
import type { Effect, Input, Keyring, Machine } from "../../../src/bolt/seam.ts";
import type { Micros } from "../../../src/kernel/time.ts";
import { micros } from "../../../src/kernel/time.ts";
import { Codec } from "../../../src/host/codec.ts";
import { Driver } from "../../../src/host/driver.ts";
import { signerOf } from "../../../src/host/keys.ts";
import type { Ports } from "../../../src/host/ports.ts";
import { boxSecret, openSecret } from "../../../src/host/secret.ts";
import type { Write } from "../../../src/roster/durable.ts";
import { createStandInSeal } from "../../../src/seal/stand-in.ts";
import type { StatusReport } from "../../../src/turn/status.ts";

const seal = createStandInSeal(7);
const signer = signerOf(seal, seal.generate(new Uint8Array(32).fill(1)));

/** A machine that answers each input with effects told beforehand. */
class Scripted implements Machine<null> {
  readonly inputs: Input[] = [];
  readonly #script: (input: Input) => readonly Effect[];
  genesis: string | null = null;
  version = 0;

  constructor(script: (input: Input) => readonly Effect[]) {
    this.#script = script;
  }

  step(input: Input): readonly Effect[] {
    this.inputs.push(input);
    return this.#script(input);
  }

  deadline(): undefined {
    return undefined;
  }

  view(): StatusReport {
    throw new Error("nobody asks a scripted machine for its view");
  }

  keyring(): Keyring {
    const { genesis, version } = this;
    return { self: signer.id, genesis, authors: new Map(), peers: [], removed: new Map(), version };
  }

  image(): null {
    return null;
  }
}

interface Harness {
  readonly driver: Driver;
  readonly machine: Scripted;
  readonly did: string[];
  readonly batches: (readonly Write[])[];
  readonly commits: ((failure: "full" | null) => void)[];
}

function harness(script: (input: Input) => readonly Effect[], onNote?: () => void): Harness {
  const did: string[] = [];
  const batches: (readonly Write[])[] = [];
  const commits: ((failure: "full" | null) => void)[] = [];
  let now = 0;
  const ports: Ports = {
    clock: { now: () => micros(++now), wallMs: () => 5 },
    store: {
      commit: (writes, done) => {
        did.push(`commit ${writes.length}`);
        batches.push(writes);
        commits.push(done);
      },
      load: () => did.push("load"),
    },
    net: {
      multicast: () => did.push("multicast"),
      tell: () => did.push("tell"),
      call: () => did.push("call"),
      join: () => did.push("join"),
      keep: () => did.push("keep"),
    },
    draw: (lengthBytes) => new Uint8Array(lengthBytes).fill(9),
    wake: () => undefined,
    note: (note) => {
      did.push(`note ${note.what}`);
      onNote?.();
    },
    stopped: () => did.push("stopped"),
  };
  const machine = new Scripted(script);
  const driver = new Driver({ machine, ports, seal, self: signer, codec: new Codec(seal, "x"), observer: null });
  return { driver, machine, did, batches, commits };
}

const note = (what: string): Effect => ({ do: "note", note: { what } });
const tell: Effect = { do: "tell", to: signer.id, say: { say: "hearing", multicast: true } };
const store = (ticket: number): Effect => ({
  do: "store",
  ticket,
  writes: [{ put: "setting", name: "a", value: "b" }],
  drafts: [{ sign: "consent", genesis: "0".repeat(64) as never, leaver: signer.id }],
});

test("HO-2 effects are performed in the order given", () => {
  const { driver, did } = harness((input) =>
    input.in === "due" ? [note("one"), tell, note("two"), store(1), tell, note("three")] : [],
  );
  driver.onDue();
  expect(did.slice(1)).toEqual(["note one", "tell", "note two", "commit 1", "tell", "note three"]);
});

test("HO-1 what arrives during a step waits for its end", () => {
  const order: string[] = [];
  const { driver } = harness(
    (input) => {
      order.push(input.in);
      return input.in === "due" ? [note("first"), note("second")] : [];
    },
    () => {
      order.push("note");
      if (order.length === 2) driver.onWall();
    },
  );
  driver.onDue();
  expect(order).toEqual(["due", "note", "note", "wall"]);
});

test("HO-3 drafts come back signed after the store, or not at all", () => {
  const { driver, machine, commits } = harness((input) => (input.in === "due" ? [store(1), store(2)] : []));
  driver.onDue();
  expect(machine.inputs.map((input) => input.in)).toEqual(["due"]);
  commits[0]?.(null);
  commits[1]?.("full");
  const [, stored, failed] = machine.inputs;
  expect(stored).toMatchObject({ in: "stored", ticket: 1, signed: [{ signed: "consent" }] });
  expect(failed).toEqual({ in: "store-failed", ticket: 2, why: "full" });
});

test("HO-4 a request that cannot be read is refused, and one that can is answered once", () => {
  const answers: unknown[] = [];
  const { driver, machine } = harness((input) => {
    if (input.in !== "request") return [];
    const refusal = { code: "BUSY", message: "Later." };
    const respond: Effect = { do: "respond", call: input.call, answer: { reply: "refused", refusal, row: null } };
    return [respond, respond];
  });
  const ask = (carried: Parameters<Driver["onRequest"]>[1]): void => {
    driver.onRequest({ is: "stranger", source: "test" }, carried, micros(1) as Micros, (reply) => answers.push(reply));
  };
  ask({ carried: { frame: "reply", reply: { reply: "took" } } });
  expect(machine.inputs).toHaveLength(0);
  expect(answers).toMatchObject([{ carried: { reply: { refusal: { code: "REQUEST_INVALID" } } } }]);
  ask({ carried: { frame: "request", request: { ask: "status" } } });
  expect(answers).toHaveLength(2);
});

test("HO-8 the keyring is followed before the effects of the same step", () => {
  const { driver, machine, did } = harness(() => {
    machine.genesis = "a".repeat(64);
    machine.version = 1;
    return [note("member")];
  });
  driver.onDue();
  expect(did).toEqual(["keep", "note member"]);
});

test("HO-7 T60 a secret box opens only where it was made", () => {
  const box = boxSecret("token key", Uint8Array.of(1, 2, 3));
  expect([...openSecret(box)]).toEqual([1, 2, 3]);
  expect(JSON.stringify(box)).toBe('{"label":"token key"}');
  expect(() => openSecret(JSON.parse(JSON.stringify(box)) as typeof box)).toThrow("not boxed by this process");
});
