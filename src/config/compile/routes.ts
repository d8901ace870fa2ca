/** A site's keys and those of its routes as the routes of the model. */
import { defaults } from '../defaults.ts';
import type {
  CookieModel,
  ErrorPageModel,
  ForwardModel,
  PathPattern,
  RedirectModel,
  ResponseModel,
  RetryModel,
  RouteModel,
  TunnelModel,
} from '../route-model.ts';
import type { RuleModel } from '../rule-model.ts';
import type { Config, RouteConfig, SiteConfig } from '../schema.ts';
import { type Settings, settingsOf } from '../settings.ts';
import type { UpstreamModel } from '../upstream-model.ts';
import { AccessCompiler } from './access.ts';
import { accessLogModel, type LogOptions } from './access-log.ts';
import { requestFields, responseFields } from './fields.ts';
import { present, unlessEmpty } from './present.ts';
import { authorityOfUrl, type UpstreamOptions, upstreamModel } from './upstream.ts';

export type RouteOptions = UpstreamOptions & LogOptions & { readonly resolver: Config['resolver'] };

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
  'origin',
] as const satisfies (keyof Settings)[];

/** In the order of the file, then the one for everything else. */
export function siteRoutes(site: SiteConfig, options: RouteOptions): RouteModel[] {
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
  #siteUpstream: UpstreamModel | undefined;

  constructor(site: SiteConfig, options: RouteOptions) {
    this.#site = site;
    this.#options = options;
    this.#access = new AccessCompiler(options);
    const auths = [site.auth, ...(site.routes ?? []).map(({ auth }) => auth)];
    this.#secured = new Set(
      auths.flatMap((auth) => (typeof auth === 'object' ? (auth.forward?.headers ?? []) : [])),
    );
  }

  all(): RouteModel[] {
    const { routes: configs = [], to, redirect, answer } = this.#site;
    const routes = configs.map((config) => this.#route(config));
    const hasRoot = routes.some(({ path }) => path.kind === 'prefix' && path.path === '/');
    const hasOwn = to !== undefined || redirect !== undefined || answer !== undefined;
    if (hasOwn && !hasRoot) routes.push(this.#route(undefined));
    return [...routes, ...this.#access.routes];
  }

  /** @param config undefined for everything that no route of the file is for */
  #route(config: RouteConfig | undefined): RouteModel {
    const path = config?.path ?? everything;
    const settings = settingsOf(this.#site, config);
    const { setHeaders, errorPages, access } = this.#access.compile(settings.auth);
    const rules = rulesOf(settings);
    const upstream = rules === undefined ? this.#upstream(config, settings) : undefined;
    const uri = uriOf(path, this.#site, config);
    const headers = [this.#site.headers, config?.headers];
    return {
      path,
      upgradeTokens: settings.upgrade ?? defaults.upgradeTokens,
      ...present({
        upstream,
        rules,
        access,
        forward:
          upstream === undefined
            ? undefined
            : forwardModel(settings, uri, requestFields(headers, this.#secured, setHeaders)),
        response: responseModel(
          settings,
          headers,
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
        addsSlash: addsSlash(path, uri) ? true : undefined,
      }),
    };
  }

  #upstream(config: RouteConfig | undefined, settings: Settings): UpstreamModel | undefined {
    const { to } = settings;
    if (to === undefined) return undefined;
    const ownUpstream =
      config !== undefined && upstreamKeys.some((name) => config[name] !== undefined);
    if (ownUpstream) return upstreamModel(to, settings, this.#options);
    this.#siteUpstream ??= upstreamModel(to, settings, this.#options);
    return this.#siteUpstream;
  }
}

/** Undefined where an upstream is asked. */
function rulesOf({ redirect, answer }: Settings): readonly RuleModel[] | undefined {
  if (redirect !== undefined) {
    const { to, status = defaults.redirectStatus } = redirect;
    return [{ kind: 'return', status, text: to }];
  }
  if (answer === undefined) return undefined;
  const { status = 200, body, type } = answer;
  return [{ kind: 'return', status, ...present({ text: body, type }) }];
}

/** Undefined when the path is passed on as it was sent. */
function uriOf(
  path: PathPattern,
  site: SiteConfig,
  config: RouteConfig | undefined,
): { readonly kind: 'replace-prefix'; readonly with: string } | undefined {
  if (path.kind === 'regex') return undefined;
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
function addsSlash(path: PathPattern, uri: ReturnType<typeof uriOf>): boolean {
  return (
    uri !== undefined && path.kind === 'prefix' && path.path.length > 1 && path.path.endsWith('/')
  );
}

function forwardModel(
  settings: Settings,
  uri: ForwardModel['uri'],
  setHeaders: NonNullable<ForwardModel['setHeaders']>,
): ForwardModel | undefined {
  const { origin, allowedOrigins, retry } = settings;
  return unlessEmpty(
    present({
      uri,
      setHeaders: setHeaders.length === 0 ? undefined : setHeaders,
      origin: origin === undefined || origin === 'keep' ? undefined : ('upstream' as const),
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

function responseModel(
  settings: Settings,
  headers: readonly SiteConfig['headers'][],
  authPages: readonly ErrorPageModel[],
  redirects: readonly RedirectModel[],
): ResponseModel | undefined {
  const { add, hide } = responseFields(headers);
  const allRedirects = [...redirectModels(settings.upstreamRedirects), ...redirects];
  const errorPages = [...authPages, ...errorPageModels(settings.errorPages)];
  return unlessEmpty(
    present({
      addHeaders: add.length === 0 ? undefined : add,
      hideHeaders: hide.length === 0 ? undefined : hide,
      redirects: allRedirects.length === 0 ? undefined : allRedirects,
      cookies: cookieModel(settings.upstreamCookies),
      errorPages: errorPages.length === 0 ? undefined : errorPages,
      intercept: settings.interceptErrors,
    }),
  );
}

/**
 * An upstream that is not asked what the browser asked redirects to where it believes itself to be; the browser has to be
 * sent to the same place as it knows it. The same as nginx's `proxy_redirect default`.
 */
function redirectsOf(
  path: PathPattern,
  { to = [], origin = 'keep' }: Settings,
  uri: ReturnType<typeof uriOf>,
): RedirectModel[] {
  if (uri === undefined && origin === 'keep') return [];
  if (path.kind === 'regex') return [];
  const [from, target] = uri === undefined ? ['/', '/'] : [uri.with, path.path];
  const authorities = new Set(
    to.flatMap(({ url }) => {
      const scheme = url.scheme === 'https' ? 'https' : 'http';
      const authority = origin === 'keep' || origin === 'upstream' ? authorityOfUrl(url) : origin;
      return [`${scheme}://${authority}`];
    }),
  );
  return [...authorities].map((authority) => ({
    kind: 'prefix',
    from: [`${authority}${from}`],
    to: [target],
  }));
}

function redirectModels(redirects: Settings['upstreamRedirects']): RedirectModel[] {
  return (redirects ?? []).map(({ from, to }) =>
    from instanceof RegExp ? { kind: 'regex', regex: from, to } : { kind: 'prefix', from, to },
  );
}

function cookieModel(cookies: Settings['upstreamCookies']): CookieModel | undefined {
  if (cookies === undefined) return undefined;
  const { path, domain, flags } = cookies;
  return unlessEmpty(present({ paths: path, domains: domain, flags }));
}

function errorPageModels(pages: Settings['errorPages']): ErrorPageModel[] {
  return (pages ?? []).map(({ status, to, as }) => ({
    statuses: status,
    to,
    ...present({ status: as === 'page' ? ('from-page' as const) : as }),
  }));
}

/** No limit is what the model takes an absent key for. */
function tunnelModel(tunnel: Settings['tunnel']): TunnelModel | undefined {
  if (tunnel === undefined) return undefined;
  const limit = (ms: number | undefined) => (ms === Number.POSITIVE_INFINITY ? undefined : ms);
  return unlessEmpty(present({ idleMs: limit(tunnel.idle), pingMs: limit(tunnel.ping) }));
}
