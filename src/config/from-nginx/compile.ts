/**
 * From what an nginx configuration means to the gateway's model. Follows nginx's semantics; what the gateway cannot do has been
 * found by `support.ts`, and is not looked at here.
 */
import { isIPv6 } from 'node:net';
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
import { LevelReader } from './reader.ts';
import type { Shared } from './route.ts';
import { siteOf } from './site.ts';
import { templateOf } from './template.ts';

/**
 * @param prefix absolute; what relative paths are relative to
 * @param filePages paths of error pages that are files, and so are not shown
 */
export function compileNginx(
  model: NginxModel,
  prefix: string,
  filePages: ReadonlySet<string>,
): GatewayModel {
  const shared: Shared = {
    prefix,
    groups: model.upstreams,
    filePages,
    logFormats: logFormatsOf(model.http),
  };
  const main = new LevelReader(model.main, prefix);
  const drainMs = main.isSaid('worker_shutdown_timeout')
    ? main.time('worker_shutdown_timeout', 0)
    : undefined;
  const maps = model.maps.map(mapOf);
  return {
    listeners: listenersOf(model.servers, shared),
    limits: defaults.limits,
    ...(maps.length === 0 ? {} : { maps }),
    ...(drainMs === undefined ? {} : { drainMs }),
  };
}

type Place = {
  readonly address: ListenAddress;
  readonly listens: {
    readonly listen: Listen;
    readonly site: SiteModel;
    readonly server: Server;
  }[];
};

function listenersOf(servers: readonly Server[], shared: Shared): ListenerModel[] {
  const places = new Map<string, Place>();
  for (const server of servers) {
    const site = siteOf(server, shared);
    for (const listen of server.listens) {
      // HTTP/3 comes by UDP; the same address by TCP has a listen of its own.
      if (listen.hasQuic) continue;
      for (const address of addressesOf(listen, shared)) {
        const key = formatListenAddress(address);
        const place = places.get(key) ?? { address, listens: [] };
        places.set(key, place);
        place.listens.push({ listen, site, server });
      }
    }
  }
  return Array.from(places.values(), ({ address, listens }) => {
    const chosen = listens.find(({ listen }) => listen.isDefaultServer) ?? listens[0];
    const tls = listens.some(({ listen }) => listen.hasTls);
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
      sites: [...new Set(listens.map(({ site }) => site))],
      defaultSite: (chosen as Place['listens'][number]).site,
    };
  });
}

/** nginx takes IPv4 on `[::]` only when one of its mentions says so. */
function isIpv6Only(address: ListenAddress, listens: Place['listens']): boolean {
  if (address.kind === 'unix' || address.host !== '::') return false;
  return listens.every(({ listen }) => listen.parameters.get('ipv6only') !== 'off');
}

/** A range of ports is as many addresses. */
function addressesOf({ address }: Listen, { prefix }: Shared): ListenAddress[] {
  if (address.kind === 'unix') {
    return [
      {
        kind: 'unix',
        path: address.path.startsWith('/') ? address.path : `${prefix}/${address.path}`,
      },
    ];
  }
  const { host, port, lastPort } = address;
  return Array.from({ length: lastPort - port + 1 }, (_, index) => ({
    kind: 'tcp' as const,
    // Two spellings of an address are one.
    host: isIPv6(host) ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase(),
    port: port + index,
  }));
}

function mapOf({ variable, source, entries }: NginxModel['maps'][number]): MapModel {
  const fallback = entries.find((entry) => entry.kind === 'default');
  return {
    variable,
    source: templateOf(source),
    entries: entries.flatMap(entryOf),
    ...(fallback === undefined ? {} : { fallback: templateOf(fallback.value) }),
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
