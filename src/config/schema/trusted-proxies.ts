/** Proxies in front of the gateway, and what of their word is taken. */
import { z } from 'zod';
import { networks } from '../values/answer-kinds.ts';
import { parseFieldName } from '../values/fields.ts';
import { flag, type KindMeta, mapping, text } from '../values/kinds.ts';
import { key } from './key.ts';

const trustSchema = mapping({
  from: key(networks(), {
    description: 'Their addresses or networks.',
    aka: ['set_real_ip_from', 'trustedIPs', 'static', 'ranges', 'addresses'],
  }),
  header: key(
    text('the name of a header field, or `proxy_protocol`', (value) =>
      value === 'proxy_protocol' ? value : parseFieldName(value, 'response').toLowerCase(),
    ).optional(),
    {
      description:
        "Where they write the client's address: a field, or `proxy_protocol` for the header of the connection.",
      defaultText:
        '`X-Forwarded-For`; `proxy_protocol` for a site whose addresses all have `proxyProtocol`',
      aka: ['real_ip_header', 'client_ip_headers', 'client_ip'],
    },
  ),
  recursive: key(flag().optional(), {
    description:
      'Whether trusted addresses at the end of the field are skipped, so that the last one that is not trusted counts.',
    defaultText: '`true`',
    aka: ['real_ip_recursive', 'trusted_proxies_strict', 'depth'],
  }),
  forwarded: key(flag().optional(), {
    description:
      'Whether they are believed about scheme, host and port, too: `X-Forwarded-Proto`, `-Host`, `-Port` and `Forwarded`.',
    defaultText:
      '`true`; `false` where `header` is `proxy_protocol`, since such a proxy passes on what clients make up',
    aka: ['forwardedHeaders', 'proto'],
  }),
});

export type TrustConfig = z.output<typeof trustSchema>;

/** Read as the mapping. */
export function trustedProxies() {
  const expects = 'an address or a network such as `10.0.0.0/8`, a list of these, or a mapping';
  return z
    .union([networks().transform((from): TrustConfig => ({ from })), trustSchema], {
      error: () => expects,
    })
    .meta({ expects } satisfies KindMeta);
}
