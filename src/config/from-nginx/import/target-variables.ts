/**
 * Which variables of a site say nothing but where its requests go, so that import can write the server in their place. Does not
 * know how they are replaced.
 */
import type { GatewayModel, SiteModel } from '../../model.ts';
import type { RouteModel } from '../../route-model.ts';
import { routesOf, sitesOf } from '../../walk.ts';
import {
  type Constants,
  foldConstants,
  setIn,
  textOf,
  variablesBelow,
  withConstants,
} from './constants.ts';
import { staticUpstream } from './static-upstream.ts';

/** Those of a site whose values are worth having: nothing besides its own routes looks at them, and a server comes of each. */
export function targetVariables(site: SiteModel, model: GatewayModel): ReadonlySet<string> {
  const routes = [...routesOf(site)];
  const urls = routes.flatMap(({ upstream }) =>
    upstream === undefined || 'servers' in upstream ? [] : [upstream.url],
  );
  const { maps, requestZones, connectionZones } = model;
  const shared = new Set([
    ...variablesBelow({ maps, requestZones, connectionZones, log: site.accessLog }),
    ...unsetAnywhere(model),
  ]);
  const wanted = new Set(variablesBelow(urls).filter((name) => !shared.has(name)));
  const { constants } = foldConstants(site.rules ?? [], new Map(), wanted);
  const useless = new Set(routes.flatMap((route) => uselessIn(route, constants, wanted)));
  return new Set([...wanted].filter((name) => !useless.has(name)));
}

/**
 * Variables of a URL that has a path besides its server. With variables in it nginx asks for that path, whatever the client has
 * asked for; without, it would take the place of the location's.
 */
function uselessIn(
  { rules = [], upstream }: RouteModel,
  outer: Constants,
  wanted: ReadonlySet<string>,
): string[] {
  if (upstream === undefined || 'servers' in upstream) return [];
  const known = withConstants(upstream, foldConstants(rules, outer, wanted).constants);
  const isOnlyText = textOf(known.url) !== undefined;
  return isOnlyText && staticUpstream(known) === undefined ? variablesBelow(upstream.url) : [];
}

/** Of each model once, since it is asked for each of its sites. */
const unset = new WeakMap<GatewayModel, readonly string[]>();

function unsetAnywhere(model: GatewayModel): readonly string[] {
  const known = unset.get(model) ?? [...new Set([...sitesOf(model)].flatMap(unsetIn))];
  unset.set(model, known);
  return known;
}

/** Variables that a site looks at and does not set: they are empty there, and known because another site sets them. */
function unsetIn(site: SiteModel): string[] {
  const rules = [site, ...routesOf(site)].map((one) => one.rules ?? []);
  const set = new Set(rules.flatMap(setIn));
  return variablesBelow(site).filter((name) => !set.has(name));
}
