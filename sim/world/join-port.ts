/**
 * The join port of a simulated machine: connect, compare the certificate's pin, and only then send. What the caller
 * learns of a lost answer is that the request may have arrived.
 */
import type { SimProcess } from "./process.ts";
import { streams } from "./chance.ts";
import { connectUs } from "./connection.ts";
import type { Ground } from "./connection.ts";
import { events } from "./kinds.ts";
import type { JoinCall } from "./surroundings.ts";
import { boltsMax } from "./weather.ts";

/** Carries one call; `done` is called once. */
export function answerJoin(ground: Ground, from: SimProcess, target: SimProcess | undefined, call: JoinCall): void {
  const { loop } = ground;
  let isOver = false;
  const finish = (outcome: Parameters<JoinCall["done"]>[0]): void => {
    if (isOver) return;
    isOver = true;
    call.done(outcome);
  };
  const after = (delayUs: number, action: () => void): void =>
    loop.schedule(loop.nowUs + Math.round(delayUs), events.stream, from.index, target?.index ?? 0, action);
  const unreachable = (): void => finish({ ok: false, why: "unreachable", perhapsDone: false });
  if (target === undefined) return after(1_000, unreachable);
  const delayUs = (a: SimProcess, b: SimProcess): number => oneWayUs(ground, a.index, b.index);
  const isCut = (): boolean => isCutOff(ground, from.index, target.index);
  if (isCut() || target.isPaused()) return after(Math.min(connectUs, call.patience), unreachable);
  if (!target.isUp()) return after(delayUs(from, target) * 2, unreachable);
  const epoch = target.epoch();
  let isSent = false;
  // A process that dies takes its connections with it, and its machine says so.
  target.onceDead(() => {
    if (epoch !== target.epoch())
      after(delayUs(target, from), () => finish({ ok: false, why: "unreachable", perhapsDone: isSent }));
  });
  after(call.patience, () => finish({ ok: false, why: "late", perhapsDone: isSent }));
  after((delayUs(from, target) + delayUs(target, from)) * 2, () => {
    if (isOver || isCut() || !target.isUp()) return;
    if (call.pin !== null && call.pin !== target.config.tlsPin) {
      return finish({ ok: false, why: "wrong-identity", perhapsDone: false });
    }
    isSent = true;
    after(delayUs(from, target), () => {
      if (isCutOff(ground, from.index, target.index)) return;
      const arrival = ground.inBytes ? { bytes: call.frame.bytes() } : call.frame;
      target.run((driver) => {
        driver.onRequest({ is: "stranger", source: `10.0.0.${from.index}` }, arrival, call.patience, (reply) => {
          const returned = ground.inBytes ? { bytes: reply.bytes() } : reply;
          after(delayUs(target, from), () => {
            if (!isCutOff(ground, target.index, from.index)) finish({ ok: true, reply: returned });
          });
        });
      });
    });
  });
}

function oneWayUs({ weather, chance }: Ground, from: number, to: number): number {
  const link = weather.link(from, to);
  return link.minUs + chance.below(streams.delay, from * boltsMax + to, link.spanUs + 1);
}

function isCutOff({ weather }: Ground, a: number, b: number): boolean {
  return weather.link(a, b).cutsStreams || weather.link(b, a).cutsStreams;
}
