/**
 * hatchway.yaml, key by key: the one place that says what can be written. The types, the validation, the nearest valid
 * key of a mistyped one and docs/configuration.md all come from here.
 *
 * What one key cannot know alone (does the certificate fit the key, do two sites have the same host) is in `checks.ts`.
 */
import { z } from 'zod';
import { defaults } from './defaults.ts';
import {
  accessLog,
  dockerHost,
  duration,
  filePath,
  flag,
  hostNames,
  listenAddresses,
  mapping,
  pathPattern,
  positiveInteger,
  publicUrl,
  serverName,
  size,
  upgradeTokens,
  upstreamUrl,
} from './values/kinds.ts';
import { formatListenAddress } from './values/listen-address.ts';
import { formatDuration, formatSize } from './values/quantity.ts';

/** What a key tells beside its values; lives in zod's global registry, on the outermost schema of the key. */
export type KeyMeta = {
  /** For the reference page: what it does, in sentences. */
  readonly description: string;
  /** For the reference page: what holds when the key is left out. */
  readonly defaultText?: string;
  /** What other programs call it; only used to find the key that a person may have meant. */
  readonly aka?: readonly string[];
};

function key<Schema extends z.ZodType>(schema: Schema, meta: KeyMeta): Schema {
  return schema.meta(meta);
}

const timeoutsSchema = mapping({
  connect: key(duration().optional(), {
    description: 'Until the connection to the upstream is up, TLS included.',
    defaultText: `\`${formatDuration(defaults.timeouts.connectMs)}\``,
    aka: ['proxy_connect_timeout', 'dial_timeout'],
  }),
  read: key(duration().optional(), {
    description:
      'Silence of the upstream while a response is awaited or read. Does not count in tunnels, so a quiet WebSocket stays open.',
    defaultText: `\`${formatDuration(defaults.timeouts.readMs)}\``,
    aka: ['proxy_read_timeout', 'response_header_timeout'],
  }),
  send: key(duration().optional(), {
    description: 'Between two writes of a request that the upstream takes.',
    defaultText: `\`${formatDuration(defaults.timeouts.sendMs)}\``,
    aka: ['proxy_send_timeout', 'write_timeout'],
  }),
});

const upstreamTlsSchema = mapping({
  verify: key(flag().optional(), {
    description:
      'Whether the certificate of the upstream must be valid. `false` lets whoever stands between read and change everything.',
    defaultText: '`true`',
    aka: ['proxy_ssl_verify', 'insecure_skip_verify', 'secure'],
  }),
  ca: key(filePath().optional(), {
    description: 'PEM file of the authorities to trust instead of the ones of the system.',
    defaultText: "the system's",
    aka: ['proxy_ssl_trusted_certificate', 'ca_file', 'root_ca'],
  }),
  serverName: key(serverName().optional(), {
    description: 'Name that is sent to the upstream (SNI) and that its certificate must have.',
    defaultText: 'the host of `to`',
    aka: ['proxy_ssl_name', 'sni', 'tls_server_name'],
  }),
});

/** What a site and each of its routes can say about their upstream; a route takes from its site what it does not say. */
function upstreamKeys(defaultTexts: { upgrade: string; upstreamTls: string; timeouts: string }) {
  return {
    upgrade: key(upgradeTokens().optional(), {
      description:
        'Protocols that a request may upgrade to. WebSockets need no setting; add `tcp` in front of the Docker API. `[]` allows none.',
      defaultText: defaultTexts.upgrade,
      aka: ['upgrades', 'websocket', 'websockets'],
    }),
    upstreamTls: key(upstreamTlsSchema.optional(), {
      description: 'How to talk to an `https:` upstream.',
      defaultText: defaultTexts.upstreamTls,
      aka: ['tls', 'ssl', 'transport'],
    }),
    timeouts: key(timeoutsSchema.optional(), {
      description: 'How long to wait for the upstream.',
      defaultText: defaultTexts.timeouts,
      aka: ['timeout'],
    }),
  };
}

