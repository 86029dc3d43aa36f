/** The queue before a slow connection. */
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PeerMessageSchema } from "../../src/wire/gen/spanner_pb.ts";
import { Outbox } from "../../transports/grpc/outbox.ts";

const message = create(PeerMessageSchema, {});
const limits = { handedBytesMax: 100, waitingBytesMax: 300, waitingMax: 5 };

function newOutbox(): { outbox: Outbox; handed: (() => void)[] } {
  const handed: (() => void)[] = [];
  return { outbox: new Outbox((_message, written) => void handed.push(written), limits), handed };
}

test("TR-8 only so much is handed over at a time, and the rest follows as it is taken", () => {
  const { outbox, handed } = newOutbox();
  for (let at = 0; at < 4; at++) expect(outbox.post("say", 0n, message, 50)).toBe(true);
  expect(handed).toHaveLength(2);
  handed[0]?.();
  expect(handed).toHaveLength(3);
  for (const written of handed.splice(1)) written();
  handed.at(-1)?.();
  expect(outbox.isEmpty).toBe(true);
  expect(outbox.dropped).toBe(0);
});

test("TR-8 something larger than all that may be handed over goes alone", () => {
  const { outbox, handed } = newOutbox();
  expect(outbox.post("call", 1n, message, 5_000)).toBe(true);
  expect(outbox.post("say", 0n, message, 1)).toBe(true);
  expect(handed).toHaveLength(1);
  handed[0]?.();
  expect(handed).toHaveLength(2);
});

test("TR-8 the oldest one-way message goes overboard first, calls and replies never", () => {
  const { outbox } = newOutbox();
  outbox.post("say", 0n, message, 100);
  for (const call of [1n, 2n]) expect(outbox.post("call", call, message, 10)).toBe(true);
  for (let at = 0; at < 5; at++) expect(outbox.post("say", 0n, message, 10)).toBe(true);
  expect(outbox.dropped).toBe(2);
  for (const call of [3n, 4n, 5n]) expect(outbox.post("call", call, message, 10)).toBe(true);
  expect(outbox.dropped).toBe(5);
  expect(outbox.post("call", 6n, message, 10)).toBe(false);
  expect(outbox.post("say", 0n, message, 10)).toBe(false);
  expect(outbox.post("reply", 7n, message, 10)).toBe(true);
  expect([...outbox.unsent()]).toEqual([1n, 2n, 3n, 4n, 5n]);
  expect(outbox.dropped).toBe(6);
});

test("TR-7 a call can be taken back until it was handed over", () => {
  const { outbox, handed } = newOutbox();
  outbox.post("call", 1n, message, 100);
  outbox.post("call", 2n, message, 100);
  outbox.post("call", 3n, message, 100);
  expect(outbox.withdraw(1n)).toBe(false);
  expect(outbox.withdraw(2n)).toBe(true);
  handed[0]?.();
  expect([...outbox.unsent()]).toEqual([]);
  expect(outbox.withdraw(3n)).toBe(false);
});
