/** An upstream as `to` and the keys about servers. What holds anyway is left out. */
import type { z } from 'zod';
import { present, unlessEmpty } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { RetryModel } from '../../route-model.ts';
import type { Template } from '../../rule-model.ts';
import type { siteSchema } from '../../schema.ts';
import type {
  BalanceModel,
  DynamicUpstreamModel,
  KeepAliveModel,
  ResolverModel,
  StickyModel,
  UpstreamModel,
  UpstreamServerModel,
} from '../../upstream-model.ts';
import { textOf } from './constants.ts';
import { isSame, resolverInput } from './resolver-input.ts';
import { durationText, plainText, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type ServerInput = Exclude<NonNullable<SiteInput['to']>, string>[number];

export type ServerKeys = Pick<
  SiteInput,
  'to' | 'upstreamTls' | 'timeouts' | 'balance' | 'sticky' | 'keepAlive' | 'retry' | 'resolver'
>;

export type ServerContext = {
  /** Names of `upstreams`. */
  readonly groups: ReadonlySet<string>;
  /** Name servers of the whole file. */
  readonly usualResolver: ResolverModel | undefined;
};

/** @param path behind the port, or empty */
export function serverKeys(
  upstream: UpstreamModel | DynamicUpstreamModel,
  path: string,
  retry: RetryModel | undefined,
  context: ServerContext,
): ServerKeys {
  const { resolver } = upstream;
  return present({
    ...('servers' in upstream
      ? knownKeys(upstream, path, context)
      : { to: `${templateText(upstream.url)}${path}` }),
    upstreamTls: tlsInput(upstream),
    timeouts: timeoutsInput(upstream),
    resolver: isSame(resolver, context.usualResolver) ? undefined : resolverInput(resolver),
    retry: retryInput(retry),
  });
}

function knownKeys(
  upstream: UpstreamModel,
  path: string,
  { groups }: ServerContext,
): Pick<ServerKeys, 'to' | 'balance' | 'sticky' | 'keepAlive'> {
  // A group has no port, and nothing that has none is anything else.
  const group = /^https?:\/\/([^/:]+)$/.exec(upstream.name)?.[1];
  if (group !== undefined && groups.has(group)) return { to: plainText(`${upstream.name}${path}`) };
  const servers = upstream.servers.map((server) => serverInput(server, upstream, path));
  const [only, ...others] = servers;
  return present({
    to: only !== undefined && others.length === 0 && typeof only === 'string' ? only : servers,
    balance: balanceInput(upstream.balance),
    sticky: stickyInput(upstream.sticky),
    keepAlive: keepAliveInput(upstream.keepAlive),
  });
}

function serverInput(
  server: UpstreamServerModel,
  { tls }: UpstreamModel,
  path: string,
): ServerInput {
  const url = plainText(urlOf(server, tls === undefined ? 'http' : 'https', path));
  const options = serverOptions(server);
  return Object.keys(options).length === 0 ? url : { url, ...options };
}

/** What is said of a server besides its address. */
export function serverOptions(server: UpstreamServerModel) {
  const { weight = 1, maxFails = 1, failTimeoutMs = 10_000, maxConnections = 0 } = server;
  return present({
    weight: weight === 1 ? undefined : weight,
    backup: server.backup,
    down: server.down,
    maxFails: maxFails === 1 ? undefined : maxFails,
    failTimeout: failTimeoutMs === 10_000 ? undefined : durationText(failTimeoutMs),
    maxConnections: maxConnections === 0 ? undefined : maxConnections,
    route: server.route,
    resolve: server.resolve,
  });
}

function urlOf(server: UpstreamServerModel, scheme: string, path: string): string {
  if (server.kind === 'unix') {
    const socket = `unix:${server.path}${path === '' ? '' : `:${path}`}`;
    return scheme === 'https' ? `https://${socket}` : socket;
  }
  // The console is no server of an nginx.conf.
  if (server.kind === 'in-process') return server.name;
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  const isUsual = server.port === (scheme === 'https' ? 443 : 80);
  return `${scheme}://${host}${isUsual ? '' : `:${server.port}`}${path}`;
}

function tlsInput(upstream: UpstreamModel | DynamicUpstreamModel): ServerKeys['upstreamTls'] {
  const { tls } = upstream;
  if (tls === undefined) return undefined;
  const isKnown = 'servers' in upstream;
  const [first] = isKnown ? upstream.servers : [];
  const isPlain = !isKnown && /^http:/i.test(templateText(upstream.url));
  // Nobody asks for TLS there.
  if (isPlain) return undefined;
  const hosts = [first?.kind === 'tcp' ? first.host : 'localhost', upstreamHost(upstream)];
  const name =
    isKnown || upstream.serverName === undefined
      ? tls.serverName
      : templateText(upstream.serverName);
  const { caPath, crlPath, certificate, verify, sni, serverName: _name, ...details } = tls;
  return unlessEmpty(
    present({
      verify: verify ? undefined : false,
      sni: sni === false ? false : undefined,
      serverName: name === undefined || hosts.includes(name) ? undefined : name,
      ca: plain(caPath),
      crl: plain(crlPath),
      cert: plain(certificate?.certPath),
      key: plain(certificate?.keyPath),
      passphrases: plain(certificate?.passwordsPath),
      ...details,
    }),
  );
}

/** The name of a group, which is then what its servers are taken for. */
function upstreamHost(upstream: UpstreamModel | DynamicUpstreamModel): string | undefined {
  return 'servers' in upstream ? /^https:\/\/([^/:]+)$/.exec(upstream.name)?.[1] : undefined;
}

export function plain(path: string | undefined): string | undefined {
  return path === undefined ? undefined : plainText(path);
}

function timeoutsInput({ timeouts }: UpstreamModel | DynamicUpstreamModel): ServerKeys['timeouts'] {
  const own = (ms: number, usual: number) => (ms === usual ? undefined : durationText(ms));
  return unlessEmpty(
    present({
      connect: own(timeouts.connectMs, defaults.timeouts.connectMs),
      read: own(timeouts.readMs, defaults.timeouts.readMs),
      send: own(timeouts.sendMs, defaults.timeouts.sendMs),
    }),
  );
}

export function balanceInput(balance: BalanceModel | undefined): SiteInput['balance'] {
  switch (balance?.kind) {
    case undefined:
    case 'round_robin':
      return undefined;
    case 'least_conn':
    case 'ip_hash':
      return balance.kind;
    case 'random':
      return balance.two ? 'random two' : 'random';
    case 'hash':
      return {
        hash: templateText(balance.key),
        ...(balance.consistent ? {} : { consistent: false }),
      };
  }
}

export function stickyInput(sticky: StickyModel | undefined): SiteInput['sticky'] {
  if (sticky === undefined) return undefined;
  const texts = (templates: readonly Template[]) => templates.map(templateText);
  if (sticky.kind === 'route') return { route: texts(sticky.values) };
  if (sticky.kind === 'learn') {
    const { create, lookup, timeoutMs, sessions } = sticky;
    const timeout = timeoutMs === undefined ? undefined : durationText(timeoutMs);
    return {
      learn: { create: texts(create), lookup: texts(lookup), ...present({ timeout, sessions }) },
    };
  }
  const { name, expiresMs, path, domain, httpOnly, secure, sameSite } = sticky;
  return {
    cookie: name,
    ...present({
      expires: typeof expiresMs === 'number' ? durationText(expiresMs) : expiresMs,
      path: path === undefined || textOf(path) === '/' ? undefined : templateText(path),
      domain: domain === undefined ? undefined : templateText(domain),
      secure,
    }),
    sameSite: sameSite ?? 'off',
    httpOnly: httpOnly ?? false,
  };
}

export function keepAliveInput(keepAlive: KeepAliveModel | undefined): ServerKeys['keepAlive'] {
  if (keepAlive === undefined) return undefined;
  const { connections, idleMs = 60_000, requests, ageMs = 3_600_000 } = keepAlive;
  return unlessEmpty(
    present({
      connections,
      idle: idleMs === 60_000 ? undefined : durationText(idleMs),
      requests,
      age: ageMs === 3_600_000 ? undefined : durationText(ageMs),
    }),
  );
}

function retryInput(retry: RetryModel | undefined): ServerKeys['retry'] {
  const { on = ['error', 'timeout'], tries = 0, timeoutMs = 0 } = retry ?? {};
  if (on.length === 0) return 'off';
  const isUsual = on.length === 2 && on.includes('error') && on.includes('timeout');
  return unlessEmpty(
    present({
      on: isUsual ? undefined : [...on],
      tries: tries === 0 ? undefined : tries,
      timeout: timeoutMs === 0 ? undefined : durationText(timeoutMs),
    }),
  );
}