const routeSchema = mapping({
  path: key(pathPattern(), {
    description:
      "Which requests, as nginx's `location`: `/api/` all paths that begin so, `= /login` this path only, `^~ /static/` as the first but before regular expressions, `~ regex`, `~* regex` without regard to case. An exact path wins, then the longest beginning unless a regular expression matches, then that expression.",
    aka: ['location', 'prefix', 'match'],
  }),
  to: key(upstreamUrl(), {
    description: 'Where these requests go. The path is passed on as the client sent it.',
    aka: ['proxy_pass', 'upstream', 'target', 'backend', 'url', 'reverse_proxy'],
  }),
  ...upstreamKeys({
    upgrade: 'that of the site',
    upstreamTls: 'that of the site, key by key',
    timeouts: 'those of the site, key by key',
  }),
});

/** TLS towards the client; `cert` on one site of an address makes it a TLS address, and all its sites need one. */
const certificateKeys = {
  cert: key(filePath().optional(), {
    description:
      'PEM file with the certificate, then the ones of its issuers. With it the address speaks TLS.',
    defaultText: 'none: plain HTTP',
    aka: ['ssl_certificate', 'certificate', 'tls_cert', 'certFile', 'crt'],
  }),
  key: key(filePath().optional(), {
    description: 'PEM file with the private key of `cert`, without a passphrase.',
    aka: ['ssl_certificate_key', 'private_key', 'tls_key', 'keyFile'],
  }),
};

export const siteSchema = mapping({
  host: key(hostNames().optional(), {
    description:
      "Names that the site answers to, as nginx's `server_name`: `name`, `*.name`, `name.*`, `.name` (with and without something in front), `~regex`. An exact name wins, then the longest `*.name`, then the longest `name.*`, then the first regular expression. Quote what begins with `*`.",
    defaultText: 'every host that no other site of its addresses names',
    aka: ['server_name', 'hosts', 'hostname', 'domain', 'name'],
  }),
  listen: key(listenAddresses().optional(), {
    description: 'Addresses that the site is served on.',
    defaultText: 'the `listen` of the file',
    aka: ['port', 'ports', 'bind', 'address'],
  }),
  ...certificateKeys,
  to: key(upstreamUrl().optional(), {
    description:
      'Where requests go: `http://host:port`, `https://host:port`, or plain HTTP on a Unix socket, `unix:/path`. Needed unless `routes` take every request. The path is passed on as the client sent it.',
    aka: ['proxy_pass', 'upstream', 'target', 'backend', 'url', 'reverse_proxy'],
  }),
  ...upstreamKeys({
    upgrade: `\`[${defaults.upgradeTokens.join(', ')}]\``,
    upstreamTls: 'verified as browsers do',
    timeouts: "nginx's, 60 s each",
  }),
  routes: key(z.array(routeSchema, { error: () => 'a list of routes' }).optional(), {
    description: 'Paths that go elsewhere than `to`.',
    defaultText: 'none: everything goes to `to`',
    aka: ['locations', 'paths', 'handle'],
  }),
  accessLog: key(accessLog().optional(), {
    description: 'Where the requests of this site are written.',
    defaultText: 'the `accessLog` of the file',
    aka: ['access_log', 'log'],
  }),
});

const targetsSchema = mapping({
  docker: key(
    z
      .union(
        [
          z.literal(false),
          mapping({
            host: key(dockerHost().optional(), {
              description: 'Where the Docker engine listens.',
              defaultText: `DOCKER_HOST of the environment, else \`${defaults.dockerHost}\``,
              aka: ['socket', 'url', 'endpoint', 'socketPath'],
            }),
            certs: key(filePath().optional(), {
              description:
                'Folder with `ca.pem`, `cert.pem` and `key.pem`. With it `tcp:` speaks TLS, and the engine knows who we are.',
              defaultText: 'DOCKER_CERT_PATH of the environment when `host` comes from there, too',
              aka: ['tls', 'certPath', 'certificates', 'tlsCertPath'],
            }),
          }),
        ],
        { error: () => 'false or a mapping' },
      )
      .default({}),
    {
      description: 'Containers of a Docker engine. `false` leaves them out.',
      defaultText: 'offered, and shown as unreachable while no engine answers',
    },
  ),
  local: key(flag().default(true), {
    description: 'Shells on this machine, as the user that Hatchway runs as.',
    defaultText: '`true`',
    aka: ['shell', 'host', 'machine'],
  }),
});

