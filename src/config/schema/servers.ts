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
  oneOrMany,
  positiveInteger,
  serverName,
  text,
  upstreamUrl,
} from '../values/kinds.ts';
import { parseDuration } from '../values/quantity.ts';
import { parseTemplateText } from '../values/template.ts';
import { parseTarget } from '../values/upstream-url.ts';
import { key } from './key.ts';

/** Of a server, wherever it is listed. */
export const serverKeys = {
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
  route: key(text('a name', (name) => name).optional(), {
    description: 'What `sticky` calls it.',
    defaultText: 'a digest of its address',
    aka: ['id', 'name'],
  }),
  resolve: key(flag().optional(), {
    description:
      'Whether its name is looked up again when the answer is too old, and each of its addresses is a server.',
    defaultText: '`true`',
  }),
};

const serverSchema = mapping({
  url: key(upstreamUrl(), {
    description: 'The server, written as `to`.',
    aka: ['server', 'address', 'host', 'to'],
  }),
  ...serverKeys,
});

export type ServerConfig = z.output<typeof serverSchema>;

/** One server, or a list; always read as a list, which is empty for `off`. */
export function serverList() {
  const expects =
    '`http://host:port`, `https://host:port` or `unix:/path`, a list of servers, or `off`';
  const only = () =>
    text(expects, (value): ServerConfig[] =>
      value === 'off' ? [] : [{ url: parseTarget(value) }],
    );
  const short = () => upstreamUrl().transform((url): ServerConfig => ({ url }));
  const one = z.union([short(), serverSchema], {
    error: () => 'a URL or a mapping with `url`',
  });
  const many = z.array(one, { error: () => expects }).min(1, { error: () => expects });
  return z.union([only(), many], { error: () => expects }).meta({ expects } satisfies KindMeta);
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

const learnSchema = mapping({
  create: key(templates(), {
    description:
      'What a session is known by in the answer that begins it, the first that is not empty: `$upstream_cookie_session`.',
    template: true,
  }),
  lookup: key(templates(), {
    description: 'What it is known by in later requests: `$cookie_session`.',
    template: true,
  }),
  timeout: key(duration().optional(), {
    description: 'How long one is remembered without a request.',
    defaultText: '`10m`',
  }),
  sessions: key(positiveInteger().optional(), {
    description: 'How many are remembered; the one that was not used for longest goes first.',
    defaultText: '`16384`',
    aka: ['zone', 'size'],
  }),
});

function templates() {
  return oneOrMany(
    'a text, in which `$host` and the like are variables, or a list of these',
    (one) => [parseTemplateText(one)],
  );
}

function expiry() {
  const expects = 'a duration such as `1h`, or `max`';
  return text(expects, (value): number | 'max' => (value === 'max' ? value : parseDuration(value)));
}

const stickySchema = mapping({
  cookie: key(cookieName().optional(), {
    description:
      'The gateway gives browsers a cookie of this name, which says which server they have.',
    defaultText: 'none',
    aka: ['name'],
  }),
  route: key(templates().optional(), {
    description:
      'The first of these that is not empty is the `route` of a server: `[$cookie_route, $arg_route]`.',
    defaultText: 'none',
    template: true,
  }),
  learn: key(learnSchema.optional(), {
    description: 'The server that began a session has its requests.',
    defaultText: 'none',
  }),
  expires: key(expiry().optional(), {
    description: 'How long browsers keep the cookie; `max`: as long as they can.',
    defaultText: 'until they are closed',
    aka: ['maxAge', 'max_age'],
  }),
  path: key(template('a path such as `/app/`').optional(), {
    description: 'Where on the site browsers send it.',
    defaultText: '`/`',
    template: true,
  }),
  domain: key(template('a host name').optional(), {
    description: 'Whether hosts below a name get it, too.',
    defaultText: 'only the host of the request',
    template: true,
  }),
  httpOnly: key(flag().optional(), {
    description: 'Whether scripts of the page cannot read it.',
    defaultText: '`true`',
  }),
  secure: key(flag().optional(), {
    description: 'Whether it is only sent over https.',
    defaultText: '`false`',
  }),
  sameSite: key(oneOf(['strict', 'lax', 'none', 'off']).optional(), {
    description:
      'Whether it is sent with requests that other sites cause. `none` needs `secure: true`; `off`: as browsers think best.',
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
