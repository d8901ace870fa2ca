/** A site's keys and those of its routes as the routes of the model. */
import { defaults } from '../defaults.ts';
import type {
  ForwardModel,
  OwnRedirectsModel,
  PathPattern,
  RetryModel,
  RouteModel,
  TunnelModel,
} from '../route-model.ts';
import type { Config, RouteConfig, SiteConfig } from '../schema.ts';
import { type Settings, settingsOf } from '../settings.ts';
import type { DynamicUpstreamModel, UpstreamModel } from '../upstream-model.ts';
import type { RoutePath } from '../values/path-pattern.ts';
import { AccessCompiler } from './access.ts';
import { accessLogModel, type LogOptions } from './access-log.ts';
import { type FieldLevels, fieldLevels, requestFields } from './fields.ts';
import { filesModel } from './files.ts';
import { routeLimitsModel } from './limits.ts';
import { present, unlessEmpty } from './present.ts';
import { redirectsOf, responseModel } from './response.ts';
import { answerModels, ruleModels } from './rules.ts';
import { type UpstreamOptions, upstreamModel } from './upstream.ts';

export type RouteOptions = UpstreamOptions &
  LogOptions & {
    /** Media types of the file. */
    readonly types: Config['types'];
  };

const everything: PathPattern = { kind: 'prefix', path: '/', beforeRegex: false };

/** Keys that make an upstream; a route without any of them shares the one of its site, with its connections and health. */
const upstreamKeys = [
  'to',
  'profile',
  'balance',
  'sticky',
  'health',
  'keepAlive',
  'upstreamTls',
  'timeouts',
  'resolver',
  'origin',
] as const satisfies (keyof Settings)[];

/** What a site's routes become: those with a path in the order of the file, then the one for everything else. */
export function siteRoutes(
  site: SiteConfig,
  options: RouteOptions,
): {
  readonly routes: readonly RouteModel[];
  readonly namedRoutes: Readonly<Record<string, RouteModel>>;
} {
  return new RouteCompiler(site, options).all();
}

class RouteCompiler {
  readonly #site: SiteConfig;
  readonly #options: RouteOptions;
  readonly #access: AccessCompiler;
  /**
   * Fields by which an upstream is told who somebody is. The same upstream believes them on routes without `auth`, too,
   * so clients may not send them anywhere on the site.
   */
  readonly #secured: ReadonlySet<string>;
  #siteUpstream: UpstreamModel | DynamicUpstreamModel | undefined;

