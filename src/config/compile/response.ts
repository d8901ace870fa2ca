/** What becomes of answers, as the model has it: header fields, redirects, cookies, error pages. */
import type {
  CookieModel,
  ErrorPageModel,
  ForwardModel,
  PathPattern,
  RedirectModel,
  ResponseModel,
} from '../route-model.ts';
import type { SiteConfig } from '../schema.ts';
import type { Settings } from '../settings.ts';
import type { Change } from '../values/changes.ts';
import { type FieldLevels, responseFields } from './fields.ts';
import { present, unlessEmpty } from './present.ts';
import { authorityOfUrl } from './upstream.ts';

/** Undefined when an answer stays as it is. */
export function responseModel(
  settings: Settings,
  headers: FieldLevels<'response'>,
  authPages: readonly ErrorPageModel[],
  ownRedirects: readonly RedirectModel[],
): ResponseModel | undefined {
  const { add, hide } = responseFields(headers);
  const { changes, withOwn } = settings.upstreamRedirects ?? { changes: [], withOwn: true };
  const redirects = [...changes.map(redirectModel), ...(withOwn ? ownRedirects : [])];
  const errorPages = [...authPages, ...errorPageModels(settings.errorPages)];
  return unlessEmpty(
    present({
      addHeaders: add.length === 0 ? undefined : add,
      hideHeaders: hide.length === 0 ? undefined : hide,
      redirects: redirects.length === 0 ? undefined : redirects,
      expires: settings.expires === undefined ? undefined : present(settings.expires),
      cookies: cookieModel(settings.upstreamCookies),
      errorPages: errorPages.length === 0 ? undefined : errorPages,
      intercept: settings.interceptErrors,
    }),
  );
}

/** Of what no upstream answers and no route has. */
export function siteResponseModel(site: SiteConfig): ResponseModel | undefined {
  const { add } = responseFields([site.headers?.response]);
  const errorPages = errorPageModels(site.errorPages);
  return unlessEmpty(
    present({
      addHeaders: add.length === 0 ? undefined : add,
      expires: site.expires === undefined ? undefined : present(site.expires),
      errorPages: errorPages.length === 0 ? undefined : errorPages,
      intercept: site.interceptErrors,
    }),
  );
}

/**
 * An upstream that is not asked what the browser asked redirects to where it believes itself to be; the browser has to be
 * sent to the same place as it knows it. The same as nginx's `proxy_redirect default`.
 */
export function redirectsOf(
  path: PathPattern,
  { to = [], origin = 'keep' }: Settings,
  uri: ForwardModel['uri'],
): RedirectModel[] {
  const isMoved = uri?.kind === 'replace-prefix';
  const changesHost = typeof origin === 'object' ? origin.host !== undefined : origin !== 'keep';
  if (path.kind === 'regex' || (!isMoved && !changesHost)) return [];
  const [from, target] = isMoved ? [uri.with, path.path] : ['/', '/'];
  const authorities = new Set(
    to.flatMap(({ url }) => {
      if (url.computed !== undefined) return [];
      const scheme = url.scheme === 'https' || url.tls === true ? 'https' : 'http';
      const isHost = typeof origin === 'string' && !/^(?:keep|upstream)$/.test(origin);
      return [`${scheme}://${isHost ? origin : authorityOfUrl(url)}`];
    }),
  );
  return [...authorities].map((authority) => ({
    kind: 'prefix',
    from: [`${authority}${from}`],
    to: [target],
  }));
}

function redirectModel({ from, to }: Change): RedirectModel {
  return from instanceof RegExp ? { kind: 'regex', regex: from, to } : { kind: 'prefix', from, to };
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
