/** Keys of a site and of its routes about requests and answers: what is answered here, what is changed on the way. */
import { z } from 'zod';
import { defaults } from '../defaults.ts';
import {
  answerStatus,
  errorStatuses,
  longTemplate,
  mediaType,
  origins,
  pageTarget,
  redirectStatus,
  redirectTarget,
} from '../values/answer-kinds.ts';
import { changes, cookieFlags } from '../values/changes.ts';
import { fieldNames, fieldValues } from '../values/fields.ts';
import {
  durationOrOff,
  flag,
  type KindMeta,
  mapping,
  oneOf,
  sizeOrOff,
  upgradeTokens,
} from '../values/kinds.ts';
import { accessLogTarget } from './access-log.ts';
import { key } from './key.ts';

const redirectSchema = mapping({
  to: key(redirectTarget(), {
    description: 'Where browsers are sent.',
    template: true,
    aka: ['url', 'location', 'target'],
  }),
  status: key(redirectStatus().optional(), {
    description:
      '301 and 308 are remembered by browsers, 302, 303 and 307 are not; 307 and 308 keep the method.',
    defaultText: `\`${String(defaults.redirectStatus)}\``,
    aka: ['code', 'permanent'],
  }),
});

const answerSchema = mapping({
  status: key(answerStatus().optional(), {
    description: '200 to 599. 444 closes the connection without a word.',
    defaultText: '`200`',
    aka: ['code'],
  }),
  body: key(longTemplate().optional(), {
    description: 'The text.',
    defaultText: "none; from 400 up the gateway's error page",
    template: true,
    aka: ['text', 'content'],
  }),
  type: key(mediaType().optional(), {
    description: 'Its media type.',
    defaultText: '`text/plain`',
    aka: ['content_type', 'default_type', 'contentType'],
  }),
});

type AnswerConfig = z.output<typeof answerSchema>;

/** Keys that answer instead of `to`. */
export const answerKeys = {
  redirect: key(
    z
      .union(
        [
          redirectTarget().transform((to): z.output<typeof redirectSchema> => ({ to })),
          redirectSchema,
        ],
        {
          error: () => 'a URL, a path or a mapping',
        },
      )
      .meta({ expects: 'a URL or a path, or a mapping' } satisfies KindMeta)
      .optional(),
    {
      description:
        'Sends browsers elsewhere instead of asking `to`: `https://$host$request_uri`. Nobody has to pass `auth` for it.',
      defaultText: 'none',
      template: true,
      aka: ['return', 'redir', 'rewrite', 'redirectRegex', 'redirectScheme'],
    },
  ),
  answer: key(
    z
      .union(
        [
          answerStatus().transform((status): AnswerConfig => ({ status })),
          longTemplate().transform((body): AnswerConfig => ({ body })),
          answerSchema,
        ],
        { error: () => 'a status, a text or a mapping' },
      )
      .meta({ expects: 'a status, a text or a mapping' } satisfies KindMeta)
      .optional(),
    {
      description: 'What is answered instead of asking `to`. Nobody has to pass `auth` for it.',
      defaultText: 'none',
      template: true,
      aka: ['return', 'respond', 'response', 'status'],
    },
  ),
};

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
      remove: key(fieldNames('response').optional(), {
        description: 'Fields of the upstream that the client does not get.',
        defaultText: 'none',
        aka: ['proxy_hide_header', 'hide', 'delete'],
      }),
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
    description: 'A path of this site, which a route answers, or a URL that browsers are sent to.',
    template: true,
    aka: ['page', 'path', 'uri', 'url', 'query'],
  }),
  as: key(shownStatus().optional(), {
    description: 'The status that the client gets; `page`: what the page answers.',
    defaultText: 'the original',
    aka: ['answer', 'response'],
  }),
});

/** `text` as in `upstreamKeys`. */
export function requestKeys(text: (own: string, merged?: 'merged') => string) {
  return {
    upgrade: key(upgradeTokens().optional(), {
      description:
        'Protocols that a request may upgrade to. WebSockets need no setting; add `tcp` in front of the Docker API. `[]` allows none.',
      defaultText: text(`\`[${defaults.upgradeTokens.join(', ')}]\``),
      aka: ['upgrades', 'websocket', 'websockets'],
    }),
    tunnel: key(tunnelSchema.optional(), {
      description: 'Limits of WebSockets and other upgraded connections.',
      defaultText: text('none', 'merged'),
      aka: ['tunnels', 'websocketTimeout', 'flush_interval'],
    }),
    allowedOrigins: key(origins().optional(), {
      description:
        'Other pages that may use this site although `origin` hides from it who they are.',
      defaultText: text('none'),
      aka: ['allowed_origins', 'cors', 'accessControlAllowOriginList'],
    }),
    upstreamRedirects: key(changes('http://app.internal/: /').optional(), {
      description:
        'Redirects of the upstream, in Location and Refresh: the first beginning, or `~regex`, that fits is changed. They come before what is changed anyway: where `to` has a path or `origin` is not `keep`, redirects to the URL of `to` are sent to where that is here.',
      defaultText: text('none'),
      template: true,
      aka: ['proxy_redirect', 'rewriteLocation', 'hostRewrite', 'autoRewrite'],
    }),
    upstreamCookies: key(cookiesSchema.optional(), {
      description: 'Cookies that the upstream sets: what is changed of them.',
      defaultText: text('none', 'merged'),
      aka: ['proxy_cookie_path', 'proxy_cookie_domain', 'proxy_cookie_flags', 'set_cookie'],
    }),
    maxBody: key(sizeOrOff().optional(), {
      description: 'Largest body of a request; above it 413.',
      defaultText: text('`off`'),
      aka: ['client_max_body_size', 'max_size', 'request_body', 'maxRequestBodyBytes', 'bodySize'],
    }),
    headers: key(headersSchema.optional(), {
      description: 'Header fields that are changed. Values may have variables, as `$remote_addr`.',
      defaultText: text('only `X-Forwarded-*` and `Forwarded` are written', 'merged'),
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
      defaultText: text("the gateway's"),
      aka: ['error_page', 'handle_errors', 'errors'],
    }),
    interceptErrors: key(flag().optional(), {
      description:
        "Whether the upstream's answers are replaced by the `errorPages` of their status.",
      defaultText: text('`false`'),
      aka: ['proxy_intercept_errors', 'handle_response'],
    }),
    accessLog: key(accessLogTarget().optional(), {
      description: 'Where requests are written, and how.',
      defaultText: text('the `accessLog` of the file'),
      aka: ['access_log', 'log'],
    }),
  };
}
