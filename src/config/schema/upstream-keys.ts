/** Keys of a site and of its routes about the servers that answer: which, how one is chosen, how long they may take. */

import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { retryCauses } from '../route-model.ts';
import { listOf, template, upstreamHost } from '../values/answer-kinds.ts';
import {
  countOrZero,
  durationOrOff,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  positiveInteger,
} from '../values/kinds.ts';
import { formatDuration } from '../values/quantity.ts';
import { key } from './key.ts';
import { resolver } from './resolver.ts';
import { balance, health, sticky } from './servers.ts';
import { upstreamTlsSchema } from './upstream-tls.ts';

export const keepAliveSchema = mapping({
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
  tcp: key(flag().optional(), {
    description: 'Whether the system asks servers that are silent if they are there.',
    defaultText: '`true`',
    aka: ['proxy_socket_keepalive', 'probes'],
  }),
});

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

const profiles = ['generic', 'nomad', 'portainer'] as const;

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
        'What keeps a client with its server: a cookie, unless it says otherwise. Wins over `balance` while that server is available.',
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
    resolver: key(resolver().optional(), {
      description: 'Who is asked for the addresses of the servers.',
      defaultText: text('the `resolver` of the file'),
      aka: ['resolvers', 'dns'],
    }),
    origin: key(upstreamOrigin().optional(), {
      description:
        "Which Host and Origin the upstream is told. `keep`: the browser's, which satisfies every check that both are the same. `upstream`: those of `to`, always both; since the upstream can then no longer tell, the gateway itself refuses browsers' requests from foreign pages. A host, with a port if it is not the usual one: that one instead of the one of `to`. A mapping says both apart, as nginx's `proxy_set_header`: many applications refuse WebSockets then.",
      defaultText: text('`keep`'),
      aka: ['host_header', 'passHostHeader', 'proxy_set_header', 'changeOrigin', 'header_up'],
    }),
  };
}

const originSchema = mapping({
  host: key(template().optional(), {
    description: 'The Host that the upstream is told: `$proxy_host` is host and port of `to`.',
    defaultText: "the browser's",
    template: true,
  }),
  origin: key(template().optional(), {
    description: 'The Origin; an empty text leaves it out.',
    defaultText: "the browser's",
    template: true,
  }),
});

function upstreamOrigin() {
  const expects = '`keep`, `upstream`, a host or a mapping';
  return z
    .union([upstreamHost(), originSchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

function retry() {
  const expects = '`off` or a mapping';
  return z
    .union([oneOf(['off']), retrySchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}
