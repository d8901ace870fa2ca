/**
 * IP addresses as numbers that can be compared, and back. An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) is the IPv4
 * address, everywhere: otherwise one client would be two. Knows no networks and no names.
 */

export type IpAddress =
  /** 32 bits, unsigned. */
  | { readonly version: 4; readonly bits: number }
  /** Four times 32 bits, unsigned, the highest first. */
  | { readonly version: 6; readonly words: readonly [number, number, number, number] };

const dot = 0x2e;
const colon = 0x3a;
const zero = 0x30;

/**
 * The address that a text is; undefined when it is none. Stricter than nginx about IPv4: four numbers without leading
 * zeros, since programs disagree on whether those are octal (RFC 6943, 3.1.1). No zones (`fe80::1%eth0`).
 */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const bits = parseIpv4(text, 0);
  return bits === -1 ? undefined : { version: 4, bits };
}

/** As RFC 5952 writes it; for both versions. */
export function ipText(address: IpAddress): string {
  return address.version === 4 ? ipv4Text(address.bits) : ipv6Text(address.words);
}

/** Its 4 or 16 bytes, one character each, as nginx's `$binary_remote_addr`; what is no address stays as it is. */
export function addressBytes(text: string): string {
  const zone = text.indexOf('%');
  const address = parseIp(zone === -1 ? text : text.slice(0, zone));
  if (address === undefined) return text;
  const words = address.version === 4 ? [address.bits] : address.words;
  let bytes = '';
  for (const word of words) {
    bytes += String.fromCharCode(
      word >>> 24,
      (word >>> 16) & 0xff,
      (word >>> 8) & 0xff,
      word & 0xff,
    );
  }
  return bytes;
}

/** The same address in its one spelling; undefined when it is none. */
export function canonicalIp(text: string): string | undefined {
  const address = parseIp(text);
  return address === undefined ? undefined : ipText(address);
}

/** The 32 bits of what stands from `start` to the end of `text`; -1 when it is no address. */
function parseIpv4(text: string, start: number): number {
  let bits = 0;
  let octets = 0;
  let octet = 0;
  let digits = 0;
  for (let at = start; at <= text.length; at++) {
    const code = at === text.length ? dot : text.charCodeAt(at);
    if (code === dot) {
      if (digits === 0 || octet > 255) return -1;
      bits = bits * 256 + octet;
      octets++;
      octet = 0;
      digits = 0;
      continue;
    }
    const digit = code - zero;
    if (digit < 0 || digit > 9 || digits === 3 || (digits > 0 && octet === 0)) return -1;
    octet = octet * 10 + digit;
    digits++;
  }
  return octets === 4 ? bits : -1;
}

/** RFC 4291, 2.2: eight groups, one run of zeros may be `::`, the last two groups may be an IPv4 address. */
function parseIpv6(text: string): IpAddress | undefined {
  const groups: number[] = [];
  /** Index of the group before which `::` stands; -1 without one. */
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    const end = endOfGroup(text, at);
    if (text.charCodeAt(end) === dot) {
      const bits = parseIpv4(text, at);
      if (bits === -1) return undefined;
      groups.push(Math.floor(bits / 0x10000), bits % 0x10000);
      break;
    }
    if (end === at || end - at > 4) return undefined;
    groups.push(Number.parseInt(text.slice(at, end), 16));
    if (end === text.length) break;
    if (text.charCodeAt(end) !== colon) return undefined;
    at = end + 1;
    if (text.charCodeAt(at) === colon) {
      if (gap !== -1) return undefined;
      gap = groups.length;
      at++;
    } else if (at === text.length) {
      return undefined;
    }
  }
  if (gap === -1 ? groups.length !== 8 : groups.length > 7) return undefined;
  if (gap !== -1) groups.splice(gap, 0, ...new Array<number>(8 - groups.length).fill(0));
  return ipv6Of([word(groups, 0), word(groups, 2), word(groups, 4), word(groups, 6)]);
}

/** The address of four times 32 bits, the highest first; IPv4 inside IPv6 is IPv4. */
export function ipv6Of([a = 0, b = 0, c = 0, d = 0]: readonly number[]): IpAddress {
  return a === 0 && b === 0 && c === 0xffff
    ? { version: 4, bits: d }
    : { version: 6, words: [a, b, c, d] };
}

function endOfGroup(text: string, start: number): number {
  let at = start;
  while (at < text.length && isHexDigit(text.charCodeAt(at))) at++;
  return at;
}

function isHexDigit(code: number): boolean {
  return (
    (code >= zero && code <= 0x39) ||
    (code >= 0x61 && code <= 0x66) ||
    (code >= 0x41 && code <= 0x46)
  );
}

function word(groups: readonly number[], index: number): number {
  return (groups[index] ?? 0) * 0x10000 + (groups[index + 1] ?? 0);
}

function ipv4Text(bits: number): string {
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** RFC 5952, 4: lower case, no leading zeros, the first longest run of two or more zeros is `::`. */
function ipv6Text(words: readonly number[]): string {
  const groups = words.flatMap((pair) => [pair >>> 16, pair & 0xffff]);
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > runLength) {
      runStart = i;
      runLength = length;
    }
    i += length;
  }
  const texts = groups.map((group) => group.toString(16));
  if (runStart === -1) return texts.join(':');
  return `${texts.slice(0, runStart).join(':')}::${texts.slice(runStart + runLength).join(':')}`;
}
