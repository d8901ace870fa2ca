/** `upstream` blocks as `upstreams`, and `map` blocks and zones as what the top of the file has of them. */
import type { z } from 'zod';
import type { NginxModel } from '../../../nginx/model.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { ConnectionZoneModel } from '../../limit-model.ts';
import type { GatewayModel, MapEntryModel, MapModel } from '../../model.ts';
import type { RouteModel } from '../../route-model.ts';
import type { configSchema } from '../../schema.ts';
import type { ResolverModel, UpstreamServerModel } from '../../upstream-model.ts';
import type { MapKeys } from '../../values/rule-kinds.ts';
import { LevelReader } from '../reader.ts';
import { groupModel, upstreamContext } from '../upstreams.ts';
import { variablesBelow } from './constants.ts';
import { isSame, resolverInput } from './resolver-input.ts';
import { answersAll } from './rule-inputs.ts';
import { balanceInput, keepAliveInput, serverOptions, stickyInput } from './server-keys.ts';
import { hostText, plainText, signedRegex, sizeText, templateText } from './yaml-text.ts';

type ConfigInput = z.input<typeof configSchema>;
type UpstreamInput = NonNullable<ConfigInput['upstreams']>[string];

/**
 * Those of the configuration by their name.
 *
 * @param usual name servers of the whole file
 */
export function upstreamInputs(
  nginx: NginxModel,
  baseFolder: string,
  usual: ResolverModel | undefined,
): ConfigInput['upstreams'] {
  return unlessEmpty(
    Object.fromEntries(
      Array.from(nginx.upstreams.values(), (group): [string, UpstreamInput] => {
        // What belongs to a location is said there, and name servers that a location would bring are not looked at.
        const context = upstreamContext(new LevelReader(nginx.http ?? nginx.main, baseFolder));
        const model = groupModel(group, 'http', { ...context, resolver: undefined });
        const servers = model.servers.map((server) => {
          const options = serverOptions(server);
          const address = addressText(server);
          return Object.keys(options).length === 0 ? address : { address, ...options };
        });
        return [
          group.name,
          present({
            servers,
            balance: balanceInput(model.balance),
            sticky: stickyInput(model.sticky),
            keepAlive: keepAliveInput(model.keepAlive),
            resolver: isSame(model.resolver, usual) ? undefined : resolverInput(model.resolver),
          }),
        ];
      }),
    ),
  );
}

function addressText(server: UpstreamServerModel): string {
  if (server.kind === 'unix') return plainText(`unix:${server.path}`);
  // The console is no server of an nginx.conf.
  if (server.kind === 'in-process') return server.name;
  return `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
}

/** Without what is behind an unconditional answer. */
function reachableSites({ listeners }: GatewayModel): unknown[] {
  const sites = new Set(listeners.flatMap((listener) => listener.sites));
  return Array.from(sites, (site) => {
    const { routes, namedRoutes, ...rest } = site;
    if (site.rules?.some(answersAll) === true) return rest;
    return {
      ...rest,
      routes: [...routes, ...Object.values(namedRoutes ?? {})].map(reachableRoute),
    };
  });
}

function reachableRoute(route: RouteModel): unknown {
  const { upstream, forward, access, limits, routes = [], ...rest } = route;
  const inner = routes.map(reachableRoute);
  if (answersAll(route.rules?.at(-1))) return { ...rest, inner };
  return { ...rest, upstream, forward, access, limits, inner };
}

/** Maps that something looks at; the one for the Connection field of WebSockets is not needed here. */
export function usedMaps(model: GatewayModel): MapModel[] {
  const { maps = [], requestZones, connectionZones } = model;
  const sites = reachableSites(model);
  const used = new Set(variablesBelow({ sites, requestZones, connectionZones }));
  let rests = [...maps];
  for (let found = true; found; ) {
    const now = rests.filter(({ variable }) => used.has(variable));
    for (const { source, entries, fallback } of now) {
      for (const name of variablesBelow({ source, entries, fallback })) used.add(name);
    }
    rests = rests.filter((map) => !now.includes(map));
    found = now.length > 0;
  }
  return maps.filter((map) => !rests.includes(map));
}

export function mapInputs(model: GatewayModel): ConfigInput['maps'] {
  return unlessEmpty(
    Object.fromEntries(usedMaps(model).map((map) => [map.variable, mapInput(map)])),
  );
}

function mapInput({
  source,
  entries,
  fallback,
  isOnce,
}: MapModel): NonNullable<ConfigInput['maps']>[string] {
  return {
    of: templateText(source),
    values: Object.fromEntries(entries.map((one) => [entryKey(one), templateText(one.value)])),
    ...present({
      default: fallback === undefined ? undefined : templateText(fallback),
      keys: keysOf(entries),
      volatile: isOnce === true ? undefined : true,
    }),
  };
}

function keysOf(entries: MapModel['entries']): MapKeys | undefined {
  if (entries.some(({ kind }) => kind.endsWith('wildcard'))) return 'hosts';
  if (entries.some(({ kind }) => kind === 'share')) return 'shares';
  return entries.some(({ kind }) => kind === 'network') ? 'networks' : undefined;
}

function entryKey(entry: MapEntryModel): string {
  switch (entry.kind) {
    case 'exact':
      return plainText(entry.key);
    case 'network':
      return entry.network;
    case 'share':
      return `${entry.below / 100}%`;
    case 'regex':
      return signedRegex(entry.regex);
    case 'leading-wildcard':
      return hostText({ kind: entry.kind, suffix: entry.suffix });
    case 'trailing-wildcard':
      return hostText({ kind: entry.kind, prefix: entry.prefix });
  }
}

type ZoneInput = NonNullable<NonNullable<ConfigInput['limits']>['zones']>[string];

export function zoneInputs({
  requestZones = [],
  connectionZones = [],
}: GatewayModel): Record<string, ZoneInput> | undefined {
  const zones: readonly (ConnectionZoneModel & { readonly perSecond?: number })[] = [
    ...requestZones,
    ...connectionZones,
  ];
  return unlessEmpty(
    Object.fromEntries(
      zones.map((zone) => {
        const key = templateText(zone.key);
        return [
          zone.name,
          present({
            key: key === '$binary_remote_addr' ? undefined : key,
            perSecond: zone.perSecond,
            memory: zone.bytes === defaults.zoneBytes ? undefined : sizeText(zone.bytes),
          }),
        ];
      }),
    ),
  );
}
