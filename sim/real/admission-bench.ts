/**
 * How soon one row is known to all: N real bolts in one process on loopback, with real sockets, TLS, multicast and
 * Ed25519, rows kept in memory. Founds, admits N - 1 bolts through the join ceremony, then mints: an invite is a row
 * like an admission and spreads the same way. Prints figures as JSON.
 *
 *   node .build/sim/real/admission-bench.js 16 64
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bolt } from "../../src/bolt/bolt.ts";
import type { Boot } from "../../src/bolt/seam.ts";
import { Codec } from "../../src/host/codec.ts";
import { Driver } from "../../src/host/driver.ts";
import { signerOf } from "../../src/host/keys.ts";
import type { NetPort, Ports } from "../../src/host/ports.ts";
import { ofMs, toMs } from "../../src/kernel/time.ts";
import { createEd25519Seal } from "../../src/seal/ed25519.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { monotonicUs, wallMs } from "../../src/system/clock.ts";
import { openTls } from "../../src/system/tls.ts";
import type { TlsMaterial } from "../../src/system/tls.ts";
import type { AdminAnswer, AdminRequest } from "../../src/turn/admin.ts";
import type { BoltConfig } from "../../src/turn/turn.ts";
import type { Signer } from "../../src/wire/genuine.ts";
import { Peers } from "../../transports/grpc/peers.ts";
import { MulticastGroup } from "../../transports/udp-multicast/group.ts";
import type { Figure } from "../bench/figure.ts";

const samples = 100;
/** Admissions are rare: a row every so often, so that no flood protection is what is measured. */
const betweenMs = 200;
const settleMs = 120_000;
const seal = createEd25519Seal();

class RealBolt {
  readonly bolt: Bolt;
  readonly driver: Driver;
  readonly peers: Peers;
  readonly group: MulticastGroup;
  readonly url: string;
  #timer: NodeJS.Timeout | null = null;

  private constructor(name: string, peers: Peers, port: number, multicastPort: number, tls: TlsMaterial, all: Home) {
    const signer = all.signer;
    this.url = `https://${name}`;
    this.peers = peers;
    this.group = new MulticastGroup({
      group: "224.0.0.45",
      port: multicastPort,
      interface: "127.0.0.1",
      onDatagram: (bytes, source) => this.driver.onDatagram({ bytes }, source),
      onState: () => undefined,
    });
    const config = configOf(name, port, this.url, tls);
    const boot: Boot = {
      seed: randomBytes(4).readUInt32LE(0),
      key: signer.id,
      config,
      saved: new MemoryStore().saved(),
      wallMs: wallMs(),
    };
    this.bolt = Bolt.create(boot, monotonicUs());
    const ports: Ports = {
      clock: { now: monotonicUs, wallMs },
      store: new MemoryStore(),
      net: this.#net(all),
      draw: (lengthBytes) => new Uint8Array(randomBytes(lengthBytes)),
      wake: (at) => {
        if (this.#timer !== null) clearTimeout(this.#timer);
        if (at === undefined) return;
        this.#timer = setTimeout(() => this.driver.onDue(), Math.max(0, Math.ceil(toMs(at) - toMs(monotonicUs()))));
      },
      note: () => undefined,
      stopped: () => undefined,
    };
    const codec = new Codec(seal, config.spannerId);
    const observer = { before: () => undefined, fed: () => all.look() };
    this.driver = new Driver({ machine: this.bolt, ports, seal, self: signer, codec, observer });
    this.driver.start(boot);
  }

  static async open(name: string, multicastPort: number, tls: TlsMaterial, all: Town): Promise<RealBolt> {
    const key = seal.generate(new Uint8Array(randomBytes(32)));
    const signer = signerOf(seal, key);
    const box: { real: RealBolt | null } = { real: null };
    const { peers, port } = await Peers.open({
      host: "127.0.0.1",
      port: 0,
      tls: { certChain: `${tls.certPem}\n${tls.caPem}`, key: tls.keyPem },
      self: signer,
      verifier: seal,
      spannerId: "bench",
      on: {
        onLink: (peer, isUp, why) => box.real?.driver.onLink(peer, isUp, why),
        onSay: (peer, bytes) => box.real?.driver.onSay(peer, { bytes }),
        onRequest: (bolt, bytes, patience, answer) =>
          box.real?.driver.onRequest({ is: "bolt", bolt }, { bytes }, patience, (reply) => answer(reply.bytes())),
        onShown: () => undefined,
        onTrouble: () => undefined,
      },
    });
    const home = { signer, byUrl: (url: string) => all.byUrl(url), look: () => all.look() };
    box.real = new RealBolt(name, peers, port, multicastPort, tls, home);
    return box.real;
  }

  ask(request: AdminRequest): Promise<AdminAnswer> {
    return new Promise((resolve) => this.driver.onAdmin("bench", request, resolve));
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.group.close();
    await this.peers.close();
  }

  #net(all: Town): NetPort {
    return {
      multicast: (datagram) => this.group.send(datagram.bytes()),
      tell: (to, frame) => this.peers.tell(to, frame.bytes()),
      call: (to, frame, patience, done) => this.peers.call(to, frame.bytes(), patience, done),
      // A join port is REST; here the frame goes to the other bolt's driver as it would arrive there.
      join: ({ url }, frame, patience, done) => {
        const target = all.byUrl(url);
        if (target === undefined)
          return void setImmediate(() => done({ ok: false, why: "unreachable", perhapsDone: false }));
        const arrival = { bytes: frame.bytes() };
        target.driver.onRequest({ is: "stranger", source: "bench" }, arrival, patience, (reply) => {
          setImmediate(() => done({ ok: true, reply: { bytes: reply.bytes() } }));
        });
      },
      keep: (keyring) => this.peers.keep(keyring),
    };
  }
}

