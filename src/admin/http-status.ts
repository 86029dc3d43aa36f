/** The HTTP status of a refusal, by its code. */

const statuses: Readonly<Record<string, number>> = {
  BUSY: 503,
  RATE_LIMITED: 429,
  STORAGE_READONLY: 507,
  STORAGE_UNCERTAIN: 507,
  NOT_SUPPORTED: 501,
  UNAUTHORISED: 401,
  LICENSE_REFUSED: 403,
  REMOVE_NEEDS_ELDER: 403,
  BUNDLE_CORRUPT: 400,
  HOSTNAME_INVALID: 400,
  CLAIM_INVALID: 400,
  ADDRESS_REFUSED: 400,
  KEY_REJECTED: 400,
  TOKEN_UNVERIFIABLE: 503,
  TOKEN_UNCERTAIN: 503,
};

/** 4xx or 5xx; a conflict with what is there unless listed. */
export function httpStatusOf(code: string): number {
  if (code.endsWith("_UNKNOWN")) return 404;
  if (code.endsWith("_INVALID")) return 400;
  return statuses[code] ?? 409;
}
