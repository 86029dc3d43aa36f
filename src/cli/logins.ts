/**
 * The logins that `vigocli login` stored: token and trust by server, in ~/.config/vigo/login.json, mode 0600 (CL-6).
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { loadText, makeFolder, saveFile, secretFileMode, secretFolderMode } from "../system/files.ts";
import { Refused, quoted } from "../system/refused.ts";
import { guardSecret } from "../system/secrets.ts";
import type { CliWorld, Target } from "./world.ts";

const trust = z.union([z.strictObject({ pin: z.string() }), z.strictObject({ caPem: z.string() })]);
const loginFile = z.strictObject({
  servers: z.record(z.string(), z.strictObject({ trust, token: z.string() })),
});
type LoginFile = z.infer<typeof loginFile>;
const loginLimitBytes = 4 * 1_024 * 1_024;

/** Where logins are kept. */
export function loginPath({ environment, homeFolder }: Pick<CliWorld, "environment" | "homeFolder">): string {
  const config = environment["XDG_CONFIG_HOME"];
  const isSet = config !== undefined && config.startsWith("/");
  return join(isSet ? config : join(homeFolder, ".config"), "vigo", "login.json");
}

/** `https://host:port` of a URL as people type it, or `BAD_USAGE`. */
export function serverUrl(text: string): string {
  const withScheme = /^[a-z]+:\/\//u.test(text) ? text : `https://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  const isPlain = url?.protocol === "https:" && url.hostname !== "" && url.username === "" && url.pathname === "/";
  if (url === undefined || !isPlain || url.search !== "" || url.hash !== "") {
    const message = "A server is given as https://HOST:PORT.";
    throw new Refused({ code: "BAD_USAGE", message, value: text, next: "--server https://east.example.com:8443" });
  }
  return `https://${url.hostname}:${url.port === "" ? "443" : url.port}`;
}

/** The login of a server, undefined when there is none. Throws `Refused` SECRET_MODE when others can read the file. */
export function findLogin(path: string, server: string): Target | undefined {
  const { servers } = readLogins(path);
  const found = Object.hasOwn(servers, server) ? servers[server] : undefined;
  return found === undefined ? undefined : { server, ...found };
}

/** Keeps a login, in place of the one for the same server. */
export function storeLogin(path: string, { server, trust: trusted, token }: Target): void {
  const { servers } = readLogins(path);
  const next: LoginFile = { servers: { ...servers, [server]: { trust: trusted, token } } };
  makeFolder(dirname(path), secretFolderMode);
  saveFile(path, Buffer.from(`${JSON.stringify(next, null, 2)}\n`), secretFileMode);
}

function readLogins(path: string): LoginFile {
  guardSecret(path);
  const text = loadText(path, loginLimitBytes);
  if (text === undefined) return { servers: {} };
  try {
    return loginFile.parse(JSON.parse(text));
  } catch (caught) {
    const message = "The file of logins is spoilt.";
    throw new Refused({ code: "LOGIN_CORRUPT", message, value: path, next: `rm ${quoted(path)}` }, caught);
  }
}
