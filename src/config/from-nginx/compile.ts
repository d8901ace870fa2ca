/**
 * From what an nginx configuration means to the gateway's model. Follows nginx's semantics; what the gateway cannot do has been
 * found by `support.ts`, and is not looked at here.
 */
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { Listen } from '../../nginx/model/listen.ts';
import type { NginxModel, Server } from '../../nginx/model.ts';
import { defaults } from '../defaults.ts';
import type {
  GatewayModel,
  ListenAddress,
  ListenerModel,
  MapEntryModel,
  MapModel,
  SiteModel,
} from '../model.ts';
import { formatListenAddress } from '../values/listen-address.ts';
import { logFormatsOf } from './access-log.ts';
import { geosOf } from './geo.ts';
import { zonesOf } from './limits.ts';
import type { NamedAddresses } from './listen-names.ts';
import { LevelReader } from './reader.ts';
import type { Shared } from './route.ts';
import { siteOf } from './site.ts';
import { splitsOf } from './split-clients.ts';
import { templateOf } from './template.ts';
import { speaksTls } from './tls-checks.ts';

export type CompileOptions = {
  /** Absolute; what relative paths are relative to. */
  readonly prefix: string;
  /** Of the names in `listen`. */
  readonly addresses: NamedAddresses;
  /** Absolute; the access log where the configuration says nothing of one. */
  readonly defaultLogPath: string;
};

export type CompiledNginx = {
  readonly model: GatewayModel;
  /** The site that each server became. */
  readonly sites: ReadonlyMap<Server, SiteModel>;
};

export function compileNginx(model: NginxModel, options: CompileOptions): CompiledNginx {
  const { prefix, addresses, defaultLogPath } = options;
  const shared: Shared = {
    prefix,
    groups: model.upstreams,
    logs: { formats: logFormatsOf(model.http), defaultPath: defaultLogPath },
  };
  const main = new LevelReader(model.main, prefix);
  const drainMs = main.isSaid('worker_shutdown_timeout')
    ? main.time('worker_shutdown_timeout', 0)
    : undefined;
  const maps = [
    ...model.maps.map(mapOf),
    ...[...geosOf(model.main), ...splitsOf(model.main)].map((map) => ({ ...map, isOnce: true })),
  ];
  const zones = zonesOf(model.http);
  const places = placesOf(model.servers, shared, addresses);
  const certificates = certificateLenders(places);
  const guests = guestsOf(places);
  const sites = new Map(
    model.servers.map((server) => [
      server,
      siteOf(server, certificates.get(server), !guests.has(server), shared),
    ]),
  );
  return {
    model: {
      listeners: places.map((place) => listenerOf(place, sites, shared)),
      limits: { ...defaults.limits, headFields: headFieldsOf(model, prefix) },
      ...(maps.length === 0 ? {} : { maps }),
      ...(zones.requests.length === 0 ? {} : { requestZones: zones.requests }),
      ...(zones.connections.length === 0 ? {} : { connectionZones: zones.connections }),
      ...(drainMs === undefined ? {} : { drainMs }),
    },
    sites,
  };
}

type Place = {
  readonly address: ListenAddress;
  readonly listens: { readonly listen: Listen; readonly server: Server }[];
};

function listenerOf(
  { address, listens }: Place,
  sites: ReadonlyMap<Server, SiteModel>,
  shared: Shared,
): ListenerModel {
  const tls = listens.some(speaksTls);
  const http2 = listens.some(
    ({ listen, server }) =>
      listen.hasHttp2 || new LevelReader(server.level, shared.prefix).flag('http2'),
  );
  return {
    address,
    ...(isIpv6Only(address, listens) ? { ipv6Only: true } : {}),
    tls,
    ...(tls && http2 ? { http2: true } : {}),
    ...(listens.some(({ listen }) => listen.hasProxyProtocol) ? { proxyProtocol: true } : {}),
    ...(listens.some(({ listen }) => listen.parameters.has('reuseport'))
      ? { reusePort: true }
      : {}),
    sites: [...new Set(listens.map(({ server }) => sites.get(server) as SiteModel))],
    defaultSite: sites.get(defaultOf(listens)) as SiteModel,
  };
}

