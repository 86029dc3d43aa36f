/** Listen addresses as sockets want them, and what it means when a port is taken. */
import type { ListenAddress } from "../config/listen.ts";
import { listenText } from "../config/listen.ts";
import { Refused, systemCode } from "../system/refused.ts";

/** The host to bind to; every address of the machine when none is named. */
export function hostOf(listen: ListenAddress): string {
  return listen.host ?? "0.0.0.0";
}

/** The refusal behind a failed bind. */
export function bindRefused(listen: ListenAddress, key: string, caught: unknown): Refused {
  const text = caught instanceof Error ? caught.message : String(caught);
  const isTaken = systemCode(caught) === "EADDRINUSE" || text.includes("EADDRINUSE");
  const message = isTaken ? "Another process listens at this address." : `This address cannot be listened at: ${text}.`;
  const code = isTaken ? "PORT_IN_USE" : "LISTEN_FAILED";
  const next = `free it, or change server.${key} in server.yaml`;
  return new Refused({ code, message, value: listenText(listen), next }, caught);
}
