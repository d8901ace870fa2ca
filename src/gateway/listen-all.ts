/**
 * Starts the listeners of a model. The system lets nobody listen on 127.0.0.1:80 beside 0.0.0.0:80; as in nginx, a socket on
 * every address of the machine then takes the clients of both, and gives each to the listener of the address it came to.
 */
import { isIP } from 'node:net';
import type { ListenAddress } from '../config/model.ts';
import type { Listener } from './listener.ts';

/** What each of them listens on, port 0 resolved, in their order; or why not. */
export function listenAll(
  listeners: readonly Listener[],
): Promise<PromiseSettledResult<ListenAddress>[]> {
  return Promise.allSettled(
    listeners.map((listener) => {
      const wide = listeners.find(({ address }) => isPartOf(listener.address, address));
      if (wide === undefined) return listener.listen();
      wide.handOverTo(listener);
      return listener.address;
    }),
  );
}

/** `::` is every address of IPv6 alone here: IPv4 on it has the form of IPv6, and a listener for both has no other beside it. */
function isPartOf(one: ListenAddress, every: ListenAddress): boolean {
  if (one.kind === 'unix' || every.kind === 'unix') return false;
  if (one.port !== every.port || one.port === 0 || one.host === every.host) return false;
  const everyHost = { 4: '0.0.0.0', 6: '::' }[isIP(one.host)];
  return every.host === everyHost;
}
