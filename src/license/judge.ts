/**
 * What a licence is worth here and now: every check with its outcome, whatever the others say, so that the operator
 * sees all that is wrong at once. And which of several licences is in force. Carries LI-4 to LI-8 (T56).
 *
 *   authority, signature -> genuine        machine id, interface, TLS CA -> ours        issued, expires -> current
 */
import { fromHex } from "../kernel/hex.ts";
import type { Outcome, Refusal } from "../kernel/refusal.ts";
import { done, refused } from "../kernel/refusal.ts";
import { compareText } from "../kernel/order.ts";
import { wallText } from "../kernel/wall-text.ts";
import type { Licence, Tier } from "./licence.ts";
import type { MachineFingerprint } from "./machine.ts";
import { compareMachines, machinePartNames } from "./machine.ts";

/** One check of a licence. */
export interface LicenceCheck {
  readonly check: "authority" | "signature" | "machine" | "tier" | "time";
  readonly passed: boolean;
  /** One sentence, of a passed check too. */
  readonly says: string;
}

/** What to judge a licence by. */
export interface LicenceBench {
  /** The installed authority's public key, 64 hex digits; null when none is installed. */
  readonly authority: string | null;
  readonly verify: (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean;
  /** This machine; null when its parts could not be gathered. */
  readonly machine: MachineFingerprint | null;
  /** Wall clock, never below the persisted floor. */
  readonly nowMs: number;
  readonly mode: "standalone" | "spanner";
}

/** A judged licence. */
export interface LicenceVerdict {
  readonly licence: Licence;
  readonly checks: readonly LicenceCheck[];
  /** Authority and signature are right. */
  readonly isGenuine: boolean;
  /** Bound to this machine, or to none. */
  readonly isOurs: boolean;
  /** Issued and not expired. An expired licence still starts a server; it blocks new enrolments. */
  readonly isCurrent: boolean;
  /** Whether a server in the mode asked for may start on it. */
  readonly canStart: boolean;
}

/** The envoys that need no licence. */
export const freeNodes = 100;

/** What a server runs on. */
export interface LicenceInForce {
  /** null: the built-in free tier. */
  readonly licence: Licence | null;
  readonly tier: Tier;
  readonly nodes: number;
  /** null: never. */
  readonly expiresMs: number | null;
  /** False blocks new enrolments, never check-ins. */
  readonly isCurrent: boolean;
  /** Signed and bound to this machine. */
  readonly isMachineBound: boolean;
}

/** Judges one licence. Never throws. */
export function judgeLicence(licence: Licence, bench: LicenceBench): LicenceVerdict {
  const checks = [
    authorityCheck(licence, bench),
    signatureCheck(licence, bench),
    machineCheck(licence, bench),
    tierCheck(licence, bench),
    timeCheck(licence, bench),
  ];
  const passed = (name: LicenceCheck["check"]): boolean => checks.some((one) => one.check === name && one.passed);
  const isGenuine = passed("authority") && passed("signature");
  return {
    licence,
    checks,
    isGenuine,
    isOurs: passed("machine"),
    isCurrent: passed("time"),
    canStart: isGenuine && passed("machine") && passed("tier"),
  };
}

/**
 * The licence to run on: of those that may start the mode, a current one before others, then the most nodes, then the
 * latest end. Standalone falls back to the built-in free tier; spanner mode is refused with `LICENSE_REFUSED`, naming
 * each licence and which of its checks failed.
 */
export function licenceInForce(
  verdicts: readonly LicenceVerdict[],
  mode: LicenceBench["mode"],
): Outcome<LicenceInForce> {
  const usable = verdicts.filter(({ canStart }) => canStart);
  const ranked = usable.toSorted(
    (a, b) =>
      Number(b.isCurrent) - Number(a.isCurrent) ||
      b.licence.nodes - a.licence.nodes ||
      b.licence.expiresMs - a.licence.expiresMs ||
      compareText(a.licence.id, b.licence.id),
  );
  const [best] = ranked;
  if (mode === "standalone" && (best === undefined || isWorseThanFree(best))) return done(builtIn);
  if (best === undefined) return refused(refusalOf(verdicts));
  const { licence, isCurrent } = best;
  const { tier, nodes, expiresMs, machine } = licence;
  return done({ licence, tier, nodes, expiresMs, isCurrent, isMachineBound: machine !== null });
}

const builtIn: LicenceInForce = {
  licence: null,
  tier: "free",
  nodes: freeNodes,
  expiresMs: null,
  isCurrent: true,
  isMachineBound: false,
};

/** A current licence for fewer envoys than are free anyway must not take any away. An expired one stays in force. */
function isWorseThanFree({ licence, isCurrent }: LicenceVerdict): boolean {
  return isCurrent && licence.nodes <= freeNodes;
}

function authorityCheck({ authority }: Licence, bench: LicenceBench): LicenceCheck {
  const check = "authority";
  if (bench.authority === null) {
    return {
      check,
      passed: false,
      says: "No authority is installed (license/authority.pub), so nothing can be believed.",
    };
  }
  if (authority === bench.authority) return { check, passed: true, says: "It was issued by the installed authority." };
  const says = `It names the authority ${short(authority)}, but ${short(bench.authority)} is installed.`;
  return { check, passed: false, says };
}

/** Against the installed key alone: a licence cannot vouch for its own authority. */
function signatureCheck(licence: Licence, { authority, verify }: LicenceBench): LicenceCheck {
  const check = "signature";
  if (authority === null)
    return { check, passed: false, says: "Its signature cannot be checked without an authority." };
  const isValid = verify(fromHex(authority), licence.signedBytes, licence.signature);
  if (isValid) return { check, passed: true, says: "Its signature is valid." };
  return { check, passed: false, says: "Its signature is not the installed authority's over these bytes." };
}

function machineCheck({ machine }: Licence, bench: LicenceBench): LicenceCheck {
  const check = "machine";
  if (machine === null) {
    const passed = bench.mode === "standalone";
    return { check, passed, says: `It is bound to no machine${passed ? "." : ", which spanner mode requires."}` };
  }
  if (bench.machine === null) {
    return { check, passed: false, says: "It is bound to a machine, but this machine's fingerprint is incomplete." };
  }
  const agreeing = compareMachines(machine, bench.machine);
  const differing = machinePartNames.filter((_, at) => agreeing[at] !== true);
  if (differing.length === 0) return { check, passed: true, says: "It is bound to this machine." };
  const verb = differing.length === 1 ? "differs" : "differ";
  const says = `It is bound to another machine: the ${differing.join(" and the ")} ${verb}.`;
  return { check, passed: false, says };
}

function tierCheck({ tier }: Licence, { mode }: LicenceBench): LicenceCheck {
  const passed = mode === "standalone" || tier === "commercial";
  return { check: "tier", passed, says: `Its tier is ${tier}${passed ? "." : "; spanner mode requires commercial."}` };
}

function timeCheck({ issuedMs, expiresMs }: Licence, { nowMs }: LicenceBench): LicenceCheck {
  const check = "time";
  if (nowMs >= expiresMs) {
    return { check, passed: false, says: `It expired at ${wallText(expiresMs)}; new enrolments are blocked.` };
  }
  // A day, because the authority's clock and ours need not agree.
  if (nowMs + 86_400_000 < issuedMs) {
    const says = `It was issued at ${wallText(issuedMs)}, but here it is ${wallText(nowMs)}: check the clock.`;
    return { check, passed: false, says };
  }
  return { check, passed: true, says: `It is valid until ${wallText(expiresMs)}.` };
}

function refusalOf(verdicts: readonly LicenceVerdict[]): Refusal {
  const code = "LICENSE_REFUSED";
  const next =
    "vigocli license fingerprint; have the authority issue a commercial licence for it; vigocli license install FILE";
  const rule = "Spanner mode needs a commercial licence bound to this machine";
  if (verdicts.length === 0) return { code, message: `${rule}; none is installed.`, next };
  const told = verdicts.slice(0, 3).map(({ licence, checks }) => {
    const failed = checks.filter(({ passed, check }) => !passed && check !== "time");
    const names = failed.map(({ check }) => check).join(", ");
    return `licence ${licence.id} failed ${names}: ${failed.map(({ says }) => says).join(" ")}`;
  });
  return { code, message: `${rule}; ${told.join(" ")}`, value: verdicts[0]?.licence.id ?? "", next };
}

function short(key: string): string {
  return `${key.slice(0, 12)}...`;
}
