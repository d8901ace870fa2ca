/**
 * Which hosts an admin request may be for. A page of anybody can let its name resolve to 127.0.0.1 and then read what
 * is served there as its own (DNS rebinding); what it cannot do is send another Host than that name. An address in its
 * place shows that no name was resolved.
 */
import { isIP } from 'node:net';

/**
 * Whether to answer: an IP address, `localhost` or a name below it, or one of `names`, with any port.
 *
 * @param names in lower case, further ones that the configuration allows
 */
export function isAdminHost(host: string | undefined, names: readonly string[]): boolean {
  // HTTP/1.0 need not name one, and no browser speaks it.
  if (host === undefined) return true;
  const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  if (isIP(name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name) !== 0)
    return true;
  return name === 'localhost' || name.endsWith('.localhost') || names.includes(name);
}