const consoleSchema = mapping({
  enabled: key(flag().default(true), {
    description: 'Whether the console is served.',
    defaultText: '`true`',
    aka: ['enable', 'on'],
  }),
  host: key(hostNames().optional(), {
    description: 'Names that the console answers to, written as those of a site.',
    defaultText: 'every host that no site names on its addresses',
    aka: ['server_name', 'hosts', 'hostname', 'domain'],
  }),
  listen: key(listenAddresses().optional(), {
    description: 'Addresses that the console is served on.',
    defaultText: 'the `listen` of the file',
    aka: ['port', 'bind', 'address'],
  }),
  ...certificateKeys,
  grace: key(duration().default(defaults.graceMs), {
    description:
      'How long a shell lives on while nobody looks at it: a browser may be away that long and come back to it.',
    defaultText: `\`${formatDuration(defaults.graceMs)}\``,
    aka: ['graceTime', 'timeout', 'keep', 'detach'],
  }),
  targets: key(targetsSchema.prefault({}), {
    description: 'Where shells can be opened.',
  }),
});

const limitsSchema = mapping({
  headSize: key(size().default(defaults.limits.headBytes), {
    description: 'A request or response head, its first line and its fields together.',
    defaultText: `\`${formatSize(defaults.limits.headBytes)}\``,
    aka: ['large_client_header_buffers', 'headerSize', 'maxHeaderSize'],
  }),
  headFields: key(positiveInteger().default(defaults.limits.headFields), {
    description: 'Fields in one head.',
    defaultText: `\`${String(defaults.limits.headFields)}\``,
    aka: ['headers', 'maxHeaders'],
  }),
  headTimeout: key(duration().default(defaults.limits.headMs), {
    description: 'From the first byte of a request head to its last.',
    defaultText: `\`${formatDuration(defaults.limits.headMs)}\``,
    aka: ['client_header_timeout'],
  }),
  bodyTimeout: key(duration().default(defaults.limits.bodyMs), {
    description: 'Silence of a client in the middle of a request body.',
    defaultText: `\`${formatDuration(defaults.limits.bodyMs)}\``,
    aka: ['client_body_timeout'],
  }),
  keepAlive: key(duration().default(defaults.limits.keepAliveMs), {
    description: 'How long a client connection stays open between two requests.',
    defaultText: `\`${formatDuration(defaults.limits.keepAliveMs)}\``,
    aka: ['keepalive_timeout', 'idleTimeout'],
  }),
  connections: key(positiveInteger().default(defaults.limits.connections), {
    description: 'Client connections, those of all addresses together.',
    defaultText: `\`${String(defaults.limits.connections)}\``,
    aka: ['worker_connections', 'maxConnections'],
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
  accessLog: key(accessLog().optional(), {
    description: "Where requests are written, in nginx's combined format.",
    defaultText: `\`${defaults.accessLogName}\` in the data folder`,
    aka: ['access_log', 'log', 'logs'],
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
    aka: ['servers', 'hosts', 'virtualHosts', 'vhosts', 'site', 'server'],
  },
);

/** The whole file. */
export const configSchema = topSchema.extend({ sites: sitesSchema });

export type Config = z.output<typeof configSchema>;
export type SiteConfig = z.output<typeof siteSchema>;
export type RouteConfig = z.output<typeof routeSchema>;
export type ConsoleConfig = z.output<typeof consoleSchema>;
