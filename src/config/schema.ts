/**
 * hatchway.yaml, key by key: the one place that says what can be written. The types, the validation, the nearest valid
 * key of a mistyped one, `hatchway schema` and docs/configuration.md all come from here and from `schema/`, which has the
 * keys by what they are about.
 *
 * What one key cannot know alone (does the certificate fit the key, do two sites have the same host) is in `checks.ts`.
 */
import { z } from 'zod';
import { defaults } from './defaults.ts';
import { accessLogTarget } from './schema/access-log.ts';
import { authKeys } from './schema/auth-keys.ts';
import { consoleSchema } from './schema/console.ts';
import { key } from './schema/key.ts';
import { limitsSchema, siteLimitsSchema } from './schema/limits.ts';
import { addressText, listenAddresses } from './schema/listen.ts';
import { resolver } from './schema/resolver.ts';
import { answerKeys, requestKeys } from './schema/route-keys.ts';
import { serverList } from './schema/servers.ts';
import { certificateKeys, siteTlsSchema } from './schema/tls-keys.ts';
import { trustedProxies } from './schema/trusted-proxies.ts';
import { upstreamKeys } from './schema/upstream-keys.ts';
import { duration, flag, hostNames, mapping, pathPattern, publicUrl } from './values/kinds.ts';
import { formatListenAddress } from './values/listen-address.ts';
import { formatDuration } from './values/quantity.ts';

/** A route has what its site has, unless it says more. */
function ofTheSite(_own: string, merged?: 'merged'): string {
  return merged === undefined ? 'that of the site' : 'that of the site, key by key';
}

const toAka = [
  'proxy_pass',
  'upstream',
  'target',
  'backend',
  'url',
  'reverse_proxy',
  'service',
  'loadBalancer',
];

const routeSchema = mapping({
  path: key(pathPattern(), {
    description:
      "Which requests, as nginx's `location`: `/api/` all paths that begin so, `= /login` this path only, `^~ /static/` as the first but before regular expressions, `~ regex`, `~* regex` without regard to case. An exact path wins, then the longest beginning unless a regular expression matches, then that expression.",
    aka: ['location', 'prefix', 'match', 'rule'],
  }),
  to: key(serverList().optional(), {
    description:
      'Where these requests go. The path is passed on as the client sent it; one behind the port takes the place of `path`, as in `proxy_pass`.',
    defaultText: 'that of the site',
    aka: toAka,
  }),
  ...answerKeys,
  stripPrefix: key(flag().optional(), {
    description:
      'Whether `path` is left out of what the upstream is asked for: `/api/users` becomes `/users`. For paths that end in `/`.',
    defaultText: '`false`',
    aka: ['handle_path', 'strip_prefix', 'stripPath', 'uri'],
  }),
  ...authKeys(ofTheSite),
  ...requestKeys(ofTheSite),
  ...upstreamKeys(ofTheSite),
  internal: key(flag().optional(), {
    description: 'Whether requests from outside get 404, and only error pages lead here.',
    defaultText: '`false`',
  }),
});

export const siteSchema = mapping({
  host: key(hostNames().optional(), {
    description:
      "Names that the site answers to, as nginx's `server_name`: `name`, `*.name`, `name.*`, `.name` (with and without something in front), `~regex`. An exact name wins, then the longest `*.name`, then the longest `name.*`, then the first regular expression. Quote what begins with `*`.",
    defaultText: 'every host that no other site of its addresses names',
    aka: ['server_name', 'hosts', 'hostname', 'domain', 'name', 'domain_names'],
  }),
  listen: key(listenAddresses().optional(), {
    description: 'Addresses that the site is served on.',
    defaultText: 'the `listen` of the file',
    aka: ['port', 'ports', 'bind', 'address', 'entryPoints'],
  }),
  ...certificateKeys,
  tls: key(siteTlsSchema.optional(), {
    description: 'TLS towards clients, beyond the certificate.',
    defaultText: 'TLS 1.2 and 1.3',
    aka: ['ssl', 'ssl_protocols'],
  }),
  to: key(serverList().optional(), {
    description:
      'Where requests go: `http://host:port`, `https://host:port`, or plain HTTP on a Unix socket, `unix:/path`; a list for several servers. Needed unless `routes` take every request. The path is passed on as the client sent it; one behind the port is put in front of it.',
    aka: toAka,
  }),
  ...answerKeys,
  ...authKeys((own) => own),
  ...requestKeys((own) => own),
  ...upstreamKeys((own) => own),
  routes: key(z.array(routeSchema, { error: () => 'a list of routes' }).optional(), {
    description: 'Paths that go elsewhere than `to`, or for which something else holds.',
    defaultText: 'none: everything goes to `to`',
    aka: ['locations', 'paths', 'handle', 'location', 'route'],
  }),
  trustedProxies: key(trustedProxies().optional(), {
    description: 'Proxies in front that are believed when they say who the client is.',
    defaultText: 'the `trustedProxies` of the file',
    aka: [
      'trusted_proxies',
      'set_real_ip_from',
      'forwardedHeaders',
      'trustedIPs',
      'real_ip_header',
    ],
  }),
  limits: key(siteLimitsSchema.optional(), {
    description:
      'What is different for clients of this site. Before it is known which site a request is for, those of the first site of the address hold.',
    defaultText: 'the `limits` of the file',
    aka: ['limit'],
  }),
});

