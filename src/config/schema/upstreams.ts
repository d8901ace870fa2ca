/** Upstreams with a name, for several sites, and for `to` with variables. */
import { z } from 'zod';
import { serverAddress } from '../values/answer-kinds.ts';
import { type KindMeta, mapping } from '../values/kinds.ts';
import { key } from './key.ts';
import { resolver } from './resolver.ts';
import { balance, health, type ServerConfig, serverKeys, sticky } from './servers.ts';
import { keepAliveSchema } from './upstream-keys.ts';

const serverSchema = mapping({
  address: key(serverAddress(), {
    description: '`HOST:PORT` or `unix:/path`.',
    aka: ['url', 'server', 'host', 'to'],
  }),
  ...serverKeys,
});

function servers() {
  const expects = '`HOST:PORT` or `unix:/path`, or a list of these';
  const one = z.union(
    [
      serverAddress().transform((url): ServerConfig => ({ url })),
      serverSchema.transform(({ address, ...rest }): ServerConfig => ({ url: address, ...rest })),
    ],
    { error: () => 'an address or a mapping with `address`' },
  );
  return z
    .union(
      [
        serverAddress().transform((url): ServerConfig[] => [{ url }]),
        z.array(one, { error: () => expects }).min(1, { error: () => expects }),
      ],
      { error: () => expects },
    )
    .meta({ expects } satisfies KindMeta);
}

const upstreamSchema = mapping({
  servers: key(servers(), {
    description: 'Its servers. Whether they speak TLS is said where it is used: `to: https://app`.',
    aka: ['to', 'server', 'endpoints', 'backends'],
  }),
  balance: key(balance().optional(), {
    description: 'How one of several servers is chosen.',
    defaultText: 'as where it is used',
    aka: ['lb_policy', 'method'],
  }),
  sticky: key(sticky().optional(), {
    description: 'What keeps a client with its server.',
    defaultText: 'as where it is used',
    aka: ['affinity', 'session'],
  }),
  health: key(health().optional(), {
    description: 'Asks each server by itself whether it is up.',
    defaultText: 'as where it is used',
    aka: ['health_check', 'healthCheck', 'check'],
  }),
  keepAlive: key(keepAliveSchema.optional(), {
    description: 'Connections that are kept for further requests.',
    defaultText: 'as where it is used',
    aka: ['keepalive'],
  }),
  resolver: key(resolver().optional(), {
    description: 'Who is asked for the addresses of its servers.',
    defaultText: 'as where it is used',
    aka: ['dns'],
  }),
});

export type NamedUpstreamConfig = z.output<typeof upstreamSchema>;

export function upstreams() {
  const expects = 'a mapping of names to servers';
  return z
    .record(z.string(), upstreamSchema, { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}
