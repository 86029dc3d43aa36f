/**
 * Bolts reduced to their peer streams: real sockets on loopback, real TLS, real signatures. What comes up is recorded,
 * and tests wait for records with a deadline, never for time to pass.
 */
import { onTestFinished } from "vitest";
import { X509Certificate, randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Keyring, PeerAddress } from "../../src/bolt/seam.ts";
import { signerOf } from "../../src/host/keys.ts";
import { sha256 } from "../../src/kernel/digest.ts";
import { toHex } from "../../src/kernel/hex.ts";
import type { BoltId, RowId } from "../../src/kernel/id.ts";
import { encodeUtf8 } from "../../src/kernel/utf8.ts";
import type { SignedRow } from "../../src/roster/row.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import { openTls } from "../../src/system/tls.ts";
import type { TlsMaterial } from "../../src/system/tls.ts";
import { encodeFrame } from "../../src/wire/frames.ts";
import type { Signer } from "../../src/wire/genuine.ts";
import { signRow } from "../../src/wire/rows.ts";
import { Peers } from "../../transports/grpc/peers.ts";
import type { PeersOrder } from "../../transports/grpc/peers-order.ts";
import { tempFolder } from "./temp-folder.ts";

export const seal = createEd25519Seal();
export const spannerId = "test-spanner";
export const genesis = toHex(sha256(encodeUtf8("genesis"))) as RowId;
const waitMs = 10_000;

/** Things that happened, in order, and those who wait for one. */
export class Happenings<T> {
  readonly all: T[] = [];
  readonly #waiters = new Set<() => void>();

  add(one: T): void {
    this.all.push(one);
    for (const look of [...this.#waiters]) look();
  }

  /** The first one that fits, from the past or the future; rejects when none comes in time. */
  async first(fits: (one: T) => boolean, what: string): Promise<T> {
    await this.until(() => this.all.some(fits), what);
    const found = this.all.find(fits);
    if (found === undefined) throw new Error("it was there a moment ago");
    return found;
  }

  /** Looks again whenever something happens. */
  until(isSo: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#waiters.delete(look);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        reject(new Error(`${what}: not in time, but ${shown(this.all).slice(0, 2_000)}`));
      }, waitMs);
      this.#waiters.add(look);
      look();
    });
  }
}

