/**
 * From a host's name to its addresses and how long they hold: as the system does it, or by asking name servers.
 * Failures have the system's codes (`ENOTFOUND`, `EAI_AGAIN`), so that a refused DNS packet is not taken for a refused connection.
 */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { codeOf } from '../../base/errors.ts';
import type { ResolverModel } from '../../config/upstream-model.ts';

export type Addresses = {
  /** IPv4 and IPv6, at least one. */
  readonly addresses: readonly string[];
  readonly validMs: number;
};

/** Rejects with a `code`. */
export type NameLookup = (name: string) => Promise<Addresses>;

/** The system does not say for how long an address holds. Containers that are made anew have new ones. */
const systemValidMs = 30_000;

/** Answers that hold for no time at all would be asked for all the time. */
const shortestValidMs = 1000;

const defaultTimeoutMs = 30_000;

/** As getaddrinfo does it: files, multicast and all. */
export async function lookUpInSystem(name: string): Promise<Addresses> {
  const found = await lookup(name, { all: true, order: 'verbatim' });
  return { addresses: found.map(({ address }) => address), validMs: systemValidMs };
}

/** By asking the model's name servers, for both kinds of addresses unless it wants one. */
export function lookUpAt(model: ResolverModel): NameLookup {
  let resolver: Promise<Resolver> | undefined;
  return async (name) => {
    resolver ??= resolverOf(model);
    let ready: Resolver;
    try {
      ready = await resolver;
    } catch (error) {
      // The name of the name server may be known next time.
      resolver = undefined;
      throw failure(name, error);
    }
    const answers = await Promise.allSettled([
      ...(model.only === 'ipv6' ? [] : [ready.resolve4(name, { ttl: true })]),
      ...(model.only === 'ipv4' ? [] : [ready.resolve6(name, { ttl: true })]),
    ]);
    const records = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? answer.value : [],
    );
    if (records.length === 0) {
      const reasons = answers.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      );
      // A server that does not answer for one kind has not said that there is none.
      throw failure(name, reasons.find((reason) => !saysUnknown(reason)) ?? reasons[0]);
    }
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1000;
    return {
      addresses: records.map(({ address }) => address),
      validMs: model.validMs ?? Math.max(shortestValidMs, ttlMs),
    };
  };
}

async function resolverOf({
  servers,
  timeoutMs = defaultTimeoutMs,
}: ResolverModel): Promise<Resolver> {
  const addresses = await Promise.all(servers.map(addressOf));
  // Two rounds over all servers, of which the second waits twice as long (c-ares).
  const resolver = new Resolver({
    timeout: Math.max(1, Math.floor(timeoutMs / (3 * addresses.length))),
    tries: 2,
  });
  resolver.setServers(addresses);
  return resolver;
}

/** Name servers are asked by address; one that has a name, such as a container, is looked up once. */
async function addressOf(server: string): Promise<string> {
  // `192.0.2.1`, `dns.test:5353`, `[2001:db8::1]:53`, `2001:db8::1`
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server);
  const host = parts?.[1] ?? parts?.[2] ?? server;
  const port = parts?.[3] ?? '53';
  const address = isIP(host) === 0 ? (await lookup(host)).address : host;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether a name server has answered that there is no such name or no address of that kind. */
function saysUnknown(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

function failure(name: string, cause: unknown): Error {
  const code = saysUnknown(cause) ? 'ENOTFOUND' : 'EAI_AGAIN';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return Object.assign(new Error(`${name}: ${reason}`, { cause }), { code });
}
