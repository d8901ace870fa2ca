/** Keys of a site and of its routes about who may make requests. */
import { z } from 'zod';
import {
  allowedNetworks,
  networks,
  redirectTarget,
  template,
  usersPath,
} from '../values/answer-kinds.ts';
import { fieldNames } from '../values/fields.ts';
import { flag, type KindMeta, mapping, oneOf } from '../values/kinds.ts';
import { authTarget, variableValues } from '../values/rule-kinds.ts';
import { key } from './key.ts';

const basicSchema = mapping({
  file: key(usersPath(), {
    description:
      'File of `user:hash` lines as `htpasswd -B` writes them; bcrypt, apr1, SHA and crypt are known. Read again when it changes. May have variables in its name.',
    template: true,
    aka: ['auth_basic_user_file', 'users', 'usersFile', 'htpasswd'],
  }),
  realm: key(template().optional(), {
    description: 'What browsers show when they ask for the password.',
    defaultText: '`Restricted`',
    template: true,
    aka: ['auth_basic', 'name'],
  }),
});

const forwardSchema = mapping({
  to: key(authTarget(), {
    description:
      "The server that decides, with the path it is asked for: `http://authelia:9091/api/authz/forward-auth`. It gets the request's fields without its body, `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For`, `X-Original-Method` and `X-Original-URL`. A status of 2xx lets in, 401, 403 and redirects are the answer, anything else is a 500. A path alone is one of this site, whose route says what it is asked for.",
    template: true,
    aka: ['url', 'address', 'uri', 'auth_request', 'forward_auth', 'path'],
  }),
  headers: key(fieldNames('request').optional(), {
    description:
      'Fields of its answer that the upstream gets. What the client sent under these names never gets there.',
    defaultText: 'none',
    aka: ['copy_headers', 'authResponseHeaders', 'auth_request_set', 'copyHeaders'],
  }),
  set: key(variableValues().optional(), {
    description:
      'Variables from its answer, whose fields are `$upstream_http_…`: `{ user: $upstream_http_x_user }`.',
    defaultText: 'none',
    template: true,
    aka: ['auth_request_set'],
  }),
  passRefusals: key(flag().optional(), {
    description:
      'Whether its redirects reach the browser, with `Location` and every `Set-Cookie`, and its 401 and 403 with `WWW-Authenticate` and `Set-Cookie`; bodies never do. `false`: as auth_request of nginx, where a redirect is a 500 and of a 401 only `WWW-Authenticate` is left.',
    defaultText: '`true`',
    aka: ['redirects', 'passRedirects'],
  }),
  signIn: key(redirectTarget().optional(), {
    description:
      'Where browsers are sent instead of its 401, for a server that does not redirect by itself: `https://auth.example.com/?rd=$scheme://$http_host$request_uri`. The value of a variable behind `?` and `=` is escaped, so that all of it is one parameter, whatever is in it; one that is written as `?$args` is not.',
    defaultText: 'the 401 itself',
    template: true,
    aka: ['login', 'error_page', 'signin'],
  }),
});

const authSchema = mapping({
  basic: key(basicSchema.optional(), {
    description: 'User and password, asked by the browser itself.',
    defaultText: 'none',
    aka: ['auth_basic', 'basic_auth', 'basicAuth', 'basicauth'],
  }),
  forward: key(forwardSchema.optional(), {
    description: 'Another server decides, such as Authelia, Authentik or oauth2-proxy.',
    defaultText: 'none',
    aka: ['auth_request', 'forward_auth', 'forwardAuth'],
  }),
  deny: key(networks().optional(), {
    description: 'Clients that get 403.',
    defaultText: 'none',
    aka: ['block', 'blacklist', 'denylist'],
  }),
  allow: key(allowedNetworks().optional(), {
    description:
      'The only clients that do not get 403; those of `deny` still do. The first that fits decides, and `not` in front of one keeps it out: `[10.0.0.1, not 10.0.0.0/8, all]`.',
    defaultText: 'all',
    aka: ['ipAllowList', 'ipWhiteList', 'remote_ip', 'whitelist', 'allowlist'],
  }),
  satisfy: key(oneOf(['all', 'any']).optional(), {
    description:
      'Whether a request has to pass all of addresses, `basic` and `forward`, or one of them is enough.',
    defaultText: '`all`',
  }),
});

/** `text` as in `upstreamKeys`. */
export function authKeys(text: (own: string) => string) {
  const expects = '`off` or a mapping';
  const auth = z
    .union([oneOf(['off']), authSchema], { error: () => expects })
    .meta({ expects } satisfies KindMeta);
  return {
    auth: key(auth.optional(), {
      description:
        'Who may make requests. What is written on a route takes the place of all that is on its site; `off`: everybody.',
      defaultText: text('everybody'),
      aka: [
        'auth_basic',
        'basic_auth',
        'auth_request',
        'forward_auth',
        'access',
        'authentication',
        'middlewares',
      ],
    }),
  };
}