function shown(all: readonly unknown[]): string {
  return JSON.stringify(all, (_name, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}

export type Happening =
  | { readonly is: "link"; readonly peer: BoltId; readonly isUp: boolean; readonly why: string }
  | { readonly is: "say"; readonly peer: BoltId; readonly frame: string }
  | { readonly is: "request"; readonly peer: BoltId; readonly frame: string; readonly patienceMs: number }
  | { readonly is: "shown"; readonly peer: BoltId; readonly row: RowId }
  | { readonly is: "foreign"; readonly genesis: string }
  | { readonly is: "trouble"; readonly why: string };

/** What is answered to a request; null: nothing. */
export type Answerer = (frame: Uint8Array) => Uint8Array | null;

export interface EndOrder extends Partial<Pick<PeersOrder, "times" | "outbox" | "spannerId">> {
  readonly self?: Signer;
  readonly tls?: TlsMaterial;
  readonly port?: number;
  readonly answer?: Answerer;
}

/** Quick enough for tests, slow enough for a busy machine. */
const quick = { firstWait: 20, longestWait: 200 };

export class PeerEnd {
  readonly self: Signer;
  readonly tls: TlsMaterial;
  readonly port: number;
  readonly peers: Peers;
  readonly seen: Happenings<Happening>;

  private constructor(self: Signer, tls: TlsMaterial, port: number, peers: Peers, seen: Happenings<Happening>) {
    this.self = self;
    this.tls = tls;
    this.port = port;
    this.peers = peers;
    this.seen = seen;
  }

  static async open(order: EndOrder = {}): Promise<PeerEnd> {
    const self = order.self ?? newSigner();
    const tls = order.tls ?? (await newTls());
    const seen = new Happenings<Happening>();
    const answer = order.answer ?? ((frame): Uint8Array => frame);
    const { peers, port } = await Peers.open({
      host: "127.0.0.1",
      port: order.port ?? 0,
      tls: { certChain: tls.certPem, key: tls.keyPem },
      self,
      verifier: seal,
      spannerId: order.spannerId ?? spannerId,
      times: { ...quick, ...order.times },
      ...(order.outbox === undefined ? {} : { outbox: order.outbox }),
      on: {
        onLink: (peer, isUp, why) => seen.add({ is: "link", peer, isUp, why }),
        onSay: (peer, frame) => seen.add({ is: "say", peer, frame: textOf(frame) }),
        onRequest: (peer, frame, patience, reply) => {
          seen.add({ is: "request", peer, frame: textOf(frame), patienceMs: patience / 1_000 });
          const given = answer(frame);
          if (given !== null) reply(given);
        },
        onShown: (peer, row) => seen.add({ is: "shown", peer, row: row.message.id }),
        onForeign: (met) => seen.add({ is: "foreign", genesis: met }),
        onTrouble: (_peer, why) => seen.add({ is: "trouble", why }),
      },
    });
    const end = new PeerEnd(self, tls, port, peers, seen);
    onTestFinished(() => end.close());
    return end;
  }

  get id(): BoltId {
    return this.self.id;
  }

  /** Where others find it, as its PROFILE would say. */
  address(changes: Partial<PeerAddress> = {}): PeerAddress {
    const ca = new X509Certificate(this.tls.caPem);
    return {
      bolt: this.id,
      grpc: [`127.0.0.1:${this.port}`],
      tlsPin: this.tls.pin,
      caCertificate: new Uint8Array(ca.raw),
      ...changes,
    };
  }

  keep(peers: readonly PeerAddress[], changes: Partial<Keyring> = {}): void {
    const keyring = { self: this.id, genesis, authors: new Map(), peers, removed: new Map(), version: 1 };
    this.peers.keep({ ...keyring, ...changes });
  }

  links(peer: BoltId): string[] {
    return this.seen.all.flatMap((one) => (one.is === "link" && one.peer === peer ? [one.isUp ? "up" : one.why] : []));
  }

  async linked(peer: BoltId): Promise<void> {
    await this.seen.until(() => this.links(peer).at(-1) === "up", "link up");
  }

  async unlinked(peer: BoltId): Promise<string> {
    await this.seen.until(() => !["up", undefined].includes(this.links(peer).at(-1)), "link down");
    return this.links(peer).at(-1) ?? "";
  }

  async close(): Promise<void> {
    await this.peers.close();
  }
}

/** A fresh key. */
export function newSigner(): Signer {
  return signerOf(seal, seal.generate(new Uint8Array(randomBytes(32))));
}

/** Two fresh keys, the smaller first. */
export function twoSigners(): [Signer, Signer] {
  const [a, b] = [newSigner(), newSigner()];
  return a.id < b.id ? [a, b] : [b, a];
}

/** A CA and a server certificate of their own. */
export function newTls(): Promise<TlsMaterial> {
  const folder = join(tempFolder(), "tls");
  const path = (name: string): string => join(folder, name);
  const paths = { certFile: path("cert"), keyFile: path("key"), caFile: path("ca"), caKeyFile: path("ca_key") };
  return openTls(paths, { hostname: "east.example.com", sans: [], nowMs: Date.now() });
}

/** Address without what a PROFILE would tell. */
export function unknownTls(address: PeerAddress): PeerAddress {
  return { ...address, tlsPin: null, caCertificate: new Uint8Array(0) };
}

/** A row that removes a key, signed by another. */
export function removal(of: BoltId, by: Signer): SignedRow {
  const head = { genesis, origin: by.id, incarnation: 1, seq: 2, prev: genesis, seen: genesis, rank: 2, wallMs: 0 };
  return signRow({ head, body: { kind: "remove", target: of, cut: [genesis] } }, by, seal);
}

/** The frames that strangers may and may not send. */
export const presenting: Uint8Array = encodeFrame({
  frame: "request",
  request: { ask: "present", rows: [], more: false },
});
export const asking: Uint8Array = encodeFrame({ frame: "request", request: { ask: "status" } });

export function bytesOf(text: string): Uint8Array {
  return encodeUtf8(text);
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
