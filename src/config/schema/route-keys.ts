/** Keys of a site and of its routes about requests and answers: what is changed on the way. */
import { z } from 'zod';
import { defaults } from '../defaults.ts';
import {
  answerStatus,
  errorStatuses,
  expiryText,
  origins,
  pageTarget,
  template,
} from '../values/answer-kinds.ts';
import { changes, cookieFlags, redirectChanges } from '../values/changes.ts';
import { fieldNames, fieldValues } from '../values/fields.ts';
import {
  durationOrOff,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  sizeOrOff,
  text,
  upgradeTokens,
} from '../values/kinds.ts';
import { parseLongText } from '../values/template.ts';
import { accessLogTarget } from './access-log.ts';
import { key } from './key.ts';

function inherit() {
  return key(flag().optional(), {
    description: 'Whether what the site says of these fields holds on this route, too.',
    defaultText: '`true`',
    aka: ['add_header_inherit'],
  });
}

const headersSchema = mapping({
  request: key(
    mapping({
      set: key(fieldValues('request').optional(), {
        description:
          "Fields that take the place of the client's of the same name. An empty text leaves the field out. `file:/path` is what is in that file, so that a token need not be here.",
        defaultText: 'none',
        template: true,
        secret: true,
        aka: ['proxy_set_header', 'header_up', 'customRequestHeaders', 'add'],
      }),
      remove: key(fieldNames('request').optional(), {
        description: 'Fields of the client that the upstream does not get.',
        defaultText: 'none',
        aka: ['hide', 'delete'],
      }),
      inherit: inherit(),
    }).optional(),
    {
      description: 'Fields of the request on its way to the upstream.',
      aka: ['proxy_set_header', 'request_header', 'header_up', 'customRequestHeaders'],
    },
  ),
  response: key(
    mapping({
      set: key(fieldValues('response').optional(), {
        description:
          "Fields that take the place of the upstream's of the same name, on every answer.",
        defaultText: 'none',
        template: true,
        secret: true,
        aka: ['header_down', 'customResponseHeaders'],
      }),
      add: key(fieldValues('response').optional(), {
        description: "Fields beside the upstream's, on every answer.",
        defaultText: 'none',
        template: true,
        secret: true,
        aka: ['add_header'],
      }),
      addOnSuccess: key(fieldValues('response').optional(), {
        description:
          "Fields beside the upstream's, on answers of 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308 only.",
        defaultText: 'none',
        template: true,
        secret: true,
      }),
      remove: key(fieldNames('response').optional(), {
        description: 'Fields of the upstream that the client does not get.',
        defaultText: 'none',
        aka: ['proxy_hide_header', 'hide', 'delete'],
      }),
      inherit: inherit(),
    }).optional(),
    {
      description: 'Fields of the answer on its way to the client.',
      aka: ['add_header', 'header', 'header_down', 'customResponseHeaders', 'proxy_hide_header'],
    },
  ),
});

const cookiesSchema = mapping({
  path: key(changes('/app/: /').optional(), {
    description:
      'Paths, the first that fits: `/app/` is changed where a path begins so, `~^/app` where the regular expression matches.',
    defaultText: 'none',
    template: true,
    aka: ['proxy_cookie_path', 'paths'],
  }),
  domain: key(changes('app.internal: app.example.com').optional(), {
    description: 'Domains, the first that fits.',
    defaultText: 'none',
    template: true,
    aka: ['proxy_cookie_domain', 'domains', 'cookieDomainRewrite'],
  }),
  flags: key(cookieFlags().optional(), {
    description:
      'What cookies have besides, by name or `~regex`, the first that fits: `secure`, `httponly`, `samesite=strict`, `samesite=lax`, `samesite=none`; with `no` in front what they lose.',
    defaultText: 'none',
    aka: ['proxy_cookie_flags'],
  }),
});

