/** What clients may take of the gateway: in all, and of one site. */
import { z } from 'zod';
import { defaults } from '../defaults.ts';
import {
  countOrZero,
  duration,
  durationOrZero,
  type KindMeta,
  mapping,
  positiveInteger,
  positiveNumber,
  size,
} from '../values/kinds.ts';
import { formatDuration, formatSize } from '../values/quantity.ts';
import { key } from './key.ts';
import { zoneLimitKeys, zones } from './zone-limits.ts';

const rateSchema = mapping({
  perSecond: key(positiveNumber(), {
    description: 'Requests a second; `0.5` is one in two seconds.',
    aka: ['rate', 'average', 'events'],
  }),
  burst: key(countOrZero().optional(), {
    description: 'Requests above the rate that are let through at once.',
    defaultText: '`0`',
  }),
});

/** Of single clients, so that sites may differ in them. */
function clientLimits(text: (own: string) => string) {
  return {
    headSize: key(size().optional(), {
      description: 'A request or response head, its first line and its fields together.',
      defaultText: text(`\`${formatSize(defaults.limits.headBytes)}\``),
      aka: ['large_client_header_buffers', 'headerSize', 'maxHeaderSize', 'max_header_size'],
    }),
    headTimeout: key(duration().optional(), {
      description: 'From the first byte of a request head to its last.',
      defaultText: text(`\`${formatDuration(defaults.limits.headMs)}\``),
      aka: ['client_header_timeout', 'read_header', 'readHeaderTimeout'],
    }),
    bodyTimeout: key(duration().optional(), {
      description: 'Silence of a client in the middle of a request body.',
      defaultText: text(`\`${formatDuration(defaults.limits.bodyMs)}\``),
      aka: ['client_body_timeout', 'read_body'],
    }),
    keepAlive: key(durationOrZero().optional(), {
      description:
        'How long a client connection stays open between two requests; `0s`: it is closed.',
      defaultText: text(`\`${formatDuration(defaults.limits.keepAliveMs)}\``),
      aka: ['keepalive_timeout', 'idleTimeout', 'idle'],
    }),
  };
}

export const limitsSchema = mapping({
  ...clientLimits((own) => own),
  headFields: key(positiveInteger().optional(), {
    description: 'Fields in one head.',
    defaultText: `\`${String(defaults.limits.headFields)}\``,
    aka: ['headers', 'maxHeaders'],
  }),
  connections: key(positiveInteger().optional(), {
    description: 'Client connections, those of all addresses together.',
    defaultText: `\`${String(defaults.limits.connections)}\``,
    aka: ['worker_connections', 'maxConnections'],
  }),
  connectionsPerAddress: key(positiveInteger().optional(), {
    description: 'Client connections from one address. A proxy in front is one address.',
    defaultText: 'no limit',
    aka: ['limit_conn', 'limit_conn_zone', 'inFlightReq'],
  }),
  tunnels: key(positiveInteger().optional(), {
    description:
      'WebSockets and other upgraded connections, those of all addresses together; above them 503.',
    defaultText: 'no limit but `connections`',
    aka: ['websockets', 'maxTunnels'],
  }),
  ratePerAddress: key(
    z
      .union(
        [
          positiveNumber().transform((perSecond): z.output<typeof rateSchema> => ({ perSecond })),
          rateSchema,
        ],
        {
          error: () => 'requests a second, or a mapping',
        },
      )
      .meta({ expects: 'requests a second, or a mapping' } satisfies KindMeta)
      .optional(),
    {
      description: 'Requests of one client; above them 429.',
      defaultText: 'no limit',
      aka: ['limit_req', 'limit_req_zone', 'rate_limit', 'rateLimit'],
    },
  ),
  zones: key(zones().optional(), {
    description:
      'What `limits` of sites and routes count, by a name of your own: `logins: { key: $remote_addr, perSecond: 0.2 }`.',
    defaultText: 'none',
    aka: ['limit_req_zone', 'limit_conn_zone', 'limits'],
  }),
});

/** `headSize` and `headTimeout` are needed before it is known which site a request is for. */
export const siteLimitsSchema = mapping({
  ...clientLimits(() => 'that of the file'),
  ...zoneLimitKeys,
});
