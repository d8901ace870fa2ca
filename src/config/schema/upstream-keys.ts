/** Keys of a site and of its routes about the servers that answer: which, how one is chosen, how long they may take. */
import { z } from 'zod';
import { defaults } from '../defaults.ts';
import {
  cipherList,
  cookieName,
  listOf,
  nameServers,
  requestPath,
  statusRange,
  template,
  upstreamOrigin,
} from '../values/answer-kinds.ts';
import {
  countOrZero,
  duration,
  durationOrOff,
  filePath,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  positiveInteger,
  serverName,
  upstreamUrl,
} from '../values/kinds.ts';
import { formatDuration } from '../values/quantity.ts';
import { key } from './key.ts';

const serverSchema = mapping({
  url: key(upstreamUrl(), {
    description: 'The server, written as `to`.',
    aka: ['server', 'address', 'host', 'to'],
  }),
  weight: key(positiveInteger().optional(), {
    description: "Its share of requests against the others'.",
    defaultText: '`1`',
  }),
  backup: key(flag().optional(), {
    description: 'Whether it is only asked when none of the others is available.',
    defaultText: '`false`',
  }),
  down: key(flag().optional(), {
    description: 'Whether it gets no requests, and keeps its place among the others.',
    defaultText: '`false`',
  }),
  maxFails: key(countOrZero().optional(), {
    description:
      'Failures within `failTimeout` after which it is left alone for as long. 0: never. The only server there is always asked.',
    defaultText: '`1`',
    aka: ['max_fails'],
  }),
  failTimeout: key(duration().optional(), {
    description: 'The time for `maxFails`.',
    defaultText: '`10s`',
    aka: ['fail_timeout', 'fail_duration'],
  }),
  maxConnections: key(countOrZero().optional(), {
    description:
      'Requests and tunnels that it has at the same time; above them another server is asked. 0: no limit.',
    defaultText: '`0`',
    aka: ['max_conns'],
  }),
});

export type ServerConfig = z.output<typeof serverSchema>;

