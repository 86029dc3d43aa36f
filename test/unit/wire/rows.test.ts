/** Proofs inside the bodies of rows, judged when a row comes from elsewhere or was kept by an older version. */
import { expect, test } from "vitest";
import { must } from "../../../src/kernel/assert.ts";
import { inDomain } from "../../../src/kernel/digest.ts";
import { Malformed } from "../../../src/kernel/bytes.ts";
import type { RowId } from "../../../src/kernel/id.ts";
import { successionBytes, successionDomain } from "../../../src/roster/row-codec.ts";
import type { Body, RowDraft, SignedRow } from "../../../src/roster/row.ts";
import { sealedOf } from "../../../src/wire/datagram.ts";
import type { Verifier } from "../../../src/wire/genuine.ts";
import { signJoin } from "../../../src/wire/join.ts";
import { checkRow, signRow, trustRow } from "../../../src/wire/rows.ts";
import { keyOf, signerOf, toyVerifier } from "../../support/toy-keys.ts";

const genesis = "1a".repeat(32) as RowId;
const [east, west, token] = [signerOf(keyOf("east")), signerOf(keyOf("west")), signerOf(keyOf("token"))];
const claim = {
  ...{ genesis, mint: "2b".repeat(32) as RowId, tokenKey: token.id, key: west.id, name: "west", patterns: ["*.west"] },
  addresses: { grpc: ["west:1"], api: [] },
};
const proof = signJoin(claim, west, token);
const { genesis: _genesis, ...claimed } = claim;
const proofs = { keyProof: proof.signature, tokenProof: proof.message.tokenProof };
const admit = { kind: "admit" as const, ...claimed, ...proofs };
const consent = west.sign(inDomain(successionDomain, successionBytes(genesis, east.id, west.id)));
const leave = { kind: "leave" as const, successor: { key: west.id, consent } };

function signed(body: RowDraft["body"], verifier: Verifier = toyVerifier): SignedRow {
  const place = { genesis, prev: genesis, seen: genesis, wallMs: 5, incarnation: 1 };
  return signRow({ head: { ...place, origin: east.id, seq: 1, rank: 1 }, body }, east, verifier);
}

function readBody(body: RowDraft["body"], verifier: Verifier = toyVerifier): Body {
  const row = checkRow(sealedOf(signed(body)), verifier);
  if (row instanceof Malformed) throw row;
  return row.message.body;
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
const inert = { kind: "inert", why: "a proof in it does not hold" };

test("WI-2 T13 a body whose inner proof does not hold counts as nothing, though its row is signed", () => {
  expect([readBody(admit).kind, readBody(leave).kind]).toEqual(["admit", "leave"]);
  const bodies: RowDraft["body"][] = [
    { ...admit, keyProof: flipped(admit.keyProof) },
    { ...admit, tokenProof: flipped(admit.tokenProof) },
    { ...admit, keyProof: admit.tokenProof, tokenProof: admit.keyProof },
    { ...admit, name: "thief" },
    { ...admit, patterns: ["*"] },
    { ...admit, key: keyOf("thief") },
    { ...admit, mint: genesis },
    { ...leave, successor: { key: west.id, consent: flipped(consent) } },
    { ...leave, successor: { key: keyOf("thief"), consent } },
  ];
  for (const body of bodies) expect(readBody(body)).toMatchObject(inert);
  // Its author, too, sees what all others will see.
  expect(signed(must(bodies[0], "the first")).message.body).toMatchObject(inert);
});

test("WI-2 T10 a body with a key that may not be believed counts as nothing", () => {
  const but = (name: string): Verifier => {
    return { ...toyVerifier, acceptsKey: (key) => Buffer.from(key).toString("hex") !== keyOf(name) };
  };
  expect(readBody(admit, but("token"))).toMatchObject(inert);
  expect(readBody(admit, but("west"))).toMatchObject(inert);
  expect(checkRow(sealedOf(signed(admit)), but("east"))).toBeInstanceOf(Malformed);
});

test("WI-2 a row from our disk is judged again where its body counts as another kind than it was kept as", () => {
  const none: Verifier = { acceptsKey: () => false, verify: () => false };
  const kindOf = (judged: string, verifier: Verifier, body: RowDraft["body"] = admit): string => {
    const row = trustRow(sealedOf(signed(body)), judged, verifier);
    return row instanceof Malformed ? "malformed" : row.message.body.kind;
  };
  // Kept as the same kind: its proofs were checked before it was stored.
  expect(kindOf("admit", none)).toBe("admit");
  // Kept by a version that did not know the kind, or when its proof did not hold.
  expect(kindOf("inert", none)).toBe("inert");
  expect(kindOf("inert", toyVerifier)).toBe("admit");
  expect(kindOf("inert", toyVerifier, { ...admit, name: "thief" })).toBe("inert");
});
