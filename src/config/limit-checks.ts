/** Whether limits of sites and routes name zones that are there, of the kind that they need. */
import { nearest } from '../base/nearest.ts';
import type { ConfigPath, Finding } from './problem.ts';
import type { Config, RouteConfig, SiteConfig } from './schema.ts';

type ZoneLimits = Pick<NonNullable<RouteConfig['limits']>, 'requests' | 'connections'>;

export function checkLimits(
  { zones = {} }: Config['limits'],
  sites: readonly (SiteConfig | undefined)[],
): Finding[] {
  return sites.flatMap((site, index) => {
    const path = ['sites', index];
    return [...checkOne(site?.limits, path, zones), ...checkRoutes(site?.routes, path, zones)];
  });
}

type Zones = NonNullable<Config['limits']['zones']>;

function checkRoutes(
  routes: readonly RouteConfig[] = [],
  outer: ConfigPath,
  zones: Zones,
): Finding[] {
  return routes.flatMap((route, index) => {
    const path = [...outer, 'routes', index];
    return [...checkOne(route.limits, path, zones), ...checkRoutes(route.routes, path, zones)];
  });
}

function checkOne(limits: ZoneLimits | undefined, path: ConfigPath, zones: Zones): Finding[] {
  return (['requests', 'connections'] as const).flatMap((kind) => {
    const said = limits?.[kind];
    if (said === undefined || said === 'off') return [];
    return said.limits.flatMap(({ zone }, index) => {
      const finding = findingFor(zone, kind, zones);
      if (finding === undefined) return [];
      // A list alone is read as the mapping that has it.
      return [{ path: [...path, 'limits', kind, index, 'zone'], ...finding }];
    });
  });
}

function findingFor(
  name: string,
  kind: 'requests' | 'connections',
  zones: Zones,
): Pick<Finding, 'message' | 'hint'> | undefined {
  const zone = Object.hasOwn(zones, name) ? zones[name] : undefined;
  if (zone === undefined) {
    const closest = nearest(name, Object.keys(zones));
    const question = closest === undefined ? '' : `; did you mean \`${closest}\`?`;
    return {
      message: `there is no zone \`${name}\`${question}`,
      hint: `add it at the top of the file: limits: { zones: { ${name}: { key: $remote_addr${kind === 'requests' ? ', perSecond: 1' : ''} } } }`,
    };
  }
  const countsRequests = zone.perSecond !== undefined;
  if (countsRequests === (kind === 'requests')) return undefined;
  return countsRequests
    ? {
        message: `\`${name}\` counts requests a second, and \`connections\` is about what is under way`,
        hint: 'use it in `requests`, or a zone without `perSecond`',
      }
    : {
        message: `\`${name}\` has no rate that requests could be compared with`,
        hint: 'add `perSecond` to it',
      };
}
