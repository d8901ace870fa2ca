/** All routes and upstreams of a model, wherever they are nested. */
import type { GatewayModel, SiteModel } from './model.ts';
import type { RouteModel } from './route-model.ts';
import type { UpstreamModel } from './upstream-model.ts';

/** Each once, though a site may have several listeners. */
export function sitesOf({ listeners }: GatewayModel): ReadonlySet<SiteModel> {
  return new Set(listeners.flatMap(({ sites, defaultSite }) => [...sites, defaultSite]));
}

/** The routes of a site, the named ones too, each before those inside it. */
export function* routesOf(site: SiteModel): Generator<RouteModel> {
  for (const route of site.routes) yield* withNested(route);
  for (const route of Object.values(site.namedRoutes ?? {})) yield* withNested(route);
}

function* withNested(route: RouteModel): Generator<RouteModel> {
  yield route;
  for (const inner of route.routes ?? []) yield* withNested(inner);
}

/** What a route may ask; none for one that only answers. */
export function upstreamsOf({ upstream }: RouteModel): readonly UpstreamModel[] {
  if (upstream === undefined) return [];
  return 'servers' in upstream ? [upstream] : Object.values(upstream.groups);
}

export function hasConsole(site: SiteModel): boolean {
  for (const route of routesOf(site)) {
    for (const { servers } of upstreamsOf(route)) {
      if (servers.some((server) => server.kind === 'in-process')) return true;
    }
  }
  return false;
}
