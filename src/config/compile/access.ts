/**
 * `auth` as the model of access. Another server that decides becomes a route of the site, which only the gateway itself
 * can ask, since that is what the model has room for.
 */
import { defaults } from '../defaults.ts';
import type { AccessModel, ErrorPageModel, ForwardModel, RouteModel } from '../route-model.ts';
import type { Template } from '../rule-model.ts';
import type { Settings } from '../settings.ts';
import type { UpstreamUrl } from '../values/upstream-url.ts';
import { absolutePath } from './absolute-path.ts';
import { present } from './present.ts';
import { type UpstreamOptions, upstreamModel } from './upstream.ts';

type Auth = Exclude<Settings['auth'], 'off' | undefined>;
type ForwardAuth = NonNullable<Auth['forward']>;

/** What a route needs for its `auth`. */
export type Access = {
  readonly access?: AccessModel;
  /** Fields of the answer of another server, for the upstream. */
  readonly setHeaders: NonNullable<ForwardModel['setHeaders']>;
  readonly errorPages: readonly ErrorPageModel[];
};

/** Where the routes are that ask other servers; a path that no application uses. */
const authFolder = '/.hatchway/auth/';

/** Of one site: the same `auth` on several routes is one route that asks. */
export class AccessCompiler {
  /** The routes that ask, for the site. */
  readonly routes: RouteModel[] = [];
  readonly #options: UpstreamOptions;
  readonly #paths = new Map<ForwardAuth, string>();

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  compile(auth: Settings['auth']): Access {
    if (auth === undefined || auth === 'off') return { setHeaders: [], errorPages: [] };
    const { satisfy, basic, forward } = auth;
    const addresses = addressesOf(auth);
    const copied = forward?.headers ?? [];
    const variables = [
      ...(forward?.set ?? []),
      ...copied.map((name) => ({
        variable: variableOf(name),
        value: [{ variable: `upstream_http_${underscored(name)}` }],
      })),
    ];
    return {
      access: present({
        satisfy,
        addresses: addresses.length === 0 ? undefined : addresses,
        basic:
          basic === undefined
            ? undefined
            : {
                realm: basic.realm ?? [defaults.realm],
                usersPath: absolutePath(basic.file, this.#options.baseFolder),
              },
        authRequest:
          forward === undefined
            ? undefined
            : {
                uri:
                  forward.to.kind === 'path'
                    ? forward.to.uri
                    : [this.#pathOf(forward, forward.to.url)],
                ...present({ set: variables.length === 0 ? undefined : variables }),
                passRefusals: forward.passRefusals ?? defaults.passRefusals,
              },
      }),
      setHeaders: copied.map((name) => ({ name, value: [{ variable: variableOf(name) }] })),
      errorPages:
        forward?.signIn === undefined
          ? []
          : [
              {
                statuses: [401],
                status: defaults.redirectStatus,
                to: signInUrl(forward.signIn),
              },
            ],
    };
  }

  #pathOf(forward: ForwardAuth, url: UpstreamUrl): string {
    const before = this.#paths.get(forward);
    if (before !== undefined) return before;
    const path = `${authFolder}${this.#paths.size}`;
    this.#paths.set(forward, path);
    this.routes.push(askingRoute(path, url, this.#options));
    return path;
  }
}

function askingRoute(path: string, to: UpstreamUrl, options: UpstreamOptions): RouteModel {
  const sentUrl: Template = [
    { variable: 'scheme' },
    '://',
    { variable: 'http_host' },
    { variable: 'request_uri' },
  ];
  return {
    path: { kind: 'exact', path },
    internal: true,
    upstream: upstreamModel([{ url: to }], {}, options),
    upgradeTokens: [],
    forward: {
      uri: { kind: 'template', uri: [to.path === '' ? '/' : to.path] },
      passBody: false,
      // The names that oauth2-proxy and Authelia, then Traefik and Caddy ask for.
      setHeaders: [
        { name: 'X-Original-Method', value: [{ variable: 'request_method' }] },
        { name: 'X-Original-URL', value: sentUrl },
        { name: 'X-Forwarded-Method', value: [{ variable: 'request_method' }] },
        { name: 'X-Forwarded-Uri', value: [{ variable: 'request_uri' }] },
      ],
    },
  };
}

/** With its origin: a path alone would be a page that is answered here, which nobody is sent to. */
function signInUrl(to: Template): Template {
  const url = withEscapedParameters(to);
  const [first] = to;
  const isPath = typeof first === 'string' && first.startsWith('/');
  return isPath ? [{ variable: 'scheme' }, '://', { variable: 'http_host' }, ...url] : url;
}

/**
 * Variables that are the value of a parameter, behind `=` in what is written of the query, with their values escaped. Others may be
 * several parameters, such as `$args`.
 */
function withEscapedParameters(template: Template): Template {
  let before = '';
  return template.map((part) => {
    if (typeof part !== 'string') return isInParameter(before) ? { ...part, escaped: true } : part;
    before += part;
    return part;
  });
}

function isInParameter(url: string): boolean {
  const mark = url.indexOf('?');
  return mark !== -1 && url.slice(Math.max(mark, url.lastIndexOf('&')) + 1).includes('=');
}

/** Who is denied stays out, even when a wider network is allowed. */
function addressesOf({ allow, deny = [] }: Auth): NonNullable<AccessModel['addresses']> {
  return [
    ...deny.map((network) => ({ allow: false, network })),
    ...(allow ?? []),
    ...(allow === undefined || allow.at(-1)?.network === 'all'
      ? []
      : [{ allow: false, network: 'all' }]),
  ];
}

function variableOf(name: string): string {
  return `hatchway_auth_${underscored(name)}`;
}

function underscored(name: string): string {
  return name.replaceAll('-', '_');
}
