/**
 * A checked configuration as the gateway's model. Fills in what depends on other keys: a site's listen, its log, what a
 * route takes from its site. Reads no file.
 */
import { resolve } from 'node:path';
import { defaults } from './defaults.ts';
import type {
  AccessLogModel,
  GatewayModel,
  ListenAddress,
  ListenerModel,
  SiteModel,
} from './model.ts';
import type { RouteModel } from './route-model.ts';
import type { Config, RouteConfig, SiteConfig } from './schema.ts';
import { byAddress, type Served, servedBy } from './served.ts';
import type { UpstreamModel, UpstreamServerModel, UpstreamTimeouts } from './upstream-model.ts';
import { formatListenAddress } from './values/listen-address.ts';
import type { UpstreamUrl } from './values/upstream-url.ts';

/** The name under which the gateway is given the console's server. */
export const consoleServer = 'console';

export type CompileOptions = {
  /** What holds for everything without its own `listen`. */
  readonly listen: readonly ListenAddress[];
  /** Absolute; what paths of the configuration are relative to. */
  readonly baseFolder: string;
  /** Absolute; where the access log is by default. */
  readonly dataFolder: string;
};

/** The model of a configuration in which `check` found nothing. */
export function compile(config: Config, options: CompileOptions): GatewayModel {
  const served = servedBy(config.sites, config.console, options.listen);
  const sites = new Map(served.map((one) => [one, siteModel(one, config, options)]));
  const { limits } = config;
  return {
    listeners: byAddress(served).map((address) => listenerModel(address, sites, options)),
    limits: {
      headBytes: limits.headSize,
      headFields: limits.headFields,
      headMs: limits.headTimeout,
      bodyMs: limits.bodyTimeout,
      keepAliveMs: limits.keepAlive,
      connections: limits.connections,
    },
  };
}

function listenerModel(
  { address, served }: { address: ListenAddress; served: readonly Served[] },
  models: ReadonlyMap<Served, SiteModel>,
  options: CompileOptions,
): ListenerModel {
  const sites = served.map((one) => models.get(one) as SiteModel);
  // As in nginx the first site serves hosts that nobody names, unless one asks for them.
  const forOthers = served.findIndex((one) => one.hosts === undefined);
  return {
    address: absoluteAddress(address, options),
    tls: served.some((one) => one.cert !== undefined),
    sites,
    defaultSite: sites[Math.max(forOthers, 0)] as SiteModel,
  };
}

function siteModel(served: Served, config: Config, options: CompileOptions): SiteModel {
  const { site, hosts, cert, key, listen } = served;
  return {
    name: hosts?.[0]?.text ?? (site === undefined ? 'console' : nameOf(listen)),
    hosts: hosts?.flatMap((host) => host.patterns) ?? [],
    ...(cert === undefined || key === undefined
      ? {}
      : {
          certificate: {
            certPath: resolve(options.baseFolder, cert),
            keyPath: resolve(options.baseFolder, key),
          },
        }),
    routes: site === undefined ? [consoleRoute()] : siteRoutes(site, options),
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

function siteRoutes(site: SiteConfig, options: CompileOptions): RouteModel[] {
  const routes = (site.routes ?? []).map((route) => ({
    path: route.path,
    upstream: upstreamModel(route.to, site, route, options),
    upgradeTokens: route.upgrade ?? site.upgrade ?? defaults.upgradeTokens,
  }));
  const hasRoot = routes.some(({ path }) => path.kind === 'prefix' && path.path === '/');
  if (site.to === undefined || hasRoot) return routes;
  const everything: RouteModel = {
    path: { kind: 'prefix', path: '/', beforeRegex: false },
    upstream: upstreamModel(site.to, site, undefined, options),
    upgradeTokens: site.upgrade ?? defaults.upgradeTokens,
  };
  return [...routes, everything];
}

function upstreamModel(
  to: UpstreamUrl,
  site: SiteConfig,
  route: RouteConfig | undefined,
  options: CompileOptions,
): UpstreamModel {
  const timeouts = { ...site.timeouts, ...route?.timeouts };
  const tls = { ...site.upstreamTls, ...route?.upstreamTls };
  return {
    name: to.text,
    servers: [serverModel(to, options)],
    ...(to.scheme === 'https'
      ? {
          tls: {
            verify: tls.verify ?? defaults.upstreamTls.verify,
            ...(tls.ca === undefined ? {} : { caPath: resolve(options.baseFolder, tls.ca) }),
            serverName: tls.serverName ?? to.host,
          },
        }
      : {}),
    timeouts: {
      connectMs: timeouts.connect ?? defaults.timeouts.connectMs,
      readMs: timeouts.read ?? defaults.timeouts.readMs,
      sendMs: timeouts.send ?? defaults.timeouts.sendMs,
    } satisfies UpstreamTimeouts,
  };
}

function serverModel(to: UpstreamUrl, options: CompileOptions): UpstreamServerModel {
  return to.scheme === 'unix'
    ? { kind: 'unix', path: resolve(options.baseFolder, to.socketPath) }
    : { kind: 'tcp', host: to.host, port: to.port };
}

function accessLogModel(log: AccessLogModel | undefined, options: CompileOptions): AccessLogModel {
  if (log === undefined) {
    return { kind: 'file', path: resolve(options.dataFolder, defaults.accessLogName) };
  }
  return log.kind === 'file' ? { kind: 'file', path: resolve(options.baseFolder, log.path) } : log;
}

function absoluteAddress(address: ListenAddress, options: CompileOptions): ListenAddress {
  return address.kind === 'unix'
    ? { kind: 'unix', path: resolve(options.baseFolder, address.path) }
    : address;
}
