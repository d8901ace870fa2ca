/** The servers of an upstream: how they are listed, how one is chosen, how it is found out whether they are up. */
import { z } from 'zod';
import { cookieName, requestPath, statusRange, template } from '../values/answer-kinds.ts';
import {
  countOrZero,
  duration,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  positiveInteger,
  serverName,
  upstreamUrl,
} from '../values/kinds.ts';
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

export function balance() {
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

export function sticky() {
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

export function health() {
  const expects = '`off`, a path such as `/healthz`, `tcp`, `websocket`, or a mapping';
  const short = z.union([oneOf(['off', 'tcp', 'websocket']), requestPath()], {
    error: () => expects,
  });
  return z
    .union([short, healthSchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}
