/** Wall-clock moments as UTC text (RFC 3339) and back, by integer arithmetic: the core has no `Date`. */

const dayMs = 86_400_000;

/** `ms` since 1970 as `2026-03-01T12:00:05Z`; the fraction of a second is dropped. */
export function wallText(ms: number): string {
  const days = Math.floor(ms / dayMs);
  const seconds = Math.floor((ms - days * dayMs) / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${dayText(days)}T${clock.map((part) => padded(part, 2)).join(":")}Z`;
}

/**
 * The Gregorian date of a day number. Years begin in March here, so that a leap day ends one; eras of 400 years have
 * 146,097 days each.
 */
function dayText(daysSince1970: number): string {
  const days = daysSince1970 + 719_468;
  const era = Math.floor(days / 146_097);
  const ofEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

const momentForm = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)Z)?$/;

/**
 * Milliseconds since 1970 of `2026-03-01T12:00:05Z`, or of `2026-03-01`, which is its midnight; undefined for anything
 * else, for dates that do not exist, and for years before 1970. What `wallText` writes comes back the same.
 */
export function parseWallText(text: string): number | undefined {
  const parts = momentForm
    .exec(text)
    ?.slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  if (year < 1970 || month < 1 || month > 12 || hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const days = dayNumber(year, month, day);
  if (dayText(days) !== text.slice(0, 10)) return undefined;
  return days * dayMs + ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

/** The inverse of `dayText`; a day past the end of its month runs on into the next. */
function dayNumber(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const ofYear = Math.floor((153 * fromMarch + 2) / 5) + day - 1;
  const ofEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear;
  return era * 146_097 + ofEra - 719_468;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
