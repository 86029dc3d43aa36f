/**
 * Addresses that no bolt is told to call (T9): link-local ones, where clouds answer with a machine's own secrets. An
 * address is judged by its value, so no way of writing it slips by.
 */

/** True for 169.254.0.0/16, fe80::/10 and fd00:ec2::254, also when an IPv4 address is written as an IPv6 one. */
export function isLinkLocal(address: string): boolean {
  if (!address.includes(":")) return address.startsWith("169.254.");
  const groups = groupsOf(address);
  if (groups === undefined) return false;
  const [first = 0, second = 0] = groups;
  const isFour = groups.slice(0, 5).every((group) => group === 0) && (groups[5] === 0xffff || groups[5] === 0);
  if (isFour && groups[6] === 0xa9fe) return true;
  if ((first & 0xffc0) === 0xfe80) return true;
  return (
    first === 0xfd00 && second === 0x0ec2 && groups.slice(2, 7).every((group) => group === 0) && groups[7] === 0x254
  );
}

/** The eight groups of an IPv6 address (RFC 4291, section 2.2), a zone left out; undefined when it is none. */
function groupsOf(text: string): number[] | undefined {
  const plain = (text.split("%")[0] ?? "").toLowerCase();
  const halves = plain.split("::");
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":").flatMap(groupOf)));
  if (head === undefined || halves.length > 2) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = tail === undefined ? head : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return all.some((group) => group < 0) ? undefined : all;
}

/** One group, or the two of an IPv4 address at the end; -1 is none. */
function groupOf(text: string): number[] {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (four !== undefined) {
    const [a = 0, b = 0, c = 0, d = 0] = four;
    return Math.max(a, b, c, d) > 255 ? [-1] : [a * 256 + b, c * 256 + d];
  }
  return [/^[0-9a-f]{1,4}$/.test(text) ? Number.parseInt(text, 16) : -1];
}
