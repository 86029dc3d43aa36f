/** Whether to colour, and the colours that have a meaning here. States are always told by words as well. */
import picocolors from "picocolors";

export type ColourWish = "auto" | "always" | "never";
export type Tone = "good" | "warning" | "bad" | "quiet" | "heading";
export type Paint = (tone: Tone, text: string) => string;

/** What decides when nobody does. */
export interface ColourFacts {
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `always` and `never` win; `auto` colours terminals, unless NO_COLOR is set or the terminal is dumb. */
export function paintFor(wish: ColourWish, { isTerminal, environment }: ColourFacts): Paint {
  const isUnwanted = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  const colours = picocolors.createColors(wish === "always" || (wish === "auto" && isTerminal && !isUnwanted));
  const by: Readonly<Record<Tone, (text: string) => string>> = {
    good: colours.green,
    warning: colours.yellow,
    bad: colours.red,
    quiet: colours.dim,
    heading: colours.bold,
  };
  return (tone, text) => by[tone](text);
}
