/** Ages and ids as people read them: short, with a unit, never more precise than useful. */

const units: readonly (readonly [limitMs: number, unitMs: number, unit: string])[] = [
  [1_000, 1, "ms"],
  [120_000, 1_000, "s"],
  [7_200_000, 60_000, "min"],
  [172_800_000, 3_600_000, "h"],
  [Number.POSITIVE_INFINITY, 86_400_000, "d"],
];

/** `350 ms`, `12 s`, `3 min`, `5 h`, `4 d`; whole units, rounded down; `-` for an age that nobody knows. */
export function ageText(ageMs: number | null): string {
  if (ageMs === null || !Number.isFinite(ageMs)) return "-";
  const age = Math.max(0, Math.floor(ageMs));
  const [, unitMs = 1, unit = "ms"] = units.find(([limitMs]) => age < limitMs) ?? [];
  return `${Math.floor(age / unitMs)} ${unit}`;
}

/** As much of an id as tells it from others: its first ten digits; `-` for none. */
export function shortId(id: string | null): string {
  return id === null || id === "" ? "-" : id.slice(0, 10);
}
