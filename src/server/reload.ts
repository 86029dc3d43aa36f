/**
 * What SIGHUP does: server.yaml, TLS and licences are read again. What may change at once does; what needs a restart
 * is named; a file with a problem changes nothing (SV-5).
 */
import { keysNeedingRestart } from "../config/reload.ts";
import type { ServerConfig } from "../config/server-config.ts";
import type { Seal } from "../host/seal-port.ts";
import { openLicences } from "../system/licence-files.ts";
import { wallMs } from "../system/clock.ts";
import type { LogBook } from "../system/log.ts";
import { Refused } from "../system/refused.ts";
import { liveSettingsOf } from "./bolt-config.ts";
import type { Opened } from "./opened.ts";
import { fingerprintOf, openConfiguredTls } from "./opened.ts";
import type { RunningServer } from "./running.ts";

export interface ReloadOrder {
  readonly running: RunningServer;
  readonly opened: Opened;
  readonly logs: LogBook;
  readonly seal: Seal;
  /** Reads the config again; null when it has problems, which were told. */
  readonly again: () => ServerConfig | null;
}

export async function reload({ running, opened, logs, seal, again }: ReloadOrder): Promise<void> {
  const log = logs.of("reload");
  const config = again();
  if (config === null) return log.error("server.yaml has problems; nothing was changed");
  const waiting = keysNeedingRestart(opened.config, config);
  if (waiting.length > 0) log.warn("some changes wait for a restart", { keys: waiting });
  logs.setLevel(config.logLevel);
  try {
    const tls = await openConfiguredTls({ ...opened.config, tlsSans: config.tlsSans });
    for (const text of tls.notes) log.info(text);
    running.setTls(tls);
    const machine = fingerprintOf(tls.caPem);
    const order = { dataDir: opened.config.dataDir, seal, machine, nowMs: wallMs(), mode: opened.config.mode };
    const { inForce } = openLicences(order);
    if (!inForce.ok) return log.error(inForce.refusal.message, { code: inForce.refusal.code });
    const licence = inForce.value.licence?.file ?? new Uint8Array(0);
    if (opened.config.mode === "standalone") return log.info("reloaded");
    const answer = await running.ask("SIGHUP", {
      do: "reconfigure",
      settings: liveSettingsOf(config, tls, licence),
      dryRun: false,
    });
    if (answer.answer === "refused") log.error(answer.refusal.message, { code: answer.refusal.code });
    else log.info("reloaded");
  } catch (caught) {
    if (!(caught instanceof Refused)) throw caught;
    log.error(caught.refusal.message, { code: caught.refusal.code });
  }
}
