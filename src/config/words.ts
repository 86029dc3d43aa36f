/** Single values of server.yaml as zod types, each with a sentence for who wrote another one. */
import { z } from "zod";
import { parsePattern } from "../pattern/glob.ts";
import { parseHostname } from "../pattern/hostname.ts";
import type { ListenAddress } from "./listen.ts";
import { isIpv4, isIpv6, isMulticastGroup, parseListen } from "./listen.ts";

/** `:1530`, `127.0.0.1:1530` or `[::1]:1530`. */
export function listenAddress(): z.ZodType<ListenAddress, string> {
  return z.string().transform((text, context) => {
    const address = parseListen(text);
    if (typeof address !== "string") return address;
    context.addIssue({ code: "custom", message: address, params: { allowed: "for example :1530 or 127.0.0.1:1530" } });
    return z.NEVER;
  });
}

/** A host name or an IP address, in lower case. */
export function hostAddress(): z.ZodType<string, string> {
  return z.string().transform((text, context) => {
    if (isIpv4(text) || isIpv6(text)) return text.toLowerCase();
    const hostname = parseHostname(text);
    if (hostname.ok) return hostname.value;
    context.addIssue({ code: "custom", message: hostname.refusal.message });
    return z.NEVER;
  });
}

/** A hostname pattern in its normal form. */
export function pattern(): z.ZodType<string, string> {
  return z.string().transform((text, context) => {
    const parsed = parsePattern(text);
    if (parsed.ok) return parsed.value.text;
    const allowed = "for example web1.example.com, *.east.example.com or node[0-9].example.com";
    context.addIssue({ code: "custom", message: parsed.refusal.message, params: { allowed } });
    return z.NEVER;
  });
}

/** A bolt's short name: 1 to 63 of a-z, 0-9 and -, no - at its ends. */
export const boltNameForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Text of a form. `allowed` completes "Allowed: ...". */
export function formed(form: RegExp, message: string): z.ZodString {
  return z.string().regex(form, { error: message });
}

/** An IPv4 multicast group. */
export function multicastGroup(): z.ZodType<string, string> {
  return z.string().refine(isMulticastGroup, {
    error: "This is no IPv4 multicast group.",
    params: { allowed: "224.0.0.0 to 239.255.255.255" },
  });
}

/** `auto`, the name of a network interface, or its IPv4 address. */
export function networkInterface(): z.ZodType<string, string> {
  const isInterface = (text: string): boolean => isIpv4(text) || /^(?![\d.]+$)[A-Za-z0-9_.@-]{1,15}$/.test(text);
  return z.string().refine(isInterface, {
    error: "This is neither the name of a network interface nor an IPv4 address.",
    params: { allowed: "auto, a name such as eth0, or an address such as 127.0.0.1" },
  });
}

/** A path without control characters; relative ones are resolved by the loader. */
export function filePath(): z.ZodString {
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  return formed(/^[^\u0000-\u001f\u007f]{1,4096}$/, "This is no path of a file.");
}
