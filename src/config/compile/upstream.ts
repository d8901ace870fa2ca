/** The keys about servers as the model of an upstream. */
import { resolve } from 'node:path';
import { defaults } from '../defaults.ts';
import type { Template } from '../rule-model.ts';
import type { ServerConfig } from '../schema/servers.ts';
import type { NamedUpstreamConfig } from '../schema/upstreams.ts';
import type { Config } from '../schema.ts';
import type { Settings } from '../settings.ts';
import type {
  BalanceModel,
  DynamicUpstreamModel,
  HealthModel,
  KeepAliveModel,
  ResolverModel,
  StickyModel,
  UpstreamModel,
  UpstreamServerModel,
  UpstreamTimeouts,
} from '../upstream-model.ts';
import type { UpstreamUrl } from '../values/upstream-url.ts';
import { present } from './present.ts';
import { type Profile, profileOf } from './profile.ts';

export type UpstreamOptions = {
  /** Absolute; what paths of the configuration are relative to. */
  readonly baseFolder: string;
  /** Those of the file. */
  readonly resolver: Config['resolver'];
  readonly upstreams: Config['upstreams'];
};

/** @param servers not empty, of one scheme as far as TLS is concerned */
export function upstreamModel(
  servers: readonly ServerConfig[],
  settings: Settings,
  options: UpstreamOptions,
): UpstreamModel | DynamicUpstreamModel {
  const [{ url }] = servers as [ServerConfig];
  if (url.computed !== undefined || serverNameModel(settings) !== undefined) {
    return dynamicModel(url, settings, options);
  }
  const group = servers.length === 1 && !url.hasPort ? options.upstreams?.[url.host] : undefined;
  if (group !== undefined) return groupModel(url.host, group, url.scheme, settings, options);
  return serversModel(servers, settings, options);
}

/** The one upstream of servers that are known. */
export function serversModel(
  servers: readonly ServerConfig[],
  settings: Settings,
  options: UpstreamOptions,
): UpstreamModel {
  const profile: Profile = profileOf[settings.profile ?? 'generic'];
  const [{ url: first }] = servers as [ServerConfig];
  const { keepAlive, origin, resolver = options.resolver } = settings;
  const speaksTls = first.scheme === 'https' || first.tls === true;
  const serverName = first.scheme === 'unix' ? 'localhost' : first.host;
  return {
    name: servers.map(({ url }) => url.text).join(', '),
    servers: servers.map((server) => serverModel(server, profile, options)),
    ...present({
      tls: speaksTls ? { serverName, ...tlsModel(settings.upstreamTls, options) } : undefined,
      balance: balanceModel(settings.balance, servers, profile),
      sticky: stickyModel(settings.sticky),
      keepAlive: keepAliveModel(keepAlive),
      health: healthModel(settings.health),
      authority: authorityOf(servers, origin),
      tcpKeepAlive: keepAlive?.tcp,
      resolver: resolverModel(resolver),
    }),
    timeouts: timeoutsModel(settings),
  };
}

/** An upstream of the file under its name, which is also the host that it is told. */
function groupModel(
  name: string,
  group: NamedUpstreamConfig,
  scheme: UpstreamUrl['scheme'],
  settings: Settings,
  options: UpstreamOptions,
): UpstreamModel {
  const { servers, ...own } = group;
  const merged = { ...settings, ...present(own), keepAlive: own.keepAlive ?? settings.keepAlive };
  const { tls: _tls, ...model } = serversModel(servers, merged, options);
  const isHost =
    typeof settings.origin === 'string' && !/^(?:keep|upstream)$/.test(settings.origin);
  return {
    ...model,
    name: `${scheme}://${name}`,
    authority: isHost ? (settings.origin as string) : name,
    ...(scheme === 'https'
      ? { tls: { serverName: name, ...tlsModel(settings.upstreamTls, options) } }
      : {}),
  };
}

function dynamicModel(
  url: UpstreamUrl,
  settings: Settings,
  options: UpstreamOptions,
): DynamicUpstreamModel {
  const { resolver = options.resolver } = settings;
  const groups = Object.entries(options.upstreams ?? {}).map(([name, group]) => [
    name,
    groupModel(name, group, url.scheme, settings, options),
  ]);
  return {
    // The path takes the place of that of the route, and is no part of a URL that is not computed.
    url: url.computed?.url ?? [url.text.slice(0, url.text.length - url.path.length)],
    groups: Object.fromEntries(groups),
    tls: tlsModel(settings.upstreamTls, options),
    ...present({ resolver: resolverModel(resolver), serverName: serverNameModel(settings) }),
    timeouts: timeoutsModel(settings),
  };
}

function timeoutsModel({ timeouts, profile: name = 'generic' }: Settings): UpstreamTimeouts {
  const profile: Profile = profileOf[name];
  return {
    connectMs: timeouts?.connect ?? profile.timeouts.connectMs,
    readMs: timeouts?.read ?? profile.timeouts.readMs,
    sendMs: timeouts?.send ?? profile.timeouts.sendMs,
  };
}

