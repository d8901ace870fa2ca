/** Addresses to listen on, with what is spoken there. */
import { z } from 'zod';
import type { ListenAddress } from '../model.ts';
import { attempt, flag, type KindMeta, mapping, serverNames } from '../values/kinds.ts';
import { parseListenAddress } from '../values/listen-address.ts';
import { key } from './key.ts';

/** Undefined where nothing is said: an address may be named in several places. */
export type ListenOptions = {
  readonly http2?: boolean | undefined;
  readonly proxyProtocol?: boolean | undefined;
  readonly reusePort?: boolean | undefined;
  readonly ipv6Only?: boolean | undefined;
  readonly tls?: boolean | undefined;
};

/** `default` is about the site that says it, on this address. */
export type ListenConfig = ListenAddress &
  ListenOptions & { readonly default?: boolean | undefined };

/** The options of an address, with what holds when none of its mentions says. */
export const listenOptionNames = [
  'http2',
  'proxyProtocol',
  'reusePort',
  'ipv6Only',
  'tls',
] as const;

const addressExpects = '`HOST:PORT`, `PORT`, `"[IPv6]:PORT"` or `unix:/path`';

const adminSchema = mapping({
  address: key(addressText(), { description: 'The address.', aka: ['listen', 'bind', 'port'] }),
  hosts: key(serverNames().optional(), {
    description:
      'Names under which it may be asked, besides `localhost` and addresses: pages of others cannot read it.',
    defaultText: 'the host of `address`',
    aka: ['host', 'origins', 'allowedHosts'],
  }),
});

/** Read as the mapping. */
export function admin() {
  const expects = `${addressExpects}, or a mapping`;
  return z
    .union(
      [
        addressText().transform((address): z.output<typeof adminSchema> => ({ address })),
        adminSchema,
      ],
      { error: () => expects },
    )
    .meta({ expects } satisfies KindMeta);
}

/** One address, without options. */
export function addressText() {
  return z
    .union([z.string(), z.number()], { error: () => addressExpects })
    .transform((value, context) => attempt(() => parseListenAddress(String(value)), context))
    .meta({ expects: addressExpects } satisfies KindMeta);
}

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
  ipv6Only: key(flag().optional(), {
    description: 'Whether `[::]` leaves IPv4 alone.',
    defaultText: '`false`: it takes both',
    aka: ['ipv6only', 'v6only'],
  }),
  tls: key(flag().optional(), {
    description: 'Whether TLS is spoken there; `false` for a site that has plain HTTP as well.',
    defaultText: 'whether a site of it has a `cert`',
    aka: ['ssl'],
  }),
  default: key(flag().optional(), {
    description: 'Whether this site has the hosts there that no site names.',
    defaultText: 'the first site without `host`, else the first site',
    aka: ['default_server'],
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
