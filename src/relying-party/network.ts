// Source addresses and the networks that a relying party is bound to (CIDR, RFC 4632 and RFC 4291 §2.3). Pure; whatever does not
// parse is in no network.

interface Address {
  /** 4 bytes (IPv4) or 16 (IPv6). An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address. */
  readonly bytes: readonly number[];
}

/** Where requests of Workers in other zones seem to come from: it stands for anybody. */
const SHARED_BY_WORKERS = "2a06:98c0:3600::103";

export function isAllowedSource(source: string, networks: readonly string[]): boolean {
  const address = parseAddress(source);
  if (address === undefined || isShared(address)) return false;
  return networks.some((network) => contains(network, address));
}

/** Whether the text is one address that stands for one sender. */
export function isOwnAddress(source: string): boolean {
  const address = parseAddress(source);
  return address !== undefined && !isShared(address);
}

/** Whether the text is a CIDR block, `192.0.2.0/24` or `2001:db8::/32`. */
export const isNetwork = (text: string): boolean => parseNetwork(text) !== undefined;

/** Whether the block has the shared address in it, which is let in by no block: who names such a one means something else. */
export const holdsSharedAddress = (network: string): boolean => {
  const shared = parseAddress(SHARED_BY_WORKERS);
  return shared !== undefined && contains(network, shared);
};

const isShared = (address: Address): boolean => contains(`${SHARED_BY_WORKERS}/128`, address);

function contains(text: string, address: Address): boolean {
  const network = parseNetwork(text);
  if (network === undefined || network.bytes.length !== address.bytes.length) return false;
  return network.bytes.every((byte, index) => {
    const significant = Math.min(Math.max(network.prefix - index * 8, 0), 8);
    const mask = 0xff & (0xff << (8 - significant));
    return (byte & mask) === ((address.bytes[index] ?? 0) & mask);
  });
}

function parseNetwork(text: string): (Address & { readonly prefix: number }) | undefined {
  const [, base, digits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(base ?? "");
  if (address === undefined) return undefined;
  // The prefix of an IPv4-mapped block counts the 96 bits before the IPv4 address.
  const prefix = Number(digits) - (address.bytes.length === 4 && base?.includes(":") ? 96 : 0);
  return prefix >= 0 && prefix <= address.bytes.length * 8 ? { ...address, prefix } : undefined;
}

function parseAddress(text: string): Address | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const groups = parseIpv6(text);
  if (groups === undefined) return undefined;
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff]);
  const mapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return { bytes: mapped ? bytes.slice(12) : bytes };
}

function parseIpv4(text: string): Address | undefined {
  const parts = text.split(".");
  // A leading zero is octal to some readers.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? { bytes } : undefined;
}

/** Eight groups of 16 bits. */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || halves.length > 2) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function parseGroups(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const dotted = parseIpv4(parts.at(-1) ?? "");
  const [first = 0, second = 0, third = 0, fourth = 0] = dotted?.bytes ?? [];
  const hexadecimal = dotted === undefined ? parts : parts.slice(0, -1);
  if (!hexadecimal.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const groups = hexadecimal.map((part) => Number.parseInt(part, 16));
  return dotted === undefined ? groups : [...groups, (first << 8) | second, (third << 8) | fourth];
}
