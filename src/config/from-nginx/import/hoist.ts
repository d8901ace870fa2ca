/** What all routes of a site have alike is written once, on the site. */
import { isDeepStrictEqual } from 'node:util';
import type { Level } from '../../../nginx/level.ts';
import type { RouteInput } from '../../schema.ts';

/** A route, the block that it comes from, and those inside it. */
export type Written = {
  readonly input: RouteInput;
  readonly level: Level | undefined;
  readonly inner: readonly Written[];
};

/** Of upstreams: a route that asks nobody has no use for them, and does not mind them. */
const ofUpstreams = [
  'upstreamTls',
  'timeouts',
  'resolver',
  'balance',
  'sticky',
  'keepAlive',
  'retry',
  'origin',
  'sent',
  'forwarded',
  'upstreamCookies',
] as const;

/** Of what comes before: a route that answers by itself does not mind them. */
const ofRequests = ['auth', 'maxBody'] as const;

export type SiteKeys = Omit<
  RouteInput,
  'path' | 'internal' | 'routes' | 'rules' | 'addSlash' | 'stripPrefix'
>;

/**
 * @param own what the server itself says, which its routes say again or not at all
 * @param usualLogPath where the access log is when nothing is said of one
 */
export function hoisted(
  written: readonly Written[],
  own: SiteKeys,
  usualLogPath: string,
): { readonly site: SiteKeys; readonly routes: readonly Written[] } {
  const all = written.flatMap(withInner);
  const passing = all.filter(({ to, files }) => to !== undefined || files !== undefined);
  const asking = passing.filter(({ to }) => to !== undefined && to !== 'off');
  const shared = [
    ...ofUpstreams.filter((name) => isAlike(asking, name)),
    ...ofRequests.filter((name) => isAlike(passing, name)),
  ];
  const site: Record<string, unknown> = { ...own };
  for (const name of shared) {
    site[name] = [...asking, ...passing].find((one) => one[name] !== undefined)?.[name];
  }
  const request = asking[0]?.headers?.request;
  const sharesRequest = areAlike(asking.map(({ headers }) => headers?.request));
  if (sharesRequest) site.headers = { request, ...own.headers };
  const log = own.accessLog ?? usualLogPath;
  const reduce = ({ input, level, inner }: Written): Written => {
    const { headers, errorPages, expires, interceptErrors, accessLog, ...rest } = without(
      input,
      shared,
    );
    const left = {
      ...rest,
      ...fieldsBeside(headers, own.headers?.response, sharesRequest),
      ...(isDeepStrictEqual(errorPages, own.errorPages) ? {} : { errorPages: errorPages ?? [] }),
      ...(isDeepStrictEqual(expires, own.expires) ? {} : { expires: expires ?? 'off' }),
      ...((interceptErrors ?? false) === (own.interceptErrors ?? false)
        ? {}
        : { interceptErrors: interceptErrors ?? false }),
      ...(accessLog === undefined || isDeepStrictEqual(accessLog, log) ? {} : { accessLog }),
    };
    return { input: left, level, inner: inner.map(reduce) };
  };
  return withoutRoot(site as SiteKeys, written.map(reduce));
}

function withInner({ input, inner }: Written): RouteInput[] {
  return [input, ...inner.flatMap(withInner)];
}

function fieldsBeside(
  headers: RouteInput['headers'],
  ofSite: NonNullable<RouteInput['headers']>['response'],
  sharesRequest: boolean,
): Pick<RouteInput, 'headers'> {
  const { request, response } = headers ?? {};
  const left = {
    ...(request === undefined || sharesRequest ? {} : { request }),
    ...responseBeside(response, ofSite),
  };
  return Object.keys(left).length === 0 ? {} : { headers: left };
}

type ResponseFields = NonNullable<RouteInput['headers']>['response'];

function responseBeside(response: ResponseFields, ofSite: ResponseFields) {
  if (ofSite === undefined) return response === undefined ? {} : { response };
  const { remove, ...added } = response ?? {};
  // What a route removes is not added by its site any more either.
  const isLost = remove?.some((name) => isAdded(name, ofSite)) === true;
  if (!isDeepStrictEqual(added, ofSite) || isLost) {
    return { response: { inherit: false, ...response } };
  }
  return remove === undefined ? {} : { response: { remove } };
}

function isAdded(name: string, { add, addOnSuccess }: NonNullable<ResponseFields>): boolean {
  const names = Object.keys({ ...add, ...addOnSuccess });
  return names.some((one) => one.toLowerCase() === name.toLowerCase());
}

/** The one for everything else gives its keys to the site when nothing else would have them. */
function withoutRoot(site: SiteKeys, routes: readonly Written[]): ReturnType<typeof hoisted> {
  const root = routes.find(({ input }) => input.path === '/');
  if (root === undefined) return { site, routes };
  const { path: _path, headers, ...rest } = root.input;
  const others = routes.filter((route) => route !== root);
  if (root.inner.length > 0 || isOfRoutes(rest)) return { site, routes };
  const names = Object.keys(rest);
  const hasTarget = rest.to !== undefined || rest.files !== undefined;
  const isBare = names.length === 1 && hasTarget && headers === undefined;
  if (isBare && rest.to === 'off') return { site, routes: others };
  const isSaid = names.some((name) => name in site) || isSaidOf(headers, site.headers);
  if ((others.length > 0 && !isBare) || isSaid) return { site, routes };
  const all = { ...headers, ...site.headers };
  return {
    site: { ...rest, ...site, ...(Object.keys(all).length === 0 ? {} : { headers: all }) },
    routes: others,
  };
}

function isSaidOf(headers: RouteInput['headers'], site: RouteInput['headers']): boolean {
  return (['request', 'response'] as const).some(
    (name) => headers?.[name] !== undefined && site?.[name] !== undefined,
  );
}

/** What a site does not say, or would say of requests that come to no route, too. */
const ofRoutes = [
  'rules',
  'internal',
  'addSlash',
  'stripPrefix',
  'accessLog',
  'ownRedirects',
] as const;

function isOfRoutes(input: Partial<RouteInput>): boolean {
  return ofRoutes.some((name) => input[name] !== undefined);
}

function isAlike(inputs: readonly RouteInput[], name: keyof RouteInput): boolean {
  return areAlike(inputs.map((input) => input[name]));
}

/** Whether all are there, and the same. */
function areAlike(values: readonly unknown[]): boolean {
  const [first, ...others] = values;
  return first !== undefined && others.every((other) => isDeepStrictEqual(first, other));
}

function without(input: RouteInput, names: readonly string[]): RouteInput {
  const rest = Object.entries(input).filter(([name]) => !names.includes(name));
  return Object.fromEntries(rest) as RouteInput;
}