  constructor(site: SiteConfig, options: RouteOptions) {
    this.#site = site;
    this.#options = options;
    this.#access = new AccessCompiler(options);
    const auths = [site.auth, ...withNested(site.routes ?? []).map(({ auth }) => auth)];
    this.#secured = new Set(
      auths.flatMap((auth) => (typeof auth === 'object' ? (auth.forward?.headers ?? []) : [])),
    );
  }

  all(): ReturnType<typeof siteRoutes> {
    const { routes: configs = [] } = this.#site;
    const routes: RouteModel[] = [];
    const namedRoutes: Record<string, RouteModel> = {};
    for (const config of configs) {
      const { named } = config.path;
      if (named === undefined) routes.push(this.#route(config));
      else namedRoutes[named] = this.#route(config);
    }
    // What nobody is asked for has the site's `auth` and error pages, too.
    const hasRoot = routes.some(({ path }) => path.kind === 'prefix' && path.path === '/');
    if (!hasRoot) routes.push(this.#route(undefined));
    return { routes: [...routes, ...this.#access.routes], namedRoutes };
  }

  /** @param config undefined for everything that no route of the file is for */
  #route(config: RouteConfig | undefined): RouteModel {
    const path = patternOf(config?.path ?? everything);
    const settings = settingsOf(this.#site, config);
    const { setHeaders, errorPages, access } = this.#access.compile(settings.auth);
    const answers = answerModels(settings);
    const rules = [...ruleModels(config?.rules), ...answers];
    const upstream = answers.length === 0 ? this.#upstream(config, settings) : undefined;
    const uri = uriOf(config?.path ?? everything, this.#site, config);
    const headers = [this.#site.headers, config?.headers] as const;
    return {
      path,
      upgradeTokens: upstream === undefined ? [] : (settings.upgrade ?? defaults.upgradeTokens),
      ...present({
        upstream,
        files:
          answers.length === 0
            ? filesModel(settings.files, this.#options.baseFolder, this.#options.types)
            : undefined,
        routes: config?.routes?.map((inner) => this.#route(inner)),
        rules: rules.length === 0 ? undefined : rules,
        limits: routeLimitsModel(settings.limits),
        access,
        forward:
          upstream === undefined
            ? undefined
            : this.#forward(settings, uri, fieldLevels('request', ...headers), setHeaders),
        response: responseModel(
          settings,
          fieldLevels('response', ...headers),
          errorPages,
          upstream === undefined ? [] : redirectsOf(path, settings, uri),
        ),
        tunnel: tunnelModel(settings.tunnel),
        maxBodyBytes: settings.maxBody === Number.POSITIVE_INFINITY ? undefined : settings.maxBody,
        accessLog:
          config?.accessLog === undefined
            ? undefined
            : accessLogModel(config.accessLog, this.#options),
        internal: config?.internal,
        addsSlash: (config?.addSlash ?? addsSlash(path, uri)) ? true : undefined,
        ownRedirects: ownRedirectsModel(config?.ownRedirects),
      }),
    };
  }

  #forward(
    settings: Settings,
    uri: ForwardModel['uri'],
    levels: FieldLevels<'request'>,
    copied: NonNullable<ForwardModel['setHeaders']>,
  ): ForwardModel | undefined {
    const fields = requestFields(levels, this.#secured, copied);
    return forwardModel(settings, uri, [...originFields(settings.origin), ...fields]);
  }

  #upstream(
    config: RouteConfig | undefined,
    settings: Settings,
  ): UpstreamModel | DynamicUpstreamModel | undefined {
    const { to = [] } = settings;
    if (to.length === 0) return undefined;
    const ownUpstream =
      config !== undefined && upstreamKeys.some((name) => config[name] !== undefined);
    if (ownUpstream) return upstreamModel(to, settings, this.#options);
    this.#siteUpstream ??= upstreamModel(to, settings, this.#options);
    return this.#siteUpstream;
  }
}

function withNested(routes: readonly RouteConfig[]): RouteConfig[] {
  return routes.flatMap((route) => [route, ...withNested(route.routes ?? [])]);
}

function patternOf(path: RoutePath): PathPattern {
  return path.named === undefined ? path : everything;
}

/** `undefined` on a site is what holds without it. */
export function ownRedirectsModel(own: Settings['ownRedirects']): OwnRedirectsModel | undefined {
  if (own === undefined || own === 'path') return own;
  const { host = 'request', port = true } = own === 'url' ? {} : own;
  return { host: host === 'site' ? 'site-name' : host, port };
}

/** Undefined when the path is passed on as it was sent. */
function uriOf(
  path: RoutePath,
  site: SiteConfig,
  config: RouteConfig | undefined,
): ForwardModel['uri'] {
  const computed = (config?.to ?? site.to)?.[0]?.url.computed;
  if (computed !== undefined) {
    return computed.uri === undefined ? undefined : { kind: 'template', uri: computed.uri };
  }
  if (path.kind === 'regex' || path.named !== undefined) return undefined;
  if (config?.stripPrefix === true) return { kind: 'replace-prefix', with: '/' };
  const own = config?.to?.[0]?.url.path;
  if (own !== undefined && own !== '') {
    // `/` for `/` replaces nothing, and unlike a replacement leaves the path as it was sent.
    return own === path.path ? undefined : { kind: 'replace-prefix', with: own };
  }
  if (config?.to !== undefined) return undefined;
  // The site's is in front of the whole path, also for a route that has no `to` of its own.
  const inherited = site.to?.[0]?.url.path ?? '';
  if (inherited === '' || inherited === '/') return undefined;
  return { kind: 'replace-prefix', with: inherited + encodeURI(path.path.slice(1)) };
}

/** `/api` is nobody's else where only what is behind `/api/` is passed on. */
function addsSlash(path: PathPattern, uri: ForwardModel['uri']): boolean {
  return (
    uri?.kind === 'replace-prefix' &&
    path.kind === 'prefix' &&
    path.path.length > 1 &&
    path.path.endsWith('/')
  );
}

/** Host and Origin where both are said apart. */
function originFields(origin: Settings['origin']): NonNullable<ForwardModel['setHeaders']> {
  if (typeof origin !== 'object') return [];
  const { host, origin: value } = origin;
  return [
    ...(host === undefined ? [] : [{ name: 'Host', value: host }]),
    ...(value === undefined ? [] : [{ name: 'Origin', value }]),
  ];
}

function forwardModel(
  settings: Settings,
  uri: ForwardModel['uri'],
  setHeaders: NonNullable<ForwardModel['setHeaders']>,
): ForwardModel | undefined {
  const { origin, allowedOrigins, retry, forwarded, sent = {} } = settings;
  const isUpstream = typeof origin === 'string' && origin !== 'keep';
  return unlessEmpty(
    present({
      uri,
      method: sent.method,
      httpVersion: sent.httpVersion,
      setHeaders: setHeaders.length === 0 ? undefined : setHeaders,
      passHeaders: sent.fields,
      passUnderscores: sent.underscores,
      buffersBody: sent.buffered,
      passBody: sent.body === 'off' ? false : undefined,
      body: sent.body === 'off' ? undefined : sent.body,
      forwarded,
      origin: isUpstream ? ('upstream' as const) : undefined,
      allowedOrigins,
      retry: retryModel(retry),
    }),
  );
}

function retryModel(retry: Settings['retry']): RetryModel | undefined {
  if (retry === undefined) return undefined;
  if (retry === 'off') return { on: [] };
  const { on, tries, timeout } = retry;
  return present({ on, tries, timeoutMs: timeout === Number.POSITIVE_INFINITY ? 0 : timeout });
}

/** No limit is what the model takes an absent key for. */
function tunnelModel(tunnel: Settings['tunnel']): TunnelModel | undefined {
  if (tunnel === undefined) return undefined;
  const limit = (ms: number | undefined) => (ms === Number.POSITIVE_INFINITY ? undefined : ms);
  return unlessEmpty(present({ idleMs: limit(tunnel.idle), pingMs: limit(tunnel.ping) }));
}
