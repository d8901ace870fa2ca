/**
 * Keys of a site and of its routes that are allowed where they stand and have no effect there, because of where the requests
 * go: no upstream is asked where something else answers. Keys that another key beside them makes idle are in `idle-parts.ts`.
 */
import type { ConfigPath, Finding } from './problem.ts';
import type { RouteConfig, SiteConfig } from './schema.ts';
import { hasTarget, isMerged, type Settings, settingsOf } from './settings.ts';

/** What becomes of requests. `nowhere`: rules, or 404. */
type Destination = 'upstream' | 'files' | 'answer' | 'nowhere';

const upstreamOnly: readonly Destination[] = ['upstream'];
/** Whatever is looked at once a request is let in: answers of the configuration come before. */
const exceptAnswers: readonly Destination[] = ['upstream', 'files', 'nowhere'];

type Watched = {
  readonly key: keyof Settings;
  /** Steps further inside, where only a part of the key is meant. Default: all of it. */
  readonly inner?: readonly string[];
  readonly countsFor: readonly Destination[];
};

/** `upstreamTls` and `stripPrefix` without an https upstream are errors, see `site-checks.ts`. */
const watched: readonly Watched[] = [
  { key: 'auth', countsFor: exceptAnswers },
  { key: 'limits', inner: ['requests'], countsFor: exceptAnswers },
  { key: 'limits', inner: ['connections'], countsFor: exceptAnswers },
  { key: 'maxBody', countsFor: exceptAnswers },
  { key: 'headers', inner: ['request'], countsFor: upstreamOnly },
  { key: 'headers', inner: ['response', 'remove'], countsFor: upstreamOnly },
  ...(
    [
      ...(['upgrade', 'tunnel', 'allowedOrigins', 'sent', 'forwarded'] as const),
      ...(['upstreamRedirects', 'upstreamCookies', 'interceptErrors'] as const),
      ...(['profile', 'balance', 'sticky', 'health', 'keepAlive', 'retry'] as const),
      ...(['timeouts', 'resolver', 'origin'] as const),
    ] as const
  ).map((key) => ({ key, countsFor: upstreamOnly })),
];

/** A route, or what is for everything that no route is for. */
type Place = {
  readonly route: RouteConfig | undefined;
  readonly settings: Settings;
  readonly destination: Destination;
  readonly path: ConfigPath;
};

export type IdleKey = { readonly key: keyof Settings; readonly finding: Finding };

/** Of a site whose targets, rules and routes could all be read. */
export function idleKeysOf(site: SiteConfig, path: ConfigPath): IdleKey[] {
  const places = placesOf(site, path);
  return [
    ...idleTarget(site, places, path),
    ...watched.flatMap((one) => [
      ...idleOnSite(one, site, places, path),
      ...places.flatMap((place) => idleOnRoute(one, place)),
    ]),
  ];
}

function placesOf(site: SiteConfig, path: ConfigPath): Place[] {
  const routes = site.routes ?? [];
  const takesAll = ({ path: { kind, named, ...pattern } }: RouteConfig) =>
    kind === 'prefix' && named === undefined && 'path' in pattern && pattern.path === '/';
  return [
    ...nested(site, routes, [...path, 'routes']),
    ...(routes.some(takesAll) ? [] : [placeOf(site, undefined, path)]),
  ];
}

function nested(site: SiteConfig, routes: readonly RouteConfig[], path: ConfigPath): Place[] {
  return routes.flatMap((route, index) => [
    placeOf(site, route, [...path, index]),
    ...nested(site, route.routes ?? [], [...path, index, 'routes']),
  ]);
}

function placeOf(site: SiteConfig, route: RouteConfig | undefined, path: ConfigPath): Place {
  const settings = settingsOf(site, route);
  return { route, settings, destination: destinationOf(settings), path };
}

function destinationOf({ to, redirect, answer, files }: Settings): Destination {
  if (redirect !== undefined || answer !== undefined) return 'answer';
  if (to !== undefined && to.length > 0) return 'upstream';
  return files === undefined ? 'nowhere' : 'files';
}

function idleOnRoute({ key, inner = [], countsFor }: Watched, place: Place): IdleKey[] {
  const { route, destination, path } = place;
  if (route === undefined || !isSaid(route, key, inner) || countsFor.includes(destination)) {
    return [];
  }
  return [idle(key, inner, path, reasonFor(place))];
}

/** A key of the site holds for its routes, but for those that say otherwise. */
function idleOnSite(
  { key, inner = [], countsFor }: Watched,
  site: SiteConfig,
  places: readonly Place[],
  path: ConfigPath,
): IdleKey[] {
  if (!isSaid(site, key, inner)) return [];
  const counting = places.filter(({ destination }) => countsFor.includes(destination));
  const [first] = counting.length === 0 ? places.toReversed() : [];
  if (first !== undefined) return [idle(key, inner, path, reasonFor(first))];
  const isReplaced = ({ route }: Place) => route !== undefined && isSaid(route, key, inner);
  // Without `auth` on the site one of its routes that is added later would be open.
  const isKept = isMerged(key) || key === 'headers' || key === 'auth';
  if (isKept || !counting.every(isReplaced)) return [];
  return [idle(key, inner, path, 'every route that it could be for has its own')];
}

/** Where a site goes matters only to what does not go elsewhere. */
function idleTarget(site: SiteConfig, places: readonly Place[], path: ConfigPath): IdleKey[] {
  const key = (['to', 'redirect', 'answer', 'files'] as const).find(
    (one) => site[one] !== undefined,
  );
  if (key === undefined || !places.every(({ route }) => route !== undefined && hasTarget(route))) {
    return [];
  }
  return [idle(key, [], path, 'every request has a route, and every route goes elsewhere')];
}

function isSaid(
  one: SiteConfig | RouteConfig,
  key: keyof Settings,
  inner: readonly string[],
): boolean {
  let value: unknown = one[key];
  for (const step of inner) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value !== undefined && value !== 'off';
}

function reasonFor({ settings, destination, route }: Place): string {
  switch (destination) {
    case 'answer':
      return `\`${settings.redirect === undefined ? 'answer' : 'redirect'}\` comes before it`;
    case 'files':
      return 'only files are served here, and no upstream is asked';
    default:
      return route?.routes === undefined
        ? 'no upstream is asked here'
        : 'no upstream is asked here, and the routes inside have what their site has';
  }
}

function idle(
  key: keyof Settings,
  inner: readonly string[],
  path: ConfigPath,
  reason: string,
): IdleKey {
  const name = [key, ...inner].join('.');
  return {
    key,
    finding: {
      path: [...path, key, ...inner],
      at: 'key',
      message: `\`${name}\` has no effect: ${reason}`,
      hint: 'remove it, or let an upstream answer',
    },
  };
}
