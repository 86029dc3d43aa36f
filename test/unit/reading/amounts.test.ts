/** Durations, shares and sizes with their units. */
import { expect, test } from "vitest";
import { micros } from "../../../src/kernel/time.ts";
import {
  duration,
  durationText,
  parseDuration,
  parsePercent,
  parseSize,
  percent,
  size,
} from "../../../src/reading/amounts.ts";

test.each([
  ["30s", 30_000_000],
  ["200ms", 200_000],
  ["5m", 300_000_000],
  ["24h", 86_400_000_000],
  ["1h30m", 5_400_000_000],
  ["1.5s", 1_500_000],
  ["0s", 0],
  ["7d", 604_800_000_000],
  ["15us", 15],
])("RD-6 %s is a duration, and comes back as text that means the same", (text, spanUs) => {
  expect(parseDuration(text)).toBe(spanUs);
  expect(parseDuration(durationText(micros(spanUs)))).toBe(spanUs);
});

test.each(["", "30", "s", "30 s", "-5s", "5M", "1e3s", "0.1us", "9".repeat(30) + "d", "1h 30m", "30s\n"])(
  "RD-6 %j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test("RD-6 durations as text are the ones people write", () => {
  expect(durationText(micros(5_400_000_000))).toBe("1h30m");
  expect(durationText(micros(0))).toBe("0s");
});

test("RD-6 shares and sizes need their units, too", () => {
  expect([parsePercent("20%"), parsePercent("0.5%"), parsePercent("20"), parsePercent("-1%")]).toEqual([
    0.2,
    0.005,
    undefined,
    undefined,
  ]);
  expect([parseSize("64KiB"), parseSize("1.5MB"), parseSize("1200B"), parseSize("64"), parseSize("0.3B")]).toEqual([
    65_536,
    1_500_000,
    1_200,
    undefined,
    undefined,
  ]);
});

test("RD-6 what is out of bounds says the bounds", () => {
  const told = (outcome: { error?: { issues: readonly unknown[] } | undefined }): unknown => outcome.error?.issues[0];
  expect(told(duration({ min: "200ms", max: "1h" }).safeParse("100ms"))).toMatchObject({
    message: "This duration is too short.",
    params: { allowed: "200ms to 1h" },
  });
  expect(told(duration({ max: "1h" }).safeParse("2h"))).toMatchObject({ params: { allowed: "up to 1h" } });
  expect(told(percent().safeParse("101%"))).toMatchObject({ message: "A share is at most 100%." });
  expect(told(size({ maxBytes: 1_000 }).safeParse("1KiB"))).toMatchObject({ params: { allowed: "up to 1000B" } });
  expect(duration({ min: "200ms" }).safeParse("200ms").data).toBe(200_000);
  expect(percent().safeParse("100%").data).toBe(1);
  expect(size().safeParse("1KiB").data).toBe(1_024);
});