/** Host and port as a URL has them: without the port that the scheme has anyway. */
export function authorityOfUrl({ scheme, host, port }: UpstreamUrl): string {
  if (scheme === 'unix') return 'localhost';
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}

/** Undefined where the gateway finds the same in the name of the upstream. */
function authorityOf(
  servers: readonly ServerConfig[],
  origin: Settings['origin'],
): string | undefined {
  if (typeof origin === 'string' && origin !== 'keep' && origin !== 'upstream') return origin;
  const [{ url: first }] = servers as [ServerConfig];
  return servers.length > 1 || first.scheme === 'unix' ? authorityOfUrl(first) : undefined;
}

function serverModel(
  { url, failTimeout, ...server }: ServerConfig,
  profile: Profile,
  options: UpstreamOptions,
): UpstreamServerModel {
  const { weight, backup, down, maxFails, maxConnections, route, resolve: again } = server;
  const address =
    url.scheme === 'unix'
      ? ({ kind: 'unix', path: resolve(options.baseFolder, url.socketPath) } as const)
      : ({ kind: 'tcp', host: url.host, port: url.port } as const);
  return {
    ...address,
    ...profile.server,
    ...present({
      weight,
      backup,
      down,
      maxFails,
      failTimeoutMs: failTimeout,
      maxConnections,
      route,
      resolve: again,
    }),
  };
}

/** Without a name where none is said: it is then that of the URL. */
function tlsModel(
  tls: Settings['upstreamTls'],
  { baseFolder }: UpstreamOptions,
): DynamicUpstreamModel['tls'] {
  const { cert, key, ca, crl, passphrases, serverName, verify, ...rest } = tls ?? {};
  const absolute = (path: string | undefined) =>
    path === undefined ? undefined : resolve(baseFolder, path);
  const certPath = absolute(cert);
  const keyPath = absolute(key);
  return {
    verify: verify ?? defaults.upstreamTls.verify,
    ...present({
      ...rest,
      serverName: typeof serverName === 'string' ? serverName : undefined,
      caPath: absolute(ca),
      crlPath: absolute(crl),
      certificate:
        certPath === undefined || keyPath === undefined
          ? undefined
          : { certPath, keyPath, ...present({ passwordsPath: absolute(passphrases) }) },
    }),
  };
}

/** One that is computed a request. */
function serverNameModel({ upstreamTls }: Settings): Template | undefined {
  const { serverName } = upstreamTls ?? {};
  return typeof serverName === 'object' ? serverName : undefined;
}

function balanceModel(
  balance: Settings['balance'],
  servers: readonly ServerConfig[],
  profile: Profile,
): BalanceModel | undefined {
  if (typeof balance === 'object') {
    return { kind: 'hash', key: balance.hash, consistent: balance.consistent ?? true };
  }
  const kind = balance ?? (servers.length > 1 ? profile.balance : 'round_robin');
  switch (kind) {
    // The default, which the model need not say.
    case 'round_robin':
      return undefined;
    case 'random':
    case 'random two':
      return { kind: 'random', two: kind === 'random two' };
    default:
      return { kind };
  }
}

function stickyModel(sticky: Settings['sticky']): StickyModel | undefined {
  const { cookie, route, learn, sameSite = 'lax' } = sticky ?? {};
  if (route !== undefined) return { kind: 'route', values: route };
  if (learn !== undefined) {
    const { create, lookup, timeout, sessions } = learn;
    return { kind: 'learn', create, lookup, ...present({ timeoutMs: timeout, sessions }) };
  }
  if (sticky === undefined || cookie === undefined) return undefined;
  return {
    kind: 'cookie',
    name: cookie,
    httpOnly: sticky.httpOnly ?? true,
    ...present({
      sameSite: sameSite === 'off' ? undefined : sameSite,
      secure: sticky.secure,
      expiresMs: sticky.expires,
      path: sticky.path,
      domain: sticky.domain,
    }),
  };
}

function keepAliveModel(keepAlive: Settings['keepAlive']): KeepAliveModel | undefined {
  if (keepAlive === undefined) return undefined;
  const { connections, idle, requests, age } = keepAlive;
  return present({ connections, idleMs: idle, requests, ageMs: age });
}

function healthModel(health: Settings['health']): HealthModel | undefined {
  if (health === undefined || health === 'off') return undefined;
  if (health === 'tcp' || health === 'websocket') return { kind: health };
  if (typeof health === 'string') return { kind: 'http', path: health };
  const { kind = 'http', path, host, status, interval, timeout, fails, passes } = health;
  return {
    kind,
    ...present({
      path,
      host,
      statuses: status,
      intervalMs: interval,
      timeoutMs: timeout,
      fails,
      passes,
    }),
  };
}

function resolverModel(resolver: Config['resolver']): ResolverModel | undefined {
  if (resolver === undefined) return undefined;
  const { servers, only, valid, timeout } = resolver;
  return { servers, ...present({ only, validMs: valid, timeoutMs: timeout }) };
}
