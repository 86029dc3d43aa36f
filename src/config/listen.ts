/** Addresses to listen on, as server.yaml writes them: `:1530` (all of the machine), `127.0.0.1:1530`, `[::1]:1530`. */

/** Where to listen. */
export interface ListenAddress {
  /** An IP address without brackets, or null: every address of the machine. */
  readonly host: string | null;
  /** 0: any free port. */
  readonly port: number;
}

/** The address, or a sentence that says what is wrong with the text. */
export function parseListen(text: string): ListenAddress | string {
  const parts = /^(?:\[(?<six>[^\]]*)\]|(?<four>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text)?.groups;
  const port = Number(parts?.["port"]);
  if (parts === undefined) return /^\d+$/.test(text) ? "The colon before the port is missing." : wrongForm;
  if (port > 65_535) return "A port is at most 65535.";
  const { six, four } = parts;
  if (six !== undefined)
    return isIpv6(six) ? { host: six.toLowerCase(), port } : "This is no IPv6 address in brackets.";
  if (four === undefined || four === "") return { host: null, port };
  return isIpv4(four) ? { host: four, port } : "This host is no IP address; leave it out to listen on all addresses.";
}

const wrongForm = "An address to listen on is :PORT, ADDRESS:PORT or [IPV6]:PORT.";

/** Whether two addresses cannot be listened on at once. */
export function collide(a: ListenAddress, b: ListenAddress): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || a.host === null || b.host === null;
}

/** The address as text that `parseListen` reads. */
export function listenText({ host, port }: ListenAddress): string {
  if (host === null) return `:${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Four numbers from 0 to 255 without leading zeros. */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** An IPv4 address of a multicast group, 224.0.0.0 to 239.255.255.255. */
export function isMulticastGroup(text: string): boolean {
  const first = Number(text.split(".")[0]);
  return isIpv4(text) && first >= 224 && first <= 239;
}

/** An IPv6 address of RFC 4291, section 2.2, with at most one `::`, perhaps ending in an IPv4 address; no zone. */
export function isIpv6(text: string): boolean {
  const tail = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (tail !== undefined && !isIpv4(tail)) return false;
  const plain = tail === undefined ? text : `${text.slice(0, -tail.length)}0:0`;
  const halves = plain.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const isFull = halves.length === 2 ? groups.length <= 7 : groups.length === 8;
  return isFull && groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group));
}
