/** Who is asked for the addresses of upstreams. */
import { z } from 'zod';
import { nameServers } from '../values/answer-kinds.ts';
import { duration, type KindMeta, mapping, oneOf } from '../values/kinds.ts';
import { key } from './key.ts';

const resolverSchema = mapping({
  servers: key(nameServers(), {
    description: 'Name servers.',
    aka: ['server', 'resolvers', 'addresses'],
  }),
  only: key(oneOf(['ipv4', 'ipv6']).optional(), {
    description: 'The one kind of addresses that is asked for.',
    defaultText: 'both',
    aka: ['family', 'ipv4', 'ipv6'],
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
