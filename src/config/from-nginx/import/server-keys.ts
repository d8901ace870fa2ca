/** An upstream as `to` and the keys about servers. What holds anyway is left out. */
import type { z } from 'zod';
import type { Level } from '../../../nginx/level.ts';
import { present, unlessEmpty } from '../../compile/present.ts';
import { defaults } from '../../defaults.ts';
import type { RetryModel } from '../../route-model.ts';
import type { siteSchema } from '../../schema.ts';
import type {
  KeepAliveModel,
  ResolverModel,
  UpstreamModel,
  UpstreamServerModel,
  UpstreamTlsModel,
} from '../../upstream-model.ts';
import { refusesVariables } from './answer-keys.ts';
import { textOf } from './constants.ts';
import type { ImportReport } from './import-report.ts';
import { type Captures, durationText, plainText, templateText } from './yaml-text.ts';

type SiteInput = z.input<typeof siteSchema>;
type ServerInput = Exclude<NonNullable<SiteInput['to']>, string>[number];

export type ServerKeys = Pick<
  SiteInput,
  'to' | 'upstreamTls' | 'timeouts' | 'balance' | 'sticky' | 'keepAlive' | 'retry'
>;

export type ServerContext = {
  /** Of the location. */
  readonly level: Level;
  readonly captures: Captures;
  readonly report: ImportReport;
  /** Name servers of all upstreams: hatchway.yaml has them once. */
  readonly resolvers: { readonly resolver: ResolverModel | undefined; readonly level: Level }[];
};

/** @param path behind the port, or empty */
export function serverKeys(
  upstream: UpstreamModel,
  path: string,
  retry: RetryModel | undefined,
  context: ServerContext,
): ServerKeys {
  const { level, report } = context;
  const hasNames = upstream.servers.some(({ kind }) => kind === 'tcp');
  if (hasNames) context.resolvers.push({ resolver: upstream.resolver, level });
  if (/[?#]/.test(path)) {
    report.refuse(level, 'proxy_pass', `"${path}" has a query, which \`to\` cannot have`);
  }
  if (upstream.tls !== undefined && upstream.servers.some(({ kind }) => kind === 'unix')) {
    report.refuse(level, 'proxy_pass', 'TLS on a Unix socket is not in hatchway.yaml');
  }
  const servers = upstream.servers.map((server) => serverInput(server, upstream, path));
  const [only, ...others] = servers;
  return present({
    to: only !== undefined && others.length === 0 && typeof only === 'string' ? only : servers,
    upstreamTls: tlsInput(upstream),
    timeouts: timeoutsInput(upstream),
    balance: balanceInput(upstream, context),
    sticky: stickyInput(upstream, context),
    keepAlive: keepAliveInput(upstream.keepAlive),
    retry: retryInput(retry),
  });
}

function serverInput(
  server: UpstreamServerModel,
  { tls }: UpstreamModel,
  path: string,
): ServerInput {
  const url = plainText(urlOf(server, tls === undefined ? 'http' : 'https', path));
  const { weight = 1, maxFails = 1, failTimeoutMs = 10_000, maxConnections = 0 } = server;
  const options = present({
    weight: weight === 1 ? undefined : weight,
    backup: server.backup,
    down: server.down,
    maxFails: maxFails === 1 ? undefined : maxFails,
    failTimeout: failTimeoutMs === 10_000 ? undefined : durationText(failTimeoutMs),
    maxConnections: maxConnections === 0 ? undefined : maxConnections,
  });
  return Object.keys(options).length === 0 ? url : { url, ...options };
}

function urlOf(server: UpstreamServerModel, scheme: string, path: string): string {
  if (server.kind === 'unix') return `unix:${server.path}${path === '' ? '' : `:${path}`}`;
  // The console is no server of an nginx.conf.
  if (server.kind === 'in-process') return server.name;
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  const isUsual = server.port === (scheme === 'https' ? 443 : 80);
  return `${scheme}://${host}${isUsual ? '' : `:${server.port}`}${path}`;
}

function tlsInput({ tls, servers }: UpstreamModel): ServerKeys['upstreamTls'] {
  if (tls === undefined) return undefined;
  const [first] = servers;
  const host = first?.kind === 'tcp' ? first.host : undefined;
  return unlessEmpty(
    present({
      verify: tls.verify ? undefined : false,
      sni: tls.sni === false ? false : undefined,
      serverName: nameMatters(tls) && tls.serverName !== host ? tls.serverName : undefined,
      ca: tls.caPath,
      cert: tls.certificate?.certPath,
      key: tls.certificate?.keyPath,
      minVersion: tls.minVersion,
      maxVersion: tls.maxVersion,
      ciphers: tls.ciphers,
    }),
  );
}

/** Whether anybody sees the name or compares it with the certificate. */
function nameMatters({ verify, sni = true }: UpstreamTlsModel): boolean {
  return verify || sni;
}

function timeoutsInput({ timeouts }: UpstreamModel): ServerKeys['timeouts'] {
  const own = (ms: number, usual: number) => (ms === usual ? undefined : durationText(ms));
  return unlessEmpty(
    present({
      connect: own(timeouts.connectMs, defaults.timeouts.connectMs),
      read: own(timeouts.readMs, defaults.timeouts.readMs),
      send: own(timeouts.sendMs, defaults.timeouts.sendMs),
    }),
  );
}

function balanceInput(
  { balance }: UpstreamModel,
  { level, captures, report }: ServerContext,
): ServerKeys['balance'] {
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
      if (refusesVariables(balance.key, level, 'proxy_pass', captures, report)) return undefined;
      return {
        hash: templateText(balance.key),
        ...(balance.consistent ? {} : { consistent: false }),
      };
  }
}

function stickyInput(
  { sticky }: UpstreamModel,
  { level, report }: ServerContext,
): ServerKeys['sticky'] {
  if (sticky === undefined) return undefined;
  const refused = (what: string) =>
    report.refuse(level, 'proxy_pass', `${what} of the upstream is not in hatchway.yaml`);
  if (sticky.kind !== 'cookie') {
    refused(`"sticky ${sticky.kind}"`);
    return undefined;
  }
  const { name, expiresMs, path = ['/'], domain = [], httpOnly, secure, sameSite } = sticky;
  const pathText = textOf(path);
  const domainText = textOf(domain);
  if (pathText === undefined || domainText === undefined) refused('a variable in "sticky cookie"');
  if (expiresMs === 'max') refused('"expires=max" in "sticky cookie"');
  return {
    cookie: name,
    ...present({
      expires: typeof expiresMs === 'number' ? durationText(expiresMs) : undefined,
      path: pathText === '/' ? undefined : pathText,
      domain: domainText === '' ? undefined : domainText?.replace(/^\./, ''),
      secure,
      sameSite,
    }),
    httpOnly: httpOnly ?? false,
  };
}

function keepAliveInput(keepAlive: KeepAliveModel | undefined): ServerKeys['keepAlive'] {
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
