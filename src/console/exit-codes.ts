/** How vigocli ends: a number for scripts, from the code of what went wrong (CN-6). */

export const exitCodes = {
  done: 0,
  failed: 1,
  badUsage: 2,
  partial: 3,
  refused: 4,
  timedOut: 5,
  conflict: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const { failed, badUsage, partial, refused, timedOut, conflict } = exitCodes;

const byCode: Readonly<Record<string, ExitCode>> = {
  BAD_USAGE: badUsage,
  CONFIRMATION_NEEDED: badUsage,
  CONFIG_MISSING: badUsage,
  BUNDLE_CORRUPT: badUsage,
  LICENSE_CORRUPT: badUsage,
  AUTHORITY_CORRUPT: badUsage,
  ADDRESS_REFUSED: badUsage,
  FILE_MISSING: badUsage,
  FILE_EXISTS: badUsage,
  FILE_TOO_LARGE: badUsage,
  NO_LOGIN: badUsage,
  NOT_FOUND: badUsage,
  REMOVE_SELF: badUsage,
  REPOINT_SELF: badUsage,
  // The server's mistake, not the caller's.
  ANSWER_INVALID: failed,
  ANSWERS_MISSING: partial,
  UNAUTHORISED: refused,
  LICENSE_REFUSED: refused,
  REMOVE_NEEDS_ELDER: refused,
  NOT_THE_MINTER: refused,
  KEY_REJECTED: refused,
  PIN_MISMATCH: refused,
  SECRET_MODE: refused,
  INVITE_MISMATCH: refused,
  TOKEN_EXPIRED: refused,
  TOKEN_REVOKED: refused,
  TOKEN_VOID: refused,
  WRONG_SPANNER: refused,
  REMOVED: refused,
  SPANNER_FULL: refused,
  TOO_MANY_INVITES: refused,
  RATE_LIMITED: refused,
  TIMEOUT: timedOut,
  ALREADY_MEMBER: conflict,
  CEREMONY_UNDER_WAY: conflict,
  TOKEN_SPENT: conflict,
  PATTERN_OVERLAP: conflict,
  DATA_DIR_BUSY: conflict,
};

/** The exit code for the code of a refusal; what is not known better has failed. */
export function exitCodeOf(code: string): ExitCode {
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined;
  if (known !== undefined) return known;
  return /_(INVALID|UNKNOWN|AMBIGUOUS)$/u.test(code) ? badUsage : failed;
}
