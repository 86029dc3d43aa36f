/** Runs something that should be refused and gives the refusal, so that a test can look at code, value and next. */
import type { Refusal } from "../../src/kernel/refusal.ts";
import { Refused } from "../../src/system/refused.ts";

/** The refusal thrown; anything else thrown passes on, and nothing thrown is an error. */
export function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (caught) {
    if (caught instanceof Refused) return caught.refusal;
    throw caught;
  }
  throw new Error("this should have been refused");
}

/** As `refusalOf`, for promises. */
export async function refusalOfAsync(run: () => Promise<unknown>): Promise<Refusal> {
  try {
    await run();
  } catch (caught) {
    if (caught instanceof Refused) return caught.refusal;
    throw caught;
  }
  throw new Error("this should have been refused");
}
