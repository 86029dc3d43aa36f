/**
 * How fast a roster of 10,000 rows already verified is merged, understood and compared: 16 bolts that claim in turn,
 * as a fleet does over years. Rows are signed by the stand-in seal, and by Ed25519 to see what checking takes.
 */
import type { Figure } from "./figure.ts";
import { must } from "../../src/kernel/assert.ts";
import { Malformed } from "../../src/kernel/bytes.ts";
import type { BoltId } from "../../src/kernel/id.ts";
import { Random } from "../../src/kernel/random.ts";
import { signerOf } from "../../src/host/keys.ts";
import type { Seal } from "../../src/host/seal-port.ts";
import { answerReconcile, exchangeLimits } from "../../src/roster/exchange.ts";
import { Roster } from "../../src/roster/roster.ts";
import type { RowDraft, SignedRow } from "../../src/roster/row.ts";
import { vectorOf } from "../../src/roster/vector.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import { createStandInSeal } from "../../src/seal/stand-in.ts";
import { joinClaimBytes, joinDomain } from "../../src/roster/row-codec.ts";
import { inDomain } from "../../src/kernel/digest.ts";
import type { Signer } from "../../src/wire/genuine.ts";
import { checkRow, signRow } from "../../src/wire/rows.ts";

const rowCount = 10_000;
const boltCount = 16;
const repeats = 7;

/** Measures with the caller's clock; each figure is the median of several runs. */
export function benchRoster(nowMs: () => number): readonly Figure[] {
  const rows = manyRows(createStandInSeal(1));
  const shuffled = shuffle(rows);
  const full = rosterOf(rows);
  const behind = rosterOf(rows.slice(0, rowCount - 100));
  const request = { vector: vectorOf(behind), digest: behind.digest() };
  full.digest();
  const ed25519 = createEd25519Seal(null);
  const strange = manyRows(ed25519).map(({ bytes, signature }) => ({ payload: bytes, signature }));
  const check = (): void => {
    for (const sealed of strange) if (checkRow(sealed, ed25519) instanceof Malformed) throw new Error("a bad row");
  };
  return [
    { name: "check_10k_signatures_ms", value: median(nowMs, check), unit: "ms" },
    { name: "merge_10k_ms", value: median(nowMs, () => rosterOf(rows)), unit: "ms" },
    { name: "merge_10k_shuffled_ms", value: median(nowMs, () => rosterOf(shuffled)), unit: "ms" },
    {
      name: "view_10k_ms",
      value: median(
        nowMs,
        (roster) => roster.view(),
        () => rosterOf(rows),
      ),
      unit: "ms",
    },
    {
      name: "reconcile_10k_ms",
      value: median(nowMs, () => answerReconcile(full, request, exchangeLimits.pageBytes)),
      unit: "ms",
    },
  ];
}

function rosterOf(rows: readonly SignedRow[]): Roster {
  const roster = Roster.create();
  roster.merge(rows);
  return roster;
}

function median(
  nowMs: () => number,
  run: (roster: Roster) => unknown,
  prepare: () => Roster = () => Roster.create(),
): number {
  const taken: number[] = [];
  for (let at = 0; at < repeats; at++) {
    const roster = prepare();
    const begin = nowMs();
    run(roster);
    taken.push(nowMs() - begin);
  }
  taken.sort((a, b) => a - b);
  return must(taken[Math.floor(repeats / 2)], "several runs");
}

function shuffle(rows: readonly SignedRow[]): readonly SignedRow[] {
  const random = new Random({ seed: 11, counter: 0 });
  return rows
    .map((row) => ({ row, place: random.word() }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
}

/** Heads are made by hand: each row names its author's last and the last of all. */
function manyRows(seal: Seal): readonly SignedRow[] {
  const signers = Array.from({ length: boltCount + 1 }, (_, at) =>
    signerOf(seal, seal.generate(new Uint8Array(32).fill(at + 1))),
  );
  const token = must(signers[boltCount], "one more for the token");
  const rows: SignedRow[] = [];
  const last = new Map<BoltId, SignedRow>();
  const write = (signer: Signer, body: RowDraft["body"]): SignedRow => {
    const prev = last.get(signer.id)?.message;
    const seen = rows[rows.length - 1]?.message;
    const genesis = rows[0]?.message.id ?? null;
    const seq = prev === undefined ? 0 : prev.origin === signer.id ? prev.seq + 1 : 1;
    const rank = seen === undefined ? 0 : seen.rank + 1;
    const place = { genesis, prev: prev?.id ?? null, seen: seen?.id ?? null, seq, rank };
    const row = signRow({ head: { origin: signer.id, incarnation: 1, wallMs: 0, ...place }, body }, signer, seal);
    rows.push(row);
    last.set(signer.id, row);
    return row;
  };
  const founder = must(signers[0], "the founder");
  const addresses = { grpc: ["bolt.example:7443"], api: ["https://bolt.example"] };
  const claimed = { patterns: ["web-*"], addresses };
  write(founder, { kind: "genesis", spannerId: "bench", name: "bolt-0", ...claimed, recoveryKey: token.id });
  for (const [at, joiner] of signers.slice(1, boltCount).entries()) {
    const mint = write(founder, { kind: "mint", tokenKey: token.id, expiresMs: 1, bound: null }).message.id;
    const claim = { mint, tokenKey: token.id, key: joiner.id, name: `bolt-${at + 1}`, ...claimed };
    const signed = inDomain(joinDomain, joinClaimBytes({ ...claim, genesis: must(rows[0], "founded").message.id }));
    const proofs = { keyProof: joiner.sign(signed), tokenProof: token.sign(signed) };
    last.set(joiner.id, write(founder, { kind: "admit", ...claim, ...proofs }));
  }
  while (rows.length < rowCount) {
    write(must(signers[rows.length % boltCount], "a bolt"), { kind: "claim", patterns: [`host-${rows.length}-*`] });
  }
  return rows;
}
