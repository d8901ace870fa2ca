/** The keys about servers as the model of an upstream. */
import { resolve } from 'node:path';
import { defaults } from '../defaults.ts';
import type { ServerConfig } from '../schema/servers.ts';
import type { Config } from '../schema.ts';
import type { Settings } from '../settings.ts';
import type {
  BalanceModel,
  HealthModel,
  KeepAliveModel,
  ResolverModel,
  StickyModel,
  UpstreamModel,
  UpstreamServerModel,
  UpstreamTlsModel,
} from '../upstream-model.ts';
import type { UpstreamUrl } from '../values/upstream-url.ts';
import { present } from './present.ts';
import { type Profile, profileOf } from './profile.ts';

export type UpstreamOptions = {
  /** Absolute; what paths of the configuration are relative to. */
  readonly baseFolder: string;
  readonly resolver: Config['resolver'];
};

/** @param servers not empty, of one scheme as far as TLS is concerned */
export function upstreamModel(
  servers: readonly ServerConfig[],
  settings: Settings,
  options: UpstreamOptions,
): UpstreamModel {
  const profile: Profile = profileOf[settings.profile ?? 'generic'];
  const [{ url: first }] = servers as [ServerConfig];
  const { timeouts } = settings;
  return {
    name: servers.map(({ url }) => url.text).join(', '),
    servers: servers.map((server) => serverModel(server, profile, options)),
    ...present({
      tls: first.scheme === 'https' ? tlsModel(first, settings.upstreamTls, options) : undefined,
      balance: balanceModel(settings.balance, servers, profile),
      sticky: stickyModel(settings.sticky),
      keepAlive: keepAliveModel(settings.keepAlive),
      health: healthModel(settings.health),
      authority: authorityOf(servers, settings.origin),
      resolver: resolverModel(options.resolver),
    }),
    timeouts: {
      connectMs: timeouts?.connect ?? profile.timeouts.connectMs,
      readMs: timeouts?.read ?? profile.timeouts.readMs,
      sendMs: timeouts?.send ?? profile.timeouts.sendMs,
    },
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
  if (origin !== undefined && origin !== 'keep' && origin !== 'upstream') return origin;
  const [{ url: first }] = servers as [ServerConfig];
  return servers.length > 1 || first.scheme === 'unix' ? authorityOfUrl(first) : undefined;
}

function serverModel(
  { url, failTimeout, ...server }: ServerConfig,
  profile: Profile,
  options: UpstreamOptions,
): UpstreamServerModel {
  const { weight, backup, down, maxFails, maxConnections } = server;
  const address =
    url.scheme === 'unix'
      ? ({ kind: 'unix', path: resolve(options.baseFolder, url.socketPath) } as const)
      : ({ kind: 'tcp', host: url.host, port: url.port } as const);
  return {
    ...address,
    ...profile.server,
    ...present({ weight, backup, down, maxFails, failTimeoutMs: failTimeout, maxConnections }),
  };
}

function tlsModel(
  url: UpstreamUrl,
  tls: Settings['upstreamTls'],
  { baseFolder }: UpstreamOptions,
): UpstreamTlsModel {
  const { cert, key, ca } = tls ?? {};
  return {
    verify: tls?.verify ?? defaults.upstreamTls.verify,
    serverName: tls?.serverName ?? url.host,
    ...present({
      caPath: ca === undefined ? undefined : resolve(baseFolder, ca),
      sni: tls?.sni,
      certificate:
        cert === undefined || key === undefined
          ? undefined
          : { certPath: resolve(baseFolder, cert), keyPath: resolve(baseFolder, key) },
      minVersion: tls?.minVersion,
      maxVersion: tls?.maxVersion,
      ciphers: tls?.ciphers,
    }),
  };
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
  if (sticky === undefined) return undefined;
  return {
    kind: 'cookie',
    name: sticky.cookie,
    httpOnly: sticky.httpOnly ?? true,
    sameSite: sticky.sameSite ?? 'lax',
    ...present({
      secure: sticky.secure,
      expiresMs: sticky.expires,
      path: sticky.path === undefined ? undefined : [sticky.path],
      domain: sticky.domain === undefined ? undefined : [sticky.domain],
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
  const { servers, valid, timeout } = resolver;
  return { servers, ...present({ validMs: valid, timeoutMs: timeout }) };
}