/** The file without its sites, which `load.ts` reads one by one. */
export const topSchema = mapping({
  listen: key(listenAddresses().optional(), {
    description:
      'Addresses of the console and of every site that has none of its own. A port alone is a port of this machine (127.0.0.1). `--listen` on the command line wins over it.',
    defaultText: `\`${formatListenAddress(defaults.listen)}\`, or the next free port`,
    aka: ['port', 'bind', 'address'],
  }),
  publicUrl: key(publicUrl().optional(), {
    description:
      'Where people open the console when a proxy or another name stands in front. Printed at start, and trusted as the origin of requests.',
    defaultText: 'the first address of the console',
    aka: ['url', 'baseUrl', 'externalUrl', 'origin'],
  }),
  accessLog: key(accessLogTarget().optional(), {
    description: 'Where requests are written, and how.',
    defaultText: `\`${defaults.accessLogName}\` in the data folder`,
    aka: ['access_log', 'log', 'logs'],
  }),
  trustedProxies: key(trustedProxies().optional(), {
    description: 'Proxies in front that are believed when they say who the client is.',
    defaultText: 'none',
    aka: [
      'trusted_proxies',
      'set_real_ip_from',
      'forwardedHeaders',
      'trustedIPs',
      'real_ip_header',
    ],
  }),
  http2: key(flag().default(true), {
    description: 'Whether browsers are offered HTTP/2, on addresses with TLS.',
    defaultText: '`true`',
    aka: ['h2', 'protocols'],
  }),
  reusePort: key(flag().default(false), {
    description:
      'Whether other processes may listen on the same addresses at the same time: a new version takes over while the old one still serves.',
    defaultText: '`false`',
    aka: ['reuseport'],
  }),
  drain: key(duration().default(defaults.drainMs), {
    description: 'How long requests and tunnels under way may go on when the gateway ends.',
    defaultText: `\`${formatDuration(defaults.drainMs)}\``,
    aka: ['worker_shutdown_timeout', 'grace_period', 'graceTimeOut', 'shutdownTimeout'],
  }),
  admin: key(addressText().optional(), {
    description:
      'An address for `/metrics`, `/healthz`, `/readyz` and `/status`, apart from all sites. Whoever reaches it sees them.',
    defaultText: 'none',
    aka: ['metrics', 'api', 'ping', 'stub_status', 'status'],
  }),
  resolver: key(resolver().optional(), {
    description: 'Who is asked for the addresses of upstreams.',
    defaultText: 'as the system does',
    aka: ['resolvers', 'dns', 'nameserver'],
  }),
  console: key(consoleSchema.prefault({}), {
    description: 'The terminal in the browser.',
    aka: ['terminal', 'shell'],
  }),
  limits: key(limitsSchema.prefault({}), {
    description: 'What clients may take of the gateway.',
    aka: ['limit'],
  }),
});

export const sitesSchema = key(
  z.array(siteSchema, { error: () => 'a list of sites' }).default([]),
  {
    description: 'What is served beside the console: one entry for each upstream application.',
    defaultText: 'none',
    aka: ['servers', 'hosts', 'virtualHosts', 'vhosts', 'site', 'server', 'routers'],
  },
);

/** The whole file. */
export const configSchema = topSchema.extend({ sites: sitesSchema });

export type Config = z.output<typeof configSchema>;
export type SiteConfig = z.output<typeof siteSchema>;
export type RouteConfig = z.output<typeof routeSchema>;
export type ConsoleConfig = z.output<typeof consoleSchema>;
