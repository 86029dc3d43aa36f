/**
 * Everything a server needs before it may serve, opened in the order that finds mistakes first: data directory and its
 * lock, file modes, TLS, licence, identity, database. What is refused is refused with its code, and what was opened
 * before is closed again (SV-1, SV-2).
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { ServerConfig } from "../config/server-config.ts";
import type { Seal } from "../host/seal-port.ts";
import type { LicenceInForce } from "../license/judge.ts";
import { machineFingerprint } from "../license/machine.ts";
import type { MachineFingerprint } from "../license/machine.ts";
import { toHex } from "../kernel/hex.ts";
import type { StoreFailure } from "../roster/durable.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import type { SqliteStore } from "../store/sqlite/store.ts";
import { wallMs } from "../system/clock.ts";
import { makeFolder, secretFolderMode } from "../system/files.ts";
import { gatherFingerprint } from "../system/fingerprint.ts";
import { openIdentity } from "../system/identity.ts";
import type { Identity } from "../system/identity.ts";
import { openLicences } from "../system/licence-files.ts";
import { lockDataDir } from "../system/lockfile.ts";
import type { DataDirLock } from "../system/lockfile.ts";
import type { Log } from "../system/log.ts";
import { Refused } from "../system/refused.ts";
import { Reserve } from "../system/reserve.ts";
import { guardSecrets, openMasterKey, openSecretFile } from "../system/secrets.ts";
import { openTls } from "../system/tls.ts";
import type { TlsMaterial } from "../system/tls.ts";

/** What a server holds while it runs; `close` gives it back in the other order. */
export interface Opened {
  readonly config: ServerConfig;
  readonly tls: TlsMaterial;
  readonly licence: LicenceInForce;
  /** The licence file in force; empty on the free tier. */
  readonly licenceFile: Uint8Array;
  /** null in standalone mode. */
  readonly identity: Identity | null;
  readonly database: SqliteStore;
  /** The root-only token of local admins. */
  readonly adminToken: string;
  close(): Promise<void>;
}

/** What the outside of the opening is told. */
export interface OpenOrder {
  readonly config: ServerConfig;
  readonly seal: Seal;
  readonly log: Log;
  readonly onCommitted: (tookMs: number, failure: StoreFailure | null) => void;
}

const adminTokenBytes = 32;

/** Opens all of it. Throws `Refused` or `StoreRefused`. */
export async function openServer(order: OpenOrder): Promise<Opened> {
  const { config } = order;
  makeFolder(config.dataDir, secretFolderMode);
  const lock = lockDataDir(config.dataDir);
  try {
    return await openLocked(order, lock);
  } catch (caught) {
    lock.release();
    throw caught;
  }
}

async function openLocked({ config, seal, log, onCommitted: tell }: OpenOrder, lock: DataDirLock): Promise<Opened> {
  const { dataDir } = config;
  guardSecrets(dataDir);
  const reserve = openReserve(dataDir, log);
  const tls = await openConfiguredTls(config);
  for (const note of tls.notes) log.info(note);
  const { licence, licenceFile } = openLicence(config, seal, tls.caPem);
  const adminToken = openAdminToken(dataDir);
  const identity = config.mode === "spanner" ? openOwnIdentity(dataDir, seal, log) : null;
  makeFolder(join(dataDir, "db"), secretFolderMode);
  const onCommitted = (tookMs: number, failure: StoreFailure | null): void => {
    if (failure === "full") giveUp(reserve, log);
    tell(tookMs, failure);
  };
  const database = await openSqliteStore(join(dataDir, "db", "vigo.db"), { verifier: seal, onCommitted });
  const close = async (): Promise<void> => {
    await database.close();
    lock.release();
  };
  return { config, tls, licence, licenceFile, identity, database, adminToken, close };
}

/** The space set aside for a full disk (T52); a disk without room for it serves all the same. */
function openReserve(dataDir: string, log: Log): Reserve {
  const reserve = new Reserve(dataDir);
  if (!reserve.hold()) log.warn("the disk is nearly full; there is no room for a reserve", { dataDir });
  return reserve;
}

/** Once a commit failed for lack of room: what is left of this run, its end and the next start shall find some. */
function giveUp(reserve: Reserve, log: Log): void {
  try {
    if (reserve.release()) log.warn("the disk is full; its reserve was given up");
  } catch (caught) {
    if (!(caught instanceof Refused)) throw caught;
    log.error(caught.refusal.message, { code: caught.refusal.code });
  }
}

/** TLS as the config names it; made at first boot. */
export function openConfiguredTls(config: ServerConfig): Promise<TlsMaterial> {
  return openTls(config.tls, { hostname: config.hostname, sans: config.tlsSans, nowMs: wallMs() });
}

function openOwnIdentity(dataDir: string, seal: Seal, log: Log): Identity {
  const master = openMasterKey(dataDir);
  const identity = openIdentity(dataDir, master.bytes, seal);
  if (identity.warning !== null) log.warn(identity.warning);
  if (identity.wasMade) log.info("this server made its identity", { key: toHex(identity.key.publicKey) });
  return identity;
}

function openAdminToken(dataDir: string): string {
  const make = (): Uint8Array => new Uint8Array(Buffer.from(`${toHex(randomBytes(adminTokenBytes))}\n`));
  return Buffer.from(openSecretFile(join(dataDir, "secrets", "admin.token"), make))
    .toString("utf8")
    .trim();
}

/** The licence in force; `LICENSE_REFUSED` says which check failed and shows this machine's fingerprint. */
function openLicence(
  config: ServerConfig,
  seal: Seal,
  caPem: string,
): { readonly licence: LicenceInForce; readonly licenceFile: Uint8Array } {
  const machine = fingerprintOf(caPem);
  const { inForce } = openLicences({ dataDir: config.dataDir, seal, machine, nowMs: wallMs(), mode: config.mode });
  if (!inForce.ok) throw new Refused(inForce.refusal);
  return { licence: inForce.value, licenceFile: inForce.value.licence?.file ?? new Uint8Array(0) };
}

/** This machine, or null when a part of it cannot be found: then no machine-bound licence fits. */
export function fingerprintOf(caPem: string): MachineFingerprint | null {
  try {
    return machineFingerprint(gatherFingerprint({ caPem }));
  } catch (caught) {
    if (caught instanceof Refused) return null;
    throw caught;
  }
}
