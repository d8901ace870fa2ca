/** Addresses to listen on, with what is spoken there. */
import { z } from 'zod';
import type { ListenAddress } from '../model.ts';
import { attempt, flag, type KindMeta, mapping } from '../values/kinds.ts';
import { parseListenAddress } from '../values/listen-address.ts';
import { key } from './key.ts';

/** Undefined where nothing is said: an address may be named in several places. */
export type ListenOptions = {
  readonly http2?: boolean | undefined;
  readonly proxyProtocol?: boolean | undefined;
  readonly reusePort?: boolean | undefined;
};

export type ListenConfig = ListenAddress & ListenOptions;

/** The options of an address, with what holds when none of its mentions says. */
export const listenOptionNames = ['http2', 'proxyProtocol', 'reusePort'] as const;

/** One address, without options. */
export function addressText() {
  return z
    .union([z.string(), z.number()], { error: () => addressExpects })
    .transform((value, context) => attempt(() => parseListenAddress(String(value)), context))
    .meta({ expects: addressExpects } satisfies KindMeta);
}

const addressExpects = '`HOST:PORT`, `PORT`, `"[IPv6]:PORT"` or `unix:/path`';

const listenSchema = mapping({
  address: key(addressText(), {
    description: 'The address.',
    aka: ['host', 'bind', 'port', 'listen', 'entryPoint'],
  }),
  http2: key(flag().optional(), {
    description: 'Whether browsers are offered HTTP/2 there. Only with TLS.',
    defaultText: 'the `http2` of the file',
    aka: ['h2', 'protocols'],
  }),
  proxyProtocol: key(flag().optional(), {
    description:
      'Whether each connection begins with a PROXY protocol header, version 1 or 2, which a load balancer in front writes. One without it is closed. Whose word it is that counts, `trustedProxies` says.',
    defaultText: '`false`',
    aka: ['proxy_protocol', 'acceptProxy'],
  }),
  reusePort: key(flag().optional(), {
    description: 'Whether other processes may listen on the address at the same time.',
    defaultText: 'the `reusePort` of the file',
    aka: ['reuseport'],
  }),
});

/** One address or several; the list is not empty. */
export function listenAddresses() {
  const expects = `${addressExpects}, or a list of these`;
  const one = z.union(
    [
      addressText(),
      listenSchema.transform(
        ({ address, ...options }): ListenConfig => ({ ...address, ...options }),
      ),
    ],
    { error: () => expects },
  );
  const many = z.array(one, { error: () => expects }).min(1, { error: () => expects });
  return z
    .union([one.transform((address): ListenConfig[] => [address]), many], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}
