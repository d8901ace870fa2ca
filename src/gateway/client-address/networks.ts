/**
 * Sets and lists of networks: `192.0.2.1`, `10.0.0.0/8`, `fd00::/8`, `unix:`, `all`. Peers on Unix sockets have the
 * address `unix:`. What being in a network means is for others.
 *
 * Made for lists that people write by hand: looked through one by one, a few nanoseconds each.
 */
import { gatewayError } from '../errors.ts';
import { type IpAddress, parseIp } from './ip-address.ts';

/** A peer's address made ready for questions; `unix` for a Unix socket. */
export type PeerAddress = IpAddress | 'unix';

export type Network =
  | 'all'
  | 'unix'
  | { readonly version: 4; readonly bits: number; readonly mask: number }
  | { readonly version: 6; readonly words: readonly number[]; readonly masks: readonly number[] };

/** What `AcceptedSocket.remoteAddress` or a header names; undefined when that is no address. */
export function peerAddress(text: string): PeerAddress | undefined {
  if (text.startsWith('unix:')) return 'unix';
  // Node names the interface of link-local peers, `fe80::1%eth0`.
  const zone = text.indexOf('%');
  return parseIp(zone === -1 ? text : text.slice(0, zone));
}

/** Throws `HW_NETWORK`. Bits of the address behind the prefix are not looked at, as in nginx. */
export function parseNetwork(text: string): Network {
  const network = networkOf(text);
  if (network === undefined) throw gatewayError('HW_NETWORK', `${text} is no network`);
  return network;
}

function networkOf(text: string): Network | undefined {
  if (text === 'all') return 'all';
  if (text === 'unix:') return 'unix';
  const slash = text.indexOf('/');
  const addressText = slash === -1 ? text : text.slice(0, slash);
  const address = parseIp(addressText);
  if (address === undefined) return undefined;
  const written = addressText.includes(':') ? 128 : 32;
  const prefix = slash === -1 ? written : prefixOf(text.slice(slash + 1), written);
  if (prefix === undefined) return undefined;
  if (address.version === 6) {
    const masks = [0, 32, 64, 96].map((start) => maskOf(prefix - start));
    return {
      version: 6,
      words: address.words.map((word, i) => (word & (masks[i] ?? 0)) >>> 0),
      masks,
    };
  }
  // Written as ::ffff:192.0.2.0/120. Wider than all of IPv4, it could not be told from an IPv6 network.
  const ofFour = prefix - (written - 32);
  if (ofFour < 0) return undefined;
  const mask = maskOf(ofFour);
  return { version: 4, bits: (address.bits & mask) >>> 0, mask };
}

function prefixOf(text: string, most: number): number | undefined {
  if (!/^\d{1,3}$/.test(text)) return undefined;
  const prefix = Number(text);
  return prefix <= most ? prefix : undefined;
}

/** The highest `length` bits of 32, of less than none or more than all too. */
function maskOf(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? 0xffffffff : (0xffffffff << (32 - length)) >>> 0;
}

export function isInNetwork(peer: PeerAddress, network: Network): boolean {
  if (network === 'all') return true;
  if (network === 'unix' || peer === 'unix') return network === peer;
  if (peer.version === 4) {
    return network.version === 4 && (peer.bits & network.mask) >>> 0 === network.bits;
  }
  if (network.version !== 6) return false;
  const { words, masks } = network;
  for (let i = 0; i < 4; i++) {
    if (((peer.words[i] as number) & (masks[i] as number)) >>> 0 !== words[i]) return false;
  }
  return true;
}

/** Networks of which it only matters whether an address is in one of them. */
export class NetworkSet {
  readonly #networks: readonly Network[];

  /** Throws `HW_NETWORK`. */
  constructor(texts: readonly string[]) {
    this.#networks = texts.map(parseNetwork);
  }

  has(peer: PeerAddress): boolean {
    for (const network of this.#networks) {
      if (isInNetwork(peer, network)) return true;
    }
    return false;
  }
}
