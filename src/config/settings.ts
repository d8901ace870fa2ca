/**
 * What holds for a route: its own keys, else those of its site. Both the checks and the model start from here, so that
 * they cannot disagree.
 */
import type { RouteConfig, SiteConfig } from './schema.ts';

/** What a site and a route can both say. */
export type Settings = Omit<
  RouteConfig,
  'path' | 'rules' | 'routes' | 'stripPrefix' | 'addSlash' | 'internal'
>;

/** Keys that are one mapping in both places: a route has the keys of its site's that it does not write itself. */
const merged = [
  'limits',
  'sent',
  'upstreamCookies',
  'tunnel',
  'keepAlive',
  'upstreamTls',
  'timeouts',
] as const satisfies (keyof Settings)[];

/** Whether a route adds to what its site says under the key, and does not replace it. */
export function isMerged(key: keyof Settings): boolean {
  return merged.some((name) => name === key);
}

/** Where a request goes: one of these, so that a route's takes the place of the site's, whichever it is. */
const targets = ['to', 'redirect', 'answer', 'files'] as const;

/** Of everything on a site that no route is for, without `route`. Header fields are merged by name in `fields.ts`. */
export function settingsOf(site: SiteConfig, route?: RouteConfig): Settings {
  if (route === undefined) return site;
  const own = Object.fromEntries(Object.entries(route).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...site, ...own };
  if (hasTarget(route)) {
    for (const name of targets) settings[name] = undefined;
    Object.assign(settings, own);
  }
  for (const name of merged) {
    if (site[name] !== undefined && route[name] !== undefined) {
      Object.assign(settings, { [name]: { ...site[name], ...definedOf(route[name]) } });
    }
  }
  return settings;
}

export function hasTarget(one: Pick<Settings, (typeof targets)[number]>): boolean {
  return targets.some((name) => one[name] !== undefined);
}

function definedOf(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}
