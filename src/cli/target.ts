/** Which server a command asks: the local one unless --server names another, for which there must be a login (CL-1). */
import { Refused } from "../system/refused.ts";
import { localConfig, localPin, localTarget, localToken } from "./local-server.ts";
import type { LocalOrder } from "./local-server.ts";
import { findLogin, loginPath, serverUrl } from "./logins.ts";
import type { CliWorld, Target } from "./world.ts";

export interface TargetOrder extends LocalOrder {
  readonly server?: string | undefined;
}

const localHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** The server to ask. Throws `Refused`: NO_LOGIN, NO_LOCAL_SERVER, and what reading files may say. */
export function targetOf(order: TargetOrder, world: CliWorld): Target {
  if (order.server === undefined) return localTarget(order, world);
  const server = serverUrl(order.server);
  const login = findLogin(loginPath(world), server);
  if (login !== undefined) return login;
  if (localHosts.has(new URL(server).hostname)) {
    const config = localConfig(order, world);
    return { server, trust: { pin: localPin(config) }, token: localToken(config) };
  }
  const message = "There is no login for this server.";
  const next = `vigocli login ${server} --pin SHA256 --token-file FILE`;
  throw new Refused({ code: "NO_LOGIN", message, value: server, next });
}