function placesOf(servers: readonly Server[], shared: Shared, named: NamedAddresses): Place[] {
  const places = new Map<string, Place>();
  for (const server of servers) {
    for (const listen of server.listens) {
      // HTTP/3 comes by UDP; the same address by TCP has a listen of its own.
      if (listen.hasQuic) continue;
      for (const address of addressesOf(listen, shared, named)) {
        const key = formatListenAddress(address);
        const place = places.get(key) ?? { address, listens: [] };
        places.set(key, place);
        place.listens.push({ listen, server });
      }
    }
  }
  return [...places.values()];
}

function defaultOf(listens: Place['listens']): Server {
  const chosen = listens.find(({ listen }) => listen.isDefaultServer) ?? listens[0];
  return (chosen as Place['listens'][number]).server;
}

/** Servers that are not the default one of each of their addresses. */
function guestsOf(places: readonly Place[]): Set<Server> {
  return new Set(
    places.flatMap(({ listens }) => {
      const host = defaultOf(listens);
      return listens.flatMap(({ server }) => (server === host ? [] : server));
    }),
  );
}

/** For each server behind TLS, the default one of its address: it shows that one's certificate when it has none. */
function certificateLenders(places: readonly Place[]): Map<Server, Server> {
  const lenders = new Map<Server, Server>();
  for (const { listens } of places) {
    if (!listens.some(speaksTls)) continue;
    const lender = defaultOf(listens);
    for (const { server } of listens) if (!lenders.has(server)) lenders.set(server, lender);
  }
  return lenders;
}

/** nginx takes IPv4 on `[::]` only when one of its mentions says so. */
function isIpv6Only(address: ListenAddress, listens: Place['listens']): boolean {
  if (address.kind === 'unix' || address.host !== '::') return false;
  return listens.every(({ listen }) => listen.parameters.get('ipv6only') !== 'off');
}

/** A range of ports is as many addresses, and so is a name. */
function addressesOf(
  { address }: Listen,
  { prefix }: Shared,
  named: NamedAddresses,
): ListenAddress[] {
  if (address.kind === 'unix') return [{ kind: 'unix', path: resolve(prefix, address.path) }];
  const { host, port, lastPort } = address;
  const hosts = named.get(host) ?? [host];
  return Array.from({ length: lastPort - port + 1 }, (_, index) =>
    hosts.map((one) => ({
      kind: 'tcp' as const,
      // Two spellings of an address are one.
      host: isIPv6(one) ? new URL(`http://[${one}]`).hostname.slice(1, -1) : one,
      port: port + index,
    })),
  ).flat();
}

/** nginx counts a head's bytes alone before 1.29.8, and a thousand fields since. */
function headFieldsOf({ http, main }: NginxModel, prefix: string): number {
  return new LevelReader(http ?? main, prefix).number('max_headers', 1000);
}

function mapOf({ variable, source, entries, isVolatile }: NginxModel['maps'][number]): MapModel {
  const fallback = entries.find((entry) => entry.kind === 'default');
  return {
    variable,
    source: templateOf(source),
    entries: entries.flatMap(entryOf),
    ...(fallback === undefined ? {} : { fallback: templateOf(fallback.value) }),
    ...(isVolatile ? {} : { isOnce: true }),
  };
}

function entryOf(entry: NginxModel['maps'][number]['entries'][number]): MapEntryModel[] {
  const value = templateOf(entry.value);
  switch (entry.kind) {
    case 'default':
      return [];
    case 'exact':
      return [{ kind: 'exact', key: entry.key, value }];
    case 'leading-wildcard':
      return [{ kind: 'leading-wildcard', suffix: entry.suffix, value }];
    case 'trailing-wildcard':
      return [{ kind: 'trailing-wildcard', prefix: entry.prefix, value }];
    case 'regex':
      return [{ kind: 'regex', regex: entry.regex.regex, value }];
  }
}
