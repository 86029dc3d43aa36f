/** The IPv4 address of a network interface as server.yaml names it. */
import { networkInterfaces } from "node:os";
import type { Outcome } from "../../src/kernel/refusal.ts";
import { done, refused } from "../../src/kernel/refusal.ts";

/** `auto` gives undefined: the system chooses. A name or an address that this machine has gives its address. */
export function interfaceAddress(wanted: string): Outcome<string | undefined> {
  if (wanted === "auto") return done(undefined);
  const all = Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
    (infos ?? []).filter(({ family }) => family === "IPv4").map(({ address }) => ({ name, address })),
  );
  const found = all.find(({ name, address }) => name === wanted || address === wanted);
  // All of 127.0.0.0/8 is this machine, though only one address of it is listed.
  if (found === undefined && /^127\.\d+\.\d+\.\d+$/u.test(wanted)) return done(wanted);
  if (found !== undefined) return done(found.address);
  return refused({
    code: "INTERFACE_UNKNOWN",
    message: `This machine has no such network interface; it has ${all.map(({ name }) => name).join(", ")}.`,
    value: wanted,
    next: "correct spanner.transport.interface in server.yaml, or leave it at auto",
  });
}
