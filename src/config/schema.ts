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
import { answerKeys } from './schema/answers.ts';
import { authKeys } from './schema/auth-keys.ts';
import { consoleSchema } from './schema/console.ts';
import { files } from './schema/files.ts';
import { key } from './schema/key.ts';
import { limitsSchema, siteLimitsSchema } from './schema/limits.ts';
import { admin, listenAddresses } from './schema/listen.ts';
import { maps } from './schema/maps.ts';
import { resolver } from './schema/resolver.ts';
import { requestKeys } from './schema/route-keys.ts';
import { ruleList } from './schema/rules.ts';
import { serverList } from './schema/servers.ts';
import { certificateKeys, siteTlsSchema } from './schema/tls-keys.ts';
import { trustedProxies } from './schema/trusted-proxies.ts';
import { upstreamKeys } from './schema/upstream-keys.ts';
import { upstreams } from './schema/upstreams.ts';
import { routeLimitsSchema } from './schema/zone-limits.ts';
import { mediaTypes } from './values/answer-kinds.ts';
import { duration, flag, hostNames, mapping, publicUrl, routePath } from './values/kinds.ts';
import { formatListenAddress } from './values/listen-address.ts';
import { formatDuration } from './values/quantity.ts';

/** A route has what its site has, unless it says more. */
function ofTheSite(_own: string, merged?: 'merged'): string {
  return merged === undefined ? 'that of the site' : 'that of the site, key by key';
}

const rulesAka = ['if', 'rewrite', 'set', 'handle', 'http-request', 'middlewares'];

const filesAka = ['root', 'alias', 'file_server', 'try_files', 'static', 'index'];

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

const routeKeys = {
  path: key(routePath(), {
    description:
      "Which requests, as nginx's `location`: `/api/` all paths that begin so, `= /login` this path only, `^~ /static/` as the first but before regular expressions, `~ regex`, `~* regex` without regard to case. An exact path wins, then the longest beginning unless a regular expression matches, then that expression. `@name` is none that is asked for: `errorPages` lead to it.",
    aka: ['location', 'prefix', 'match', 'rule'],
  }),
  to: key(serverList().optional(), {
    description:
      'Where these requests go. The path is passed on as the client sent it; one behind the port takes the place of `path`, as in `proxy_pass`.',
    defaultText: 'that of the site',
    template: true,
    aka: toAka,
  }),
  ...answerKeys,
  files: key(files().optional(), {
    description:
      'A folder that files are served from instead of asking `to`; beside a `to`, what is looked for first.',
    defaultText: 'that of the site, unless the route has a `to`, `redirect` or `answer`',
    template: true,
    aka: filesAka,
  }),
  rules: key(ruleList().optional(), {
    description: 'What is done once the route has been chosen, in order, before `to` is asked.',
    defaultText: 'none',
    aka: rulesAka,
  }),
  limits: key(routeLimitsSchema.optional(), {
    description: 'How much of what is counted in `limits.zones` is let in.',
    defaultText: 'that of the site, key by key',
    aka: ['limit_req', 'limit_conn', 'rateLimit'],
  }),
  stripPrefix: key(flag().optional(), {
    description:
      'Whether `path` is left out of what the upstream is asked for: `/api/users` becomes `/users`. For paths that end in `/`.',
    defaultText: '`false`',
    aka: ['handle_path', 'strip_prefix', 'stripPath', 'uri'],
  }),
  addSlash: key(flag().optional(), {
    description: 'Whether `/api` is redirected to `/api/` when that is the `path`.',
    defaultText: '`true` where `to` has a path or `stripPrefix` is there, else `false`',
  }),
  ...authKeys(ofTheSite),
  ...requestKeys(ofTheSite),
  ...upstreamKeys(ofTheSite),
  internal: key(flag().optional(), {
    description:
      'Whether requests from outside get 404, and only error pages and `auth.forward` lead here.',
    defaultText: '`false`',
  }),
};

const flatRoute = z.object(routeKeys);

/** With the routes that are looked at once it is chosen. */
export type RouteConfig = z.output<typeof flatRoute> & {
  readonly routes?: readonly RouteConfig[] | undefined;
};

export type RouteInput = z.input<typeof flatRoute> & { readonly routes?: RouteInput[] | undefined };

const routeSchema: z.ZodType<RouteConfig, RouteInput> = mapping({
  ...routeKeys,
  routes: key(z.lazy(() => routeList()).optional(), {
    description:
      'Routes that are looked at once this one is chosen, for paths that begin with its own. What they do not say they take from the site, as every route, and not from this one: neither its `auth` nor its `internal`.',
    defaultText: 'none',
    aka: ['locations', 'location', 'handle'],
  }),
});

function routeList() {
  return z.array(routeSchema, { error: () => 'a list of routes' });
}

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
      'Where requests go: `http://host:port`, `https://host:port`, or plain HTTP on a Unix socket, `unix:/path`; a list for several servers. A host without a port may be one of `upstreams`. With variables, as in `http://$backend`, it is found out for each request. `off`: nobody is asked, and who passes `auth` gets 404. Needed unless `routes` take every request. The path is passed on as the client sent it; one behind the port is put in front of it.',
    template: true,
    aka: toAka,
  }),
  ...answerKeys,
  files: key(files().optional(), {
    description:
      'A folder that files are served from instead of asking `to`; beside a `to`, what is looked for first.',
    defaultText: 'none',
    template: true,
    aka: filesAka,
  }),
  ...authKeys((own) => own),
  ...requestKeys((own) => own),
  ...upstreamKeys((own) => own),
  rules: key(ruleList().optional(), {
    description: 'What is done before a route is chosen, in order.',
    defaultText: 'none',
    aka: rulesAka,
  }),
  mergeSlashes: key(flag().optional(), {
    description: 'Whether `//` in a path is one slash when a route is chosen.',
    defaultText: '`true`',
    aka: ['merge_slashes'],
  }),
  routes: key(routeList().optional(), {
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
  admin: key(admin().optional(), {
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
  upstreams: key(upstreams().optional(), {
    description:
      'Servers under a name, for `to: http://name` of several sites and for `to` with variables.',
    defaultText: 'none',
    aka: ['upstream', 'backends', 'services', 'clusters'],
  }),
  maps: key(maps().optional(), {
    description: "Variables that are looked up, as nginx's `map`, by their name without `$`.",
    defaultText: 'none',
    aka: ['map', 'vars', 'variables'],
  }),
  types: key(mediaTypes().optional(), {
    description: 'Media types by extension, for `files`.',
    defaultText: 'the usual ones',
    aka: ['mime', 'mime_types'],
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
    aka: [
      ...['servers', 'hosts', 'virtualHosts', 'vhosts', 'site', 'server', 'routers'],
      // Where Traefik and Caddy have theirs.
      ...['http', 'apps'],
    ],
  },
);

/** The whole file. */
export const configSchema = topSchema.extend({ sites: sitesSchema });

export type Config = z.output<typeof configSchema>;
export type SiteConfig = z.output<typeof siteSchema>;
export type ConsoleConfig = z.output<typeof consoleSchema>;
