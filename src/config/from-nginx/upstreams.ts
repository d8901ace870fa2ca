/** `upstream` blocks and the addresses of `proxy_pass` as upstreams of the model. */

import { settingsNamed } from '../../nginx/level.ts';
import type { ProxyTarget } from '../../nginx/model/proxy-target.ts';
import type { Upstream } from '../../nginx/model/upstream.ts';
import { hasVariables } from '../../nginx/template.ts';
import { parseNumber, parseTime } from '../../nginx/units.ts';
import type { Template } from '../rule-model.ts';
import type {
  BalanceModel,
  KeepAliveModel,
  ResolverModel,
  StickyModel,
  UpstreamModel,
  UpstreamServerModel,
  UpstreamTimeouts,
  UpstreamTlsModel,
} from '../upstream-model.ts';
import { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';
import { withCommands } from './tls-commands.ts';

/** What a location says about its upstream, whichever that is. */
export type UpstreamContext = {
  readonly reader: LevelReader;
  readonly timeouts: UpstreamTimeouts;
  readonly tls: Omit<UpstreamTlsModel, 'serverName'> & { readonly serverName?: string };
  readonly tcpKeepAlive: boolean;
  readonly resolver: ResolverModel | undefined;
};

const second = 1000;
const minute = 60 * second;

export function upstreamContext(reader: LevelReader): UpstreamContext {
  return {
    reader,
    timeouts: {
      connectMs: reader.time('proxy_connect_timeout', minute),
      readMs: reader.time('proxy_read_timeout', minute),
      sendMs: reader.time('proxy_send_timeout', minute),
    },
    tls: tlsOf(reader),
    // nginx leaves it off; a tunnel without an idle limit needs it to find its dead.
    tcpKeepAlive: true,
    resolver: resolverOf(reader),
  };
}

function tlsOf(reader: LevelReader): UpstreamContext['tls'] {
  const name = reader.word('proxy_ssl_name');
  const verify = reader.flag('proxy_ssl_verify');
  const caPath = reader.path('proxy_ssl_trusted_certificate');
  const certPath = reader.path('proxy_ssl_certificate');
  const keyPath = reader.path('proxy_ssl_certificate_key');
  const passwordsPath = reader.path('proxy_ssl_password_file');
  const crlPath = reader.path('proxy_ssl_crl');
  const ciphers = reader.isSaid('proxy_ssl_ciphers') ? reader.word('proxy_ssl_ciphers') : undefined;
  return {
    verify,
    sni: reader.flag('proxy_ssl_server_name'),
    ...(caPath === undefined ? {} : { caPath }),
    ...(name === undefined || hasVariables(name) ? {} : { serverName: name }),
    ...(certPath === undefined || keyPath === undefined
      ? {}
      : {
          certificate: {
            certPath,
            keyPath,
            ...(passwordsPath === undefined ? {} : { passwordsPath }),
          },
        }),
    ...(caPath === undefined || !verify
      ? {}
      : {
          depth: reader.number('proxy_ssl_verify_depth', 1),
          ...(crlPath === undefined ? {} : { crlPath }),
        }),
    ...withCommands(
      {
        ...(ciphers === undefined || ciphers === 'DEFAULT' ? {} : { ciphers }),
        ...versionsOf(reader, 'proxy_ssl_protocols'),
      },
      reader.all('proxy_ssl_conf_command'),
      'DEFAULT',
    ),
  };
}

/** A name that is computed a request; undefined for one that is written out, and for that of the URL. */
export function serverNameOf(reader: LevelReader): Template | undefined {
  const name = reader.isSaid('proxy_ssl_name') ? reader.word('proxy_ssl_name') : undefined;
  if (name === undefined || !hasVariables(name) || name === '$proxy_host') return undefined;
  return templateOf(name);
}

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** The range that a list of protocols spans; nothing when the list is nginx's default. */
export function versionsOf(
  reader: LevelReader,
  name: string,
): Pick<UpstreamTlsModel, 'minVersion' | 'maxVersion'> {
  if (!reader.isSaid(name)) return {};
  const words = reader.args(name) ?? [];
  const listed = versions.filter((version) => words.includes(version));
  const [minVersion] = listed;
  const maxVersion = listed.at(-1);
  return minVersion === undefined || maxVersion === undefined ? {} : { minVersion, maxVersion };
}

function resolverOf(reader: LevelReader): ResolverModel | undefined {
  const words = reader.isSaid('resolver') ? (reader.args('resolver') ?? []) : [];
  const servers = words.filter((word) => !word.includes('=')).map(withPort);
  if (servers.length === 0) return undefined;
  const valid = words.find((word) => word.startsWith('valid='))?.slice('valid='.length);
  const validMs = valid === undefined ? undefined : parseTime(valid);
  const last = (name: string) => words.findLast((word) => word.startsWith(`${name}=`));
  const hasFour = last('ipv4') !== 'ipv4=off';
  const hasSix = last('ipv6') !== 'ipv6=off';
  return {
    servers,
    ...(hasFour === hasSix ? {} : { only: hasFour ? 'ipv4' : 'ipv6' }),
    timeoutMs: reader.time('resolver_timeout', 30 * second),
    ...(validMs === undefined ? {} : { validMs }),
  };
}

/** Name servers listen on port 53 unless it says otherwise. */
function withPort(server: string): string {
  return /^(?:\[[^\]]*\]|[^:]*):\d+$/.test(server) ? server : `${server}:53`;
}