/** One server, or a list; always read as a list. */
export function serverList() {
  const expects = '`http://host:port`, `https://host:port` or `unix:/path`, or a list of servers';
  const short = () => upstreamUrl().transform((url): ServerConfig => ({ url }));
  const one = z.union([short(), serverSchema], {
    error: () => 'a URL or a mapping with `url`',
  });
  const many = z.array(one, { error: () => expects }).min(1, { error: () => expects });
  return z
    .union([short().transform((server) => [server]), many], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

const hashSchema = mapping({
  hash: key(template(), {
    description: 'Requests with the same value go to the same server.',
    template: true,
    aka: ['key', 'uri', 'header', 'cookie'],
  }),
  consistent: key(flag().optional(), {
    description:
      'Whether a server that comes or goes only moves the requests that were or will be its own (ketama).',
    defaultText: '`true`',
  }),
});

const balanceWords = ['round_robin', 'least_conn', 'ip_hash', 'random', 'random two'] as const;

function balance() {
  const expects = `${balanceWords.map((word) => `\`${word}\``).join(', ')} or a hash`;
  return z
    .union([oneOf(balanceWords), hashSchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

const stickySchema = mapping({
  cookie: key(cookieName(), {
    description: 'Name of the cookie.',
    aka: ['name'],
  }),
  expires: key(duration().optional(), {
    description: 'How long browsers keep it.',
    defaultText: 'until they are closed',
    aka: ['maxAge', 'max_age'],
  }),
  path: key(requestPath().optional(), {
    description: 'Where on the site browsers send it.',
    defaultText: '`/`',
  }),
  domain: key(serverName().optional(), {
    description: 'Whether hosts below a name get it, too.',
    defaultText: 'only the host of the request',
  }),
  httpOnly: key(flag().optional(), {
    description: 'Whether scripts of the page cannot read it.',
    defaultText: '`true`',
  }),
  secure: key(flag().optional(), {
    description: 'Whether it is only sent over https.',
    defaultText: '`false`',
  }),
  sameSite: key(oneOf(['strict', 'lax', 'none']).optional(), {
    description:
      'Whether it is sent with requests that other sites cause. `none` needs `secure: true`.',
    defaultText: '`lax`',
  }),
});

function sticky() {
  const expects = 'the name of a cookie, or a mapping';
  return z
    .union(
      [
        cookieName().transform((cookie): z.output<typeof stickySchema> => ({ cookie })),
        stickySchema,
      ],
      {
        error: () => expects,
      },
    )
    .meta({ expects } satisfies KindMeta);
}

const healthSchema = mapping({
  kind: key(oneOf(['http', 'tcp', 'websocket']).optional(), {
    description:
      '`http`: a GET is answered with a healthy status. `websocket`: a handshake is answered with a valid 101. `tcp`: a connection can be made.',
    defaultText: '`http`',
    aka: ['type', 'mode', 'scheme'],
  }),
  path: key(requestPath().optional(), {
    description: 'What is asked for.',
    defaultText: '`/`',
    aka: ['uri', 'health_uri', 'url'],
  }),
  host: key(serverName().optional(), {
    description: 'The Host of the request.',
    defaultText: 'host and port of `to`',
    aka: ['hostname'],
  }),
  status: key(statusRange().optional(), {
    description: 'Statuses that are healthy.',
    defaultText: '`200-399`',
    aka: ['statuses', 'health_status', 'match'],
  }),
  interval: key(duration().optional(), {
    description: 'Between two checks.',
    defaultText: '`5s`',
    aka: ['health_interval'],
  }),
  timeout: key(duration().optional(), {
    description: 'For one check.',
    defaultText: '`5s`',
    aka: ['health_timeout'],
  }),
  fails: key(positiveInteger().optional(), {
    description: 'Failed checks in a row that take a server out.',
    defaultText: '`1`',
    aka: ['health_fails', 'unhealthyThreshold'],
  }),
  passes: key(positiveInteger().optional(), {
    description: 'Passed checks in a row that bring it back.',
    defaultText: '`1`',
    aka: ['health_passes', 'healthyThreshold'],
  }),
});

function health() {
  const expects = '`off`, a path such as `/healthz`, `tcp`, `websocket`, or a mapping';
  const short = z.union([oneOf(['off', 'tcp', 'websocket']), requestPath()], {
    error: () => expects,
  });
  return z
    .union([short, healthSchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

const keepAliveSchema = mapping({
  connections: key(countOrZero().optional(), {
    description: 'Idle connections that are kept for each server. 0: none.',
    defaultText: '`256`',
    aka: ['keepalive', 'max_idle_conns', 'maxIdleConnsPerHost'],
  }),
  idle: key(durationOrOff().optional(), {
    description: 'How long one is kept. Less than what the server keeps it for is best.',
    defaultText: '`1m`',
    aka: ['keepalive_timeout', 'idleConnTimeout', 'timeout'],
  }),
  requests: key(positiveInteger().optional(), {
    description: 'Requests on one connection.',
    defaultText: 'no limit',
    aka: ['keepalive_requests'],
  }),
  age: key(durationOrOff().optional(), {
    description: 'Age above which a connection is not used again.',
    defaultText: '`1h`',
    aka: ['keepalive_time', 'maxAge'],
  }),
});

const retryCauses = [
  'error',
  'timeout',
  'invalid_header',
  'http_403',
  'http_404',
  'http_429',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'non_idempotent',
] as const;

const retrySchema = mapping({
  on: key(listOf(retryCauses).optional(), {
    description:
      'What another server is asked after. Never once a byte of an answer was passed on; POST, LOCK and PATCH not once they were sent, unless `non_idempotent` is there.',
    defaultText: '`[error, timeout]`',
    aka: ['proxy_next_upstream', 'lb_retry_match', 'conditions'],
  }),
  tries: key(positiveInteger().optional(), {
    description: 'Servers that are asked in all.',
    defaultText: 'each once',
    aka: ['proxy_next_upstream_tries', 'lb_retries', 'attempts'],
  }),
  timeout: key(durationOrOff().optional(), {
    description: 'After the first try, how long others may begin.',
    defaultText: '`off`',
    aka: ['proxy_next_upstream_timeout', 'lb_try_duration'],
  }),
});

const upstreamTlsSchema = mapping({
  verify: key(flag().optional(), {
    description:
      'Whether the certificate of the upstream must be valid. `false` lets whoever stands between read and change everything.',
    defaultText: '`true`',
    aka: ['proxy_ssl_verify', 'insecure_skip_verify', 'secure', 'insecureSkipVerify'],
  }),
  ca: key(filePath().optional(), {
    description:
      'PEM file of the authorities to trust instead of the ones of the system. For a self-signed certificate, that certificate.',
    defaultText: "the system's",
    aka: ['proxy_ssl_trusted_certificate', 'ca_file', 'root_ca', 'rootCAs'],
  }),
  serverName: key(serverName().optional(), {
    description: 'Name that is sent to the upstream (SNI) and that its certificate must have.',
    defaultText: 'the host of `to`',
    aka: ['proxy_ssl_name', 'tls_server_name'],
  }),
  sni: key(flag().optional(), {
    description: 'Whether the name is sent at all.',
    defaultText: '`true`',
    aka: ['proxy_ssl_server_name'],
  }),
  cert: key(filePath().optional(), {
    description:
      'PEM file with the certificate that the gateway shows when the upstream asks for one.',
    defaultText: 'none',
    aka: ['proxy_ssl_certificate', 'tls_client_auth', 'certificate'],
  }),
  key: key(filePath().optional(), {
    description: 'PEM file with the private key of `cert`, without a passphrase.',
    aka: ['proxy_ssl_certificate_key'],
  }),
  ...tlsVersionKeys('proxy_ssl_protocols', 'proxy_ssl_ciphers'),
});

/** Oldest and newest TLS, and its ciphers, with what nginx calls them. */
export function tlsVersionKeys(protocols: string, ciphers: string) {
  const version = () => oneOf(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).optional();
  return {
    minVersion: key(version(), {
      description: 'Oldest TLS that is spoken.',
      defaultText: '`TLSv1.2`',
      aka: [protocols, 'protocols', 'min_version'],
    }),
    maxVersion: key(version(), {
      description: 'Newest TLS that is spoken.',
      defaultText: '`TLSv1.3`',
      aka: ['max_version'],
    }),
    ciphers: key(cipherList().optional(), {
      description: "Ciphers in OpenSSL's notation. Those of TLS 1.3 begin with `TLS_`.",
      defaultText: "Node's",
      aka: [ciphers, 'cipher_suites', 'cipherSuites'],
    }),
  };
}

const timeoutsSchema = mapping({
  connect: key(durationOrOff().optional(), {
    description: 'Until the connection to the upstream is up, TLS included.',
    defaultText: `\`${formatDuration(defaults.timeouts.connectMs)}\``,
    aka: ['proxy_connect_timeout', 'dial_timeout', 'dialTimeout'],
  }),
  read: key(durationOrOff().optional(), {
    description:
      'Silence of the upstream while a response is awaited or read. Does not count in tunnels, so a quiet WebSocket stays open.',
    defaultText: `\`${formatDuration(defaults.timeouts.readMs)}\``,
    aka: ['proxy_read_timeout', 'response_header_timeout', 'responseHeaderTimeout'],
  }),
  send: key(durationOrOff().optional(), {
    description: 'Between two writes of a request that the upstream takes.',
    defaultText: `\`${formatDuration(defaults.timeouts.sendMs)}\``,
    aka: ['proxy_send_timeout', 'write_timeout'],
  }),
});