/** What the bolts of one bench share. */
interface Town {
  byUrl(url: string): RealBolt | undefined;
  look(): void;
}

/** The town with the key of one of its bolts. */
interface Home extends Town {
  readonly signer: Signer;
}

function configOf(name: string, port: number, url: string, tls: TlsMaterial): BoltConfig {
  return {
    mode: "spanner",
    spannerId: "bench",
    name,
    patterns: [`*.${name}.example.com`],
    addresses: { grpc: [`127.0.0.1:${port}`], api: [url] },
    tier1Us: ofMs(30_000),
    tier2Us: ofMs(300_000),
    staleAfterUs: null,
    multicast: true,
    tlsPin: tls.pin,
    caCertificate: new Uint8Array(0),
    softwareVersion: "bench",
    licence: new Uint8Array(0),
  };
}

async function bench(count: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "vigo-bench-"));
  const file = (name: string): string => join(folder, name);
  const paths = { certFile: file("cert"), keyFile: file("key"), caFile: file("ca"), caKeyFile: file("ca_key") };
  const tls = await openTls(paths, { hostname: "127.0.0.1", sans: [], nowMs: wallMs() });
  rmSync(folder, { recursive: true, force: true });
  const bolts: RealBolt[] = [];
  let onStep: () => void = () => undefined;
  const town: Town = { byUrl: (url) => bolts.find((bolt) => bolt.url === url), look: () => onStep() };
  const multicastPort = 20_000 + (process.pid % 20_000);
  try {
    for (let at = 0; at < count; at++) bolts.push(await RealBolt.open(`b${at}`, multicastPort, tls, town));
    await joinAll(bolts);
    await until(() => bolts.every(({ bolt }) => bolt.roster.digest() === bolts[0]?.bolt.roster.digest()));
    await until(() => bolts.every(({ bolt }) => isLinked(bolt, count - 1)));
    await pause(2_000);
    const spans: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      spans.push(await spread(bolts, sample % count, (look) => (onStep = look)));
      await pause(betweenMs);
    }
    if (process.env["BENCH_SPANS"] !== undefined) process.stderr.write(`${spans.map(Math.round).join(" ")}\n`);
    spans.sort((a, b) => a - b);
    const at = (share: number): number => spans[Math.min(spans.length - 1, Math.floor(spans.length * share))] ?? 0;
    return [
      { name: `admission_to_${count}_ms_p50`, value: at(0.5), unit: "ms" },
      { name: `admission_to_${count}_ms_p99`, value: at(0.99), unit: "ms" },
    ];
  } finally {
    await Promise.all(bolts.map((bolt) => bolt.close()));
  }
}

async function joinAll([founder, ...others]: readonly RealBolt[]): Promise<void> {
  if (founder === undefined) return;
  await founder.ask({ do: "init", dryRun: false });
  for (const joiner of others) {
    const invited = await founder.ask({ do: "invite", ttlMs: 3_600_000, bound: null, dryRun: false });
    if (invited.answer !== "invited" || invited.bundle === null || invited.tokenSeed === null)
      throw new Error("no invite");
    const { bundle, tokenSeed } = invited;
    const from = bundle.addresses;
    const joined = await joiner.ask({ do: "join", bundle, tokenSeed, from, linkLocal: false, dryRun: false });
    if (joined.answer !== "joined") throw new Error(JSON.stringify(joined));
  }
}

/** From asking for a row to its being merged by all, ms. */
async function spread(bolts: readonly RealBolt[], by: number, watch: (look: () => void) => void): Promise<number> {
  const minter = bolts[by];
  if (minter === undefined) return 0;
  const startedMs = performance.now();
  const invited = await minter.ask({ do: "invite", ttlMs: 3_600_000, bound: null, dryRun: false });
  const row = invited.answer === "invited" ? invited.bundle?.mint : undefined;
  if (row === undefined) throw new Error(JSON.stringify(invited));
  const isKnown = (): boolean => bolts.every(({ bolt }) => bolt.roster.get(row) !== undefined);
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (isKnown()) resolve();
    };
    watch(look);
    look();
  });
  watch(() => undefined);
  return performance.now() - startedMs;
}

function isLinked(bolt: Bolt, others: number): boolean {
  return bolt.view(monotonicUs()).bolts.filter(({ linkUp }) => linkUp === true).length === others;
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + settleMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error("the bolts did not settle");
    await pause(100);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const figures: Figure[] = [];
for (const text of process.argv.slice(2)) figures.push(...(await bench(Number(text))));
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);