/** A group as a location uses it. */
export function groupModel(
  group: Upstream,
  scheme: 'http' | 'https',
  context: UpstreamContext,
): UpstreamModel {
  const reader = new LevelReader(group.level, '');
  const resolver = resolverOf(reader) ?? context.resolver;
  const balance = balanceOf(group, reader);
  const sticky = stickyOf(group);
  return {
    name: `${scheme}://${group.name}`,
    authority: group.name,
    servers: group.servers.map(
      ({ address, weight, maxFails, failTimeoutMs, maxConnections, isBackup, isDown, route }) => ({
        ...serverOf(address, context.reader),
        weight,
        maxFails,
        failTimeoutMs,
        ...(maxConnections === 0 ? {} : { maxConnections }),
        ...(isBackup ? { backup: true } : {}),
        ...(isDown ? { down: true } : {}),
        ...(route === undefined ? {} : { route }),
      }),
    ),
    ...common(scheme, group.name, { ...context, resolver }),
    ...(balance === undefined ? {} : { balance }),
    ...(sticky === undefined ? {} : { sticky }),
    keepAlive: keepAliveOf(reader),
  };
}

/** The one server of a `proxy_pass` that names no group. */
export function addressModel(target: ProxyTarget, context: UpstreamContext): UpstreamModel {
  const scheme = target.scheme ?? 'http';
  if (target.host === undefined) {
    const path = context.reader.absolute(target.authority);
    return {
      name: `unix:${path}`,
      authority: 'localhost',
      servers: [{ kind: 'unix', path }],
      ...common(scheme, 'localhost', context),
    };
  }
  const usual = scheme === 'https' ? 443 : 80;
  const port = target.port ?? usual;
  const authority = port === usual ? target.host : `${target.host}:${port}`;
  return {
    name: `${scheme}://${target.authority}`,
    authority,
    servers: [serverOf({ kind: 'tcp', host: target.host, port }, context.reader)],
    ...common(scheme, target.host, context),
  };
}

function common(
  scheme: 'http' | 'https',
  serverName: string,
  { timeouts, tls, tcpKeepAlive, resolver }: UpstreamContext,
): Pick<UpstreamModel, 'timeouts' | 'tls' | 'tcpKeepAlive' | 'resolver'> {
  const bare = serverName.replace(/^\[(.*)\]$/, '$1');
  return {
    timeouts,
    tcpKeepAlive,
    ...(scheme === 'https' ? { tls: { ...tls, serverName: tls.serverName ?? bare } } : {}),
    ...(resolver === undefined ? {} : { resolver }),
  };
}