const resolverSchema = mapping({
  servers: key(nameServers(), {
    description: 'Name servers.',
    aka: ['server', 'resolvers', 'addresses'],
  }),
  valid: key(duration().optional(), {
    description: 'How long an answer is believed, whatever it says itself.',
    defaultText: 'as long as it says',
    aka: ['ttl', 'refresh'],
  }),
  timeout: key(duration().optional(), {
    description: 'For one name.',
    defaultText: '`30s`',
    aka: ['resolver_timeout'],
  }),
});

export function resolver() {
  const expects = 'the address of a name server, a list of these, or a mapping';
  return z
    .union(
      [
        nameServers().transform((servers): z.output<typeof resolverSchema> => ({ servers })),
        resolverSchema,
      ],
      {
        error: () => expects,
      },
    )
    .meta({ expects } satisfies KindMeta);
}

export const profiles = ['generic', 'nomad', 'portainer'] as const;

/** `own` says what holds on a site; a route has what its site has. */
export function upstreamKeys(text: (own: string, merged?: 'merged') => string) {
  return {
    profile: key(oneOf(profiles).optional(), {
      description:
        'The application behind `to`, for what it is known to need; every key that is written wins over it. `nomad`: `timeouts.read: 11m`, since its blocking queries answer after up to 10 min; several servers are chosen by `ip_hash`, since exec sessions belong to one; at most 100 connections for each, since it refuses more from one address. `portainer`: `timeouts.read: 1h`, since it is silent while it deploys and while logs are.',
      defaultText: text('`generic`'),
      aka: ['app', 'application', 'preset', 'template'],
    }),
    balance: key(balance().optional(), {
      description:
        "How one of several servers is chosen: in turn by weight, the one with the fewest requests under way, by the client's address (with nginx's numbers), at random, the better of two at random, or by a hash.",
      defaultText: text('`round_robin`'),
      aka: ['lb_policy', 'load_balancing', 'method', 'strategy'],
    }),
    sticky: key(sticky().optional(), {
      description:
        'A cookie that keeps a browser with the server that answered it first. Wins over `balance` while that server is available.',
      defaultText: text('none'),
      aka: ['sticky_cookie', 'affinity', 'session', 'persistence'],
    }),
    health: key(health().optional(), {
      description:
        'Asks each server by itself whether it is up, so that no request has to find out. A path is asked for with GET.',
      defaultText: text('`off`: only what requests show'),
      aka: ['health_check', 'healthCheck', 'check', 'health_uri'],
    }),
    keepAlive: key(keepAliveSchema.optional(), {
      description: 'Connections to the servers that are kept for further requests.',
      defaultText: text('256 a server', 'merged'),
      aka: ['keepalive', 'serversTransport'],
    }),
    retry: key(retry().optional(), {
      description: 'When another server is asked. `off`: never.',
      defaultText: text('after errors and timeouts, each server once'),
      aka: ['proxy_next_upstream', 'retries', 'lb_retries'],
    }),
    upstreamTls: key(upstreamTlsSchema.optional(), {
      description: 'How to talk to an `https:` upstream.',
      defaultText: text('verified as browsers do', 'merged'),
      aka: ['transport', 'proxy_ssl', 'backendTls'],
    }),
    timeouts: key(timeoutsSchema.optional(), {
      description: 'How long to wait for the upstream.',
      defaultText: text("nginx's, 60 s each", 'merged'),
      aka: ['timeout'],
    }),
    origin: key(upstreamOrigin().optional(), {
      description:
        "Which Host and Origin the upstream is told. `keep`: the browser's, which satisfies every check that both are the same. `upstream`: those of `to`, always both; since the upstream can then no longer tell, the gateway itself refuses browsers' requests from foreign pages. A host, with a port if it is not the usual one: that one instead of the one of `to`.",
      defaultText: text('`keep`'),
      aka: ['host_header', 'passHostHeader', 'proxy_set_header', 'changeOrigin', 'header_up'],
    }),
  };
}

function retry() {
  const expects = '`off` or a mapping';
  return z
    .union([oneOf(['off']), retrySchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}
