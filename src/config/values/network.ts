/** Addresses of clients and proxies, one or many: what `allow`, `deny` and `trustedProxies` list. */
import { isIP, isIPv6 } from 'node:net';
import { configError } from '../errors.ts';

/** The text itself: `192.0.2.1`, `10.0.0.0/8`, `fd00::/8`, `unix:`, `all`. Throws `HW_CONFIG_INVALID`. */
export function parseNetworkText(text: string): string {
  if (text === 'all' || text === 'unix:') return text;
  const [address = '', prefix, ...more] = text.split('/');
  const longest = isIPv6(address) ? 128 : 32;
  const prefixFits =
    prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest);
  if (isIP(address) !== 0 && !address.includes('%') && prefixFits && more.length === 0) return text;
  throw configError('HW_CONFIG_INVALID', `\`${text}\` is not an address or a network`, {
    remedy:
      isIP(address) !== 0 && prefix !== undefined
        ? `behind the / stands a number of bits, 0 to ${longest}: ${address}/${longest}`
        : 'write 192.0.2.1, 10.0.0.0/8, fd00::/8, unix: or all; names are not looked up',
  });
}
