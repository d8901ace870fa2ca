/**
 * A checked configuration as the gateway's model. Fills in what depends on other keys: a site's listen, its log, what a
 * route takes from its site. Reads no file.
 */
import { resolve } from 'node:path';
import { accessLogModel, type LogOptions } from './compile/access-log.ts';
import { present } from './compile/present.ts';
import { siteRoutes } from './compile/routes.ts';
import { defaults } from './defaults.ts';
import type {
  GatewayModel,
  Limits,
  ListenAddress,
  ListenerModel,
  SiteModel,
  SiteTlsModel,
  TrustModel,
} from './model.ts';
import type { RouteModel } from './route-model.ts';
import type { ListenConfig } from './schema/listen.ts';
import type { TrustConfig } from './schema/trusted-proxies.ts';
import type { Config, SiteConfig } from './schema.ts';
import { type Address, byAddress, type Served, servedBy } from './served.ts';
import { formatListenAddress } from './values/listen-address.ts';

/** The name under which the gateway is given the console's server. */
export const consoleServer = 'console';

export type CompileOptions = LogOptions & {
  /** What holds for everything without its own `listen`. */
  readonly listen: readonly ListenConfig[];
};

/** The model of a configuration in which `check` found nothing. */
export function compile(config: Config, options: CompileOptions): GatewayModel {
  const served = servedBy(config.sites, config.console, options.listen);
  const sites = new Map(served.map((one) => [one, siteModel(one, config, options)]));
  return {
    listeners: byAddress(served).map((address) => listenerModel(address, sites, config, options)),
    limits: limitsModel(config.limits),
    ...(config.admin === undefined
      ? {}
      : { admin: { address: absoluteAddress(config.admin, options) } }),
    drainMs: config.drain,
  };
}

function listenerModel(
  { address, served, http2, proxyProtocol, reusePort }: Address,
  models: ReadonlyMap<Served, SiteModel>,
  config: Config,
  options: CompileOptions,
): ListenerModel {
  const sites = served.map((one) => models.get(one) as SiteModel);
  // As in nginx the first site serves hosts that nobody names, unless one asks for them.
  const forOthers = served.findIndex((one) => one.hosts === undefined);
  const tls = served.some((one) => one.cert !== undefined);
  return {
    address: absoluteAddress(address, options),
    tls,
    ...(tls && (http2 ?? config.http2) ? { http2: true } : {}),
    ...(proxyProtocol === true ? { proxyProtocol } : {}),
    ...((reusePort ?? config.reusePort) ? { reusePort: true } : {}),
    sites,
    defaultSite: sites[Math.max(forOthers, 0)] as SiteModel,
  };
}

function siteModel(served: Served, config: Config, options: CompileOptions): SiteModel {
  const { site, hosts, cert, key, listen } = served;
  const { baseFolder } = options;
  return {
    name: hosts?.[0]?.text ?? (site === undefined ? 'console' : nameOf(listen)),
    hosts: hosts?.flatMap((host) => host.patterns) ?? [],
    ...present({
      certificate:
        cert === undefined || key === undefined
          ? undefined
          : { certPath: resolve(baseFolder, cert), keyPath: resolve(baseFolder, key) },
      tls: siteTlsModel(site?.tls, options),
    }),
    routes:
      site === undefined
        ? [consoleRoute()]
        : siteRoutes(site, { ...options, resolver: config.resolver }),
    ...present({
      trust: trustModel(site?.trustedProxies ?? config.trustedProxies, served),
      limits: siteLimitsModel(site?.limits),
    }),
    accessLog: accessLogModel(site?.accessLog ?? config.accessLog, options),
  };
}

/** A site without a host is known by its address. */
function nameOf(listen: readonly ListenAddress[]): string {
  return formatListenAddress(listen[0] as ListenAddress);
}

function consoleRoute(): RouteModel {
  return {
    path: { kind: 'prefix', path: '/', beforeRegex: false },
    upstream: {
      name: consoleServer,
      servers: [{ kind: 'in-process', name: consoleServer }],
      // A shell may be silent for days while its output streams.
      timeouts: { ...defaults.timeouts, readMs: Number.POSITIVE_INFINITY },
    },
    upgradeTokens: defaults.upgradeTokens,
  };
}

function siteTlsModel(
  tls: SiteConfig['tls'],
  { baseFolder }: LogOptions,
): SiteTlsModel | undefined {
  if (tls === undefined) return undefined;
  const { minVersion, maxVersion, ciphers, clients } = tls;
  return present({
    minVersion,
    maxVersion,
    ciphers,
    clients:
      clients === undefined
        ? undefined
        : {
            verify: clients.verify ?? ('on' as const),
            ...present({
              caPath: clients.ca === undefined ? undefined : resolve(baseFolder, clients.ca),
              depth: clients.depth,
            }),
          },
  });
}

function trustModel(trust: TrustConfig | undefined, { listen }: Served): TrustModel | undefined {
  if (trust === undefined) return undefined;
  const byConnection = listen.every(({ proxyProtocol }) => proxyProtocol === true);
  return {
    from: trust.from,
    forwarded: trust.forwarded ?? true,
    ...present({
      header: trust.header ?? (byConnection ? 'proxy_protocol' : undefined),
      recursive: trust.recursive,
    }),
  };
}

function limitsModel(limits: Config['limits']): Limits {
  const { headFields, connections, connectionsPerAddress, tunnels, ratePerAddress } = limits;
  return {
    ...defaults.limits,
    ...clientLimits(limits),
    ...present({
      headFields,
      connections,
      connectionsPerAddress,
      tunnels,
      ratePerAddress: ratePerAddress === undefined ? undefined : present(ratePerAddress),
    }),
  };
}

function siteLimitsModel(limits: SiteConfig['limits']): SiteModel['limits'] {
  return limits === undefined ? undefined : clientLimits(limits);
}

function clientLimits(limits: NonNullable<SiteConfig['limits']>) {
  const { headSize, headTimeout, bodyTimeout, keepAlive } = limits;
  return present({
    headBytes: headSize,
    headMs: headTimeout,
    bodyMs: bodyTimeout,
    keepAliveMs: keepAlive,
  });
}

function absoluteAddress(address: ListenAddress, { baseFolder }: LogOptions): ListenAddress {
  return address.kind === 'unix'
    ? { kind: 'unix', path: resolve(baseFolder, address.path) }
    : { kind: 'tcp', host: address.host, port: address.port };
}