const sentSchema = mapping({
  method: key(template().optional(), {
    description: 'The method.',
    defaultText: "the client's",
    template: true,
    aka: ['proxy_method'],
  }),
  httpVersion: key(oneOf(['1.0', '1.1']).optional(), {
    description: 'What is spoken; upgrades are always sent as 1.1. In quotes: `"1.0"`.',
    defaultText: '`"1.1"`',
    aka: ['proxy_http_version'],
  }),
  fields: key(flag().optional(), {
    description: "Whether the client's header fields are sent.",
    defaultText: '`true`',
    aka: ['proxy_pass_request_headers', 'headers'],
  }),
  underscores: key(flag().optional(), {
    description:
      'Whether fields with a `_` in their name are, which other programs take for a `-`.',
    defaultText: '`true`',
    aka: ['underscores_in_headers'],
  }),
  buffered: key(flag().optional(), {
    description:
      'Whether a body of up to 1 MiB is read to its end before a server is asked, so that it has a length and can go to another server when one fails.',
    defaultText: '`false`',
    aka: ['proxy_request_buffering', 'buffering', 'request_buffers'],
  }),
  body: key(sentBody().optional(), {
    description: 'A body in the place of the one of the client; `off`: none.',
    defaultText: "the client's",
    template: true,
    aka: ['proxy_set_body', 'proxy_pass_request_body'],
  }),
});

/** No text in its place is one that says nothing. */
function sentBody() {
  return text('`off` or a text', (value) => (value === 'off' ? value : parseLongText(value)));
}

const expiresSchema = mapping({
  when: key(expiryText(), {
    description: 'How long, written as above.',
    template: true,
    aka: ['time', 'maxAge'],
  }),
  sinceModified: key(flag().optional(), {
    description: 'Whether the time counts from Last-Modified.',
    defaultText: '`false`',
    aka: ['modified'],
  }),
});

/** Read as the mapping. */
function expires() {
  const expects = 'a time such as `30d`, `max`, `epoch`, `off` or `@15h`, or a mapping';
  return z
    .union(
      [expiryText().transform((when): z.output<typeof expiresSchema> => ({ when })), expiresSchema],
      {
        error: () => expects,
      },
    )
    .meta({ expects } satisfies KindMeta);
}

const ownRedirectsSchema = mapping({
  host: key(oneOf(['request', 'site']).optional(), {
    description: 'Which host they name: the one that was asked for, or the first one of the site.',
    defaultText: '`request`',
    aka: ['server_name_in_redirect'],
  }),
  port: key(flag().optional(), {
    description: 'Whether they name the port, when it is not the usual one.',
    defaultText: '`true`',
    aka: ['port_in_redirect'],
  }),
});

