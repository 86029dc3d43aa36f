/** Between the durable values of the machine and the plain columns that the database thread understands. */
import { invariant } from "../../kernel/assert.ts";
import { absurd } from "../../kernel/assert.ts";
import { Malformed } from "../../kernel/bytes.ts";
import { toHex } from "../../kernel/hex.ts";
import { boltIdOf, idBytes } from "../../kernel/id.ts";
import type { LoadPage, Saved, Write } from "../../roster/durable.ts";
import type { SignedProfile } from "../../roster/profile.ts";
import type { SignedRow } from "../../roster/row.ts";
import type { Verifier } from "../../wire/genuine.ts";
import { trustProfile, trustRow } from "../../wire/rows.ts";
import type { Contents, PlainEvidence, PlainRow, PlainWrite } from "./messages.ts";
import { Damaged } from "./records.ts";

/** A write in columns. The bytes are what was signed, so what is relayed after a restart is the same. */
export function plainOf(write: Write): PlainWrite {
  switch (write.put) {
    case "row": {
      const { message } = write.row;
      return { put: "row", id: idBytes(message.id), ...sealedOf(write.row), judged: message.body.kind };
    }
    case "profile": {
      const { origin, genesis, term, incarnation, seq } = write.profile.message;
      const stamp = { term, incarnation, seq };
      return {
        put: "profile",
        origin: idBytes(origin),
        genesis: idBytes(genesis),
        ...stamp,
        ...sealedOf(write.profile),
      };
    }
    case "high-water": {
      const { author, incarnation, number } = write;
      return { put: "high-water", author: idBytes(author), incarnation: whole(incarnation), number: whole(number) };
    }
    case "setting":
      return { put: "setting", name: write.name, value: write.value };
    case "evidence":
      return { put: "evidence", about: idBytes(write.about), wallMs: whole(write.wallMs), text: write.text };
    default:
      return absurd(write);
  }
}

/** What a start loads, from the columns. Throws `Damaged` when a sound record does not say what its name promises. */
export function savedOf(contents: Contents, verifier: Verifier): Saved {
  return {
    rows: contents.rows.map((row) => rowOf(row, verifier)),
    profiles: contents.profiles.map(profileOf),
    highWater: contents.marks.map(({ author, incarnation, number }) => ({
      author: boltIdOf(author),
      incarnation,
      number,
    })),
    settings: new Map(contents.settings.map(({ name, value }) => [name, value])),
  };
}

/** A page of evidence. */
export function pageOf(evidence: readonly PlainEvidence[]): LoadPage {
  return { evidence: evidence.map(({ about, wallMs, text }) => ({ about: boltIdOf(about), wallMs, text })) };
}

function rowOf({ id, payload, signature, judged }: PlainRow, verifier: Verifier): SignedRow {
  const row = trustRow({ payload, signature }, judged, verifier);
  const name = toHex(id);
  if (row instanceof Malformed) throw new Damaged(`row ${name} cannot be read: ${row.message}`);
  if (row.message.id !== name) throw new Damaged(`row ${name} holds row ${row.message.id}`);
  return row;
}

function profileOf({ origin, payload, signature }: Contents["profiles"][number]): SignedProfile {
  const profile = trustProfile({ payload, signature });
  const name = toHex(origin);
  if (profile instanceof Malformed) throw new Damaged(`the profile of ${name} cannot be read: ${profile.message}`);
  if (profile.message.origin !== name) throw new Damaged(`the profile of ${name} is another bolt's`);
  return profile;
}

/** Copies what is a window on a larger buffer: passing it on would copy the buffer. */
function sealedOf({ bytes, signature }: { bytes: Uint8Array; signature: Uint8Array }): {
  payload: Uint8Array;
  signature: Uint8Array;
} {
  return { payload: own(bytes), signature: own(signature) };
}

function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

function whole(value: number): number {
  invariant(Number.isSafeInteger(value), `not a whole number: ${value}`);
  return value;
}
