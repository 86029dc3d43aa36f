/** Network interfaces as server.yaml names them, and those that a group may be joined on. */
import { networkInterfaces } from "node:os";
import type { Outcome } from "../../src/kernel/refusal.ts";
import { done, refused } from "../../src/kernel/refusal.ts";

/** An IPv4 address of this machine. */
export interface OwnAddress {
  readonly name: string;
  readonly address: string;
  readonly isLoopback: boolean;
}

/** All of them, as they are now. */
export function ownAddresses(): OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
    (infos ?? [])
      .filter(({ family }) => family === "IPv4")
      .map(({ address, internal }) => ({ name, address, isLoopback: internal })),
  );
}

/** `auto` gives undefined: the system chooses. A name or an address that this machine has gives its address. */
export function interfaceAddress(
  wanted: string,
  all: readonly OwnAddress[] = ownAddresses(),
): Outcome<string | undefined> {
  if (wanted === "auto") return done(undefined);
  const found = all.find(({ name, address }) => name === wanted || address === wanted);
  if (found !== undefined) return done(found.address);
  // All of 127.0.0.0/8 is this machine, though only one address of it is listed.
  if (/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/u.test(wanted)) return done(wanted);
  const names = [...new Set(all.map(({ name }) => name))];
  return refused({
    code: "INTERFACE_UNKNOWN",
    message: `This machine has no such network interface; it has ${names.join(", ")}.`,
    value: wanted,
    next: "correct spanner.transport.interface in server.yaml, or leave it at auto",
  });
}

/**
 * Where to try to join, in order: what was named; else what the system chooses, which is the interface of the default
 * route; and on a machine without one, each of its own, loopback last.
 */
export function candidates(named: string | undefined, all: readonly OwnAddress[]): (string | undefined)[] {
  if (named !== undefined) return [named];
  const outside = all.filter(({ isLoopback }) => !isLoopback).map(({ address }) => address);
  return [undefined, ...outside, "127.0.0.1"];
}
