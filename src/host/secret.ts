/**
 * Boxes for secret bytes. The core hands a box on without being able to look inside; only host code that imports this
 * file opens one, and a recording shows its label alone (T60).
 */
import { must } from "../kernel/assert.ts";
import type { Secret } from "../kernel/verified.ts";

const contents = new WeakMap<Secret, Uint8Array>();

/** Puts bytes into a box. */
export function boxSecret(label: string, bytes: Uint8Array): Secret {
  const box = Object.freeze({ label }) as Secret;
  contents.set(box, bytes.slice());
  return box;
}

/** The bytes of a box made in this process. */
export function openSecret(box: Secret): Uint8Array {
  return must(contents.get(box), `the secret "${box.label}" was not boxed by this process`);
}
