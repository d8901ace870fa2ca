/** The URL of the console for a person on this machine, from what is listened on. */
import { isIPv6 } from 'node:net';
import type { GatewayModel, ListenAddress } from '../config/model.ts';
import { hasConsole } from '../config/walk.ts';

/**
 * `http://127.0.0.1:8022`, for the first address of the console; undefined when it is only on Unix sockets or nowhere.
 *
 * @param bound what is listened on, a listener each, with the ports that the system chose
 */
export function consoleOrigin(
  model: GatewayModel,
  bound: readonly ListenAddress[],
): string | undefined {
  for (const [index, { sites, tls, address }] of model.listeners.entries()) {
    const console = sites.find(hasConsole);
    const actual = bound[index] ?? address;
    if (console === undefined || actual.kind === 'unix') continue;
    const name = console.hosts.find((host) => host.kind === 'exact')?.host;
    const host = name ?? reachable(actual.host);
    return new URL(`${tls ? 'https' : 'http'}://${host}:${actual.port}`).origin;
  }
  return undefined;
}

/** Listening on every address of the machine includes the one that always works here. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIPv6(host) ? `[${host}]` : host;
}
