/**
 * Follows what a scenario expects through a run. An expectation that held from the beginning proves nothing: those that
 * wait for a state must have seen it not hold once.
 */
import type { Expectation, State } from "./expectation-forms.ts";
import { holds } from "./hold.ts";
import type { Stage } from "./stage.ts";

interface Followed {
  readonly expectation: Expectation;
  readonly state: State;
  readonly text: string;
  wasFalse: boolean;
  wasTrue: boolean;
}

export class Expectations {
  readonly #stage: Stage;
  readonly #followed: Followed[];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#followed = stage.scenario.expect.map((expectation) => {
      const state = stateOf(expectation);
      return { expectation, state, text: textOf(expectation), wasFalse: false, wasTrue: false };
    });
    for (const followed of this.#followed) this.#schedule(followed);
  }

  /** Looks at everything now. */
  look(): void {
    for (const followed of this.#followed) {
      const { expectation, state, text } = followed;
      const isTrue = holds(this.#stage, state);
      if (isTrue) followed.wasTrue = true;
      else followed.wasFalse = true;
      if ("always" in expectation && !isTrue) this.#fail(`no longer holds: ${text}`);
      if ("never" in expectation && isTrue) this.#fail(`came about: ${text}`);
    }
  }

  /** The end of the run. */
  conclude(): void {
    for (const { expectation, state, text, wasFalse, wasTrue } of this.#followed) {
      if ("sometimes" in expectation && !wasTrue) this.#fail(`never came about: ${text}`);
      const waits = "finally" in expectation || "within" in expectation;
      if (!waits) continue;
      if (!holds(this.#stage, state)) this.#fail(`does not hold at the end: ${text}`);
      else if (!wasFalse) this.#fail(`held from the beginning, so it proves nothing: ${text}`);
    }
  }

  #schedule({ expectation, state, text }: Followed): void {
    const { world, healedUs } = this.#stage;
    if ("at" in expectation) {
      world.at(expectation.at, () => {
        if (!holds(this.#stage, state)) this.#fail(`does not hold then: ${text}`);
      });
    } else if ("within" in expectation) {
      world.at(healedUs + expectation.within, () => {
        if (!holds(this.#stage, state)) this.#fail(`does not hold in time: ${text}`);
      });
    }
  }

  #fail(text: string): void {
    this.#stage.checker.fail("expect", "", text);
  }
}

function stateOf(expectation: Expectation): State {
  if ("always" in expectation) return expectation.always;
  if ("never" in expectation) return expectation.never;
  if ("sometimes" in expectation) return expectation.sometimes;
  if ("finally" in expectation) return expectation.finally;
  return expectation.expect;
}

function textOf(expectation: Expectation): string {
  return Object.entries(stateOf(expectation))
    .map(([field, value]) => `${field.replace("_", " ")} ${[value].flat().join(", ")}`)
    .join(", ");
}
