/**
 * Starts the listeners of a model. The system lets nobody listen on 127.0.0.1:80 beside 0.0.0.0:80; as in nginx, a socket on
 * every address of the machine then takes the clients of both, and gives each to the listener of the address it came to.
 */
import { isIP } from 'node:net';
import type { ListenAddress } from '../config/model.ts';
import type { Listener } from './listener.ts';

/**
 * What each of them listens on, port 0 resolved, in their order. Where one of `before` listens already its place is taken, and
 * only when all others listen, too. Rejects with `HW_LISTEN_…`, and then nothing has changed.
 */
export async function listenAll(
  listeners: readonly Listener[],
  before: readonly Listener[] = [],
): Promise<readonly ListenAddress[]> {
  const plans = listeners.map((listener) => ({
    listener,
    wide: listeners.find(({ address }) => isPartOf(listener.address, address)),
    taken: before.find((other) => other.isBound && other.isLike(listener)),
  }));
  const results = await Promise.allSettled(
    plans.map(({ listener, wide, taken }) =>
      wide === undefined && taken === undefined ? listener.listen() : undefined,
    ),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    for (const listener of listeners) listener.close();
    throw failed.reason;
  }
  return plans.map(({ listener, wide, taken }, index) => {
    const result = results[index];
    if (wide !== undefined) wide.handOverTo(listener);
    else if (taken !== undefined) return listener.takeOver(taken);
    const bound = result?.status === 'fulfilled' ? result.value : undefined;
    return bound ?? listener.address;
  });
}

/** `::` is every address of IPv6 alone here: IPv4 on it has the form of IPv6, and a listener for both has no other beside it. */
function isPartOf(one: ListenAddress, every: ListenAddress): boolean {
  if (one.kind === 'unix' || every.kind === 'unix') return false;
  if (one.port !== every.port || one.port === 0 || one.host === every.host) return false;
  const everyHost = { 4: '0.0.0.0', 6: '::' }[isIP(one.host)];
  return every.host === everyHost;
}
