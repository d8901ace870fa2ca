/**
 * Starts the listeners of a model. The system lets nobody listen on 127.0.0.1:80 beside 0.0.0.0:80; as in nginx, a socket on
 * every address of the machine then takes the clients of both, and gives each to the listener of the address it came to.
 */
import { isIP } from 'node:net';
import { codeOf } from '../base/errors.ts';
import type { ListenAddress } from '../config/model.ts';
import type { Listener } from './listener.ts';

/** How one listener comes to its address. */
type Plan = {
  readonly listener: Listener;
  /** Gives it its clients. */
  readonly wide: Listener | undefined;
  /** One of another configuration, whose place it takes. */
  readonly taken: Listener | undefined;
};

/**
 * What each of them listens on, port 0 resolved, in their order. Where one of `before` listens already its place is taken, and
 * only when all others listen, too. One of `before` that is in the way (127.0.0.1:80 of 0.0.0.0:80) is closed last, once who has
 * connected there is accepted; who connects in the moment between the two is refused. Rejects with `HW_LISTEN_…`, and then nothing
 * has changed.
 */
export async function listenAll(
  listeners: readonly Listener[],
  before: readonly Listener[] = [],
): Promise<readonly ListenAddress[]> {
  const plans: Plan[] = listeners.map((listener) => ({
    listener,
    wide: listeners.find(({ address }) => isPartOf(listener.address, address)),
    taken: before.find((other) => other.isBound && other.isLike(listener)),
  }));
  const taken = new Set(
    plans.flatMap((plan) => (plan.wide === undefined ? (plan.taken ?? []) : [])),
  );
  const old = before.filter((other) => other.isBound && !taken.has(other));
  const bound = new Map<Listener, ListenAddress>();
  try {
    const own = plans.filter(({ wide, taken }) => wide === undefined && taken === undefined);
    const results = await Promise.allSettled(
      own.map(async ({ listener }) => bound.set(listener, await listener.listen())),
    );
    const blocked: Listener[] = [];
    for (const [index, result] of results.entries()) {
      const { listener } = own[index] as Plan;
      if (result.status === 'fulfilled') continue;
      const isBlocked = codeOf(result.reason) === 'HW_LISTEN_IN_USE';
      if (!isBlocked || !old.some((other) => other.isInTheWayOf(listener))) throw result.reason;
      blocked.push(listener);
    }
    await takeFrom(old, blocked, bound);
  } catch (error) {
    for (const listener of listeners) listener.closeNow();
    throw error;
  }
  return plans.map(({ listener, wide, taken }) => {
    if (wide !== undefined) wide.handOverTo(listener);
    else if (taken !== undefined) return listener.takeOver(taken);
    return bound.get(listener) ?? listener.address;
  });
}

/** Closes what is in the way of `blocked`, and listens in its place; or leaves all as it was, and rejects. */
async function takeFrom(
  old: readonly Listener[],
  blocked: readonly Listener[],
  bound: Map<Listener, ListenAddress>,
): Promise<void> {
  const inTheWay = old.filter((other) => blocked.some((listener) => other.isInTheWayOf(listener)));
  await Promise.all(inTheWay.map((other) => other.close()));
  const results = await Promise.allSettled(
    blocked.map(async (listener) => bound.set(listener, await listener.listen())),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  for (const listener of blocked) listener.closeNow();
  await Promise.all(inTheWay.map((other) => other.listen()));
  throw failed.reason;
}

/** `::` is every address of IPv6 alone here: IPv4 on it has the form of IPv6, and a listener for both has no other beside it. */
function isPartOf(one: ListenAddress, every: ListenAddress): boolean {
  if (one.kind === 'unix' || every.kind === 'unix') return false;
  if (one.port !== every.port || one.port === 0 || one.host === every.host) return false;
  const everyHost = { 4: '0.0.0.0', 6: '::' }[isIP(one.host)];
  return every.host === everyHost;
}
