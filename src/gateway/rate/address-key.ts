/** What counts as one client where clients are counted by address. */
import { peerAddress } from '../client-address/networks.ts';

/**
 * An IPv4 address, or the first 64 bits of an IPv6 one: whoever has one IPv6 address has its whole /64 (RFC 6177).
 * Undefined for `unix:` and anything else that is no address: such peers are not told apart, so they are not counted.
 */
export function addressKey(address: string): string | undefined {
  const ip = peerAddress(address);
  if (ip === undefined || ip === 'unix') return undefined;
  return ip.version === 4 ? String(ip.bits) : `${ip.words[0]}:${ip.words[1]}`;
}
