/**
 * Records what a bolt was fed, so that an incident can be stepped through again. A recording is a row of segments; each
 * begins with the image of the machine, so old ones can be dropped. Effects are kept as a hash and their kinds:
 * enough to find the first that differs (HO-5, HO-6).
 *
 *   {"segment", version, image, at} {"at", input, does, effects} {"at", input, does, effects} ... next segment
 */
import { sha256 } from "../kernel/digest.ts";
import { toHex } from "../kernel/hex.ts";
import type { Micros } from "../kernel/time.ts";
import { encodeUtf8 } from "../kernel/utf8.ts";
import type { Effect, Input, Machine } from "../bolt/seam.ts";
import { recordedText } from "../wire/recorded.ts";
import type { Observer } from "./driver.ts";

/** Version of the format; another one is refused. */
export const recordingVersion = 1;

/** Where lines go. `begin` starts a segment: the sink may drop the oldest then. */
export interface RecordingSink {
  begin(line: string): void;
  append(line: string): void;
}

/** The head of a segment. */
export interface SegmentHead {
  readonly segment: number;
  readonly at: Micros;
  readonly image: unknown;
}

/** One step. */
export interface RecordedStep {
  readonly at: Micros;
  readonly input: Input;
  /** Kinds of the effects, in order. */
  readonly does: readonly string[];
  readonly effects: string;
}

export class Recorder implements Observer {
  readonly #sink: RecordingSink;
  readonly #segmentBytes: number;
  #written = Infinity;

  /** A new segment begins after so many characters. */
  constructor(sink: RecordingSink, segmentBytes: number) {
    this.#sink = sink;
    this.#segmentBytes = segmentBytes;
  }

  /** To be called before a step, while the machine is as the step will find it. */
  before(machine: Machine<unknown>, now: Micros): void {
    if (this.#written < this.#segmentBytes) return;
    const head: SegmentHead = { segment: recordingVersion, at: now, image: machine.image() };
    const line = recordedText(head);
    this.#sink.begin(line);
    this.#written = 0;
  }

  fed(input: Input, now: Micros, effects: readonly Effect[]): void {
    const step: RecordedStep = { at: now, input, does: effects.map((effect) => effect.do), effects: hashOf(effects) };
    const line = recordedText(step);
    this.#written += line.length;
    this.#sink.append(line);
  }
}

/** 16 hex digits over everything the effects say but their secrets. */
export function hashOf(effects: readonly Effect[]): string {
  return toHex(sha256(encodeUtf8(recordedText(effects)))).slice(0, 16);
}
