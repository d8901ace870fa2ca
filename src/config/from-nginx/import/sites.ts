/** Servers as sites: which of them there have to be, under which names, and where each is served. */
import type { Server } from '../../../nginx/model.ts';
import type { GatewayModel, HostPattern, ListenerModel, SiteModel } from '../../model.ts';
import type { ListenOptions } from '../../schema/listen.ts';
import { hostPatternKey } from '../../values/host-pattern.ts';
import { formatListenAddress } from '../../values/listen-address.ts';
import type { ImportReport } from './import-report.ts';
import { plainText } from './yaml-text.ts';

/** One server that requests reach. */
export type ImportedServer = {
  readonly server: Server;
  readonly site: SiteModel;
  /** Those where somebody may come to it, in the order of the configuration. */
  readonly listeners: readonly ListenerModel[];
  /** Texts for `host`; empty for every host that no other one names. */
  readonly hosts: readonly HostPattern[];
};

/** In the order of the configuration. */
export function importedServers(
  model: GatewayModel,
  sites: ReadonlyMap<Server, SiteModel>,
  report: ImportReport,
): readonly ImportedServer[] {
  const taken = new Set<string>();
  return [...sites].flatMap(([server, site]): ImportedServer[] => {
    const all = model.listeners.filter((listener) => listener.sites.includes(site));
    const hosts = ownHosts({ server, site, listeners: all }, taken, report);
    // Nobody comes to one without a name where another one is the default.
    const listeners = all.filter(({ defaultSite }) => hosts.length > 0 || defaultSite === site);
    return listeners.length === 0 ? [] : [{ server, site, listeners, hosts }];
  });
}

/** As in nginx, a name that another server has there already is that one's. */
function ownHosts(
  { server, site, listeners }: Omit<ImportedServer, 'hosts'>,
  taken: Set<string>,
  report: ImportReport,
): HostPattern[] {
  // `_` is no host that anybody asks for, and how people write that there is none.
  const named = site.hosts.filter((one) => one.kind !== 'exact' || one.host !== '_');
  return named.filter((host) => {
    const keys = listeners.map(
      ({ address }) => `${formatListenAddress(address)} ${hostPatternKey(host)}`,
    );
    const free = keys.filter((key) => !taken.has(key));
    for (const key of keys) taken.add(key);
    if (free.length > 0 && free.length < keys.length) {
      report.refuse(
        server.level,
        'server_name',
        `\`${hostPatternKey(host)}\` is left out: on some addresses of this server it is another one's`,
        'give each address a `server` block of its own',
      );
    }
    return free.length === keys.length;
  });
}

export type ListenInput =
  | string
  | ({ readonly address: string; readonly default?: boolean } & {
      readonly [Name in keyof ListenOptions]?: boolean;
    });

/** Where a server is served, as `listen` has it. */
export function listenInputs(
  { site, hosts, listeners }: ImportedServer,
  all: readonly ImportedServer[],
): ListenInput[] {
  return listeners.map((listener): ListenInput => {
    const { address, tls, http2, proxyProtocol, reusePort, ipv6Only, defaultSite } = listener;
    const here = all.filter((one) => one.listeners.includes(listener));
    const usual = here.find((one) => one.hosts.length === 0) ?? here[0];
    const hasCertificate = here.some((one) => one.site.certificate !== undefined);
    const rejects = here.some((one) => one.site.tls?.rejectsHandshakes === true);
    const isChosen = defaultSite === site && (usual?.site !== site || usual.hosts !== hosts);
    const options = {
      ...(tls === (hasCertificate || rejects) ? {} : { tls }),
      ...(tls && http2 !== true ? { http2: false } : {}),
      ...(proxyProtocol === true ? { proxyProtocol } : {}),
      ...(reusePort === true ? { reusePort } : {}),
      ...(ipv6Only === true ? { ipv6Only } : {}),
      ...(isChosen ? { default: true } : {}),
    };
    const text = plainText(formatListenAddress(address));
    return Object.keys(options).length === 0 ? text : { address: text, ...options };
  });
}