function serverOf(
  address: Upstream['servers'][number]['address'],
  reader: LevelReader,
): UpstreamServerModel {
  return address.kind === 'unix'
    ? { kind: 'unix', path: reader.absolute(address.path) }
    : { kind: 'tcp', host: address.host.replace(/^\[(.*)\]$/, '$1'), port: address.port };
}

function balanceOf(
  { method, methodSetting }: Upstream,
  reader: LevelReader,
): BalanceModel | undefined {
  const args = methodSetting?.directive.args.map((arg) => arg.value) ?? [];
  switch (method) {
    case 'round-robin':
      return undefined;
    case 'ip_hash':
    case 'least_conn':
      return { kind: method };
    // Measuring answers is not done here; connections are the next best thing.
    case 'least_time':
      return { kind: 'least_conn' };
    case 'random':
      return { kind: 'random', two: args[0] === 'two' };
    case 'hash':
      return {
        kind: 'hash',
        key: templateOf(reader.word('hash') ?? ''),
        consistent: args[1] === 'consistent',
      };
  }
}

function keepAliveOf(reader: LevelReader): KeepAliveModel {
  // Before 1.29.7 nginx keeps none unless told; nobody can tell from outside, and it is quicker.
  return {
    ...(reader.isSaid('keepalive') ? { connections: reader.number('keepalive', 0) } : {}),
    idleMs: reader.time('keepalive_timeout', minute),
    ...(reader.isSaid('keepalive_requests')
      ? { requests: reader.number('keepalive_requests', 1000) }
      : {}),
    ageMs: reader.time('keepalive_time', 60 * minute),
  };
}

function stickyOf({ level }: Upstream): StickyModel | undefined {
  const [setting] = settingsNamed(level, 'sticky');
  if (setting === undefined) return undefined;
  const [kind, ...words] = setting.directive.args.map((arg) => arg.value);
  const value = (name: string) =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const templates = (name: string) =>
    words
      .filter((word) => word.startsWith(`${name}=`))
      .map((word) => templateOf(word.slice(name.length + 1)));
  switch (kind) {
    case 'cookie': {
      const [name = 'sticky'] = words;
      const expires = value('expires');
      const expiresMs = expires === undefined || expires === 'max' ? expires : parseTime(expires);
      const domain = value('domain');
      const path = value('path');
      const sameSite = value('samesite')?.toLowerCase();
      return {
        kind: 'cookie',
        name,
        ...(expiresMs === undefined ? {} : { expiresMs: expiresMs as number | 'max' }),
        ...(domain === undefined ? {} : { domain: templateOf(domain) }),
        ...(path === undefined ? {} : { path: templateOf(path) }),
        ...(words.includes('httponly') ? { httpOnly: true } : {}),
        ...(words.includes('secure') ? { secure: true } : {}),
        ...(sameSite === 'strict' || sameSite === 'lax' || sameSite === 'none' ? { sameSite } : {}),
      };
    }
    case 'route':
      return { kind: 'route', values: words.map(templateOf) };
    case 'learn': {
      const timeout = value('timeout');
      const zone = value('zone');
      const timeoutMs = timeout === undefined ? undefined : parseTime(timeout);
      // nginx sizes the memory; some 8,000 sessions are in a megabyte.
      const megabytes = parseNumber(/:(\d+)m$/i.exec(zone ?? '')?.[1] ?? '');
      return {
        kind: 'learn',
        create: templates('create'),
        lookup: templates('lookup'),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(megabytes === undefined ? {} : { sessions: megabytes * 8000 }),
      };
    }
    default:
      return undefined;
  }
}
