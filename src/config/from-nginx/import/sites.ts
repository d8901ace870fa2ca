/** Servers as sites: which of them there have to be, in which order, and where each is served. */
import type { Server } from '../../../nginx/model.ts';
import type { GatewayModel, ListenerModel, SiteModel } from '../../model.ts';
import { formatListenAddress } from '../../values/listen-address.ts';
import { splitByHost } from './by-host.ts';
import type { ImportReport } from './import-report.ts';

/** One server that requests reach. */
export type ImportedServer = {
  readonly server: Server;
  readonly site: SiteModel;
  /** In the order of the configuration. */
  readonly listeners: readonly ListenerModel[];
  /** Whether it serves the hosts that no other server names, on all of its addresses. */
  readonly isDefault: boolean;
  /** Texts for `host`; empty for every host that no other one names. */
  readonly hosts: readonly SiteModel['hosts'][number][];
};

/** In an order in which hatchway.yaml takes the same ones for hosts that nobody names. */
export function importedServers(
  model: GatewayModel,
  sites: ReadonlyMap<Server, SiteModel>,
  report: ImportReport,
): readonly ImportedServer[] {
  const found = [...sites].flatMap(([server, site]): ImportedServer[] => {
    const listeners = model.listeners.filter((listener) => listener.sites.includes(site));
    const defaults = listeners.filter(({ defaultSite }) => defaultSite === site);
    const isDefault = defaults.length > 0 && defaults.length === listeners.length;
    // `_` is no host that anybody asks for, and how people write that there is none.
    const hosts = site.hosts.filter((one) => one.kind !== 'exact' || !/^_?$/.test(one.host));
    // Nobody gets there.
    if (hosts.length === 0 && defaults.length === 0) return [];
    if (hosts.length === 0 && !isDefault) {
      report.refuse(
        server.level,
        'listen',
        'the server without a name is the default one on some of its addresses only',
        'give it a `server` block for each of them',
      );
    }
    return [{ server, site, listeners, isDefault, hosts }];
  });
  return inOrder(found, report).flatMap((imported) => {
    const { isDefault } = imported;
    return splitByHost(imported, isDefault).map((part) => ({ ...imported, ...part }));
  });
}

/** The first site of an address is its default one, unless one has no host; the order of regular expressions counts. */
function inOrder(servers: readonly ImportedServer[], report: ImportReport): ImportedServer[] {
  const rest = [...servers];
  const ordered: ImportedServer[] = [];
  while (rest.length > 0) {
    const next = rest.findIndex((one) => rest.every((other) => !mustFollow(one, other, servers)));
    const [chosen] = rest.splice(Math.max(next, 0), 1);
    if (chosen === undefined) break;
    if (next === -1) {
      report.refuse(
        chosen.server.level,
        'listen',
        'which server has the hosts that nobody names cannot be said in hatchway.yaml: each of its addresses has another default server',
      );
    }
    ordered.push(chosen);
  }
  return ordered;
}

function mustFollow(
  one: ImportedServer,
  other: ImportedServer,
  all: readonly ImportedServer[],
): boolean {
  if (one === other) return false;
  const isBehindDefault = one.listeners.some(({ defaultSite }) => defaultSite === other.site);
  if (isBehindDefault && other.hosts.length > 0) return true;
  const haveRegex = [one, other].every(({ hosts }) => hosts.some(({ kind }) => kind === 'regex'));
  return haveRegex && all.indexOf(other) < all.indexOf(one) && shareAddress(one, other);
}

function shareAddress(one: ImportedServer, other: ImportedServer): boolean {
  return one.listeners.some((listener) => other.listeners.includes(listener));
}

/** The listeners of a model as `listen` has them. */
export class ListenTexts {
  readonly #listeners: readonly ListenerModel[];

  constructor(model: GatewayModel) {
    this.#listeners = model.listeners;
  }

  /** What is not there is another one's: 0.0.0.0:80 beside [::]:80 is [::]:80 alone, which takes both families here. */
  of({ server, listeners }: ImportedServer, report: ImportReport): ListenInput[] {
    return listeners.flatMap((listener): ListenInput[] => {
      const { address, tls, http2, proxyProtocol, reusePort } = listener;
      const wider = this.#listeners.find((other) => isSameForIpv6(listener, other));
      if (wider !== undefined) return [];
      if (
        listener.ipv6Only === true &&
        !this.#listeners.some((it) => isSameForIpv6(it, listener))
      ) {
        report.refuse(
          server.level,
          'listen',
          `${formatListenAddress(address)} would take IPv4 as well in hatchway.yaml`,
          'add a `listen` for the same port without [::]',
        );
      }
      const near = this.#listeners.find((other) => isWithin(address, other.address));
      if (near !== undefined) {
        report.refuse(
          server.level,
          'listen',
          `${formatListenAddress(near.address)} has ${formatListenAddress(address)} in it, and hatchway.yaml has one or the other`,
          'name the single addresses everywhere',
        );
      }
      const text = formatListenAddress(address);
      const options = {
        ...(tls && http2 !== true ? { http2: false } : {}),
        ...(proxyProtocol === true ? { proxyProtocol } : {}),
        ...(reusePort === true ? { reusePort } : {}),
      };
      return [Object.keys(options).length === 0 ? text : { address: text, ...options }];
    });
  }
}

export type ListenInput =
  | string
  | {
      readonly address: string;
      readonly http2?: boolean;
      readonly proxyProtocol?: boolean;
      readonly reusePort?: boolean;
    };

/** Whether `wide` is [::] of the same port, for the same sites and with the same options as `one` of 0.0.0.0. */
function isSameForIpv6(one: ListenerModel, wide: ListenerModel): boolean {
  if (one.address.kind === 'unix' || wide.address.kind === 'unix') return false;
  if (one.address.host !== '0.0.0.0' || wide.address.host !== '::') return false;
  if (one.address.port !== wide.address.port || one.defaultSite !== wide.defaultSite) return false;
  return (
    one.sites.length === wide.sites.length &&
    one.sites.every((site, index) => site === wide.sites[index]) &&
    (['tls', 'http2', 'proxyProtocol', 'reusePort'] as const).every(
      (name) => (one[name] ?? false) === (wide[name] ?? false),
    )
  );
}

/** Whether the system lets nobody listen on `one` beside `every`. */
function isWithin(one: ListenerModel['address'], every: ListenerModel['address']): boolean {
  if (one.kind === 'unix' || every.kind === 'unix') return false;
  if (one.port !== every.port || one.host === every.host) return false;
  return every.host === '::' || (every.host === '0.0.0.0' && !one.host.includes(':'));
}
