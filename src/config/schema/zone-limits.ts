/** Limits that are counted by a key of one's own choice: what is counted, and how much of it a site or a route lets in. */
import { z } from 'zod';
import { defaults } from '../defaults.ts';
import { failureStatus, template } from '../values/answer-kinds.ts';
import {
  countOrZero,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  positiveInteger,
  positiveNumber,
  size,
} from '../values/kinds.ts';
import { formatSize } from '../values/quantity.ts';
import { key } from './key.ts';

const zoneSchema = mapping({
  key: key(template().optional(), {
    description: 'What is counted apart; requests for which it is empty are not counted.',
    defaultText: '`$binary_remote_addr`',
    template: true,
    aka: ['by', 'source', 'zone'],
  }),
  perSecond: key(positiveNumber().optional(), {
    description: 'Requests a second, for `requests`; `0.5` is one in two seconds.',
    defaultText: 'none: counts what is under way, for `connections`',
    aka: ['rate', 'average'],
  }),
  memory: key(size().optional(), {
    description: 'What the counts may take.',
    defaultText: `\`${formatSize(defaults.zoneBytes)}\``,
    aka: ['size'],
  }),
});

export function zones() {
  const expects = 'a mapping of names to what is counted';
  return z
    .record(z.string(), zoneSchema, { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

/** What is answered above a limit. */
const answerKeys = {
  status: key(failureStatus().optional(), {
    description: '400 to 599; 444 closes the connection without a word.',
    defaultText: `\`${defaults.limitStatus}\``,
    aka: ['limit_req_status', 'limit_conn_status', 'code'],
  }),
  dryRun: key(flag().optional(), {
    description: 'Whether it is only counted and logged.',
    defaultText: '`false`',
    aka: ['limit_req_dry_run', 'limit_conn_dry_run'],
  }),
  logLevel: key(oneOf(['info', 'notice', 'warn', 'error']).optional(), {
    description: 'Of the line for what is refused.',
    defaultText: '`error`',
    aka: ['limit_req_log_level', 'limit_conn_log_level'],
  }),
};

const requestLimitSchema = mapping({
  zone: key(z.string({ error: () => 'the name of a zone' }).meta({ expects: 'a name' }), {
    description: 'One of `limits.zones`, with `perSecond`.',
    aka: ['name'],
  }),
  burst: key(countOrZero().optional(), {
    description: 'Requests above the rate that are not refused.',
    defaultText: '`0`',
  }),
  undelayed: key(undelayed().optional(), {
    description: 'How many of these go on at once; the others wait until the rate allows them.',
    defaultText: '`0`',
    aka: ['delay', 'nodelay'],
  }),
});

function undelayed() {
  const expects = 'a whole number, or `all`';
  return z
    .union([countOrZero(), oneOf(['all'])], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

const connectionLimitSchema = mapping({
  zone: key(z.string({ error: () => 'the name of a zone' }).meta({ expects: 'a name' }), {
    description: 'One of `limits.zones`, without `perSecond`.',
    aka: ['name'],
  }),
  most: key(positiveInteger(), {
    description: 'Requests and tunnels at the same time.',
    aka: ['max', 'amount', 'limit'],
  }),
});

const requestsSchema = mapping({
  limits: key(z.array(requestLimitSchema, { error: () => 'a list of limits' }), {
    description: 'Every one of them holds.',
    aka: ['limit_req', 'zones'],
  }),
  ...answerKeys,
});

const connectionsSchema = mapping({
  limits: key(z.array(connectionLimitSchema, { error: () => 'a list of limits' }), {
    description: 'Every one of them holds.',
    aka: ['limit_conn', 'zones'],
  }),
  ...answerKeys,
});

const expects = '`off`, a list of limits, or a mapping';

/** Undefined is what the site says; `off` is none. */
export const zoneLimitKeys = {
  requests: key(
    z
      .union(
        [
          oneOf(['off']),
          z
            .array(requestLimitSchema)
            .transform((limits): z.output<typeof requestsSchema> => ({ limits })),
          requestsSchema,
        ],
        { error: () => expects },
      )
      .meta({ expects } satisfies KindMeta)
      .optional(),
    {
      description: 'Requests, counted in `limits.zones`: `[{ zone: logins, burst: 5 }]`.',
      defaultText: 'that of the site, else none',
      aka: ['limit_req', 'rate', 'rateLimit'],
    },
  ),
  connections: key(
    z
      .union(
        [
          oneOf(['off']),
          z
            .array(connectionLimitSchema)
            .transform((limits): z.output<typeof connectionsSchema> => ({ limits })),
          connectionsSchema,
        ],
        { error: () => expects },
      )
      .meta({ expects } satisfies KindMeta)
      .optional(),
    {
      description:
        'Requests and tunnels under way, counted in `limits.zones`: `[{ zone: users, most: 16 }]`.',
      defaultText: 'that of the site, else none',
      aka: ['limit_conn', 'inFlightReq'],
    },
  ),
};

/** Of a route. */
export const routeLimitsSchema = mapping(zoneLimitKeys);