function ownRedirects() {
  const expects = '`path`, `url` or a mapping';
  return z
    .union([oneOf(['path', 'url']), ownRedirectsSchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

const tunnelSchema = mapping({
  idle: key(durationOrOff().optional(), {
    description: 'Silence in both directions after which a tunnel is closed.',
    defaultText: '`off`; TCP keep-alive finds the dead',
    aka: ['timeout', 'idleTimeout', 'proxy_read_timeout', 'stream_timeout'],
  }),
  ping: key(durationOrOff().optional(), {
    description:
      'Quiet after which the gateway sends a WebSocket ping to the client, between frames. Keeps a tunnel alive through a proxy in front that closes quiet ones, often after 60 s.',
    defaultText: '`off`',
    aka: ['keepAlive', 'heartbeat'],
  }),
});

function shownStatus() {
  const expects = 'a status, or `page`';
  return z
    .union([answerStatus(), oneOf(['page'])], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
}

const errorPageSchema = mapping({
  status: key(errorStatuses(), {
    description: 'Which.',
    aka: ['code', 'statuses', 'codes'],
  }),
  to: key(pageTarget(), {
    description:
      'A path of this site, which a route answers, `@name` for the route with that `path`, or a URL that browsers are sent to.',
    template: true,
    aka: ['page', 'path', 'uri', 'url', 'query'],
  }),
  as: key(shownStatus().optional(), {
    description: 'The status that the client gets; `page`: what the page answers.',
    defaultText: 'the original',
    aka: ['answer', 'response'],
  }),
});

/** `said` as `text` in `upstreamKeys`. */
export function requestKeys(said: (own: string, merged?: 'merged') => string) {
  return {
    upgrade: key(upgradeTokens().optional(), {
      description:
        'Protocols that a request may upgrade to. WebSockets need no setting; add `tcp` in front of the Docker API. `[]` allows none.',
      defaultText: said(`\`[${defaults.upgradeTokens.join(', ')}]\``),
      aka: ['upgrades', 'websocket', 'websockets'],
    }),
    tunnel: key(tunnelSchema.optional(), {
      description: 'Limits of WebSockets and other upgraded connections.',
      defaultText: said('none', 'merged'),
      aka: ['tunnels', 'websocketTimeout', 'flush_interval'],
    }),
    allowedOrigins: key(origins().optional(), {
      description:
        'Other pages that may use this site although `origin` hides from it who they are.',
      defaultText: said('none'),
      aka: ['allowed_origins', 'cors', 'accessControlAllowOriginList'],
    }),
    sent: key(sentSchema.optional(), {
      description: 'What else of a request is changed on its way to the upstream.',
      defaultText: said('the request as the client sent it', 'merged'),
      aka: ['proxy_method', 'proxy_set_body', 'proxy_pass_request_body', 'proxy_http_version'],
    }),
    forwarded: key(oneOf(['write', 'leave']).optional(), {
      description:
        "`write`: `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `Forwarded` say what the gateway knows. `leave`: the client's are passed on like any other field, as nginx does.",
      defaultText: said('`write`'),
      aka: ['forwardedHeaders', 'x_forwarded_for'],
    }),
    ownRedirects: key(ownRedirects().optional(), {
      description:
        'How the gateway sends browsers to a path: `path`, as it stands, which is right behind any proxy; `url`, with scheme, host and port, as nginx.',
      defaultText: said('`path`'),
      aka: ['absolute_redirect', 'port_in_redirect', 'server_name_in_redirect'],
    }),
    upstreamRedirects: key(redirectChanges().optional(), {
      description:
        'Redirects of the upstream, in Location and Refresh: the first beginning, or `~regex`, that fits is changed. They come before what is changed anyway: where `to` has a path or `origin` is not `keep`, redirects to the URL of `to` are sent to where that is here. `default: off` leaves that out.',
      defaultText: said('none'),
      template: true,
      aka: ['proxy_redirect', 'rewriteLocation', 'hostRewrite', 'autoRewrite'],
    }),
    upstreamCookies: key(cookiesSchema.optional(), {
      description: 'Cookies that the upstream sets: what is changed of them.',
      defaultText: said('none', 'merged'),
      aka: ['proxy_cookie_path', 'proxy_cookie_domain', 'proxy_cookie_flags', 'set_cookie'],
    }),
    expires: key(expires().optional(), {
      description:
        "How long browsers may keep answers of 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308, as Expires and Cache-Control in the place of the upstream's: `30d`, `max`, `epoch` (not at all), `off`, or `@15h` for a time of the day.",
      defaultText: said('as the upstream says'),
      template: true,
      aka: ['cache', 'cacheControl', 'cache_control', 'maxAge'],
    }),
    maxBody: key(sizeOrOff().optional(), {
      description: 'Largest body of a request; above it 413.',
      defaultText: said('`off`'),
      aka: ['client_max_body_size', 'max_size', 'request_body', 'maxRequestBodyBytes', 'bodySize'],
    }),
    headers: key(headersSchema.optional(), {
      description: 'Header fields that are changed. Values may have variables, as `$remote_addr`.',
      defaultText: said('only `X-Forwarded-*` and `Forwarded` are written', 'merged'),
      aka: [
        'header',
        'proxy_set_header',
        'add_header',
        'customRequestHeaders',
        'customResponseHeaders',
      ],
    }),
    errorPages: key(z.array(errorPageSchema, { error: () => 'a list of error pages' }).optional(), {
      description:
        "Pages for the gateway's own errors, and with `interceptErrors` for the upstream's.",
      defaultText: said("the gateway's"),
      aka: ['error_page', 'handle_errors', 'errors'],
    }),
    interceptErrors: key(flag().optional(), {
      description:
        "Whether the upstream's answers are replaced by the `errorPages` of their status.",
      defaultText: said('`false`'),
      aka: ['proxy_intercept_errors', 'handle_response'],
    }),
    accessLog: key(accessLogTarget().optional(), {
      description: 'Where requests are written, and how.',
      defaultText: said('the `accessLog` of the file'),
      aka: ['access_log', 'log'],
    }),
  };
}
